"""The embedded servers, with real processes: started, shared, killed and started again in folders of their own."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from devtools import embedded
from devtools.embedded.postgres import MAJOR, Postgres
from devtools.embedded.processes import TICK_SECONDS, wait_until
from devtools.embedded.redis import Redis
from tests.processes import embedded_variables, processes_of

HOLD = """
import json, os, sys
from pathlib import Path
from devtools import embedded
with embedded.provide(Path(sys.argv[1]), durable=sys.argv[2] == "durable"):
    print(json.dumps({name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}), flush=True)
    if sys.stdin.readline() == "fail\\n":
        raise RuntimeError("asked to fail")
"""


class Holder:
    """A command that uses the servers until it is told to end."""

    def __init__(self, var: Path, *, kind: str = "fast", **variables: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in embedded_variables()}
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(var), kind],
            cwd=embedded.CHECKOUT,
            env=environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._given: dict[str, str] | None = None

    @property
    def given(self) -> dict[str, str]:
        if self._given is None:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, self.end()
            self._given = json.loads(line)
        return self._given

    @property
    def run_folders(self) -> list[Path]:
        database, queue = self.given["DATABASE_URL"], self.given["REDIS_URL"]
        return [Path(database.split(":5432/")[1]).parent, Path(queue.split("://")[1].split("?")[0]).parent]

    def sql(self, statement: str) -> list[tuple]:
        connection = psycopg2.connect(host=str(self.run_folders[0]), user="portal", dbname="portal", port=5432)
        with contextlib.closing(connection), connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def redis(self, command: str) -> str:
        return Redis.ask(self.run_folders[1], command.encode() + b"\r\n").decode()

    def end(self, word: str = "end") -> str:
        """What it wrote on standard error."""
        return self.process.communicate(f"{word}\n", timeout=60)[1]

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def one(var: Path, **options: str) -> Holder:
        holders.append(Holder(var, **options))
        return holders[-1]

    yield one
    for holder in holders:
        if holder.process.poll() is None:
            holder.end()


def servers_of(holder: Holder) -> dict[str, int]:
    found = processes_of(*holder.run_folders)
    return {
        name: pid
        for pid, line in found.items()
        for name in ("postgres", "redis")
        if f"{name} -D" in line or f"{name}-server" in line
    }


def supervisors_of(var: Path) -> list[int]:
    return [pid for pid, line in processes_of(var).items() if "embedded.supervisor" in line]


def assert_nothing_left(var: Path, holder: Holder) -> None:
    assert wait_until(lambda: not processes_of(var, *holder.run_folders), seconds=20), processes_of(var)
    assert [folder for folder in holder.run_folders if folder.exists()] == []


def test_command_without_variables_gets_both_servers_and_leaves_none(tmp_path, hold):
    var = tmp_path / "var"
    command = hold(var, kind="durable")
    assert command.sql("SHOW server_version")[0][0].startswith(str(MAJOR))
    assert command.sql("SHOW fsync") == [("on",)]
    assert command.sql("SELECT lower('ÀÉŁ'), current_setting('timezone')") == [("àéł", "UTC")]
    assert command.redis("PING") == "+PONG\r\n"
    command.end()
    # At once: a command that has ended has already waited for its servers.
    assert processes_of(var, *command.run_folders) == {}
    assert [folder for folder in command.run_folders if folder.exists()] == []


def test_folders_and_sockets_are_for_their_owner_alone(tmp_path, hold):
    command = hold(tmp_path / "var")
    sockets = [*command.run_folders[0].glob(".s.*[0-9]"), *command.run_folders[1].glob("*.sock")]
    folders = [tmp_path / "var", tmp_path / "var/postgres", tmp_path / "var/redis", *command.run_folders]
    assert len(sockets) == 2
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in folders + sockets} == {"0o700"}


def test_data_survives_servers_killed(tmp_path, hold):
    command = hold(tmp_path / "var", kind="durable")
    command.sql("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    command.redis("SET kept 1")
    command.redis("CONFIG SET appendfsync always")
    command.redis("SET kept 2")
    before = servers_of(command)
    for process in before.values():
        os.kill(process, signal.SIGKILL)
    assert wait_until(lambda: "+PONG" in command.redis("PING"), seconds=20)
    assert wait_until(
        lambda: Postgres(tmp_path / "var", durable=True).address(command.run_folders[0]) is not None,
        seconds=20,
    )
    assert command.sql("SELECT count(*) FROM kept") == [(1000,)]
    assert command.redis("GET kept") == "$1\r\n2\r\n"
    assert set(before.values()).isdisjoint(servers_of(command).values())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_killed_command_leaves_no_server(tmp_path, hold, number):
    command = hold(tmp_path / "var")
    assert len(servers_of(command)) == 2
    command.kill(number)
    assert_nothing_left(tmp_path / "var", command)


def test_command_that_fails_leaves_no_server(tmp_path, hold):
    command = hold(tmp_path / "var")
    assert len(servers_of(command)) == 2
    assert "asked to fail" in command.end("fail")
    assert processes_of(tmp_path / "var", *command.run_folders) == {}


def test_killed_supervisors_take_their_servers_along_and_the_next_command_starts_anew(tmp_path, hold):
    first = hold(tmp_path / "var")
    first.sql("CREATE TABLE kept AS SELECT 1 AS number")
    assert len(supervisors_of(tmp_path / "var")) == 2
    for supervisor in supervisors_of(tmp_path / "var"):
        os.kill(supervisor, signal.SIGKILL)
    # Without waiting for the old servers to be gone.
    second = hold(tmp_path / "var")
    assert second.sql("SELECT number FROM kept") == [(1,)]
    assert set(second.run_folders).isdisjoint(first.run_folders)
    assert wait_until(lambda: not processes_of(*first.run_folders), seconds=20)
    assert [folder for folder in first.run_folders if folder.exists()] == []


def test_commands_that_start_at_once_share_one_server_until_the_last_ends(tmp_path, hold):
    commands = [hold(tmp_path / "var") for _ in range(3)]
    assert len({tuple(command.given.items()) for command in commands}) == 1
    assert len(supervisors_of(tmp_path / "var")) == 2
    commands[0].end()
    commands[1].kill()
    time.sleep(5 * TICK_SECONDS)
    assert commands[2].sql("SELECT 1") == [(1,)]
    commands[2].end()
    assert processes_of(tmp_path / "var", *commands[2].run_folders) == {}


def test_second_command_attaches_quickly(tmp_path, hold):
    hold(tmp_path / "var").sql("SELECT 1")
    started_at = time.monotonic()
    for server in (Postgres(tmp_path / "var", durable=False), Redis(tmp_path / "var", durable=False)):
        with embedded.held(server):
            pass
    assert time.monotonic() - started_at < 0.3


def test_number_of_a_dead_server_that_now_belongs_to_another_program_is_no_obstacle(tmp_path, hold):
    first = hold(tmp_path / "var")
    first.sql("SELECT 1")
    pid_file = tmp_path / "var/postgres/data-18/postmaster.pid"
    text = pid_file.read_text()
    first.end()
    stranger = subprocess.Popen(["sleep", "60"])
    pid_file.write_text("\n".join([str(stranger.pid), *text.split("\n")[1:]]))
    try:
        assert hold(tmp_path / "var").sql("SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_first_start_that_was_interrupted_is_done_again(tmp_path, hold):
    unfinished = tmp_path / "var/postgres/initdb-unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    assert hold(tmp_path / "var").sql("SELECT 1") == [(1,)]


def test_data_folder_open_to_others_is_closed_again(tmp_path, hold):
    hold(tmp_path / "var").end()
    data = tmp_path / "var/postgres/data-18"
    data.chmod(0o755)
    assert hold(tmp_path / "var").sql("SELECT 1") == [(1,)]
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_checkout_may_lie_deep_and_have_spaces_in_its_name(tmp_path, hold):
    var = tmp_path / ("a very long name " * 8) / ("and longer " * 8) / "var"
    command = hold(var)
    assert len(str(var)) > 200
    assert command.sql("SELECT 1") == [(1,)]
    assert all(len(str(folder)) < 40 for folder in command.run_folders)


def test_copied_checkout_has_servers_of_its_own(tmp_path, hold):
    original = hold(tmp_path / "var")
    original.sql("CREATE TABLE whose AS SELECT 'original' AS name")
    shutil.copytree(tmp_path / "var", tmp_path / "copy", ignore=shutil.ignore_patterns("data-*"))
    copy = hold(tmp_path / "copy")
    assert copy.sql("SELECT FROM pg_tables WHERE tablename = 'whose'") == []
    copy.end()
    assert original.sql("SELECT name FROM whose") == [("original",)]


def test_given_servers_are_used_and_none_is_started(tmp_path, hold):
    given = {"DATABASE_URL": "postgres://elsewhere/portal", "REDIS_URL": "redis://elsewhere/3"}
    command = hold(tmp_path / "var", **given, SECRET_KEY="own")
    assert command.given == given | {"SECRET_KEY": "own"}
    assert not (tmp_path / "var").exists()


def test_each_variable_counts_by_itself(tmp_path, hold):
    command = hold(tmp_path / "var", DATABASE_URL="postgres://elsewhere/portal")
    assert command.given["DATABASE_URL"] == "postgres://elsewhere/portal"
    assert command.given["REDIS_URL"].startswith("redis+socket://")
    assert len(supervisors_of(tmp_path / "var")) == 1


def test_server_that_cannot_start_says_why_and_names_its_log(tmp_path, hold):
    hold(tmp_path / "var").end()
    (tmp_path / "var/postgres/data-18/PG_VERSION").write_text("9.6\n")
    message = hold(tmp_path / "var").end()
    assert "The embedded postgres did not start" in message
    assert "initialized by PostgreSQL version 9.6" in message
    assert str(tmp_path / "var/postgres/postgres.log") in message
    assert wait_until(lambda: not processes_of(tmp_path / "var"), seconds=10)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root has to become another user")
def test_root_without_user_namespaces_becomes_another_user(tmp_path, hold):
    assert shutil.which("setpriv")
    forbidden = tmp_path / "bin" / "unshare"
    forbidden.parent.mkdir()
    forbidden.write_text("#!/bin/sh\nexit 1\n")
    forbidden.chmod(0o755)
    closed = tmp_path / "for root alone"
    closed.mkdir(mode=0o700)
    command = hold(closed / "var", PATH=f"{forbidden.parent}:{os.environ['PATH']}")
    assert command.sql("SELECT 1") == [(1,)]
    assert Path(f"/proc/{servers_of(command)['postgres']}").stat().st_uid != 0
    os.kill(
        next(pid for pid in supervisors_of(closed) if "supervisor postgres" in processes_of(closed)[pid]),
        signal.SIGKILL,
    )
    assert wait_until(lambda: "postgres" not in servers_of(command), seconds=10)
    # Where namespaces are allowed again, root takes its data back.
    assert hold(closed / "var").sql("SELECT 1") == [(1,)]


def test_secret_key_is_made_once_and_for_its_owner_alone(tmp_path):
    key = embedded.secret_key(tmp_path / "var")
    assert len(key) > 50
    assert embedded.secret_key(tmp_path / "var") == key
    assert stat.S_IMODE((tmp_path / "var/secret_key").stat().st_mode) == 0o600
