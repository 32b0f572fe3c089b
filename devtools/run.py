"""`make run`: the whole portal in one terminal. Web server, worker and beat on their servers, until Ctrl-C.

When one of the three ends, all end. The web server and the worker replace their own children, so the loss of either is
a fault that somebody should see, and a portal of which a part is missing would hide it.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO

from devtools import embedded
from devtools.embedded.processes import TICK_SECONDS, child, end_with_parent
from devtools.embedded.server import Server

HOST = "127.0.0.1"
STARTING_SECONDS = 60
ENDING_SECONDS = 15
COLOURS = {"web": 36, "worker": 33, "beat": 35}


class Ended(BaseException):
    """Somebody asked us to end: Ctrl-C, a closed terminal, or SIGTERM."""


class Failed(Exception):
    """The portal cannot run; the message is for the person at the terminal."""


def main() -> int:
    end_when_asked()
    try:
        port = free_port(os.environ.get("PORT") or "8000")
        address = f"http://{HOST}:{port}"
        os.environ.setdefault("DEMO", "1")
        os.environ.setdefault("PUBLIC_URL", address)
        os.environ.setdefault("ALLOWED_HOSTS", f"{HOST},localhost")
        os.environ["PYTHONUNBUFFERED"] = "1"
        with embedded.provide() as servers:
            say("Bringing the database up to date.")
            if subprocess.run(manage("prepare"), cwd=embedded.CHECKOUT, check=False).returncode:
                raise Failed("The database could not be brought up to date.")
            watch(port, servers)
    except (Failed, embedded.EmbeddedServerError) as failure:
        say(str(failure))
        return 1
    except Ended:
        say("Everything has been stopped.")
    return 0


def end_when_asked() -> None:
    asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, frame: FrameType | None) -> None:
        for each in asking:
            signal.signal(each, signal.SIG_IGN)  # Once is enough, and the tidying up must not be disturbed.
        raise Ended

    for number in asking:
        signal.signal(number, stop)
    if os.environ.get("MAKELEVEL"):
        end_with_parent(os.getppid(), signal.SIGTERM)  # When make was killed, no Ctrl-C would reach us any more.


def free_port(given: str) -> int:
    try:
        port = int(given)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((HOST, port))
    except (ValueError, OverflowError):
        raise Failed(f"PORT={given} is not the number of a port.") from None
    except OSError as error:
        raise Failed(f"Port {given} cannot be used ({error.strerror}). Another one: make run PORT=8001") from None
    return port


def watch(port: int, servers: list[Server]) -> None:
    """Start the three processes and return only by an exception; none of them outlives this function."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app=integration_portal"]
    commands = {
        "web": [
            *python,
            "gunicorn",
            "integration_portal.wsgi",
            f"--bind={HOST}:{port}",
            "--workers=2",
            "--threads=4",
            "--no-control-socket",
        ],
        "worker": [*celery, "worker", "--loglevel=INFO", "--concurrency=2", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=INFO"],
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            processes[name] = child(
                command,
                death_signal=signal.SIGTERM,
                cwd=embedded.CHECKOUT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        for name, process in processes.items():
            assert process.stdout is not None
            threading.Thread(target=copy_lines, args=(name, process.stdout), daemon=True).start()
        wait_for_answer(port, processes, servers)
        accounts = subprocess.run(
            manage("demo_accounts"), cwd=embedded.CHECKOUT, capture_output=True, text=True, check=False
        )
        say(f"The portal answers on http://{HOST}:{port}/ and Ctrl-C stops it.\n{accounts.stdout}")
        make_at_first = make_catches_interrupts()
        while make_catches_interrupts() == make_at_first:
            complain_if_something_ended(processes, servers)
            time.sleep(TICK_SECONDS)
        raise Ended
    finally:
        end_all(list(processes.values()))


def wait_for_answer(port: int, processes: dict[str, subprocess.Popen[bytes]], servers: list[Server]) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        complain_if_something_ended(processes, servers)
        with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=5)) as web:
            web.request("GET", "/healthz")
            if web.getresponse().status == http.client.OK:
                return
        time.sleep(TICK_SECONDS)
    raise Failed(f"The web server did not answer within {STARTING_SECONDS} seconds; its lines above may say why.")


def complain_if_something_ended(processes: dict[str, subprocess.Popen[bytes]], servers: list[Server]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise Failed(f"The {name} process ended with {process.returncode}, so everything is stopped.")
    for server in servers:
        if not server.is_kept():
            raise Failed(f"The embedded {server.name} is gone, so everything is stopped. Its log: {server.log}")


def make_catches_interrupts() -> bool:
    """`kill -INT` of make alone is not passed on to us: make waits for us to end, and no longer catches the signal."""
    try:
        parent = Path(f"/proc/{os.getppid()}")
        caught = int((parent / "status").read_text().split("SigCgt:")[1].split()[0], 16)
        return (parent / "comm").read_text() == "make\n" and bool(caught & 1 << (signal.SIGINT - 1))
    except OSError:
        return False


def end_all(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # Each leads a group of its own: whatever of it is still there.
        process.wait()


def copy_lines(name: str, lines: IO[bytes]) -> None:
    for line in lines:
        if line.strip():
            say(line.decode(errors="replace").rstrip(), name)


def say(text: str, name: str = "") -> None:
    prefix = f"{name:<6} | " if name else ""
    if name and sys.stdout.isatty():
        prefix = f"\033[{COLOURS[name]}m{prefix}\033[0m"
    with contextlib.suppress(OSError):  # The terminal may be gone; what it showed must be stopped all the same.
        print("\n".join(prefix + line for line in text.splitlines()), flush=True)


def manage(command: str) -> list[str]:
    return [sys.executable, "manage.py", command]


if __name__ == "__main__":
    sys.exit(main())
