"""The vocabulary that every installation begins with, as a whole: `manage.py prepare` loads it, once and for several at once."""

import io
import threading
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.catalogue import actions as catalogue
from indicators.models import Breakdown, Category, Dimension, Indicator, IndicatorVersion, SavedMapping
from integration_portal import vocabulary
from orgs.locks import RegistryLock, one_after_another
from orgs.models import Domain, ShippedEntry
from orgs.shipped import Vocabulary, load_shipped
from partnerships.models import Criterion, Level, Practice, Scale
from tests.factories import UserFactory
from tests.threads import at_once

MODELS = [Domain, Dimension, Category, Indicator, SavedMapping, Scale, Level, Criterion, Practice, ShippedEntry]


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in [*MODELS, Breakdown, IndicatorVersion]}


def entries(kind: str) -> dict[str, Any]:
    return next(one.entries() for one in vocabulary.VOCABULARIES if one.kind == kind)


def ship(kind: str, changed: dict[str, Any]) -> None:
    """As a later version of the software would bring it."""
    known = next(one for one in vocabulary.VOCABULARIES if one.kind == kind)
    assert load_shipped([Vocabulary(kind, lambda: changed, known.write, known.states)]) == []


@pytest.fixture
def loaded(db: None) -> None:
    assert vocabulary.load() == []


def test_everything_in_the_files_is_there(loaded: None) -> None:
    for one in vocabulary.VOCABULARIES:
        codes = set(one.entries())
        assert codes, one.kind
        assert set(one.states(codes)) == codes, one.kind
        assert set(ShippedEntry.objects.filter(kind=one.kind).values_list("code", flat=True)) == codes
    assert Scale.objects.get().is_current
    assert Level.objects.count() == 5
    assert Practice.objects.exclude(level=None).exists()
    assert not ShippedEntry.objects.filter(state=None).exists()


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


def test_corrected_words_of_an_indicator_are_a_version_for_the_same_years(loaded: None) -> None:
    mended = {
        code: entry | {"definition": entry["definition"] | {"en": f"{entry['definition']['en']} Mended."}}
        for code, entry in entries("indicator").items()
    }
    person = UserFactory(is_staff=True)
    checked = Indicator.objects.filter(is_provisional=True).first()
    assert checked is not None
    catalogue.check_definition(indicator=checked, by=person)
    retired = Indicator.objects.exclude(pk=checked.pk).last()
    assert retired is not None
    catalogue.retire_indicator(indicator=retired, by=person)
    ship("indicator", mended)
    kept = {checked.code, retired.code}
    for indicator in Indicator.objects.all():
        assert indicator.definition.endswith("Mended.") is (indicator.code not in kept)
    other = Indicator.objects.exclude(code__in=kept).first()
    assert other is not None
    assert [(one.number, one.valid_from_year) for one in other.versions.all()] == [(2, 0), (1, 0)]


def test_category_that_was_renamed_stays_and_its_neighbour_is_corrected(loaded: None) -> None:
    Category.objects.filter(dimension__code="sex", code="F").update(name_en="Women and girls")
    changed = {
        code: entry | {"name": entry["name"] | {"en": f"{entry['name']['en']}*"}}
        for code, entry in entries("category").items()
    }
    ship("category", changed)
    found = dict(Category.objects.filter(dimension__code="sex").values_list("code", "name_en"))
    assert found == {"F": "Women and girls", "M": "Men*", "X": "Other or not stated*"}
    host = Category.objects.get(dimension__code="origin", code="HOST")
    assert host.identities.count() == 2


def test_scale_of_which_a_word_was_changed_stays_whole(loaded: None) -> None:
    (code, scale), *_rest = entries("scale").items()
    new_words = {"en": "Tell", "es": "Contar", "fr": "Dire", "ar": "قول"}
    changed = scale | {"levels": [scale["levels"][0] | {"name": new_words}, *scale["levels"][1:]]}
    Criterion.objects.filter(code="E2").update(name_en="Our own")
    ship("scale", {code: changed})
    assert Level.objects.get(code="inform").name == "Inform"


def test_another_scale_in_use_stays_in_use(loaded: None) -> None:
    Scale.objects.update(is_current=False)
    own = Scale.objects.create(code="own", name_en="Our own", is_current=True)
    (code, scale), *_rest = entries("scale").items()
    ship("scale", {code: scale | {"name": {"en": "New words"}}, "next": scale | {"code": "next"}})
    assert list(Scale.objects.filter(is_current=True)) == [own]
    assert Scale.objects.get(code=code).name == "New words"
    assert Scale.objects.get(code="next").levels.count() == 5


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
