"""A city by all its dimensions together, released under every protection on offer and attacked as a whole.

Its people are drawn one by one, so that all tables are of the same people: by sex, by age in bands that overlap and leave their whole to be
guessed, by origin and by citizenship, which are partly the same people under two names, and crossed. Only the neighbourhoods are reported.
`pytest -s` prints what came out.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from indicators.catalogue import loading
from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.models import Category, Indicator, Observation, Period, Release
from indicators.releases import freeze
from indicators.rollup import worker
from indicators.vocabulary import PROTECTIONS
from orgs.models import Territory
from tests.indicators.attack_release import attack_period
from tests.indicators.land import Land, make_land

pytestmark = pytest.mark.django_db

STANDARD_LIST = Path(__file__).parents[3] / "indicators/data/dimensions.json"
PEOPLE_OF = {"N1": 700, "N2": 900, "N3": 1400, "N4": 2600}
CITIZENS = {"ESP": 300, "FRA": 6, "ITA": 9, "ROU": 5, "MAR": 20, "DZA": 4, "PER": 8, "COL": 12, "CHN": 10, "PAK": 6}
OF_THE_UNION = {"FRA", "ITA", "ROU"}
CONTINENTS = {
    "ESP": "EUROPE", "FRA": "EUROPE", "ITA": "EUROPE", "ROU": "EUROPE", "MAR": "AFRICA", "DZA": "AFRICA", "PER": "AMERICAS",
    "COL": "AMERICAS", "CHN": "ASIA", "PAK": "ASIA",
}  # fmt: skip
BANDS = {
    "Y0-14": (0, 14), "Y15-64": (15, 64), "Y_GE65": (65, 120), "Y15-29": (15, 29), "Y18-64": (18, 64), "Y25-54": (25, 54),
    "Y_GE18": (18, 120),
}  # fmt: skip


def groups_of(sex: str, age: int, citizenship: str) -> Iterator[str]:
    """The keys of all cells in which somebody is counted."""
    origin = "HOST" if citizenship == "ESP" else "MOBILE" if citizenship in OF_THE_UNION else "THIRD"
    bands = [band for band, (first, last) in BANDS.items() if first <= age <= last]
    yield f"sex={sex}"
    yield f"citizenship={citizenship}"
    yield f"citizenship={CONTINENTS[citizenship]}"
    if citizenship == "ESP" or citizenship in OF_THE_UNION:
        yield "citizenship=EU27_2020"
    yield f"origin={origin}"
    yield f"origin={origin}&sex={sex}"
    yield f"background={'NATIONAL' if origin == 'HOST' else 'FOREIGN'}"
    for band in bands:
        yield f"age={band}"
        yield f"age={band}&sex={sex}"
    for band in bands[:1]:
        yield f"age={band}&origin={origin}"


def draw(land: Land, seed: int, *, has_continents: bool) -> None:
    """Counts of people, and of those of them who work; a register says of whom there is nobody, but of the citizens whom it leaves out."""
    chance = random.Random(seed)
    period, at = Period.objects.get(code="2020"), timezone.now()
    counts: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for place, size in PEOPLE_OF.items():
        everybody, working = counts[place] = Counter[str](), Counter[str]()
        for citizenship in chance.choices(list(CITIZENS), list(CITIZENS.values()), k=size):
            age = min(int(chance.triangular(0, 96, 33)), 95)
            keys = list(groups_of(chance.choice("FM"), age, citizenship))
            if not has_continents:
                keys.remove(f"citizenship={CONTINENTS[citizenship]}")
            everybody.update(keys)
            if age >= 16 and chance.random() < 0.6:
                working.update(keys)
    ids = ensure_breakdowns({key for everybody, _ in counts.values() for key in everybody})
    known: dict[str, Any] = {"period": period, "status": "approved", "approved_at": at, "source": land.source}
    for place, (everybody, working) in counts.items():
        for key in sorted(ids):
            if everybody[key] or "citizenship" not in key:
                cell = known | {"territory": land.territories[place], "breakdown_id": ids[key]}
                Observation.objects.create(indicator=land.indicators["PEOPLE"], numerator=everybody[key], **cell)
            if everybody[key] and key.startswith(("sex", "origin")):
                rate = {"numerator": working[key], "denominator": everybody[key]}
                Observation.objects.create(indicator=land.indicators["RATE"], **cell, **rate)


@pytest.fixture(scope="module")
def cities(django_db_setup: None, django_db_blocker: Any) -> Iterator[Land]:
    """In Spain, which says whose citizens the host population is."""
    with django_db_blocker.unblock(), transaction.atomic():
        land = make_land()
        city = land.territories["CITY"]
        spain = Territory.objects.create(
            scheme=city.scheme, code="ES", name="Spain", kind="country", has_all_parts=False
        )
        Territory.objects.filter(pk=city.pk).update(parent=spain)
        for ages_of_the_land in (Category.objects.exclude(parent=None), Category.objects.filter(dimension__code="age")):
            ages_of_the_land.delete()
        loading.load_dimensions(json.loads(STANDARD_LIST.read_text(encoding="utf-8")))
        yield land
        transaction.set_rollback(True)


@pytest.mark.parametrize("has_continents", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_city_by_all_its_dimensions_stays_uncertain_under_every_protection_on_offer(
    cities: Land, seed: int, has_continents: bool
) -> None:
    draw(cities, seed, has_continents=has_continents)
    worker.roll_up()
    period = Period.objects.get(code="2020")
    for threshold, rounding in PROTECTIONS[1:]:
        Indicator.objects.filter(code__in=["PEOPLE", "RATE"]).update(threshold=threshold, rounding=rounding)
        release = Release.objects.create(state=Release.State.DISCARDED)
        freeze.freeze(release)
        for code in ("PEOPLE", "RATE"):
            outcome = attack_period(release, Indicator.objects.get(code=code), period)
            print(f"\n{code} {threshold} and {rounding}: {outcome}")
            assert outcome.hidden
            assert outcome.narrowest > threshold, (code, threshold, rounding)


def hidden(land: Land, rows: dict[str, dict[str, int]]) -> set[tuple[str, str]]:
    """(place, key) of what a release suppresses of these people."""
    for key, people in rows.items():
        for place, number in people.items():
            land.observe(place, "2020", number, key=key)
    worker.roll_up()
    Indicator.objects.filter(code="PEOPLE").update(threshold=5, rounding=5)
    release = Release.objects.create(state=Release.State.DISCARDED)
    freeze.freeze(release)
    return set(release.figures.filter(state="suppressed").values_list("territory__code", "breakdown__key"))


def test_countries_are_tied_to_all_people_where_no_continent_was_reported(cities: Land) -> None:
    """All less those of the other countries leave the three of Algeria in N1."""
    alone = {"N1": 3, "N2": 30, "N3": 30, "N4": 30}
    others = {"N1": 40, "N2": 50, "N3": 60, "N4": 70}
    found = hidden(
        cities,
        {
            "": {"N1": 83, "N2": 130, "N3": 150, "N4": 170},
            "citizenship=DZA": alone,
            "citizenship=PER": others,
            "citizenship=CHN": others,
        },
    )
    assert ("N1", "citizenship=DZA") in found
    assert found & {("N1", ""), ("N1", "citizenship=PER"), ("N1", "citizenship=CHN")}


def test_countries_are_tied_to_all_people_beside_the_continents_that_were_reported(cities: Land) -> None:
    """All less the Africans and those of Pakistan leave the three of China in N1. Algerians are Africans already."""
    others = {"N1": 40, "N2": 50, "N3": 60, "N4": 70}
    found = hidden(
        cities,
        {
            "": {"N1": 83, "N2": 130, "N3": 150, "N4": 170},
            "citizenship=AFRICA": others,
            "citizenship=DZA": {place: people // 2 for place, people in others.items()},
            "citizenship=PAK": others,
            "citizenship=CHN": {"N1": 3, "N2": 30, "N3": 30, "N4": 30},
        },
    )
    assert ("N1", "citizenship=CHN") in found
    assert found & {("N1", ""), ("N1", "citizenship=AFRICA"), ("N1", "citizenship=PAK")}


def test_group_of_countries_is_tied_though_the_continent_around_it_was_not_reported(cities: Land) -> None:
    """All less those of the European Union and of China leave the three of Algeria in N1."""
    others = {"N1": 40, "N2": 50, "N3": 60, "N4": 70}
    found = hidden(
        cities,
        {
            "": {"N1": 83, "N2": 130, "N3": 150, "N4": 170},
            "citizenship=EU27_2020": others,
            "citizenship=CHN": others,
            "citizenship=DZA": {"N1": 3, "N2": 30, "N3": 30, "N4": 30},
        },
    )
    assert ("N1", "citizenship=DZA") in found
    assert found & {("N1", ""), ("N1", "citizenship=EU27_2020"), ("N1", "citizenship=CHN")}


def test_bands_without_an_end_in_common_are_tied(cities: Land) -> None:
    """One of N1 is 16 to 24 or 55 to 64: those of 16 to 64 less those of 25 to 54."""
    found = hidden(
        cities,
        {
            "age=Y15-64": {"N1": 80, "N2": 90, "N3": 90, "N4": 90},
            "age=Y16-64": {"N1": 54, "N2": 70, "N3": 70, "N4": 70},
            "age=Y25-54": {"N1": 53, "N2": 50, "N3": 50, "N4": 50},
        },
    )
    assert found & {("N1", "age=Y16-64"), ("N1", "age=Y25-54")}


def test_sum_of_the_one_part_that_reported_is_as_hidden_as_that_part(cities: Land) -> None:
    """N1 says nothing of citizens of third countries. Its foreigners can be worked out, but D1's are those of N2 alone, and say so."""
    found = hidden(
        cities,
        {
            "": {"N1": 300, "N2": 15, "N3": 900, "N4": 900},
            "origin=HOST": {"N1": 250, "N2": 3, "N3": 800, "N4": 800},
            "origin=MOBILE": {"N1": 50, "N2": 6, "N3": 50, "N4": 50},
            "origin=THIRD": {"N2": 6, "N3": 50, "N4": 50},
        },
    )
    assert ("N2", "origin=HOST") in found
    foreign = {place for place, key in found if key == "origin=FOREIGN"}
    assert ("N2" in foreign) == ("D1" in foreign)
