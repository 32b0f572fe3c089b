"""The figures of one indicator in one territory: all of them over time, each group beside it, how they moved, and the gap."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.formatting import period_words
from indicators.dashboards.cells import MONTHS_OF, Cell, Point, Series
from indicators.dashboards.changes import Change, change_of
from indicators.dashboards.gap import FOREIGN, GAP_KEYS, MOBILE, THIRD, Gap, gap_of
from indicators.dashboards.judgement import Break, breaks_of, leading, may_be_shared
from indicators.models import Indicator, Period, Source, Target
from indicators.vocabulary import Comparator, Measure, PeriodKind
from orgs.models import Territory

TOTAL = ""
SEXES = ("sex=F", "sex=M")
CARD_KEYS = (TOTAL, *SEXES, *GAP_KEYS)
"""The breakdowns that a card shows."""
LEADING = (TOTAL, FOREIGN, THIRD, MOBILE)
"""Whose figure leads: that of all; where a source gives groups alone, that of migrants, who stand beside the host population then."""


@dataclass(frozen=True)
class GroupFigure:
    """One group of a breakdown beside the others."""

    key: str
    name: str
    cell: Cell
    url: str
    share: Decimal | None
    """Of the total in per cent, for what adds up."""

    @property
    def is_partial(self) -> bool:
        return not self.cell.is_whole


@dataclass(frozen=True)
class PlaceFigures:
    """One indicator in one territory. `series` holds each group over time. What it says of them it asks of `judgement`."""

    indicator: Indicator
    territory: Territory
    kind: str
    series: Mapping[str, Series]
    groups_by_key: Mapping[str, str]
    kinds_below: Mapping[str, int]
    changed_in: tuple[int, ...] = ()
    """The years from which another definition holds."""
    lead: str = TOTAL
    """The key of the group whose figure leads: all, or one of origin where a source says nothing of all together."""
    sources: list[Source] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    """Of this territory, to be drawn with the figures."""
    today: datetime.date = field(default_factory=timezone.localdate)

    @property
    def total(self) -> Series:
        """What leads. Of all, but for a source that has figures of groups alone (`lead_group`)."""
        return self.series[self.lead]

    @property
    def lead_group(self) -> str:
        """Whose figure leads, in words; "" where it is that of all."""
        return self.groups_by_key.get(self.lead, self.lead) if self.lead else ""

    @cached_property
    def latest(self) -> Point:
        """The figure that leads: the newest whole one, and only where there is none a partial one."""
        return leading(self.total.points) or self.total.points[-1]

    @property
    def cell(self) -> Cell:
        cell = self.latest.cell
        assert cell is not None  # `make_card` gives no card without one.
        return cell

    @property
    def is_sample(self) -> bool:
        return any(source.is_sample for source in self.sources)

    @cached_property
    def breaks(self) -> list[Break]:
        return breaks_of(self.total.points, changed_in=self.changed_in, begins_on=self.territory.valid_from)

    def breaks_in(self, key: str) -> list[Break]:
        return breaks_of(self.series[key].points, changed_in=self.changed_in, begins_on=self.territory.valid_from)

    def at(self, key: str, period: Period) -> Point | None:
        return self.series[key].at(period) if key in self.series else None

    @cached_property
    def changes(self) -> list[Change]:
        """Since the same time of the year before, where figures come more than once a year, and since the period before."""
        months = MONTHS_OF[PeriodKind(self.kind)]
        steps = [months] if months == 12 else [12, months]
        found = (self.change_since(self.total.before(self.latest, step)) for step in steps)
        return [change for change in found if change]

    @property
    def change(self) -> Change | None:
        return next(iter(self.changes), None)

    def change_since(self, before: Point | None) -> Change | None:
        return change_of(self.indicator, before, self.latest, self.breaks, self.today)

    def groups(self, keys: Iterable[str]) -> list[GroupFigure]:
        figures = []
        for key in keys:
            point = self.at(key, self.latest.period)
            if point is None or point.cell is None:
                continue
            figures.append(
                GroupFigure(
                    key,
                    self.groups_by_key[key],
                    point.cell,
                    figure_url(self.indicator, self.territory, self.latest.period, key),
                    share_of(self.indicator, point.cell, self.latest.cell),
                )
            )
        return figures

    @cached_property
    def sexes(self) -> list[GroupFigure]:
        """Women and men in the latest period, where both were counted apart."""
        found = self.groups(SEXES)
        return found if len(found) == len(SEXES) else []

    @cached_property
    def gaps(self) -> list[Gap]:
        """In order of time, of the periods in which both groups are there and may be set against each other."""
        if self.indicator.comparator != Comparator.HOST:
            return []
        found = []
        for point in self.total.points:
            cells = {key: one.cell for key in GAP_KEYS if (one := self.at(key, point.period)) and one.cell}
            gap = gap_of(self.indicator, cells)
            if gap:
                found.append(gap)
        return found

    @property
    def gap(self) -> Gap | None:
        """The latest. None where it is of an earlier period than the figure that leads, and of the same group: of one group one figure is said."""
        latest = self.gaps[-1] if self.gaps else None
        if latest and latest.group == self.lead and latest.period.code != self.latest.period.code:
            return None
        return latest

    @cached_property
    def gap_breaks(self) -> list[Break]:
        """Of all the lines that a gap is drawn from."""
        keys = [key for key in (TOTAL, *GAP_KEYS) if key in self.series]
        return sorted({one for key in keys for one in self.breaks_in(key)}, key=lambda one: one.at)

    @property
    def gap_period(self) -> str:
        return period_words(self.gap.period) if self.gap else ""

    @property
    def old_gap_period(self) -> str:
        """Of a gap that is of another period than the figure beside which it stands; "" where both are of one."""
        return self.gap_period if self.gap and self.gap.period.code != self.latest.period.code else ""

    @property
    def gap_group(self) -> str:
        """Whom "migrants" stands for in the latest gap."""
        return self.groups_by_key.get(self.gap.group, "") if self.gap else ""


def share_of(indicator: Indicator, cell: Cell, whole: Cell | None) -> Decimal | None:
    """In per cent, where both are whole and large enough to say so."""
    if indicator.measure != Measure.COUNT or whole is None or whole.value is None or cell.value is None:
        return None
    if not may_be_shared(indicator, whole.value) or not (cell.is_whole and whole.is_whole):
        return None
    return cell.value / whole.value * 100
