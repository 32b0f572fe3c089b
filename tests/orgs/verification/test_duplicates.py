"""Is it there already? Two hundred labelled pairs, through the database."""

import csv
from pathlib import Path

import pytest

from orgs.models import Organisation
from orgs.verification.duplicates import possible_duplicates
from tests.factories import OrganisationFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db
PAIRS = Path(__file__).with_name("pairs.csv")


def pairs():
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def entry(pair, which, **more):
    return {
        "name": pair[f"name_{which}"],
        "acronym": pair[f"acronym_{which}"],
        "website": pair[f"web_{which}"],
        "public_email": pair[f"mail_{which}"],
        **more,
    }


def test_hints_find_what_is_the_same_and_leave_out_what_is_not(capsys):
    """Each pair alone, so that its two are told apart by themselves."""
    administrator, city = UserFactory(is_staff=True), TerritoryFactory(name="Barcelona")
    labelled = pairs()
    assert len(labelled) == 200
    missed, wrong = [], []
    for pair in labelled:
        there = OrganisationFactory(published=True, territory=city, **entry(pair, "b"))
        hints = possible_duplicates(Organisation(territory=city, **entry(pair, "a")), by=administrator)
        is_hinted = there in [hint.organisation for hint in hints]
        if pair["same"] == "1" and not is_hinted:
            missed.append((pair["name_a"], pair["name_b"]))
        if pair["same"] == "0" and is_hinted:
            wrong.append((pair["name_a"], pair["name_b"]))
        there.delete()
    same = sum(pair["same"] == "1" for pair in labelled)
    right = same - len(missed)
    precision, recall = right / (right + len(wrong)), right / same
    with capsys.disabled():
        print(f"\nduplicate hints: precision {precision:.3f}, recall {recall:.3f}; missed {missed}; wrong {wrong}")
    assert precision >= 0.95
    assert recall >= 0.95


def test_hints_among_many_are_few_and_the_closest_first(django_assert_max_num_queries):
    administrator, city = UserFactory(is_staff=True), TerritoryFactory(name="Barcelona")
    for pair in pairs():
        OrganisationFactory(published=True, territory=city, **entry(pair, "b"))
    wanted = Organisation(territory=city, name="Asociación de Mujeres Andinas de Barcelona")
    with django_assert_max_num_queries(3):
        hints = possible_duplicates(wanted, by=administrator)
    assert hints[0].organisation.name == "Mujeres Andinas"
    assert len(hints) <= 3
