"""The words that say what an indicator counts, and the version of them that holds for a year."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import models
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from modeltranslation.settings import AVAILABLE_LANGUAGES
from modeltranslation.utils import build_localized_fieldname

from indicators.models import Indicator, IndicatorVersion
from orgs.forms.words import label_in

TRANSLATED = {
    "name": _("Name"),
    "definition": _("Definition"),
    "numerator": _("Numerator"),
    "denominator": _("Denominator"),
}


WORDS: dict[str, str | Promise] = {
    **{
        build_localized_fieldname(name, code): lazy(label_in, str)(code, label)
        for name, label in TRANSLATED.items()
        for code in AVAILABLE_LANGUAGES
    },
    "framework": _("Framework"),
}
"""The columns that an indicator shares with its versions, and what they are called."""


class WordingChange(models.TextChoices):
    CORRECTION = "correction", _("Only the wording is corrected")
    DEFINITION = "definition", _("From a certain year, something else is counted or it is counted differently")


def words_of(row: Indicator | IndicatorVersion) -> dict[str, str]:
    """Column → text; what was never written and what was emptied are the same."""
    return {name: getattr(row, name) or "" for name in WORDS}


def definition_years(indicators: Iterable[Indicator]) -> dict[int, tuple[int, ...]]:
    """{id: the years from which another definition holds}, of those indicators that have changed."""
    rows = IndicatorVersion.objects.filter(indicator__in=[one.pk for one in indicators], valid_from_year__gt=0)
    found: dict[int, set[int]] = defaultdict(set)
    for indicator_id, year in rows.values_list("indicator_id", "valid_from_year"):
        found[indicator_id].add(year)
    return {indicator_id: tuple(sorted(years)) for indicator_id, years in found.items()}


def version_of(indicator: Indicator, year: int) -> IndicatorVersion | None:
    """The version by which the figures of a year were counted; None where it is the latest, which the indicator itself shows."""
    versions = indicator.versions.order_by("-number")
    latest = versions.first()
    if latest is None or latest.valid_from_year <= year:
        return None
    return versions.filter(valid_from_year__lte=year).first()
