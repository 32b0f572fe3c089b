"""Releases of a land, and what is hidden in them."""

from decimal import Decimal

from indicators.models import Release, ReleasedFigure
from indicators.releases.actions import publish_release
from indicators.rollup import worker
from tests.indicators.land import Land


def release(land: Land) -> Release:
    worker.roll_up()
    return publish_release()


def shown(
    land: Land, place: str, key: str = "", indicator: str = "PEOPLE", period: str = "2020"
) -> tuple[str, Decimal | None]:
    figure = ReleasedFigure.objects.get(
        release=Release.objects.current(),
        indicator__code=indicator,
        territory__code=place,
        period__code=period,
        breakdown__key=key,
    )
    return figure.state, figure.value


def protect(land: Land, code: str = "PEOPLE", threshold: int = 5, rounding: int = 5) -> None:
    indicator = land.indicators[code]
    indicator.threshold, indicator.rounding = threshold, rounding
    indicator.save()


def hidden(indicator: str = "PEOPLE", period: str = "2020") -> set[str]:
    """The hidden cells of the current release, as "N1" or "N1 sex=F"."""
    figures = ReleasedFigure.objects.filter(
        release=Release.objects.current(), indicator__code=indicator, period__code=period, state="suppressed"
    )
    return {f"{place} {key}".strip() for place, key in figures.values_list("territory__code", "breakdown__key")}
