"""What holds for every test. The servers are provided by tests/settings.py, which Django reads first."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.servers import SERVERS

SHARED = Path(__file__).resolve().parents[2] / "shared"
OWN_HOSTS = {"127.0.0.1", "::1", "localhost", urlsplit(os.environ["REDIS_URL"]).hostname}


ONE_WORKER = {"demo", "test_berlin", "test_istat", "test_disclosure_berlin", "test_run"}
"""Packages and modules of tests that share something large: it is made once, on one worker (--dist=loadgroup)."""


def refuse_foreign_connections(event: str, arguments: tuple) -> None:
    """No test depends on anything but the portal's own services."""
    if event == "socket.connect":
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in OWN_HOSTS:
            raise RuntimeError(f"A test tried to reach {address}.")


sys.addaudithook(refuse_foreign_connections)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in SERVERS:
            item.add_marker("servers")
        for group in ONE_WORKER & {item.path.stem, item.path.parent.name}:
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database is removed in the end, also where a process that a test has killed left a session: PostgreSQL notices only at its next write."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout, for the few tests that compare with it."""
    if not SHARED.is_dir():
        reason = f"The reference data in {SHARED} is not here"
        if os.environ.get("SHARED") == "required":
            pytest.fail(f"{reason}, and SHARED=required.")
        pytest.skip(reason)
    return SHARED
