"""Words of the registry in templates."""

from typing import NamedTuple
from urllib.parse import urlencode

from django import template
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy, pgettext

from orgs.drawing import own_words
from orgs.languages import language_label, name_for_reader, own_name
from orgs.lookups.filters import named
from orgs.models import Affiliation, Organisation, ProposedChange, Territory, Verification
from orgs.permissions import is_unclaimed
from orgs.registers import register_label
from orgs.vocabulary import Tier

REVIEW_TONES: dict[str, str] = {
    Verification.State.SUBMITTED: "waiting",
    Verification.State.VERIFIED: "success",
    ProposedChange.State.OPEN: "waiting",
    ProposedChange.State.ACCEPTED: "success",
}

register = template.Library()
register.filter("language_own_name", own_name)
register.filter("language_label", language_label)
register.filter("language_for_reader", name_for_reader)
register.filter("register_label", register_label)
register.filter("own_words", own_words.own_words)
register.filter("own_name", own_words.own_name)
register.filter("full_name", own_words.full_name)
register.filter("readers_name", own_words.readers_name)
register.filter("registered_name", own_words.registered_name)


@register.filter
def place_query(place: Territory) -> str:
    """A place in the address of a list."""
    return urlencode(named(place))


@register.filter
def tier_tone(tier: str) -> str:
    """The tone of a status badge: the words beside it say how far an organisation was checked."""
    return "info" if tier == Tier.CONTACT else "success" if tier else "neutral"


@register.filter
def review_tone(state: str) -> str:
    """The tone of a status badge for what reviewers decide on: an organisation, or a change that it proposes."""
    return REVIEW_TONES.get(state, "warning")


class StandingBadge(NamedTuple):
    label: str | Promise
    tone: str


@register.filter
def standing_badge(organisation: Organisation) -> StandingBadge:
    """Where an organisation stands, for a badge; without a label where the public does not see it. Reads its `listing`."""
    if organisation.has_lapsed:
        return StandingBadge(gettext_lazy("Verification lapsed"), "warning")
    if organisation.tier:
        return StandingBadge(capfirst(organisation.get_tier_display()), tier_tone(organisation.tier))
    if not organisation.is_listed:
        return StandingBadge("", "neutral")
    if organisation.withdrawn_on:
        return StandingBadge(gettext_lazy("Verification withdrawn"), "warning")
    if is_unclaimed(organisation):
        return StandingBadge(gettext_lazy("Unclaimed"), "warning")
    return StandingBadge(gettext_lazy("Not verified"), "neutral")


@register.filter
def affiliation_mark(affiliation: Affiliation) -> str:
    """What readers have to know of what an organisation says of another one; nothing once that one has confirmed it. The rows are `marked()`."""
    if affiliation.accepted_at is not None:
        return ""
    if not affiliation.has_leaders:  # type: ignore[attr-defined]
        return gettext("stated by the organisation")
    return pgettext("affiliation", "not confirmed yet")


@register.filter
def digits(number: str) -> str:
    """Of a telephone number, for an address that leads to it."""
    return "".join(sign for sign in number if sign.isdigit())
