"""How whole a figure is, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from indicators.catalogue.formatting import REPORTED_BY
from indicators.dashboards.cells import Cell
from indicators.vocabulary import Origin
from orgs.models import Territory
from orgs.numbers import write_number


@dataclass(frozen=True)
class Coverage:
    """How whole a figure is."""

    is_partial: bool
    words: str


def coverage_of(cell: Cell, kinds_below: Mapping[str, int]) -> Coverage:
    """In words: how many of those who were asked have answered, or of the territories that report, with their kind where it is known."""
    kinds = [kind for kind, count in kinds_below.items() if count == cell.expected and kind in REPORTED_BY]
    if cell.origin == Origin.REPORTED and cell.expected > 1:
        words = _("%(answered)s of %(asked)s organisations asked have answered") % {
            "answered": cell.reporters,
            "asked": cell.expected,
        }
    elif cell.origin == Origin.TERRITORIES or not cell.has_all_reporters:
        pattern = REPORTED_BY[kinds[-1] if kinds else Territory.Kind.AREA]
        words = str(pattern) % {
            "reported": write_number(cell.reporters),
            "expected": write_number(cell.expected),
        }
    else:
        words = str(Origin(cell.origin).label)
    if not cell.has_all_periods:
        words += _(", %(used)s of %(expected)s periods") % {
            "used": cell.periods_used,
            "expected": cell.periods_expected,
        }
    return Coverage(not cell.is_whole, words)
