"""Is it there already? Hints for whoever adds or reviews an organisation: a person decides."""

import difflib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.folding import fold, folded_words
from orgs.models import Organisation, OrganisationContact, Territory
from orgs.models.reach import ids_tied_within
from orgs.permissions import Person

# Addresses that half the world has say nothing about who somebody is.
PUBLIC_MAIL = {
    "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "live.com", "msn.com", "yahoo.com", "yahoo.es", "yahoo.fr",
    "hotmail.es", "hotmail.fr", "outlook.es", "outlook.fr", "icloud.com", "me.com", "proton.me", "protonmail.com", "gmx.net",
    "gmx.de", "web.de", "aol.com", "mail.ru", "yandex.ru", "telefonica.net", "riseup.net", "example.org",
}  # fmt: skip
PUBLIC_HOSTS = {
    "facebook.com", "instagram.com", "twitter.com", "x.com", "youtube.com", "tiktok.com", "linkedin.com", "linktr.ee",
    "sites.google.com", "wordpress.com", "blogspot.com", "wixsite.com", "t.me", "wa.me", "eventbrite.com", "issuu.com", "github.io",
}  # fmt: skip
# What says of what kind an organisation is and not which one, as it is folded; and the small words between.
KINDS = {
    "associacio", "asociacion", "association", "assn", "asoc", "fundacio", "fundacion", "fundacions", "foundation", "federacio",
    "federacion", "federation", "grup", "grupo", "group", "groupe", "collectiu", "colectivo", "collectif", "centre", "centro", "center",
    "cooperativa", "coop", "coope", "sccl", "sociedad", "societat", "ong", "ngo", "ltd", "privada", "cultural", "club", "deportivo",
    "esportiu", "cd", "ce", "servei", "servicio", "entitat", "entidad", "organizacion", "organitzacio", "verein", "جمعيه", "avv",
}  # fmt: skip
BETWEEN = {
    "de", "la", "el", "els", "les", "lo", "los", "las", "del", "dels", "des", "du", "le", "per", "para", "pour", "the", "of", "and", "y", "i",
    "et", "a", "al", "amb", "con", "en", "l", "d", "s", "und", "der", "die", "das", "&",
}  # fmt: skip
ALIKE = 0.88
"""How like two names are to be, of 1."""
SAME_WORD = 0.8
"""How like two words of them are to be, of 1: "pròpera" and "propera", "lengua" and "lenguas"."""
MOST, SHORTLIST = 8, 300


class Hint(NamedTuple):
    organisation: Organisation
    why: str | Promise


@dataclass(frozen=True)
class Likeness:
    """What tells one organisation from another: its name without what many names share, its initials, and where it is on the web."""

    name: str
    acronym: str
    hosts: frozenset[str]
    place_words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, organisation: Organisation, emails: Iterable[str] = ()) -> "Likeness":
        houses = {email.rpartition("@")[2].lower() for email in (organisation.public_email, *emails) if email}
        host = host_of(organisation.website)
        hosts = houses - PUBLIC_MAIL | ({host} if host and host not in PUBLIC_HOSTS else set())
        place = organisation.territory if organisation.territory_id else None
        return cls(organisation.name, organisation.acronym, frozenset(hosts), frozenset(words_of_place(place)))

    @cached_property
    def telling(self) -> list[str]:
        """Its words without kinds, small words and the place; with them where nothing else is left."""
        words = [word for word in folded_words(self.name) if word not in BETWEEN]
        own = [word for word in words if word not in KINDS]
        return [word for word in own if word not in self.place_words] or own or words

    @cached_property
    def initials(self) -> set[str]:
        """By which it is known: its acronym, or a short name that is one word."""
        words = folded_words(self.name)
        alone = words if len(words) == 1 and len(words[0]) <= 6 else []
        return {one for one in (fold(self.acronym), *alone) if len(one) > 2}

    @cached_property
    def made_initials(self) -> set[str]:
        """As people would make an acronym of its name."""
        words = [word for word in folded_words(self.name) if word not in BETWEEN]
        return {"".join(word[0] for word in words)} if len(words) > 2 else set()

    def why_like(self, other: "Likeness") -> str | Promise | None:
        if fold(self.name) == fold(other.name):
            return _("the same name")
        if self.hosts & other.hosts:
            return _("the same website, or e-mail addresses that end alike")
        if self.initials & (other.initials | other.made_initials) or self.made_initials & other.initials:
            return _("the same initials")
        if is_like(self.telling, other.telling):
            return _("nearly the same name")
        return None


def host_of(website: str) -> str:
    return (urlsplit(website).hostname or "").lower().removeprefix("www.")


def is_like(one: list[str], other: list[str]) -> bool:
    """All words of the shorter name are in the longer one, each nearly; and they are much of it. Or the whole is nearly the same."""
    shorter, longer = sorted((one, other), key=len)
    rest = list(longer)
    for word in shorter:
        found = next((there for there in rest if same_word(word, there)), None)
        if found is None:
            break
        rest.remove(found)
    else:
        if len(shorter) > 1 or not rest:
            return len(rest) <= len(shorter)
    # Words that one writes together and the other apart.
    return len(one) != len(other) and difflib.SequenceMatcher(None, "".join(one), "".join(other)).ratio() >= ALIKE


def same_word(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 4 or one[0] != other[0]:
        return one == other
    return difflib.SequenceMatcher(None, one, other).ratio() >= SAME_WORD


def words_of_place(place: Territory | None) -> set[str]:
    return {word for name in ([place.name, *place.names.values()] if place else []) for word in folded_words(str(name))}


def possible_duplicates(organisation: Organisation, *, by: Person) -> list[Hint]:
    """Others that may be the same, by name, initials, website or address, the most telling first, each with its listing.

    Only such as `by` may see, and private contacts only where they may read them: a hint tells nothing that a page would not.
    """
    own = Likeness.of(organisation, private_emails(organisation))
    others = Organisation.objects.visible_to(by).exclude(pk=organisation.pk)
    alike = others.filter(pk__in=Organisation.objects.filter(candidates(own, by)).values("pk"))
    shortlist = list(alike.select_related("territory", "listing")[:SHORTLIST])
    known = emails_known_to(by, shortlist) if own.hosts else {}
    hints = []
    for found in shortlist:
        why = own.why_like(Likeness.of(found, known.get(found.pk, [])))
        if why is not None:
            hints.append(Hint(found, why))
    order = difflib.SequenceMatcher(None, b=fold(organisation.name))

    def closeness(hint: Hint) -> float:
        order.set_seq1(fold(hint.organisation.name))
        return -order.ratio()

    return sorted(hints, key=closeness)[:MOST]


def candidates(own: Likeness, by: Person) -> Q:
    """Those that share a telling word, or the beginning of one, the initials, a host or an address."""
    found = Q(name_folded__contains=fold(own.name))
    for word in sorted(own.telling, key=len, reverse=True)[:5]:
        if len(word) > 2:
            found |= Q(name_folded__contains=word[: max(4, len(word) - 2)])
    for initials in own.initials | own.made_initials:
        found |= Q(acronym__iexact=initials) | Q(name_folded__startswith=f"{initials} ")
    known = contacts_known_to(by)
    for host in own.hosts:
        found |= Q(website__icontains=host) | Q(public_email__iendswith=f"@{host}")
        found |= known & Q(contacts__email__iendswith=f"@{host}")
    return found


def private_emails(organisation: Organisation) -> list[str]:
    return list(organisation.contacts.values_list("email", flat=True)) if organisation.pk else []


def emails_known_to(user: Person, organisations: Iterable[Organisation]) -> dict[int, list[str]]:
    """By organisation its private addresses, where somebody may read them."""
    readable = Organisation.objects.filter(contacts_known_to(user), pk__in=[one.pk for one in organisations])
    found: dict[int, list[str]] = defaultdict(list)
    contacts = OrganisationContact.objects.filter(organisation__in=readable.values("pk"))
    for organisation, email in contacts.values_list("organisation", "email"):
        found[organisation].append(email)
    return found


def contacts_known_to(user: Person) -> Q:
    """The organisations whose private contact somebody may read, as `can_see_contacts` says of one."""
    if not user.is_authenticated:
        return Q(pk__in=[])
    if user.is_staff:
        return Q()
    reviewed = ids_tied_within(user.reviewer_appointments.active().values("territory"))
    return Q(territory__in=reviewed) | Q(pk__in=user.memberships.active().values("organisation"))
