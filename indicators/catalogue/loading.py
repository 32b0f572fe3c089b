"""Filling the catalogue and the standard list of breakdowns from data files. Doing it again changes nothing."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from indicators.catalogue.actions import record_version
from indicators.catalogue.breakdowns import ensure_breakdowns, place_anew
from indicators.catalogue.wording import words_of
from indicators.marks import mark_all
from indicators.models import Category, Dimension, Identity, Indicator
from orgs.models import Domain

Entry = dict[str, Any]


def _translated(entry: Entry, *names: str) -> dict[str, str]:
    """{"name": {"en": "Sex", "es": "Sexo"}} as {"name_en": "Sex", "name_es": "Sexo"}."""
    return {f"{name}_{language}": text for name in names for language, text in entry.get(name, {}).items()}


@transaction.atomic
def load_dimensions(entries: list[Entry]) -> None:
    """The one standard list of dimensions and their categories; parents stand before their children or after them.

    Where that changes what groups add up to, all figures are rolled up anew.
    """
    for entry in entries:
        dimension, _created = Dimension.objects.update_or_create(
            code=entry["code"],
            defaults={
                "order": entry["order"],
                "is_sensitive": entry.get("sensitive", False),
                **_translated(entry, "name"),
            },
        )
        for item in entry["categories"]:
            Category.objects.update_or_create(
                dimension=dimension,
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
        by_code = {category.code: category for category in dimension.categories.all()}
        for item in entry["categories"]:
            if item["parent"] is not None:
                category = by_code[item["code"]]
                category.parent = by_code[item["parent"]]
                category.save(update_fields=["parent"])
    _load_identities(entries)
    ensure_breakdowns([""])
    if place_anew():
        mark_all()


def _load_identities(entries: list[Entry]) -> None:
    """Which categories are made of others, once all dimensions are there: {"parts": ["background=NATIONAL"], "own_country_in", "countries"}."""
    named = [(entry["code"], item) for entry in entries for item in entry["categories"] if "same_as" in item]
    if not named:
        return
    categories = {f"{one.dimension.code}={one.code}": one for one in Category.objects.select_related("dimension")}
    dimensions = {one.code: one for one in Dimension.objects.all()}
    for dimension, item in named:
        whole = categories[f"{dimension}={item['code']}"]
        whole.identities.all().delete()
        for same in item["same_as"]:
            own = same.get("own_country_in")
            identity = Identity.objects.create(
                whole=whole, own_country_in=dimensions[own] if own else None, countries=same.get("countries", [])
            )
            identity.parts.set([categories[part] for part in same.get("parts", [])])


@transaction.atomic
def load_catalogue(entries: list[Entry]) -> None:
    """Indicators, as indicators/data/catalogue.json gives them.

    One that somebody has added, edited, checked or retired in the portal stays as it is. New words for any other are a correction: a
    further version for the same years.
    """
    kept = set(
        Indicator.objects.filter(Q(version__gt=1) | Q(versions__made_by__isnull=False)).values_list("code", flat=True)
    )
    domains = {domain.code: domain for domain in Domain.objects.all()}
    dimensions = {dimension.code: dimension for dimension in Dimension.objects.all()}
    plain = (
        "order", "unit", "factor", "decimals", "measure", "direction", "ideal_value", "comparator", "frequency", "time_operator",
        "framework", "population", "is_headline", "threshold", "rounding", "sdg_targets", "gcm_objectives", "eurostat_datasets",
    )  # fmt: skip
    for entry in entries:
        if entry["code"] in kept:
            continue
        indicator, _created = Indicator.objects.update_or_create(
            code=entry["code"],
            defaults={
                **{name: entry[name] for name in plain},
                **_translated(entry, "name", "definition", "numerator", "denominator"),
                "domain": domains[entry["domain"]],
                "is_provisional": entry["provisional"],
            },
        )
        indicator.breakdowns.set([dimensions[code] for code in entry["breakdowns"]])
        latest = indicator.versions.order_by("-number").first()
        if latest is None or words_of(latest) != words_of(indicator):
            record_version(indicator, valid_from_year=latest.valid_from_year if latest else 0)
