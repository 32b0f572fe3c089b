"""`make run` without make: the portal in one terminal, from nothing to nothing."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools import embedded
from devtools.embedded.processes import wait_until
from tests.processes import embedded_variables, processes_of


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    """One for all tests, which follow each other as starts on a laptop do; the first one migrates."""
    return tmp_path_factory.mktemp("portal")


@pytest.fixture
def start() -> Iterator[Callable[[Path, int | str], subprocess.Popen[str]]]:
    started = []

    def one(var: Path, port: int | str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in embedded_variables()}
        environment.pop("MAKELEVEL", None)
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        portal = subprocess.Popen(
            [sys.executable, "-m", "devtools.run"],
            cwd=embedded.CHECKOUT,
            env=environment | {"VAR_DIR": str(var), "PORT": str(port), "DEMO": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(portal)
        return portal

    yield one
    for portal in started:
        if portal.returncode is None:
            portal.kill()
            print(portal.communicate()[0])


def answer(port: int) -> int | None:
    with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as web:
        web.request("GET", "/healthz")
        return web.getresponse().status
    return None


def is_running(process: int) -> bool:
    """Not so once it has ended, even if nobody has taken note of that yet."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def children_of(process: int) -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [map(int, line.split()) for line in listed.splitlines()]
    return {child for child, parent in pairs if parent == process}


def test_portal_answers_and_leaves_no_process_when_interrupted(start, var, port):
    portal = start(var, port)
    assert portal.stdout is not None
    shown = []
    for line in portal.stdout:
        shown.append(line)
        if f"The portal answers on http://127.0.0.1:{port}/" in line:
            break
    assert portal.poll() is None, "".join(shown)
    assert answer(port) == 200
    three = children_of(portal.pid)
    everything = three.union(*map(children_of, three)) | set(processes_of(var))
    assert len(three) == 3
    assert len(everything) >= 3 + 2 + 2 + 2  # gunicorn's and celery's children, two keepers
    os.killpg(portal.pid, signal.SIGINT)
    rest = portal.communicate(timeout=60)[0]
    assert portal.returncode == 0
    assert rest.endswith("Everything has been stopped.\n")
    # At once, not after a while: who is back at the prompt may remove the folder.
    assert [process for process in everything if is_running(process)] == []
    assert processes_of(var) == {}


def test_killed_portal_leaves_no_process(start, var, port):
    portal = start(var, port)
    assert wait_until(lambda: portal.poll() is not None or answer(port) == 200, seconds=90)
    assert portal.poll() is None
    three = children_of(portal.pid)
    everything = three.union(*map(children_of, three)) | set(processes_of(var))
    portal.kill()
    portal.communicate(timeout=60)
    assert wait_until(lambda: not any(map(is_running, everything)), seconds=30)


def test_loss_of_a_process_stops_the_others_and_says_so(start, var, port):
    portal = start(var, port)
    assert wait_until(lambda: portal.poll() is not None or answer(port) == 200, seconds=90)
    assert portal.poll() is None
    beat = next(
        process for process in children_of(portal.pid) if b"beat" in Path(f"/proc/{process}/cmdline").read_bytes()
    )
    os.kill(beat, signal.SIGKILL)
    shown = portal.communicate(timeout=60)[0]
    assert portal.returncode == 1
    assert shown.endswith("The beat process ended with -9, so everything is stopped.\n")
    assert processes_of(var) == {}


def test_taken_port_is_said_plainly_before_anything_starts(start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        portal = start(tmp_path / "var", number)
        shown = portal.communicate(timeout=60)[0]
    assert portal.returncode == 1
    assert shown == f"Port {number} cannot be used (Address already in use). Another one: make run PORT=8001\n"
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("given", ["eighty", "99999"])
def test_port_that_is_none_is_said_plainly(start, tmp_path, given):
    portal = start(tmp_path / "var", given)
    assert portal.communicate(timeout=60)[0] == f"PORT={given} is not the number of a port.\n"
    assert portal.returncode == 1
