"""Real processes of the portal beside a test: workers and beats on the test's own database and queue."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis as redis_client
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu import pools

from devtools.embedded import redis

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """The address of the database that the test is in."""
    values = connection.settings_dict
    host = str(values["HOST"] or "")
    user = f"{values['USER'] or ''}" + (f":{values['PASSWORD']}" if values["PASSWORD"] else "")
    if host.startswith("/"):
        return f"postgres://{user}@:{values['PORT'] or 5432}/{host}/{values['NAME']}"
    return f"postgres://{user}@{host or 'localhost'}:{values['PORT'] or 5432}/{values['NAME']}"


def environment(**changes: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "integration_portal.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "EMAIL_URL": "dummymail://",
        "PYTEST_XDIST_WORKER": "",
        **changes,
    }


@contextlib.contextmanager
def started(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; what is left of the group is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 for the process and all of its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)


def worker(**variables: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A Celery worker with one child."""
    return started(
        "-m",
        "celery",
        "--app",
        "integration_portal",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "ERROR",
        **variables,
    )


def beat(**variables: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    return started(
        "-m", "celery", "--app", "integration_portal", "beat", "--pidfile", "", "--loglevel", "ERROR", **variables
    )


class Queue:
    """A Redis server that a test may stop and start, and to which the portal in this process sends meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> "Queue":
        self.before = current_app.conf.broker_url
        self.start()
        self._send_to(self.url)
        return self

    def __exit__(self, *exception: object) -> None:
        self._send_to(self.before)
        self.stop()

    def start(self) -> None:
        command = [
            redis.program(),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            "--appendonly",
            "yes",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self.answers, seconds=10, what="Redis")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, task: str) -> None:
        """As beat does: it does not give up after a moment, as a request does."""
        current_app.send_task(task, ignore_result=True)

    def flush(self) -> None:
        with redis_client.Redis.from_url(self.url) as client:
            client.flushall()

    def answers(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def _send_to(self, url: str) -> None:
        for name in ("broker_url", "broker_write_url", "broker_read_url"):
            setattr(current_app.conf, name, url)
        pools.reset()
        vars(current_app)["_pool"] = None
        vars(current_app.amqp)["_producer_pool"] = None


def wait_until(condition: Callable[[], bool], *, seconds: float = 60, what: str = "the condition") -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def embedded_variables() -> set[str]:
    return {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "VAR_DIR"}


def processes_of(*places: Path) -> dict[int, str]:
    """Every process whose command line names one of the folders: supervisors, PostgreSQL and Redis."""
    found = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode() if folder.name.isdigit() else ""
            if any(str(place) in line for place in places) and int(folder.name) != os.getpid():
                found[int(folder.name)] = line
    return found
