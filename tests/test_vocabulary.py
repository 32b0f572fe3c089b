"""The vocabulary that every installation begins with, as a whole: `manage.py prepare` loads it, once and for several at once."""

import io
import threading
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.models import Breakdown, Category, Dimension, Indicator, IndicatorVersion, SavedMapping
from integration_portal import vocabulary
from orgs.locks import RegistryLock, one_after_another
from orgs.models import Domain, ShippedEntry
from partnerships.models import Criterion, Level, Practice, Scale
from tests.threads import at_once

MODELS = [Domain, Dimension, Category, Indicator, SavedMapping, Scale, Level, Criterion, Practice, ShippedEntry]


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in [*MODELS, Breakdown, IndicatorVersion]}


def entries(kind: str) -> dict[str, Any]:
    return next(one.entries() for one in vocabulary.VOCABULARIES if one.kind == kind)


@pytest.mark.django_db
def test_second_time_writes_nothing_and_costs_one_query() -> None:
    with CaptureQueriesContext(connection) as first:
        began = time.perf_counter()
        assert vocabulary.load() == []
        first_seconds = time.perf_counter() - began
    before = counts()
    with CaptureQueriesContext(connection) as second:
        began = time.perf_counter()
        assert vocabulary.load() == []
        second_seconds = time.perf_counter() - began
    print(f"\nvocabulary: {len(first)} queries in {first_seconds:.2f} s, then {len(second)} in {second_seconds:.2f} s")
    assert [query["sql"].split()[0] for query in second if "SAVEPOINT" not in query["sql"]] == ["SELECT"]
    assert counts() == before


def prepare() -> str:
    refused = io.StringIO()
    call_command("prepare", verbosity=0, stdout=io.StringIO(), stderr=refused)
    return refused.getvalue()


@pytest.mark.django_db(transaction=True)
def test_two_that_prepare_at_once_load_it_once() -> None:
    assert at_once(prepare, prepare) == ["", ""]
    assert Practice.objects.count() == len(entries("practice"))
    assert IndicatorVersion.objects.count() == len(entries("indicator"))


@pytest.mark.django_db(transaction=True)
def test_who_prepares_while_another_one_does_waits_for_it() -> None:
    with one_after_another(RegistryLock.PREPARATION):
        second = threading.Thread(target=lambda: at_once(prepare))
        second.start()
        deadline = time.monotonic() + 20
        while not others_wait() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert others_wait()
        assert not Domain.objects.exists()
    second.join(120)
    assert Domain.objects.count() == 11


def others_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND classid = %s AND datname = current_database()",
            [RegistryLock.PREPARATION.value],
        )
        return bool(cursor.fetchone()[0])
