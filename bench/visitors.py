"""A crowd of visitors on the real web server, beside the same crowd on a bare Django view with one query.

Both are served by gunicorn as `make run` starts it, on the same database; 64 connections are held open and each asks as soon as it has its
answer. The visitors walk through a mix of pages, each of which has been asked for once before: what a change of the registry costs is the
time of the first one (`pages.py`).
"""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from bench.database import run, scratch_database
from bench.pages import fill
from bench.rows import Row
from orgs.models import Domain, Organisation, Service, Territory, User
from orgs.vocabulary import Kind, Tier

CONNECTIONS = 64
SECONDS = 3
ROUNDS = 9
FIGURES = 20_000
ORGANISATIONS = 200
GUNICORN = ["--workers=2", "--threads=4", "--no-control-socket", "--log-level=error"]
STARTING_SECONDS = 60


@dataclass
class Crowd:
    answers: int = 0
    errors: int = 0
    bytes: int = 0
    seconds: float = 0
    slowest: float = 0
    said: set[str] = field(default_factory=set)

    @property
    def a_second(self) -> float:
        return self.answers / self.seconds


def measure(scale: float) -> list[Row]:
    """Rows: the ratio of the two, the errors, and for reference what visitors were served in a second."""
    with scratch_database():
        fill(FIGURES)
        fill_registry()
        paths = mix()
        with served("bench.bare") as bare, served("integration_portal.wsgi") as portal:
            for path in paths:
                asyncio.run(walk(portal, [path], connections=1, seconds=0))
            pairs = [
                (crowd(portal, paths, seconds=SECONDS * scale), crowd(bare, ["/"], seconds=SECONDS * scale))
                for _ in range(ROUNDS)
            ]
    assert all(plain.answers and not plain.errors for _, plain in pairs), [plain.said for _, plain in pairs]
    of_portal = [visitors for visitors, _ in pairs]
    errors = sum(visitors.errors for visitors in of_portal)
    a_second = statistics.median(visitors.a_second for visitors in of_portal)
    against = statistics.median(plain.a_second for _, plain in pairs)
    return [
        Row(
            f"visitors, {CONNECTIONS} at once, a mix of {len(paths)} pages: throughput, ratio",
            statistics.median(visitors.a_second / plain.a_second for visitors, plain in pairs),
            "×",
            f"a bare Django view with one query: {against:,.0f} a second, then {a_second:,.0f}",
            limit=0.5,
            sense="at least",
        ),
        Row(
            "visitors: answers that were none",
            errors,
            "",
            f"{sum(each.answers for each in of_portal):,} answers {' '.join(sorted(set().union(*(each.said for each in of_portal))))}",
            limit=0,
        ),
        Row(
            "visitors: slowest answer",
            max(visitors.slowest for visitors in of_portal),
            "s",
            f"{CONNECTIONS} connections, each with another question",
            limit=5,
        ),
    ]


def fill_registry() -> None:
    User.objects.create_user(
        "administrator@portal.example", is_staff=True
    )  # Else the first page leads to the first account.
    domain, place = Domain.objects.get(), Territory.objects.get(code="P1")
    Organisation.objects.bulk_create(
        Organisation(
            kind=Kind.ASSOCIATION, name=f"Association {n}", slug=f"association-{n}", reference=f"B{n}",
            territory=place, tier=Tier.CONTACT, verified_at="2026-01-01T00:00Z", description="What it does. " * 20,
        )
        for n in range(ORGANISATIONS)
    )  # fmt: skip
    Service.objects.bulk_create(
        Service(organisation=organisation, domain=domain, title=f"Service {n}", description="For anybody. " * 10)
        for organisation in Organisation.objects.all()
        for n in range(5)
    )
    run("ANALYZE")


def mix() -> list[str]:
    """What visitors of a portal look at: many the first page and a place, some the directory, few each organisation."""
    place = Territory.objects.get(code="P1")
    organisations = Organisation.objects.published().order_by("pk")[:40]
    assert len(organisations) == 40
    pages = [
        "/",
        "/organisations/",
        "/organisations/?page=2",
        "/organisations/?q=association",
        "/territories/",
        place.get_absolute_url(),
        "/indicators/",
        "/indicators/B1/",
        f"/indicators/B1/?territory=bench:{place.code}",
        "/figures/releases/",
        "/practices/",
        "/partnerships/",
        "/about/",
    ]
    return pages + [organisation.get_absolute_url() for organisation in organisations]


@contextlib.contextmanager
def served(application: str) -> Iterator[int]:
    """The port on which gunicorn serves it, as `make run` has it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{port}", *GUNICORN],
        cwd=Path(__file__).resolve().parent.parent,
        env=os.environ | {"PUBLIC_URL": f"http://127.0.0.1:{port}", "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"},
        start_new_session=True,
    )
    try:
        end = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.2)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def crowd(port: int, paths: list[str], *, seconds: float) -> Crowd:
    return asyncio.run(walk(port, paths, connections=CONNECTIONS, seconds=seconds))


async def walk(port: int, paths: list[str], *, connections: int, seconds: float) -> Crowd:
    """Every connection asks one page after the other until the time is over, and at least one."""
    found = Crowd()
    begun = time.perf_counter()
    end = begun + seconds
    await asyncio.gather(
        *(
            visitor(port, itertools.cycle(paths[n % len(paths) :] + paths[: n % len(paths)]), end, found)
            for n in range(connections)
        )
    )
    found.seconds = time.perf_counter() - begun
    return found


async def visitor(port: int, pages: Iterator[str], end: float, found: Crowd) -> None:
    reader, writer = None, None
    while True:
        begun = time.perf_counter()
        try:
            if writer is None or reader is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {next(pages)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head.split(" ", 2)[1])
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(headers["content-length"]))
            if headers.get("connection") == "close":
                writer.close()
                writer = None
        except (OSError, asyncio.IncompleteReadError, KeyError) as error:
            found.errors += 1
            found.said.add(type(error).__name__)
            writer = None
        else:
            found.answers += 1
            found.bytes += len(body)
            found.slowest = max(found.slowest, time.perf_counter() - begun)
            if status != HTTPStatus.OK:
                found.errors += 1
                found.said.add(str(status))
        if time.perf_counter() >= end:
            break
    if writer is not None:
        writer.close()
