"""What is missing in a place, domain by domain: types of service that nobody offers, what people ask for, and how migrants stand beside the
host population.

They stand beside each other as context for whoever plans; none of it proves that one is the cause of another.
"""

from dataclasses import dataclass
from decimal import Decimal

from indicators.dashboards.cards import Card
from indicators.dashboards.gap import FOREIGN, MOBILE, THIRD, Gap
from indicators.dashboards.judgement import is_worse
from indicators.dashboards.opening import apart, width
from indicators.dashboards.territory import TerritoryDashboard
from indicators.vocabulary import Measure
from orgs.coverage.counting import TypeCoverage, coverage_by_type
from orgs.models import Domain

FEWEST_CASES = 10
"""Fewer than these are not told: the gap of a rate, rounded as it is, may be off by as many."""


@dataclass(frozen=True)
class DomainProvision:
    domain: Domain
    types: list[TypeCoverage]
    """All of the domain."""
    card: Card | None = None
    """That of the widest gap at the cost of migrants, of the place itself; its `gap` is that gap."""

    @property
    def missing(self) -> list[TypeCoverage]:
        """What nobody offers, what most people ask for first."""
        return sorted((one for one in self.types if one.offer.is_nobody), key=lambda one: -one.asked_for)

    @property
    def asked_for(self) -> int:
        """At least so often people said within a year that something is missing which nobody offers."""
        return sum(one.asked_for for one in self.missing)

    @property
    def gap(self) -> Gap | None:
        return self.card.gap if self.card else None

    @property
    def width(self) -> Decimal:
        return width(self.gap) if self.gap else Decimal(0)

    @property
    def cases(self) -> int | None:
        """How many more or fewer cases among migrants would make both stand alike, to two digits; None where nobody can say, or of few."""
        return cases_behind(self.card) if self.card else None


ORDERS = {
    "asked": lambda one: (-one.asked_for, -len(one.missing)),
    "gap": lambda one: (-one.width, -one.asked_for),
    "cases": lambda one: (-(one.cases or 0), -one.width),
    "missing": lambda one: (-len(one.missing), -one.asked_for),
}
"""By what the domains stand in order, most first; then by that of the list of domains."""


def provision_of(dashboard: TerritoryDashboard, order: str) -> list[DomainProvision]:
    """Every domain that has types of service, or a gap. Four queries beyond those of the dashboard."""
    covered = {each.domain.pk: each.types for each in coverage_by_type(dashboard.territory)}
    at_cost: dict[int, Card] = {}
    for card, gap in apart(dashboard.spoken_of):
        if is_worse(card.indicator, gap.difference):
            at_cost.setdefault(card.indicator.domain_id, card)
    found = [
        DomainProvision(view.domain, covered.get(view.domain.pk, []), at_cost.get(view.domain.pk))
        for view in dashboard.domains
    ]
    return sorted((one for one in found if one.types or one.card), key=ORDERS[order])


def cases_behind(card: Card) -> int | None:
    """The difference of a rate, of the migrants that it was counted of."""
    gap = card.gap
    if gap is None or gap.difference is None or card.indicator.measure != Measure.RATIO:
        return None
    keys = [gap.group] if card.at(gap.group, gap.period) else [MOBILE, THIRD] if gap.group == FOREIGN else []
    points = [card.at(key, gap.period) for key in keys]
    bases = [point.cell.denominator if point and point.cell else None for point in points]
    if not bases or None in bases:
        return None
    cases = abs(gap.difference) * sum(base for base in bases if base is not None) / card.indicator.factor
    return in_two_digits(cases) if cases >= FEWEST_CASES else None


def in_two_digits(number: Decimal) -> int:
    """12,345 as 12,000: more would be made up."""
    digits = max(0, number.adjusted() - 1)
    return int(number.scaleb(-digits).to_integral_value().scaleb(digits))
