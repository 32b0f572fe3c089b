"""Is it there already? Hints for a reviewer: a person decides."""

import difflib
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.folding import fold
from orgs.models import Organisation

# Addresses that half the world has say nothing about who somebody is.
PUBLIC_MAIL = {
    "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "live.com", "msn.com", "yahoo.com", "yahoo.es", "yahoo.fr",
    "hotmail.es", "hotmail.fr", "outlook.es", "outlook.fr", "icloud.com", "me.com", "proton.me", "protonmail.com", "gmx.net",
    "gmx.de", "web.de", "aol.com", "mail.ru", "yandex.ru", "telefonica.net", "riseup.net", "example.org",
}  # fmt: skip
# Words that many names share.
COMMON = {"associacio", "asociacion", "association", "fundacio", "fundacion", "foundation", "federacio", "federacion", "grup", "grupo",
          "centre", "centro", "center", "de", "la", "el", "els", "les", "los", "las", "del", "dels", "per",
          "para", "the", "of", "and", "y", "i", "et", "a"}  # fmt: skip
ALIKE = 0.86
SHORTLIST = 300


class Hint(NamedTuple):
    organisation: Organisation
    why: str | Promise


def possible_duplicates(organisation: Organisation) -> list[Hint]:
    """Others of the same name, of nearly the same name, or whose contact or public address is at the same house."""
    others = Organisation.objects.exclude(pk=organisation.pk).select_related("territory")
    hints: dict[int, Hint] = {}
    for found in others.named(organisation.name)[:5]:
        hints[found.pk] = Hint(found, _("the same name"))
    houses = email_domains(organisation)
    if houses:
        at_house = Q()
        for house in houses:
            at_house |= Q(contacts__email__iendswith=f"@{house}") | Q(public_email__iendswith=f"@{house}")
        for found in others.filter(at_house).distinct()[:5]:
            hints.setdefault(found.pk, Hint(found, _("e-mail addresses that end alike")))
    for found in nearly_named(organisation, others):
        hints.setdefault(found.pk, Hint(found, _("nearly the same name")))
    return list(hints.values())[:8]


def email_domains(organisation: Organisation) -> set[str]:
    contacts = organisation.contacts.all() if organisation.pk else []  # One that is not stored yet has none.
    emails = [organisation.public_email, *(contact.email for contact in contacts)]
    houses = {email.rpartition("@")[2].lower() for email in emails if email}
    return houses - PUBLIC_MAIL


def nearly_named(organisation: Organisation, others: Any) -> list[Organisation]:
    """From a shortlist that shares a telling word, those whose whole name is alike."""
    own = fold(organisation.name)
    telling = Q()
    for word in sorted(set(own.split()) - COMMON, key=len, reverse=True)[:4]:
        if len(word) > 3:
            telling |= Q(name_folded__contains=word)
    if not telling:
        return []
    shortlist = list(others.filter(telling)[:SHORTLIST])
    return [found for found in shortlist if difflib.SequenceMatcher(None, own, fold(found.name)).ratio() >= ALIKE][:5]
