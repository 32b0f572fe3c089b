"""The figures that the rollup keeps, beside those computed from nothing."""

from indicators import marks
from indicators.models import ComputedFigure, ComputedPlace
from indicators.rollup import worker

CELL = ("indicator__code", "period__code", "territory__code", "breakdown__key")


CONTENT = (
    "numerator",
    "denominator",
    "origin",
    "is_overridden",
    "reporters",
    "expected",
    "periods_used",
    "periods_expected",
    "flags",
)


def figures() -> dict:
    rows = ComputedFigure.objects.values_list(*CELL, *CONTENT)
    return {row[:4]: row[4:] for row in rows}


def compare_with_scratch() -> None:
    """The figures kept step by step equal those computed from nothing."""
    worker.roll_up()
    kept = figures()
    ComputedPlace.objects.all().delete()
    marks.mark_all()
    worker.roll_up()
    assert figures() == kept
