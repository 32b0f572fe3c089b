"""Addresses of places and figures."""

import datetime

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from indicators.models import Indicator, Period
from orgs.models import Territory


def place_or_404(
    scheme: str, code: str, on: datetime.date | None = None, *, places: QuerySet[Territory] | None = None
) -> Territory:
    """The place that an address means: the one of the day that stands in it, else the one of `on` (today)."""
    try:
        return (Territory.objects.select_related("scheme") if places is None else places).coded(scheme, code, on)  # type: ignore[attr-defined]
    except Territory.DoesNotExist:
        raise Http404 from None


def figure_url(indicator: Indicator, territory: Territory, period: Period, key: str = "") -> str:
    """The page that shows what is behind a number."""
    is_of_then = territory.valid_from <= period.ends_on <= territory.valid_to
    code = territory.code if is_of_then else territory.address_code
    url = reverse("indicators:figure_detail", args=[indicator.code, territory.scheme.code, code, period.code])
    return f"{url}?breakdown={key.replace('&', '%26')}" if key else url
