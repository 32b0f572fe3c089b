"""Targets beside the released figures of their territory."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.catalogue.formatting import period_words, value_words
from indicators.catalogue.targets import TargetProgress
from indicators.dashboards.cards import Card
from indicators.dashboards.judgement import Doubt, Standing, TargetVerdict, judge_target
from indicators.models import Target
from indicators.vocabulary import Direction
from orgs.models import Territory

STATUSES: dict[Standing, str | Promise] = {
    Standing.REACHED: gettext_lazy("Reached"),
    Standing.MISSED: gettext_lazy("Missed"),
    Standing.ON_THE_WAY: gettext_lazy("On track"),
    Standing.BEHIND: gettext_lazy("Behind"),
    Standing.NOT_KNOWN: gettext_lazy("Not known"),
}
TONES = {
    Standing.REACHED: "success",
    Standing.MISSED: "warning",
    Standing.ON_THE_WAY: "info",
    Standing.BEHIND: "warning",
    Standing.NOT_KNOWN: "neutral",
}
REASONS: dict[Doubt, str | Promise] = {
    Doubt.PARTIAL: gettext_lazy("The figure for %(period)s is partial."),
    Doubt.UNRELIABLE: gettext_lazy("The figure for %(period)s is unreliable."),
    Doubt.SMALL_BASE: gettext_lazy("The figure for %(period)s is about too few people."),
    Doubt.BREAK: gettext_lazy("The figure for %(period)s cannot be compared with the start: the series has a break."),
    Doubt.DEFINITION: gettext_lazy(
        "The figure for %(period)s cannot be compared with the start: the definition has changed."
    ),
    Doubt.OUTLINE: gettext_lazy("The figure for %(period)s cannot be compared with the start: the place has changed."),
    Doubt.OLD: gettext_lazy("The latest figure, for %(period)s, is too old to tell."),
}


@dataclass(frozen=True)
class TargetLine:
    """A target and how it stands, as far as the figures say."""

    target: Target
    verdict: TargetVerdict

    @property
    def text(self) -> str:
        return _("Target for %(year)s: %(value)s") % {
            "year": self.target.year,
            "value": value_words(self.target.value, self.target.indicator),
        }

    @property
    def wanted(self) -> str:
        return value_words(self.target.value, self.target.indicator, names_people=True)

    @property
    def baseline(self) -> str:
        return value_words(self.target.baseline_value, self.target.indicator)

    @property
    def progress(self) -> TargetProgress | None:
        """How much of the way has been gone: of a target that is still to come."""
        return self.verdict.progress

    @property
    def status(self) -> str:
        return str(STATUSES[self.verdict.standing])

    @property
    def tone(self) -> str:
        """The look of the status."""
        return TONES[self.verdict.standing]

    @property
    def reason(self) -> str:
        """By which figure, or why nobody can say."""
        period = period_words(self.verdict.period) if self.verdict.period else str(self.target.year)
        if self.verdict.standing != Standing.NOT_KNOWN:
            return _("Based on the figure for %(period)s.") % {"period": period}
        sentence = REASONS.get(self.verdict.doubt) if self.verdict.doubt else None
        if sentence is not None and self.verdict.period:
            return str(sentence) % {"period": period}
        return _("No published figure shows the progress.")


def target_lines(targets: Iterable[Target], card: Card | None) -> list[TargetLine]:
    return [TargetLine(target, _verdict(target, card)) for target in targets]


def next_targets(territory: Territory, year: int) -> dict[int, Target]:
    """By indicator: the one that is due next in a year, or the last one where all years are past."""
    found: dict[int, Target] = {}
    targets = territory.targets.exclude(indicator__direction=Direction.CONTEXT).select_related("indicator")
    for target in targets.order_by("year"):
        known = found.get(target.indicator_id)
        if known is None or known.year < year:
            found[target.indicator_id] = target
    return found


def _verdict(target: Target, card: Card | None) -> TargetVerdict:
    if card is None:
        return TargetVerdict(Standing.NOT_KNOWN, doubt=Doubt.NO_NUMBER)
    return judge_target(
        card.indicator,
        card.total.points,
        card.breaks,
        baseline=(target.baseline_year, target.baseline_value),
        target=(target.year, target.value),
        today=card.today,
    )
