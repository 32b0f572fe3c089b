"""Words of the registry in templates."""

from django import template

from orgs.languages import language_label, name_for_reader, own_name
from orgs.vocabulary import Tier

register = template.Library()
register.filter("language_own_name", own_name)
register.filter("language_label", language_label)
register.filter("language_for_reader", name_for_reader)


@register.filter
def tier_tone(tier: str) -> str:
    """The tone of a status badge: the words beside it say how far an organisation was checked."""
    return "info" if tier == Tier.CONTACT else "success" if tier else "neutral"
