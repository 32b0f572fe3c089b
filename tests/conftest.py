"""What holds for every test. The servers are provided by tests/settings.py, which Django reads first."""

import copy
import gc
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from xdist.scheduler import LoadScopeScheduling

from orgs import installation
from orgs.models import Portal
from tests.flush import sql_flush
from tests.servers import SERVERS
from tests.settled import settle
from tests.world import World, make_world

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"
OWN_HOSTS = {"127.0.0.1", "::1", "localhost", urlsplit(os.environ["REDIS_URL"]).hostname}


ONE_WORKER = {"demo", "test_berlin", "test_istat", "test_disclosure_berlin", "test_run"}
"""Packages and modules of tests that share something large: each is for one worker, which makes it once."""


class Scheduling(LoadScopeScheduling):
    """What is not in ONE_WORKER goes test by test. pytest-xdist's own groups (3.8) have no effect with pytest 9.2: it renames items in vain."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        return next(iter(ONE_WORKER & {path.stem, path.parent.name}), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


def refuse_foreign_connections(event: str, arguments: tuple) -> None:
    """No test depends on anything but the portal's own services."""
    if event == "socket.connect":
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in OWN_HOSTS:
            raise RuntimeError(f"A test tried to reach {address}.")


sys.addaudithook(refuse_foreign_connections)
gc.disable()  # Until everything is loaded: see pytest_runtestloop.


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in SERVERS:
            item.add_marker("servers")
    share_worlds(items)


def share_worlds(items: list[pytest.Item]) -> None:
    """Where one test of a module stands on the module's world, they all do: none finds the database otherwise when it comes first."""
    tests = [item for item in items if isinstance(item, pytest.Function)]
    for world in ("module_world", "module_land"):
        modules = {item.path for item in tests if world in item.fixturenames}
        for item in tests:
            if item.path in modules and world not in item.fixturenames:
                item.fixturenames.insert(0, world)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is loaded by now stays: the collector of garbage need not look through it again and again, nor after every 700 objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database is emptied by tests/flush.py after tests that commit. It is removed in the end, also where a process that a test has
    killed left a session: PostgreSQL notices only at its next write."""
    connection.ops.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="module")
def module_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Built once for the tests of a module, and gone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        settle()
        yield world
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def portal_as_it_comes() -> None:
    """What a test before said of the portal is undone in the database, and forgotten here."""
    installation.remember(Portal())


@pytest.fixture
def world(module_world: World, db: None) -> World:
    """A test's own copy of it: what it changes, here and in the database, is undone after it."""
    return copy.deepcopy(module_world)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout, for the few tests that compare with it."""
    if not SHARED.is_dir():
        reason = f"The reference data in {SHARED} is not here"
        if os.environ.get("SHARED") == "required":
            pytest.fail(f"{reason}, and SHARED=required.")
        pytest.skip(reason)
    return SHARED
