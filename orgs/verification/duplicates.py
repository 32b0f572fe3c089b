"""Is it there already? Hints for whoever adds or reviews an organisation: a person decides."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db.models import Case, Q, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Abs, Length
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.folding import Folded, fold, folded_words
from orgs.likeness import BETWEEN, HostOf, HouseOf, MadeInitials
from orgs.models import Organisation, OrganisationContact, OrganisationIdentifier, Territory
from orgs.models.organisation import OrganisationQuerySet, entrusted
from orgs.permissions import Person
from orgs.registers import normal_number
from orgs.word_search import MOST_WORDS, SHORT, cut

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
# What says of what kind an organisation is and not which one, as it is folded.
KINDS = {
    "associacio", "asociacion", "association", "assn", "asoc", "fundacio", "fundacion", "fundacions", "foundation", "federacio",
    "federacion", "federation", "grup", "grupo", "group", "groupe", "collectiu", "colectivo", "collectif", "centre", "centro", "center",
    "cooperativa", "coop", "coope", "sccl", "sociedad", "societat", "ong", "ngo", "ltd", "privada", "cultural", "club", "deportivo",
    "esportiu", "cd", "ce", "servei", "servicio", "entitat", "entidad", "organizacion", "organitzacio", "verein", "جمعيه", "avv",
}  # fmt: skip
ALIKE = 0.88
"""How like two names are to be, of 1."""
SAME_WORD = 0.8
"""How like two words of them are to be, of 1: "pròpera" and "propera", "lengua" and "lenguas"."""
MOST, SHORTLIST = 8, 300
LONG_INITIALS = 3
"""More letters than these: what an acronym stands for is looked up by them alone; of shorter ones it would be half a register."""


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
    numbers: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, organisation: Organisation, emails: Iterable[str] = ()) -> "Likeness":
        houses = {email.rpartition("@")[2].lower() for email in (organisation.public_email, *emails) if email}
        host = host_of(organisation.website)
        hosts = houses - PUBLIC_MAIL | ({host} if host and host not in PUBLIC_HOSTS else set())
        place = organisation.territory if organisation.territory_id else None
        numbers = ((register, normal_number(number)) for register, number in organisation.identifiers.items())
        return cls(
            organisation.name,
            organisation.acronym,
            frozenset(hosts),
            frozenset(words_of_place(place)),
            frozenset(numbers),
        )

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
        if self.numbers & other.numbers:
            return _("the same number in a register")
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
    shortlist = list(likeliest_first(others, own, by).select_related("territory", "listing")[:SHORTLIST])
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


def likeliest_first(others: OrganisationQuerySet, own: Likeness, by: Person) -> OrganisationQuerySet:
    """Those with a key of the comparison: first those with a whole one, then those with the most of the words."""
    whole, words = has_whole_key(own, by), sought_words(own)
    otherwise = [*written_together(words), *written_apart(words)]
    alike = Q(name_words__has=[" | ".join([*map(begin, words), *otherwise])])
    shared: list[Any] = [*map(nearness, words), Case(When(name_words__has=[" | ".join(otherwise)], then=4), default=0)]
    keyed = others.alias(
        own_name=Folded("name"),
        own_acronym=Folded("acronym"),
        made_initials=MadeInitials("name"),
        host=HostOf("website"),
        house=HouseOf("public_email"),
    )
    return keyed.filter(whole | alike).order_by(
        Case(When(whole, then=0), default=1),
        sum(shared[1:], shared[0]).desc(),
        Abs(Length("name") - len(own.name)),
        "pk",
    )


def has_whole_key(own: Likeness, by: Person) -> Q:
    """The same name, initials, host, address or number: each has an index of its own, which the database puts together."""
    initials = own.initials | own.made_initials
    return (
        Q(own_name__in={fold(own.name), *initials})
        | Q(own_acronym__in=initials)
        | Q(made_initials__in={one for one in own.initials if len(one) > LONG_INITIALS})
        | Q(host__in=own.hosts)
        | Q(house__in=own.hosts)
        | Q(pk__in=[*with_private_address(own, by), *with_number(own)])
    )


def with_private_address(own: Likeness, by: Person) -> Iterable[int]:
    known = Organisation.objects.order_by().alias(house=HouseOf("contacts__email")).filter(contacts_known_to(by))
    return known.filter(house__in=own.hosts).values_list("pk", flat=True) if own.hosts else []


def with_number(own: Likeness) -> Iterable[int]:
    held = OrganisationIdentifier.objects.order_by()
    same = [
        held.filter(scheme=register, code=number).values_list("organisation", flat=True)
        for register, number in own.numbers
    ]
    return same[0].union(*same[1:]) if same else []


def sought_words(own: Likeness) -> list[list[str]]:
    """Each as the search for words has it: signs of writing without spaces are words for themselves."""
    long = [word for word in own.telling if len(word) > SHORT] or own.telling
    return [pieces for word in long if (pieces := cut(word))][:MOST_WORDS]


def written_together(words: list[list[str]]) -> Iterator[str]:
    """As a condition of a tsquery, like those below."""
    yield from (begin(["".join(one + other)]) for one, other in pairwise(words))


def written_apart(words: list[list[str]]) -> Iterator[str]:
    for word in words:
        for at in range(SHORT + 1, len(word[0]) - SHORT if len(word) == 1 else 0):
            yield f"{are([word[0][:at]])} & {begin([word[0][at:]])}"


def begin(word: list[str]) -> str:
    pieces = (f"'{one[: max(4, len(one) - 2)]}'{':*' if len(one) > 3 else ''}" for one in word)
    return f"({' & '.join(pieces)})"


def are(word: list[str]) -> str:
    return " & ".join(f"'{one}'" for one in word)


def nearness(word: list[str]) -> Combinable:
    """Of a name, to a word that it may have with another beginning behind the first letter."""
    spelt_otherwise = rf"(^|\s){word[0][:1]}\S{{0,3}}{word[0][3:]}"
    return Case(
        When(name_words__has=[are(word)], then=3),
        When(name_words__has=[begin(word)], then=2),
        *([When(name_folded__regex=spelt_otherwise, then=1)] if len(word[0]) > 5 else []),
        default=0,
    )


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
    return Q() if user.is_staff else entrusted(user)
