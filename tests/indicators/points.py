"""Indicators and figures that stand in no database."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from indicators.dashboards.cells import Cell, Point, period_at
from indicators.models import Indicator
from indicators.vocabulary import NO_FLAG, Direction, Measure, Origin, PeriodKind, Unit


def indicator(**fields: Any) -> Indicator:
    """A share in per cent that is protected and rounded, of which more is better."""
    defaults = {
        "measure": Measure.RATIO,
        "unit": Unit.PERCENT,
        "factor": 100,
        "decimals": 1,
        "direction": Direction.UP,
        "threshold": 5,
        "rounding": 5,
    }
    return Indicator(**(defaults | fields))


def count(**fields: Any) -> Indicator:
    return indicator(**({"measure": Measure.COUNT, "unit": Unit.COUNT, "factor": 1, "decimals": 0} | fields))


def point(year: int, value: Any = None, *, kind: str = PeriodKind.YEAR, month: int = 1, **fields: Any) -> Point:
    """A whole figure of one source, of 1,000 people."""
    period = period_at(datetime.date(year, month, 1), kind)
    defaults: dict[str, Any] = {
        "indicator_id": 1,
        "territory_id": 1,
        "period": period,
        "key": "",
        "numerator": None,
        "denominator": Decimal(1000),
        "value": None if value is None else Decimal(value),
        "flags": NO_FLAG,
        "origin": Origin.REPORTED,
        "reporters": 1,
        "expected": 1,
        "periods_used": 1,
        "periods_expected": 1,
        "oldest_input_at": timezone.now(),
        "source_id": 1,
        "state": "",
    }
    return Point(period, Cell(**(defaults | fields)))


PART: dict[str, Any] = {"reporters": 1, "expected": 73, "origin": Origin.TERRITORIES}
