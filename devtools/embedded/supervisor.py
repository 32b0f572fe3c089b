"""The supervisor of one embedded server: `python -m devtools.embedded.supervisor postgres|redis VAR durable|fast`."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from devtools.embedded.postgres import Postgres
from devtools.embedded.processes import TICK_SECONDS, child, end, wait_until
from devtools.embedded.redis import Redis
from devtools.embedded.server import START_SECONDS, STOP_SECONDS, EmbeddedServerError, Server, try_lock

LOG_BYTES = 10_000_000
# Sockets have at most 107 bytes of path (a checkout may lie deeper) and TMPDIR may be long too.
SOCKETS_UNDER = "/tmp"  # noqa: S108 - only ever used through mkdtemp, which makes a private folder


def keep(server: Server) -> None:
    """Start the server and return; a child of this process stays with it until its last user has left."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading) as verdict:
            failure = verdict.read()
        if failure != "ready":
            sys.exit(failure or "The supervisor died.")
        return
    os.close(reading)
    with os.fdopen(writing, "w") as verdict:
        try:
            detach(server)
            # Neither is closed by us: who waits for the lock waits for the end of this process.
            supervisor, users = server.supervisor_lock.open("a"), server.users_lock.open("a")
            if try_for_lock(supervisor, server):
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
    log = server.log
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    with Path(os.devnull).open() as nothing, log.open("a") as output:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)


def try_for_lock(supervisor: IO[str], server: Server) -> bool:
    """True when this supervisor is the only one, False when another one has the server running after all."""
    if not wait_until(
        lambda: try_lock(supervisor, fcntl.LOCK_EX) or server.running_address() is not None, seconds=START_SECONDS
    ):
        raise EmbeddedServerError(f"A process holds {server.supervisor_lock}, and its server does not answer.")
    return try_lock(supervisor, fcntl.LOCK_EX)


def keep_until_unused(server: Server, users: IO[str], verdict: IO[str]) -> None:
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked_to_stop.append(number))
    previous = server.run_folder()
    server.stop_stray(previous)
    if previous:
        shutil.rmtree(previous, ignore_errors=True)
    run = Path(tempfile.mkdtemp(prefix="portal-", dir=SOCKETS_UNDER))
    try:
        server.note_run_folder(run)
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
        end(process, server.stop_signals, patience=STOP_SECONDS)
    finally:
        server.state.unlink(missing_ok=True)
        shutil.rmtree(run, ignore_errors=True)


def start(server: Server, run: Path) -> subprocess.Popen[bytes]:
    """A process that answers. A few attempts: after a kill -9, old backends need a moment to notice."""
    for _ in range(5):
        process = child(server.command(run), death_signal=server.stop_signals[0], env=server.environment(), cwd="/")
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if server.become_ready(run):
                return process
            time.sleep(TICK_SECONDS / 5)
        end(process, server.stop_signals, patience=STOP_SECONDS)
        time.sleep(0.5)
    lines = server.log.read_text(errors="replace").splitlines()
    raise EmbeddedServerError("\n".join(["The end of its log:", *lines[-10:]]))


def main(name: str, var: str, kind: str) -> None:
    servers: dict[str, type[Server]] = {server.name: server for server in (Postgres, Redis)}
    keep(servers[name](Path(var), durable=kind == "durable"))


if __name__ == "__main__":
    main(*sys.argv[1:])
