"""The vocabulary that every installation begins with, once it is there: what a later version of the software brings, and what stays."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from indicators.catalogue import actions as catalogue
from indicators.models import Category, Indicator
from integration_portal import vocabulary
from orgs.domains import actions as domains
from orgs.models import Domain, ShippedEntry
from orgs.shipped import Vocabulary, load_shipped
from partnerships.models import Criterion, Level, Practice, Scale
from tests.factories import UserFactory
from tests.settled import settle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once for the tests of the module, and gone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert vocabulary.load() == []
        settle()
        yield
        transaction.set_rollback(True)


def entries(kind: str) -> dict[str, Any]:
    return next(one.entries() for one in vocabulary.VOCABULARIES if one.kind == kind)


def ship(kind: str, changed: dict[str, Any]) -> None:
    """As a later version of the software would bring it."""
    known = next(one for one in vocabulary.VOCABULARIES if one.kind == kind)
    assert load_shipped([Vocabulary(kind, lambda: changed, known.write, known.states)]) == []


def test_everything_in_the_files_is_there() -> None:
    for one in vocabulary.VOCABULARIES:
        codes = set(one.entries())
        assert codes, one.kind
        assert set(one.states(codes)) == codes, one.kind
        assert set(ShippedEntry.objects.filter(kind=one.kind).values_list("code", flat=True)) == codes
    assert Scale.objects.get().is_current
    assert Level.objects.count() == 5
    assert Practice.objects.exclude(level=None).exists()
    assert not ShippedEntry.objects.filter(state=None).exists()


def test_corrected_words_of_an_indicator_are_a_version_for_the_same_years() -> None:
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


def test_category_that_was_renamed_stays_and_its_neighbour_is_corrected() -> None:
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


def test_domain_that_an_administrator_reworded_stays_and_its_neighbour_is_corrected() -> None:
    person = UserFactory(is_staff=True)
    health = Domain.objects.get(code="D5")
    health.name_es, health.description_en = "Salud y cuidados", "Our own words."  # type: ignore[attr-defined]
    domains.save_domain(domain=health, by=person)
    changed = {
        code: entry | {"name": entry["name"] | {"es": f"{entry['name']['es']}*"}}
        for code, entry in entries("domain").items()
    }
    ship("domain", changed)
    found = dict(Domain.objects.filter(code__in=["D4", "D5"]).values_list("code", "name_es"))
    assert found == {"D4": changed["D4"]["name"]["es"], "D5": "Salud y cuidados"}
    assert Domain.objects.get(code="D5").description_en == "Our own words."  # type: ignore[attr-defined]


def test_scale_of_which_a_word_was_changed_stays_whole() -> None:
    (code, scale), *_rest = entries("scale").items()
    new_words = {"en": "Tell", "es": "Contar", "fr": "Dire", "ar": "قول"}
    changed = scale | {"levels": [scale["levels"][0] | {"name": new_words}, *scale["levels"][1:]]}
    Criterion.objects.filter(code="E2").update(name_en="Our own")
    ship("scale", {code: changed})
    assert Level.objects.get(code="inform").name == "Inform"


def test_another_scale_in_use_stays_in_use() -> None:
    Scale.objects.update(is_current=False)
    own = Scale.objects.create(code="own", name_en="Our own", is_current=True)
    (code, scale), *_rest = entries("scale").items()
    ship("scale", {code: scale | {"name": {"en": "New words"}}, "next": scale | {"code": "next"}})
    assert list(Scale.objects.filter(is_current=True)) == [own]
    assert Scale.objects.get(code=code).name == "New words"
    assert Scale.objects.get(code="next").levels.count() == 5
