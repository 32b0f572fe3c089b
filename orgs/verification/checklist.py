"""What a reviewer asks before an organisation is listed, and how far the answers carry."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.ladders import Rung
from orgs.models import VerificationRules
from orgs.vocabulary import Tier, VerificationCriterion


class Question(NamedTuple):
    code: str
    tier: Tier
    """The tier that cannot be had without a yes."""
    text: Any
    hint: Any = ""


class Answer(NamedTuple):
    is_met: bool
    comment: str = ""


HINTS: Mapping[str, str | Promise] = {
    VerificationCriterion.DOCUMENTED: _(
        "An informal group needs no papers: two organisations whose documents were seen vouch for it, or one authority that has no partnership with it."
    ),
}


def ladder_of(rules: VerificationRules) -> list[Rung]:
    """The tiers, lowest first, with what each needs beside those below."""
    return [Rung(str(tier), criteria) for tier, criteria in rules.criteria.items()]


def checklist_of(rules: VerificationRules) -> list[Question]:
    """What reviewers are asked under the rules, by tier and in the order of the list."""
    return [
        Question(criterion.value, Tier(tier), criterion.label, HINTS.get(criterion, ""))
        for tier, criteria in rules.criteria.items()
        for criterion in VerificationCriterion
        if criterion in criteria
    ]


def meaning_of(tier: str, rules: VerificationRules) -> str:
    """What a reviewer found of an organisation of the tier: its criteria, and those of the tiers below it."""
    tiers = [*rules.criteria]
    held = tiers[: tiers.index(tier) + 1] if tier in tiers else []
    return " ".join(str(question.text) for question in checklist_of(rules) if question.tier in held)


CHECKLIST, LADDER = checklist_of(VerificationRules()), ladder_of(VerificationRules())
"""What the portal comes with."""
