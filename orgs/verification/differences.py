"""What a proposed change would change, in words."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from orgs.languages import name_for_reader
from orgs.models import Organisation, ProposedChange, Territory
from orgs.registers import register_label
from orgs.vocabulary import Kind


def fact_label(fact: str) -> Any:
    return _("based in") if fact == "territory" else Organisation._meta.get_field(fact).verbose_name  # type: ignore[union-attr]


def differences(change: ProposedChange) -> list[dict[str, Any]]:
    """Fact by fact, in words."""
    return [
        {"label": capfirst(fact_label(fact)), "before": fact_words(fact, before), "now": fact_words(fact, after)}
        for fact, (before, after) in change.facts.items()
    ]


def fact_words(fact: str, value: Any) -> str:
    if fact == "territory":
        place = Territory.objects.with_path().filter(pk=value).first()
        return str(place.label) if place else "–"
    if fact == "identifiers":
        return " · ".join(f"{register_label(register)}: {code}" for register, code in value.items()) or "–"
    return capfirst(str(Kind(value).label)) if fact == "kind" else readable(value)


def readable(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    if isinstance(value, dict):
        return " · ".join(f"{name_for_reader(code)}: {text}" for code, text in value.items()) or "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(value) if value not in (None, "") else "–"
