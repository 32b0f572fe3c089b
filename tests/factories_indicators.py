"""Valid minima of the figures' things. Periods are there from the migrations; groups are made by `standard_groups`."""

from decimal import Decimal
from typing import Any

import factory
import pgtrigger
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from indicators.catalogue.breakdowns import ensure_breakdowns
from indicators.models import (
    Breakdown,
    Category,
    Dimension,
    ImportBatch,
    Indicator,
    Observation,
    Period,
    Release,
    ReleasedFigure,
    SavedMapping,
    Source,
)
from indicators.vocabulary import Comparator, Direction, Measure, Origin, Status, Unit
from orgs.models import Membership, Territory
from tests.factories import AuthorityFactory, DomainFactory, MembershipFactory

GROUPS: dict[str, list[tuple[str, str | None]]] = {
    "sex": [("F", None), ("M", None)],
    "origin": [("HOST", None), ("FOREIGN", None), ("MOBILE", "FOREIGN"), ("THIRD", "FOREIGN")],
}
NAMES = {
    "F": "Women",
    "M": "Men",
    "HOST": "Host population",
    "FOREIGN": "Migrants",
    "MOBILE": "Mobile",
    "THIRD": "Third country",
}


def standard_groups() -> None:
    """Sex and origin, as the standard list has them."""
    for order, (code, members) in enumerate(GROUPS.items()):
        dimension, _created = Dimension.objects.get_or_create(
            code=code, defaults={"name": code.title(), "order": order}
        )
        made: dict[str | None, Category | None] = {None: None}
        for place, (member, parent) in enumerate(members):
            category, _created = Category.objects.get_or_create(
                dimension=dimension,
                code=member,
                defaults={"name": NAMES[member], "parent": made[parent], "order": place},
            )
            made[member] = category


def breakdown(key: str = "") -> Breakdown:
    if key:
        standard_groups()
    return Breakdown.objects.get(pk=ensure_breakdowns([key])[key])


def period(code: str) -> Period:
    return Period.objects.get(code=code)


class SourceFactory(DjangoModelFactory[Source]):
    class Meta:
        model = Source
        django_get_or_create = ["name"]

    name = "Sample statistics office"
    publisher = "Sample publisher"
    licence = "CC BY 4.0"


class IndicatorFactory(DjangoModelFactory[Indicator]):
    """Counts people, once a year; more is neither better nor worse."""

    class Meta:
        model = Indicator

    domain = factory.SubFactory(DomainFactory)
    code = factory.Sequence(lambda n: f"T{n}")
    name = factory.Sequence(lambda n: f"Indicator {n}")
    definition = "People who are counted."
    unit = Unit.COUNT
    decimals = 0
    measure = Measure.COUNT
    direction = Direction.CONTEXT


class RateFactory(IndicatorFactory):
    """A percentage of migrants beside that of the host population; more is better."""

    unit = Unit.PERCENT
    factor = 100
    decimals = 1
    measure = Measure.RATIO
    direction = Direction.UP
    comparator = Comparator.HOST


class ReleaseFactory(DjangoModelFactory[Release]):
    class Meta:
        model = Release

    state = Release.State.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)


FROZEN = [f"indicators.ReleasedFigure:{trigger.name}" for trigger in ReleasedFigure._meta.triggers]  # type: ignore[attr-defined]


def released(
    release: Release,
    indicator: Indicator,
    territory: Territory,
    period_code: str,
    value: int | str | Decimal | None = None,
    *,
    key: str = "",
    numerator: int | None = None,
    denominator: int | None = None,
    state: str = ReleasedFigure.State.SHOWN,
    **fields: Any,
) -> ReleasedFigure:
    """One cell of a release; with numerator and denominator the value follows from them."""
    if numerator is not None and denominator is not None:
        value = Decimal(numerator) * indicator.factor / denominator
    elif value is not None and indicator.measure == Measure.COUNT:
        numerator = int(value)
    defaults = {
        "origin": Origin.REPORTED,
        "reporters": 1,
        "expected": 1,
        "periods_used": 1,
        "periods_expected": 1,
        "oldest_input_at": timezone.now(),
    }
    with pgtrigger.ignore(*FROZEN):  # Tests make a release that is out already, cell by cell.
        return ReleasedFigure.objects.create(
            release=release,
            indicator=indicator,
            territory=territory,
            period=period(period_code),
            breakdown=breakdown(key),
            state=state,
            numerator=None if value is None else numerator,
            denominator=denominator,
            value=value,
            **{**defaults, **fields},
        )


def observed(
    indicator: Indicator, territory: Territory, period_code: str, numerator: int, **fields: Any
) -> Observation:
    """An approved observation of a count."""
    return Observation.objects.create(
        **{
            "indicator": indicator,
            "territory": territory,
            "period": period(period_code),
            "breakdown": breakdown(fields.pop("key", "")),
            "numerator": numerator,
            "status": Status.APPROVED,
            "approved_at": timezone.now(),
            "source": fields.pop("source", None) or SourceFactory(),
            **fields,
        }
    )


class StewardFactory(MembershipFactory):
    """A membership: the steward of figures of a town hall; say `organisation__territory` for where."""

    organisation = factory.SubFactory(AuthorityFactory)
    role = Membership.Role.STEWARD


def definition_for(indicator: Indicator, territory: Territory) -> dict[str, Any]:
    """A mapping for tables with the columns place, year and people."""
    return {
        "format": "csv",
        "source": {"name": "Sample statistics office", "licence": "CC BY 4.0"},
        "indicator": {"constant": indicator.code},
        "territory": {"scheme": territory.scheme.code, "column": "place"},
        "period": {"kind": "year", "year": {"column": "year"}},
        "numerator": {"column": "people"},
        "missing": [""],
    }


class SavedMappingFactory(DjangoModelFactory[SavedMapping]):
    class Meta:
        model = SavedMapping

    name = factory.Sequence(lambda n: f"Kind of file {n}")
    definition = factory.LazyFunction(dict)


class ImportBatchFactory(DjangoModelFactory[ImportBatch]):
    """A file that was checked and is fine."""

    class Meta:
        model = ImportBatch
        skip_postgeneration_save = True

    authority = factory.SubFactory(AuthorityFactory)
    source = factory.SubFactory(SourceFactory)
    mapping = factory.LazyFunction(dict)
    mapping_name = "Sample mapping"
    file_name = "people.csv"
    file = factory.LazyFunction(lambda: ContentFile(b"place,year,people\n", name="people.csv"))
    size = 18
    checksum = "0" * 64
    state = ImportBatch.State.CHECKED
