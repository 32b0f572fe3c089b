"""What a reviewer asks before an organisation is listed, and how far the answers carry."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.ladders import Rung
from orgs.models import FieldOfWork, Organisation, VerificationRules
from orgs.profile import PLAIN_FACTS
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
        "An informal group needs no papers: two verified organisations vouch for it, or one authority that has no partnership with it."
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


def profile_of(organisation: Organisation) -> dict[str, Any]:
    """What the organisation says of itself, as plain values, so that a later state can be compared.

    Its contact is private and may be erased at any time, so only a digest of it is kept: enough to see that it changed.
    """
    profile: dict[str, Any] = {name: getattr(organisation, name) for name in PLAIN_FACTS}
    profile["territory"] = str(organisation.territory.name)
    profile["works_in"] = sorted(place.name for place in organisation.works_in.all())
    profile["branch_of"] = str(organisation.branch_of or "")
    profile["networks"] = sorted(network.name for network in organisation.networks.all())
    profile["domains"] = sorted(words_of_field(field) for field in organisation.fields_of_work.select_related("domain"))
    profile["services"] = sorted(service.title for service in organisation.services.all())
    contacts = sorted(f"{who.name} {who.role} {who.email} {who.phone}" for who in organisation.contacts.all())
    profile["contact"] = (
        salted_hmac("orgs.verification.checklist.contact", "\n".join(contacts)).hexdigest() if contacts else ""
    )
    return profile


def words_of_field(field: FieldOfWork) -> str:
    return f"{field.domain.code} {field.since_year or ''}".strip()


class Change(NamedTuple):
    field: str
    before: Any
    now: Any


def changes_since(profile: Mapping[str, Any], organisation: Organisation) -> list[Change]:
    """Field by field, what an organisation says now and did not when `profile` was taken."""
    return [
        Change(field, profile.get(field), value)
        for field, value in profile_of(organisation).items()
        if profile and profile.get(field) != value
    ]
