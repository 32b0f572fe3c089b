"""What a reviewer asks before an organisation is listed, and how far the answers carry."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.ladders import Rung
from orgs.models import Organisation
from orgs.vocabulary import Tier


class Question(NamedTuple):
    code: str
    tier: Tier
    """The tier that cannot be had without a yes."""
    text: Any
    hint: Any = ""


class Answer(NamedTuple):
    is_met: bool
    comment: str = ""


CHECKLIST = [
    Question("reachable", Tier.CONTACT, _("The contact given was reached.")),
    Question(
        "purpose",
        Tier.CONTACT,
        _("Its purpose concerns the integration of migrants, or rights in general, and is lawful."),
    ),
    Question("territory", Tier.CONTACT, _("It works in the territory that it names.")),
    Question(
        "documented",
        Tier.DOCUMENTED,
        _("Its registration or statutes were seen, or a verified organisation vouches for it."),
        _("An informal group needs no papers: somebody who is verified can speak for it. Say who in the comment."),
    ),
    Question("two_years", Tier.ESTABLISHED, _("It shows two years of activity.")),
    Question("accounts", Tier.ESTABLISHED, _("Its accounts or a yearly report were seen.")),
]

LADDER = [Rung(str(tier), [question.code for question in CHECKLIST if question.tier == tier]) for tier in Tier]

QUESTIONS = {question.code: question for question in CHECKLIST}

MEANING: Mapping[str, str | Promise] = {
    Tier.CONTACT: _("A reviewer reached its contact and knows what it does and where."),
    Tier.DOCUMENTED: _("A reviewer also saw its registration or statutes, or a verified organisation vouches for it."),
    Tier.ESTABLISHED: _("A reviewer also saw two years of activity, and accounts or a yearly report."),
}

PROFILE_FIELDS = [
    "name",
    "acronym",
    "kind",
    "level_of_government",
    "description",
    "languages",
    "communities",
    "led_by_migrants",
    "led_by_women",
    "founded_year",
    "website",
    "public_email",
    "public_phone",
    "address",
    "address_is_public",
]


def profile_of(organisation: Organisation) -> dict[str, Any]:
    """What the organisation says of itself, as plain values, so that a later state can be compared.

    Its contact is private and may be erased at any time, so only a digest of it is kept: enough to see that it changed.
    """
    profile: dict[str, Any] = {name: getattr(organisation, name) for name in PROFILE_FIELDS}
    profile["territory"] = str(organisation.territory.name)
    profile["works_in"] = sorted(place.name for place in organisation.works_in.all())
    profile["domains"] = sorted(domain.code for domain in organisation.domains.all())
    profile["services"] = sorted(service.title for service in organisation.services.all())
    contacts = sorted(f"{who.name} {who.role} {who.email} {who.phone}" for who in organisation.contacts.all())
    profile["contact"] = (
        salted_hmac("orgs.verification.checklist.contact", "\n".join(contacts)).hexdigest() if contacts else ""
    )
    return profile


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
