"""Targets beside the released figures of their territory."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from indicators.dashboards.cards import Card
from indicators.dashboards.words import value_words
from indicators.models import Target
from indicators.progress import Progress, progress
from indicators.vocabulary import Direction
from orgs.models import Territory


@dataclass(frozen=True)
class TargetLine:
    """A target and how far it is; no progress where the latest figure is not shown or older than the baseline."""

    target: Target
    progress: Progress | None

    @property
    def text(self) -> str:
        return _("Target for %(year)s: %(value)s") % {
            "year": self.target.year,
            "value": value_words(self.target.value, self.target.indicator),
        }

    @property
    def status(self) -> str:
        """How far it is in words; "" where nobody can say."""
        if self.progress is None:
            return ""
        if self.progress.is_reached:
            return _("Reached")
        return _("On the way") if self.progress.is_on_track else _("Behind")

    @property
    def tone(self) -> str:
        """The look of the status."""
        if self.progress is None:
            return "neutral"
        if self.progress.is_reached:
            return "success"
        return "info" if self.progress.is_on_track else "warning"


def target_lines(targets: Iterable[Target], card: Card | None) -> list[TargetLine]:
    return [TargetLine(target, _progress(target, card)) for target in targets]


def next_targets(territory: Territory, year: int) -> dict[int, Target]:
    """By indicator: the one that is due next in a year, or the last one where all years are past."""
    found: dict[int, Target] = {}
    targets = territory.targets.exclude(indicator__direction=Direction.CONTEXT).select_related("indicator")
    for target in targets.order_by("year"):
        known = found.get(target.indicator_id)
        if known is None or known.year < year:
            found[target.indicator_id] = target
    return found


def _progress(target: Target, card: Card | None) -> Progress | None:
    if card is None or card.latest.value is None or card.latest.period.year < target.baseline_year:
        return None
    return progress(
        direction=card.indicator.direction,
        ideal=card.indicator.ideal_value,
        baseline=(target.baseline_year, target.baseline_value),
        target=(target.year, target.value),
        current=(card.latest.period.year, card.latest.value),
    )
