"""A scratch database beside the portal's, and the clock."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database of the bench's own; what stands in the portal's is never touched. Processes that are started within work on it too."""
    name = connection.settings_dict["NAME"]
    scratch = f"{name}_bench"
    address = os.environ["DATABASE_URL"]
    run(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)', f'CREATE DATABASE "{scratch}"')
    _use(scratch, _named(address, name, scratch))
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        _use(name, address)
        run(f'DROP DATABASE "{scratch}" WITH (FORCE)')


def _named(address: str, name: str, other: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.removesuffix(name) + other))


def _use(database: str, address: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = database
    os.environ["DATABASE_URL"] = address


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def seconds(work: Callable[[], object], name: str = "") -> float:
    """How long `work` takes; told at once where it has a name, since a bench at full scale runs for minutes."""
    begun = time.perf_counter()
    work()
    taken = time.perf_counter() - begun
    if name:
        print(f"  {name}: {taken:.2f} s", file=sys.stderr, flush=True)
    return taken
