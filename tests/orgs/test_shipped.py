"""Vocabulary that comes with the software: what a later version brings, and what an administrator did, both hold."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from orgs.models import Domain, ShippedEntry
from orgs.shipped import Refusal, Vocabulary, load_shipped
from orgs.territories.loading import domain_states, load_domains

pytestmark = pytest.mark.django_db


def entry(number: int = 1, name: str = "Language", **more: Any) -> dict[str, Any]:
    return {"code": f"D{number}", "slug": f"d{number}", "order": number, "name": {"en": name, "es": "Lengua"}, **more}


def ship(*entries: dict[str, Any]) -> list[Refusal]:
    by_code = {one["code"]: one for one in entries}
    return load_shipped([Vocabulary("domain", lambda: by_code, lambda rows: load_domains(entries=rows), domain_states)])


def names() -> dict[str, str]:
    return dict(Domain.objects.values_list("code", "name_en"))


def nothing() -> None:
    """An administrator who leaves the row alone."""


def rename() -> None:
    Domain.objects.filter(code="D1").update(name_en="Tongue")


def translate() -> None:
    Domain.objects.filter(code="D1").update(name_fr="Langue")


def delete() -> None:
    Domain.objects.filter(code="D1").delete()


def rename_and_back() -> None:
    rename()
    Domain.objects.filter(code="D1").update(name_en="Language")


@pytest.mark.parametrize(
    ("meanwhile", "same_again", "corrected"),
    [
        (nothing, "Language", "Languages"),
        (rename_and_back, "Language", "Languages"),
        (rename, "Tongue", "Tongue"),
        (translate, "Language", "Language"),
        (delete, None, None),
    ],
)
def test_what_an_administrator_did_stays_and_the_rest_is_corrected(meanwhile, same_again, corrected) -> None:
    assert ship(entry()) == []
    meanwhile()
    for name, expected in (("Language", same_again), ("Languages", corrected), ("Languages", corrected)):
        assert ship(entry(name=name)) == []
        assert names().get("D1") == expected


def test_correction_after_one_that_was_kept_away_still_leaves_the_row_alone() -> None:
    for name in ("Language", "Languages", "Speech"):
        ship(entry(name=name))
        Domain.objects.filter(name_en="Language").update(name_en="Tongue")
    assert names() == {"D1": "Tongue"}


def test_row_that_was_there_before_is_its_owners() -> None:
    load_domains(entries=[entry(name="Our own")])
    ship(entry(), entry(2, "Work"))
    assert names() == {"D1": "Our own", "D2": "Work"}
    ship(entry(name="Corrected"), entry(2, "Employment"))
    assert names() == {"D1": "Our own", "D2": "Employment"}


def test_what_is_no_longer_in_the_files_stays() -> None:
    ship(entry(), entry(2, "Work"))
    ship(entry(2, "Work"))
    assert names() == {"D1": "Language", "D2": "Work"}


def test_state_is_the_same_whoever_reads() -> None:
    ship(entry())
    with translation.override("es"):
        ship(entry(name="Languages"))
    assert names() == {"D1": "Languages"}


def test_column_that_the_model_did_not_have_then_says_nothing() -> None:
    ship(entry())
    state: dict[str, Any] = ShippedEntry.objects.values_list("state", flat=True).get() or {}
    ShippedEntry.objects.update(state={name: value for name, value in state.items() if name != "icon"})
    ship(entry(name="Languages", icon="chat"))
    assert names() == {"D1": "Languages"}
    assert ShippedEntry.objects.filter(state__icon="chat").exists()


def test_entry_that_clashes_keeps_no_other_away_and_is_tried_again() -> None:
    Domain.objects.create(code="OWN", slug="own", order=1, name_en="Takes the first place")
    refusals = ship(entry(), entry(2, "Work"))
    assert [(one.kind, one.code) for one in refusals] == [("domain", "D1")]
    assert "order" in refusals[0].reason
    assert names() == {"OWN": "Takes the first place", "D2": "Work"}
    Domain.objects.filter(code="OWN").update(order=9)
    assert ship(entry(), entry(2, "Work")) == []
    assert "D1" in names()


def test_what_a_loader_refuses_is_said_in_its_words() -> None:
    def refuse(rows: list[Any]) -> None:
        raise ValidationError("It lacks %(part)s.", params={"part": "its half"})

    found = load_shipped([Vocabulary("half", lambda: {"H": {}}, refuse, lambda codes: {})])
    assert found == [Refusal("half", "H", "It lacks its half.")]
    assert not ShippedEntry.objects.exists()


def test_second_time_costs_one_query_and_writes_nothing() -> None:
    ship(entry(), entry(2, "Work"))
    with CaptureQueriesContext(connection) as captured:
        ship(entry(), entry(2, "Work"))
    queries = [query["sql"].split()[0] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert queries == ["SELECT"]
