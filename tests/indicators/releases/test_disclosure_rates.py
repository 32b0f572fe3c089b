"""What a published rate tells of its parts: for every pair of them, how many others would be published alike.

Everything is enumerated: the numerators of all bases up to some hundreds and of a window of larger ones, under every setting on offer. The
grouping is by what the public sees and nothing else, so that the rule by which the step was chosen is not believed but tried.
"""

from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import connection
from psycopg2.sql import SQL

from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.models import Indicator
from indicators.releases.sql import IS_NARROW, TELL
from indicators.vocabulary import PROTECTIONS, Measure, Unit
from tests.factories import TerritoryFactory
from tests.factories_indicators import RateFactory

pytestmark = pytest.mark.django_db

WINDOWS = [(1, 220), (990, 1030)]
MEANS = [(40, 90), (245, 295)]
PAIRS = SQL("""
    SELECT n::numeric AS numerator, d::numeric AS denominator, round(n::numeric * %(factor)s / d, 10) AS value
    FROM generate_series(%(first)s, %(last)s) AS d CROSS JOIN generate_series(0, %(each)s * d) AS n
""")
TOLD = SQL("""
    SELECT f.numerator, f.denominator, base.d, told.value, step.size, coalesce({is_narrow}, false) FROM ({pairs}) AS f
    JOIN indicators_indicator i ON i.id = %(indicator)s JOIN indicators_breakdown g ON g.id = %(breakdown)s
    JOIN orgs_territory place ON place.id = %(territory)s {tell}
""").format(is_narrow=IS_NARROW, pairs=PAIRS, tell=TELL)

Told = tuple[Decimal, Decimal, Decimal | None]


def published(indicator: Indicator, first: int, last: int, each: int = 1) -> dict[Told, list[tuple[int, int]]]:
    """{(base, value, step) as published: the true pairs}, of those that are neither small nor hidden. Nobody adds more than `each`."""
    is_mean = indicator.measure == Measure.MEAN
    parameters = {
        "indicator": indicator.pk, "territory": TerritoryFactory().pk, "breakdown": ensure_breakdowns([""])[""],
        "factor": indicator.factor, "first": first, "last": last, "each": each,
    }  # fmt: skip
    alike: dict[Told, list[tuple[int, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TOLD, parameters)
        for numerator, base, published_base, value, step, is_narrow in cursor.fetchall():
            few = not is_mean and [part for part in (numerator, base - numerator) if 0 < part < indicator.threshold]
            if not few and base >= indicator.threshold and not is_narrow:
                alike[published_base, value, step].append((int(numerator), int(base)))
    return alike


def width(numbers: list[int]) -> int:
    return max(numbers) - min(numbers)


@pytest.mark.parametrize(("threshold", "rounding"), PROTECTIONS[1:])
def test_the_parts_of_a_rate_stay_open_by_more_than_the_protection_level(threshold: int, rounding: int) -> None:
    rate = RateFactory(threshold=threshold, rounding=rounding)
    told = {
        at: pairs
        for first, last in WINDOWS
        for at, pairs in published(rate, first, last).items()
        if at[2] is not None and first + rounding < at[0] < last - rounding
    }
    assert len(told) > 10
    assert [at for at, pairs in told.items() if width([n for n, _ in pairs]) <= threshold] == []
    assert [at for at, pairs in told.items() if width([d - n for n, d in pairs]) <= threshold] == []
    assert [at for at, pairs in told.items() if width([d for _, d in pairs]) < rounding - 1] == []


@pytest.mark.parametrize(("threshold", "rounding"), PROTECTIONS[1:])
def test_the_sum_of_a_mean_stays_open_by_what_the_protection_level_adds(threshold: int, rounding: int) -> None:
    """Of answers from 1 up: so many people of the mean's own size could be in it or not, and it would be published alike."""
    mean = RateFactory(measure=Measure.MEAN, unit=Unit.MEAN_0_10, factor=1, threshold=threshold, rounding=rounding)
    told = {
        at: pairs
        for first, last in MEANS
        for at, pairs in published(mean, first, last, each=2).items()
        if at[2] is not None and at[1] >= 1 and first + rounding < at[0] < last - rounding
    }
    assert len(told) > 5
    assert [at for at, pairs in told.items() if width([n for n, _ in pairs]) < threshold * at[1]] == []
    assert [at for at, pairs in told.items() if width([d for _, d in pairs]) < rounding - 1] == []


def test_a_rate_is_as_near_to_the_true_one_as_its_step_says_and_only_0_and_all_are_exact() -> None:
    rate = RateFactory(threshold=5, rounding=5)
    for first, last in WINDOWS:
        for (_, value, step), pairs in published(rate, first, last).items():
            for numerator, base in pairs:
                assert abs(value - Decimal(100 * numerator) / base) <= Decimal(step or 0) / 2 + Decimal("1e-9")
                assert (value == 0, value == 100) == (numerator == 0, numerator == base)
                assert (step is None) == (numerator in (0, base))


def test_step_is_the_same_for_all_that_have_the_same_published_base() -> None:
    steps = defaultdict(set)
    for base, _, step in published(RateFactory(threshold=5, rounding=5), 1, 220):
        steps[base].add(step)
    assert {base: len(found - {None}) for base, found in steps.items() if len(found - {None}) > 1} == {}
    assert (steps[Decimal(80)], steps[Decimal(200)]) == ({None, Decimal(10)}, {None, Decimal(5)})
