"""Is it there already? Two hundred labelled pairs, through the database."""

import csv
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from orgs.models import Organisation, OrganisationContact
from orgs.verification.duplicates import SHORTLIST, Likeness, likeliest_first, possible_duplicates
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


@pytest.fixture
def crowd():
    """Thousands with the same common words, and a place for the one that is looked for."""
    city = TerritoryFactory(name="Barcelona")
    crowded = [
        OrganisationFactory.build(
            territory=city, name=f"Asociación de Mujeres {word(number)} de Barcelona", is_listed=True, slug=f"c{number}",
            reference=f"C{number}", public_email="", website="",
        )
        for number in range(3000)
    ]  # fmt: skip
    Organisation.objects.bulk_create(crowded)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orgs_organisation")
    return city


def word(number):
    return "".join("abcdefghij"[int(digit)] * 2 for digit in f"{number:04}")


ALIKE = [
    ({"name": "Mujeres Zurcidoras"}, {"name": "Asociación de Mujeres Zurcidoras de Barcelona"}),
    ({"name": "Mujeres Zurcidoras"}, {"name": "Mujeres Zucridoras, Asociación Cultural"}),
    ({"name": "Mujeres Zurcidoras"}, {"name": "MujeresZurcidoras"}),
    ({"name": "MujeresZurcidoras"}, {"name": "Mujeres Zurcidoras"}),
    ({"name": "Dones"}, {"name": "Asociación de Mujeres Otras", "acronym": "D.O.N.E.S."}),
    ({"name": "Taller", "acronym": "AMOBSE"}, {"name": "Asociación de Mujeres Obreras del Barrio y sus Escuelas"}),
    ({"name": "Mujeres del Sur", "website": "https://www.zur.example/hola"}, {"name": "Zur", "website": "http://zur.example"}),
    ({"name": "Mujeres del Sur", "public_email": "a@Zur.example"}, {"name": "Zur", "website": "http://zur.example"}),
    ({"name": "Mujeres del Sur", "website": "https://zur.example"}, {"name": "Zur", "public_email": "b@zur.example"}),
    ({"name": "Mujeres", "identifiers": {"ES-NIF": "g-1"}}, {"name": "Zur", "identifiers": {"ES-NIF": "G1"}}),
]  # fmt: skip


def test_one_is_found_among_thousands_that_share_its_common_words(crowd):
    administrator = UserFactory(is_staff=True)
    missed = []
    for wanted, there in ALIKE:
        found = OrganisationFactory(published=True, territory=crowd, **{"website": "", "public_email": "", **there})
        hints = possible_duplicates(Organisation(territory=crowd, **wanted), by=administrator)
        missed += [wanted] if found not in [hint.organisation for hint in hints] else []
        found.delete()
    assert missed == []


def test_private_address_is_found_by_who_may_read_it():
    house = OrganisationFactory(published=True, public_email="", website="")
    OrganisationContact.objects.create(organisation=house, name="Ana", email="ana@zur.example")
    wanted = Organisation(name="Mujeres", website="https://zur.example")
    hints = possible_duplicates(wanted, by=UserFactory(is_staff=True))
    assert house in [hint.organisation for hint in hints]
    assert house not in [hint.organisation for hint in possible_duplicates(wanted, by=UserFactory())]


def test_no_look_reads_the_whole_table(crowd):
    OrganisationFactory(published=True, territory=crowd, name="Mujeres Zurcidoras", acronym="MZ")
    told = Organisation(territory=crowd, name="Zurcidoras Andinas", acronym="ZAND", website="https://zur.example")
    for by in (UserFactory(is_staff=True), UserFactory(), AnonymousUser()):
        looked_at = likeliest_first(Organisation.objects.visible_to(by), Likeness.of(told), by)
        plan = looked_at.select_related("territory")[:SHORTLIST].explain()
        assert "Seq Scan on orgs_organisation" not in plan
        for index in ("name_words", "own_name", "own_acronym", "made_initials", "host", "house"):
            assert f"organisation_{index}" in plan
