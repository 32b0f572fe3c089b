"""Whether a scale can derive levels: what its criteria may ask for is closed, and each of them can be met by some record."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from partnerships.engagement.levels import Rule
from partnerships.models import Level, Scale
from partnerships.vocabulary import ActivityKind, ContributionKind, DocumentKind, Stage

ANY = "*"
FAMILIES: dict[str, type[models.TextChoices]] = {
    "activity": ActivityKind,
    "contribution": ContributionKind,
    "document": DocumentKind,
}
"""The records that can be evidence, and their kinds: "activity:hearing", or "activity:*" for any of them."""
ASKABLE: dict[str, frozenset[str]] = {
    "activity": frozenset({"stages", "language_stated", "before_decision"}),
    "contribution": frozenset({"from_authority"}),
    "document": frozenset({"stages", "language_stated", "before_decision", "signed_by_all"}),
}
"""What a rule can ask of each, since `partnerships.engagement.evidence.facts_of` says it of them."""
DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Rule)}


def known_kinds() -> set[str]:
    return {f"{family}:{kind}" for family, kinds in FAMILIES.items() for kind in (ANY, *kinds.values)}


def stated_rule(**asked: Any) -> dict[str, Any]:
    """As it is stored: what asks for nothing is left out."""
    return {name: value for name, value in asked.items() if value != DEFAULTS[name]}


def faults_of_criterion(kinds: Collection[str], rule: Mapping[str, Any]) -> list[str]:
    """Why no evidence could meet it, in sentences."""
    if not kinds:
        return [_("Choose at least one kind of evidence.")]
    unknown = sorted(set(kinds) - known_kinds())
    if unknown:
        return [_("The portal knows no evidence of the kind “%(kind)s”.") % {"kind": kind} for kind in unknown]
    if not is_rule(rule):
        return [_("It asks for something that the portal does not know.")]
    asked = set(stated_rule(**rule))
    if not any(asked <= ASKABLE[kind.partition(":")[0]] for kind in kinds):
        return [_("No record of these kinds can have all that is asked of it. Choose other kinds, or ask for less.")]
    return []


def is_rule(rule: Mapping[str, Any]) -> bool:
    """Known words, each with a value of its type; a number of stages that there are."""
    if not all(name in DEFAULTS and type(value) is type(DEFAULTS[name]) for name, value in rule.items()):
        return False
    return 1 <= Rule.from_json(rule).stages <= len(Stage)


def faults_of(scale: Scale) -> list[str]:
    """What has to be put right before assessments can be made under it, in sentences. None: it can be used."""
    levels = list(Level.objects.filter(scale=scale).order_by("order").prefetch_related("criteria"))
    if not levels:
        return [_("The scale has no level.")]
    found = [
        _("“%(level)s” has no criterion, so that every partnership would reach it.") % {"level": level.name}
        for level in levels
        if not level.criteria.all()
    ]
    criteria = [criterion for level in levels for criterion in level.criteria.all()]
    for criterion in criteria:
        for fault in faults_of_criterion(criterion.evidence_kinds, criterion.rule):
            found.append(_("Criterion %(code)s: %(fault)s") % {"code": criterion.code, "fault": fault})
    number = Counter(criterion.code for criterion in criteria)
    found += [
        _("Several criteria have the code %(code)s. Each needs one of its own.") % {"code": code}
        for code, count in number.items()
        if count > 1
    ]
    return found
