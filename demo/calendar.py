"""The days of the demo. What it tells ends on `LAST_DAY`; on a machine whose clock is before that, all of it moves back together."""

import datetime
from functools import cache

from django.utils import timezone

LAST_DAY = datetime.date(2026, 11, 20)


@cache
def shift() -> datetime.timedelta:
    return min(datetime.timedelta(0), timezone.localdate() - LAST_DAY)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text) + shift()


def day_or_none(text: str | None) -> datetime.date | None:
    return day(text) if text else None


def morning(date: datetime.date) -> datetime.datetime:
    """When people do such things; never after now."""
    ten = datetime.datetime.combine(date, datetime.time(10), tzinfo=timezone.get_current_timezone())
    return min(ten, timezone.now())
