"""What may be said of figures: the rules of judgement as tables, and that nobody judges by themselves."""

import ast
import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from indicators.dashboards import judgement
from indicators.dashboards.cells import Point
from indicators.dashboards.judgement import (
    Break,
    Doubt,
    Standing,
    breaks_of,
    doubt_between,
    doubt_of,
    judge,
    judge_target,
    leading,
    may_be_shared,
    may_lead,
    tone_of,
)
from indicators.vocabulary import Direction, Flag, Origin, PeriodKind
from tests.indicators.points import PART, count, indicator, point

TODAY = datetime.date(2026, 11, 28)


@pytest.mark.parametrize(
    ("fields", "doubt", "leads"),
    [
        ({}, None, True),
        (PART, Doubt.PARTIAL, False),
        ({"periods_used": 7, "periods_expected": 12}, Doubt.PARTIAL, False),
        ({"flags": Flag.UNRELIABLE}, Doubt.UNRELIABLE, False),
        ({"flags": Flag.ESTIMATED}, None, True),
        ({"flags": Flag.PROVISIONAL}, None, True),
        ({"flags": Flag.BREAK}, None, True),
        ({"denominator": Decimal(31)}, Doubt.SMALL_BASE, False),
        ({"denominator": Decimal(99)}, Doubt.SMALL_BASE, False),
        ({"denominator": Decimal(100)}, None, True),
        ({"denominator": None}, None, True),  # as its publisher gives it
        ({"denominator": Decimal(800), "step": Decimal(1)}, None, True),
        ({"denominator": Decimal(500), "step": Decimal(2)}, Doubt.SMALL_BASE, False),
        ({"value": None, "state": "missing"}, Doubt.NO_NUMBER, False),
        ({"value": None, "state": "not_applicable"}, Doubt.NO_NUMBER, False),
        ({"value": None, "state": "suppressed"}, Doubt.NO_NUMBER, True),
        ({"value": None, "state": "suppressed", **PART}, Doubt.NO_NUMBER, False),
    ],
)
def test_a_figure_is_judged_where_it_is_whole_reliable_and_of_enough(
    fields: dict[str, Any], doubt: Doubt | None, leads: bool
) -> None:
    cell = point(2025, **({"value": "50"} | fields)).cell
    assert (doubt_of(indicator(), cell), may_lead(indicator(), cell)) == (doubt, leads)


def test_a_count_has_no_base_that_could_be_small() -> None:
    assert doubt_of(count(), point(2025, 31, denominator=None).cell) is None


@pytest.mark.parametrize(
    ("points", "year"),
    [
        ([point(2024, 1), point(2025, 2)], 2025),
        ([point(2023, 1), point(2024, 2), point(2025, 3, **PART)], 2024),
        ([point(2023, 1), point(2024, state="suppressed"), point(2025, 3, **PART)], 2024),
        ([point(2023, 1), point(2024, state="missing")], 2023),
        ([point(2023, 1, **PART), point(2024, 2, **PART)], 2024),
        ([point(2023, state="missing")], None),
    ],
)
def test_the_newest_whole_figure_leads(points: list[Point], year: int | None) -> None:
    found = leading(points)
    assert (found.period.year if found else None) == year


# --- Breaks -------------------------------------------------------------------------------------------------------------


def day(year: int) -> datetime.date:
    return datetime.date(year, 1, 1)


@pytest.mark.parametrize(
    ("points", "more", "expected"),
    [
        ([point(2023, 1), point(2024, 2), point(2025, 3)], {}, []),
        ([point(2023, 1), point(2024, 2, flags=Flag.BREAK), point(2025, 3)], {}, [Break(day(2024), Doubt.BREAK)]),
        # Several at once, and in a year of which nobody knows the figure.
        (
            [point(2023, 1), point(2024, 2, flags=Flag.ESTIMATED | Flag.BREAK)],
            {},
            [Break(day(2024), Doubt.BREAK)],
        ),
        (
            [point(2023, 1), point(2024, state="missing", flags=Flag.MISSING | Flag.BREAK), point(2025, 3)],
            {},
            [Break(day(2025), Doubt.BREAK)],
        ),
        # There is nothing before it to be broken off from.
        ([point(2023, 1, flags=Flag.BREAK), point(2024, 2)], {}, []),
        ([point(2023, 1), point(2025, 3)], {"changed_in": [2024]}, [Break(day(2025), Doubt.DEFINITION)]),
        ([point(2023, 1), point(2024, 3, flags=Flag.DEFINITION)], {}, [Break(day(2024), Doubt.DEFINITION)]),
        ([point(2023, 1, flags=Flag.DEFINITION), point(2024, 3, flags=Flag.DEFINITION)], {}, []),
        (
            [point(2023, 1), point(2024, 3)],
            {"begins_on": datetime.date(2024, 1, 1)},
            [Break(day(2024), Doubt.OUTLINE)],
        ),
        # A year of months among which the break lies is like neither of its neighbours.
        (
            [point(2023, 1), point(2024, 2, flags=Flag.BREAK, origin=Origin.PERIODS), point(2025, 3)],
            {},
            [Break(day(2024), Doubt.BREAK), Break(day(2025), Doubt.BREAK)],
        ),
    ],
)
def test_breaks_in_a_line(points: list[Point], more: dict[str, Any], expected: list[Break]) -> None:
    assert breaks_of(points, **more) == expected


@pytest.mark.parametrize(
    ("before", "now", "doubt"), [(2022, 2023, None), (2023, 2024, Doubt.BREAK), (2024, 2025, None)]
)
def test_nothing_is_compared_across_a_break(before: int, now: int, doubt: Doubt | None) -> None:
    breaks = [Break(day(2024), Doubt.BREAK)]
    assert doubt_between(point(before).period, point(now).period, breaks) == doubt


# --- Two figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (point(2024, "50"), point(2025, "55"), ("5", "better", None)),
        (point(2024, "50", **PART), point(2025, "55"), (None, "", Doubt.PARTIAL)),
        (point(2024, "50"), point(2025, "55", **PART), (None, "", Doubt.PARTIAL)),
        (point(2024, "50"), point(2025, "55", flags=Flag.UNRELIABLE), ("5", "", Doubt.UNRELIABLE)),
        (point(2024, "50"), point(2025, "55", flags=Flag.BREAK), (None, "", Doubt.BREAK)),
        (point(2024, "50"), point(2025, "55", denominator=Decimal(31)), (None, "", Doubt.SMALL_BASE)),
        (point(2024, "50"), point(2025, state="suppressed"), (None, "", Doubt.NO_NUMBER)),
        (None, point(2025, "55"), (None, "", Doubt.NO_NUMBER)),
        # What was is told; how it stands is not.
        (point(2016, "50"), point(2017, "55"), ("5", "", Doubt.OLD)),
    ],
)
def test_two_figures_are_judged_where_both_are_whole_comparable_and_current(
    before: Point | None, now: Point, expected: tuple[str | None, str, Doubt | None]
) -> None:
    breaks = breaks_of([one for one in (before, now) if one])
    verdict = judge(indicator(), before, now, breaks, TODAY)
    difference, tone, doubt = expected
    assert verdict.difference == (None if difference is None else Decimal(difference))
    assert (verdict.tone, verdict.doubt) == (tone, doubt)


@pytest.mark.parametrize(("now", "tone"), [(1000, "same"), (1005, ""), (1010, "better")])
def test_a_difference_that_rounding_can_make_has_no_tone(now: int, tone: str) -> None:
    before, after = (
        point(year, value, denominator=None, step=Decimal(5)) for year, value in ((2024, 1000), (2025, now))
    )
    assert judge(count(), before, after, [], TODAY).tone == tone


@pytest.mark.parametrize(
    ("threshold", "whole", "expected"), [(5, 495, False), (5, 500, True), (0, 99, False), (0, 100, True), (0, 0, False)]
)
def test_shares_are_told_of_wholes_that_hold_them(threshold: int, whole: int, expected: bool) -> None:
    assert may_be_shared(count(threshold=threshold), Decimal(whole)) == expected


@pytest.mark.parametrize(
    ("direction", "ideal", "before", "now", "expected"),
    [
        (Direction.UP, None, 10, 12, "better"),
        (Direction.UP, None, 12, 10, "worse"),
        (Direction.DOWN, None, 12, 10, "better"),
        (Direction.DOWN, None, 10, 12, "worse"),
        (Direction.CONTEXT, None, 10, 12, ""),
        (Direction.IDEAL, 1, Decimal("0.6"), Decimal("1.2"), "better"),
        (Direction.IDEAL, 1, Decimal("1.2"), Decimal("0.6"), "worse"),
        (Direction.UP, None, Decimal("10.01"), Decimal("10.02"), "same"),
    ],
)
def test_tone_follows_the_direction(direction: str, ideal: Any, before: Any, now: Any, expected: str) -> None:
    one = indicator(direction=direction, ideal_value=ideal)
    assert tone_of(one, Decimal(before), Decimal(now)) == expected


# --- Targets ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "year", "standing", "doubt"),
    [
        # What was due is decided by the figure of its year and by no other.
        ([point(2017, "60")], 2020, Standing.NOT_KNOWN, Doubt.NO_NUMBER),
        ([point(2017, "80")], 2020, Standing.NOT_KNOWN, Doubt.NO_NUMBER),
        ([point(2020, "70"), point(2025, "50")], 2020, Standing.REACHED, None),
        ([point(2020, "60"), point(2025, "90")], 2020, Standing.MISSED, None),
        ([point(2020, "90", **PART)], 2020, Standing.NOT_KNOWN, Doubt.PARTIAL),
        ([point(2020, "90", kind=PeriodKind.MONTH, month=12)], 2020, Standing.REACHED, None),
        ([point(2020, "90", kind=PeriodKind.MONTH, month=11)], 2020, Standing.NOT_KNOWN, Doubt.NO_NUMBER),
        ([point(2019, "90", kind=PeriodKind.SCHOOL, month=9)], 2020, Standing.REACHED, None),
        ([point(2020, "90", kind=PeriodKind.SCHOOL, month=9)], 2020, Standing.NOT_KNOWN, Doubt.NO_NUMBER),
        # What is to come is judged by the newest whole figure, while that is current and like the start.
        ([point(2025, "65")], 2030, Standing.ON_THE_WAY, None),
        ([point(2025, "51")], 2030, Standing.BEHIND, None),
        ([point(2025, "71")], 2030, Standing.REACHED, None),
        ([point(2024, "65"), point(2025, "90", **PART)], 2030, Standing.ON_THE_WAY, None),
        ([point(2017, "65")], 2030, Standing.NOT_KNOWN, Doubt.OLD),
        ([point(2009, "65")], 2030, Standing.NOT_KNOWN, Doubt.OLD),
        ([point(2024, "60"), point(2025, "65", flags=Flag.BREAK)], 2030, Standing.NOT_KNOWN, Doubt.BREAK),
        ([point(2025, "65", denominator=Decimal(31))], 2030, Standing.NOT_KNOWN, Doubt.SMALL_BASE),
        ([point(2025, state="suppressed")], 2030, Standing.NOT_KNOWN, Doubt.NO_NUMBER),
    ],
)
def test_a_target_stands_as_the_figure_of_its_time_says(
    points: list[Point], year: int, standing: Standing, doubt: Doubt | None
) -> None:
    verdict = judge_target(
        indicator(),
        points,
        breaks_of(points),
        baseline=(2010, Decimal(50)),
        target=(year, Decimal(70)),
        today=TODAY,
    )
    assert (verdict.standing, verdict.doubt) == (standing, doubt)


# --- Nobody judges by themselves ----------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[3]
OF_JUDGEMENT = {"SMALL_BASE", "Direction.UP", "Direction.DOWN", "Direction.IDEAL", "Flag.BREAK", "Flag.UNRELIABLE"}
"""What only a judgement asks of."""


def test_no_other_module_of_the_pages_judges() -> None:
    """A page that asked the direction, or a flag of comparison, would have begun to judge by itself."""
    wrong = []
    for path in [
        *(ROOT / "indicators" / "dashboards").glob("*.py"),
        *(ROOT / "indicators" / "views").glob("*.py"),
        *(ROOT / "integration_portal").glob("*.py"),
    ]:
        if path.stem in {Path(judgement.__file__).stem, "cells"}:  # A cell says whether it is whole itself.
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in OF_JUDGEMENT:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")
            if isinstance(node, ast.Compare):
                names = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                if {"reporters", "expected"} <= names or {"periods_used", "periods_expected"} <= names:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} asks whether a figure is whole")
    assert wrong == []
