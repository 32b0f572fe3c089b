"""Blocks of partnerships for the pages of territories and organisations, and how states look."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from orgs.models import Organisation, Territory
from partnerships.models import Partnership
from partnerships.overview.territory import first_of, partnerships_of, uncovered_domains
from partnerships.permissions import can_log_partnerships
from partnerships.vocabulary import AssessmentState, PartnershipState, PartyAnswer

register = template.Library()

TONES = {
    PartnershipState.DRAFT: "neutral",
    PartnershipState.PROPOSED: "waiting",
    PartnershipState.ACTIVE: "success",
    PartnershipState.DISPUTED: "warning",
    PartnershipState.ENDED: "neutral",
    PartyAnswer.WAITING: "waiting",
    PartyAnswer.CONFIRMED: "success",
    AssessmentState.SUBMITTED: "waiting",
    AssessmentState.RETURNED: "warning",
}


@register.filter
def state_tone(state: str) -> str:
    """The tone of a badge for a state of a partnership, an answer or an assessment."""
    return TONES.get(state, "neutral")  # type: ignore[call-overload]


@register.filter
def share_of(count: int, total: int) -> int:
    """Whole per cent, for a sentence or a bar."""
    return round(100 * count / total) if total else 0


@register.inclusion_tag("partnerships/_territory_block.html", takes_context=True)
def partnerships_of_territory(context: Context, territory: Territory) -> dict[str, Any]:
    """For the territory page: counts by state, the distribution of confirmed levels, and the first ten."""
    user = context["request"].user
    return {
        "block": partnerships_of(territory, user, timezone.localdate()),
        "territory": territory,
        "may_log": can_log_partnerships(user),
    }


@register.inclusion_tag("partnerships/_uncovered.html")
def uncovered_domains_of(territory: Territory) -> dict[str, Any]:
    """For the territory page: the domains in which nobody is at work."""
    return {"uncovered": uncovered_domains(territory), "territory": territory}


@register.inclusion_tag("partnerships/_organisation_block.html", takes_context=True)
def partnerships_of_organisation(context: Context, organisation: Organisation) -> dict[str, Any]:
    """For the page of an organisation: its first five partnerships, and the way to log one with it."""
    user = context["request"].user
    visible = Partnership.objects.visible_to(user).of_organisation(organisation)
    return {
        "organisation": organisation,
        "partnerships": first_of(visible, timezone.localdate(), 5),
        "total": visible.count(),
        "may_log": can_log_partnerships(user) and organisation.is_published and not organisation.is_authority,
    }
