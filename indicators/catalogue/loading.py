"""Filling the catalogue and the standard list of breakdowns from data files. Doing it again changes nothing."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.catalogue.actions import record_version
from indicators.catalogue.breakdowns import ensure_breakdowns, place_anew
from indicators.catalogue.wording import words_of
from indicators.locks import Lock
from indicators.marks import mark_all
from indicators.models import Category, Dimension, Identity, Indicator, SavedMapping
from orgs.locks import lock_until_commit
from orgs.models import Domain
from orgs.shipped import State, state_of, states_by_code

Entry = dict[str, Any]
Row = TypeVar("Row")


def _translated(entry: Entry, *names: str) -> dict[str, str]:
    """{"name": {"en": "Sex", "es": "Sexo"}} as {"name_en": "Sex", "name_es": "Sexo"}."""
    return {f"{name}_{language}": text for name in names for language, text in entry.get(name, {}).items()}


@transaction.atomic
def load_dimensions(entries: list[Entry]) -> None:
    """The one standard list of dimensions with their categories."""
    write_dimensions(entries)
    write_categories(categories_in(entries))


def categories_in(entries: list[Entry]) -> list[Entry]:
    """The categories of all dimensions, each with the dimension that it is of."""
    return [{**item, "dimension": entry["code"]} for entry in entries for item in entry["categories"]]


def code_of_category(item: Entry) -> str:
    return f"{item['dimension']}={item['code']}"


@transaction.atomic
def write_dimensions(entries: list[Entry]) -> None:
    for entry in entries:
        Dimension.objects.update_or_create(
            code=entry["code"],
            defaults={
                "order": entry["order"],
                "is_sensitive": entry.get("sensitive", False),
                **_translated(entry, "name"),
            },
        )


def dimension_states(codes: Collection[str]) -> dict[str, State]:
    return states_by_code(Dimension.objects.filter(code__in=codes))


@transaction.atomic
def write_categories(items: list[Entry]) -> None:
    """Parents stand before their children or after them. Where that changes what groups add up to, all figures are rolled up anew."""
    lock_until_commit(Lock.STANDARD_LIST, 0)
    dimensions = {one.code: one for one in Dimension.objects.filter(code__in=[item["dimension"] for item in items])}
    for item in items:
        Category.objects.update_or_create(
            dimension=_known(dimensions, item["dimension"]),
            code=item["code"],
            defaults={
                "is_part": item["part"],
                "is_beside": item.get("beside", False),
                "order": item["order"],
                "is_sensitive": item.get("sensitive", False),
                "country_code": item.get("country", ""),
                **_translated(item, "name"),
            },
        )
    categories = {f"{one.dimension.code}={one.code}": one for one in Category.objects.select_related("dimension")}
    for item in items:
        category = categories[code_of_category(item)]
        parent = item["parent"] and _known(categories, f"{item['dimension']}={item['parent']}")
        if category.parent != parent:
            category.parent = parent
            category.save(update_fields=["parent"])
    _load_identities(items, categories)
    ensure_breakdowns([""])
    if place_anew():
        mark_all()


def _load_identities(items: list[Entry], categories: Mapping[str, Category]) -> None:
    """Which categories are made of others, once all dimensions are there: {"parts": ["background=NATIONAL"], "own_country_in", "countries"}."""
    Identity.objects.filter(whole__in=[categories[code_of_category(item)] for item in items]).delete()
    dimensions = {one.code: one for one in Dimension.objects.all()}
    for item in items:
        for same in item.get("same_as", []):
            own = same.get("own_country_in")
            identity = Identity.objects.create(
                whole=categories[code_of_category(item)],
                own_country_in=_known(dimensions, own) if own else None,
                countries=same.get("countries", []),
            )
            identity.parts.set([_known(categories, part) for part in same.get("parts", [])])


def category_states(codes: Collection[str]) -> dict[str, State]:
    rows = Category.objects.select_related("dimension").prefetch_related("identities__parts")
    by_code = {f"{row.dimension.code}={row.code}": row for row in rows}
    return {
        code: state_of(row, same_as=sorted(map(_said_by, row.identities.all())))
        for code, row in by_code.items()
        if code in set(codes)
    }


def _said_by(identity: Identity) -> str:
    return (
        f"{identity.own_country_in_id} {sorted(identity.countries)} {sorted(part.pk for part in identity.parts.all())}"
    )


@transaction.atomic
def load_catalogue(entries: list[Entry]) -> None:
    """Indicators, as indicators/data/catalogue.json gives them. New words for one that is there are a correction: a further version for
    the same years.
    """
    domains = {domain.code: domain for domain in Domain.objects.all()}
    dimensions = {dimension.code: dimension for dimension in Dimension.objects.all()}
    plain = (
        "order", "unit", "factor", "decimals", "measure", "direction", "ideal_value", "comparator", "frequency", "time_operator",
        "framework", "population", "is_headline", "threshold", "rounding", "sdg_targets", "gcm_objectives", "eurostat_datasets",
    )  # fmt: skip
    for entry in entries:
        indicator, _created = Indicator.objects.update_or_create(
            code=entry["code"],
            defaults={
                **{name: entry[name] for name in plain},
                **_translated(entry, "name", "definition", "numerator", "denominator"),
                "domain": _known(domains, entry["domain"]),
                "is_provisional": entry["provisional"],
            },
        )
        indicator.breakdowns.set([_known(dimensions, code) for code in entry["breakdowns"]])
        latest = indicator.versions.order_by("-number").first()
        if latest is None or words_of(latest) != words_of(indicator):
            record_version(indicator, valid_from_year=latest.valid_from_year if latest else 0)


def indicator_states(codes: Collection[str]) -> dict[str, State]:
    """One that somebody has edited, checked, retired or given to an authority says something else than when it came."""
    rows = Indicator.objects.filter(code__in=codes).prefetch_related("breakdowns")
    return {
        row.code: state_of(row, without=["version"], breakdowns=sorted(one.pk for one in row.breakdowns.all()))
        for row in rows
    }


def write_mappings(entries: list[Entry]) -> None:
    """Each with its name and its definition."""
    for entry in entries:
        SavedMapping.objects.update_or_create(name=entry["name"], defaults={"definition": entry["definition"]})


def mapping_states(names: Collection[str]) -> dict[str, State]:
    return states_by_code(SavedMapping.objects.filter(name__in=names), field="name")


def _known(rows: Mapping[str, Row], code: str) -> Row:
    if code not in rows:
        raise ValidationError(_("There is no %(code)s in this portal."), params={"code": code})
    return rows[code]
