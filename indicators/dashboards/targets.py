"""Targets beside the released figures of their territory."""

from collections.abc import Iterable
from dataclasses import dataclass

from indicators.dashboards.cards import Card
from indicators.models import Target
from indicators.progress import Progress, progress


@dataclass(frozen=True)
class TargetLine:
    """A target and how far it is; no progress where the latest figure is not shown or older than the baseline."""

    target: Target
    progress: Progress | None


def target_lines(targets: Iterable[Target], card: Card | None) -> list[TargetLine]:
    return [TargetLine(target, _progress(target, card)) for target in targets]


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
