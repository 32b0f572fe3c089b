"""How an indicator came to be what it is: the versions of its words, and what else was changed."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import formats
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from indicators.catalogue.wording import WORDS, words_of
from indicators.models import Indicator, IndicatorVersion
from orgs.models import User
from orgs.numbers import write_number

RULES = (
    "domain",
    "owner",
    "measure",
    "unit",
    "factor",
    "time_operator",
    "frequency",
    "direction",
    "ideal_value",
    "population",
    "comparator",
    "is_headline",
    "sdg_targets",
    "gcm_objectives",
    "eurostat_datasets",
    "decimals",
    "threshold",
    "rounding",
    "is_provisional",
    "retired_on",
)


@dataclass(frozen=True)
class Difference:
    label: str | Promise
    before: str
    after: str


@dataclass(frozen=True)
class VersionLine:
    """A version and what it changed of the one before; the first one changed nothing."""

    version: IndicatorVersion
    is_correction: bool = False
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class RuleChange:
    """What else was changed at one time."""

    at: datetime.datetime
    by: User | None
    differences: list[Difference]


def version_lines(indicator: Indicator) -> list[VersionLine]:
    """The newest first."""
    versions = list(indicator.versions.select_related("made_by").order_by("number"))
    lines = [VersionLine(version) for version in versions[:1]]
    for before, after in pairwise(versions):
        old, new = words_of(before), words_of(after)
        differences = [
            Difference(label, old[name], new[name]) for name, label in WORDS.items() if old[name] != new[name]
        ]
        lines.append(VersionLine(after, before.valid_from_year == after.valid_from_year, differences))
    return lines[::-1]


def rule_changes(indicator: Indicator) -> list[RuleChange]:
    """From the audit trail, the newest first: everything but the words, which the versions tell."""
    model = apps.get_model("indicators", "IndicatorEvent")
    events = model.objects.filter(pgh_obj=indicator).select_related("domain", "owner", "pgh_context").order_by("pgh_id")
    changes = [(after, _differences(before, after)) for before, after in pairwise(events)]
    people = User.objects.in_bulk(_person_ids(event for event, _found in changes))
    return [
        RuleChange(event.pgh_created_at, people.get(_person_id(event)), differences)
        for event, differences in reversed(changes)
        if differences
    ]


def _person_id(event: Any) -> int | None:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


def _person_ids(events: Iterable[Any]) -> set[int]:
    return {person for event in events if (person := _person_id(event)) is not None}


def _differences(before: models.Model, after: models.Model) -> list[Difference]:
    return [
        Difference(capfirst(Indicator._meta.get_field(name).verbose_name), _shown(before, name), _shown(after, name))  # type: ignore[union-attr]
        for name in RULES
        if getattr(before, name) != getattr(after, name)
    ]


def _shown(event: models.Model, name: str) -> str:
    """The value of a field as a person reads it; "" where there is none."""
    value = getattr(event, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, datetime.date):
        return formats.date_format(value)
    if value is None:
        return ""
    shown = getattr(event, f"get_{name}_display", None)
    if shown:
        return str(shown())
    return write_number(value) if isinstance(value, int | Decimal) else str(value)
