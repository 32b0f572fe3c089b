"""What makes an organisation public, and its verification hold: of itself, or of what is joined to it."""

import datetime

from django.db.models import Q


def public(of: str = "") -> Q:
    """Of the public directory; `of` is the way to the organisation, as "organisation__"."""
    is_open = Q(**{f"{of}closed_on": None, f"{of}suspended_on": None})
    return is_open & (~Q(**{f"{of}tier": ""}) | Q(**{f"{of}is_listed": True}))


PUBLIC = public()


def holding_on(day: datetime.date, of: str = "") -> Q:
    """Verified, and not lapsed by that day."""
    return ~Q(**{f"{of}tier": ""}) & (Q(**{f"{of}holds_until": None}) | Q(**{f"{of}holds_until__gte": day}))
