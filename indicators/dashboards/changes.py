"""How a figure has moved since another period, in words, as far as the two may be compared."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from indicators.catalogue.formatting import change_words, past_change_words, period_in_sentence, side_shown
from indicators.dashboards.cells import Point
from indicators.dashboards.judgement import Break, Doubt, judge, may_be_shared
from indicators.models import Indicator, Period
from indicators.vocabulary import Measure

NOT_COMPARED: dict[Doubt, str | Promise] = {
    Doubt.BREAK: gettext_lazy("Cannot be compared with %(period)s: the series has a break"),
    Doubt.DEFINITION: gettext_lazy("Cannot be compared with %(period)s: the definition has changed"),
    Doubt.OUTLINE: gettext_lazy("Cannot be compared with %(period)s: that figure is estimated for other boundaries"),
}
"""Where a reader might compare two figures, and should not. Of any other doubt the page tells beside the figure."""


@dataclass(frozen=True)
class Change:
    """Between two periods. `progress` follows the indicator's direction: better, worse, same, or "" where nothing is to be said of it."""

    since: Period
    difference: Decimal | None
    progress: str
    words: str
    side: int | None = None
    """1 for up, −1 for down, 0 for unchanged as far as it is shown; None where nothing is compared."""


def change_of(
    indicator: Indicator, before: Point | None, now: Point | None, breaks: Sequence[Break], today: datetime.date
) -> Change | None:
    """As far as the two may be compared. None where there is nothing to say, not even that they cannot be."""
    verdict = judge(indicator, before, now, breaks, today)
    if before is None or now is None:
        return None
    if verdict.difference is None:
        sentence = NOT_COMPARED.get(verdict.doubt) if verdict.doubt else None
        if sentence is None:
            return None
        return Change(before.period, None, verdict.tone, str(sentence) % {"period": period_in_sentence(before.period)})
    if verdict.doubt == Doubt.OLD:
        words = past_change_words(verdict.difference, before.period, now.period, indicator)
    else:
        start = before.value or Decimal(0)
        with_share = indicator.measure == Measure.COUNT and may_be_shared(indicator, start)
        words = change_words(verdict.difference, start, before.period, indicator, with_share=with_share)
    side = side_shown(verdict.difference, indicator)
    return Change(before.period, verdict.difference, verdict.tone, words, side)
