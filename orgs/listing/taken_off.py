"""Organisations that asked not to be listed: what stays of them, and whether one that somebody is about to list is among them.

One answer for whoever lists by a form, by a partnership or by a file.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.crypto import salted_hmac

from orgs.folding import Folded, fold
from orgs.models import ImportedOrganisation, Listing, Organisation
from orgs.territories.areas import areas_of, municipalities_of
from orgs.verification.duplicates import PUBLIC_HOSTS, host_of

SALT = "orgs.listing.taken_off"
TAKEN_OFF = "@taken-off.invalid"
OF_CONTACT = ("description", "website", "public_email", "public_phone", "address", "services")


def sign_of(email: str) -> str:
    """In place of an address that shall not be written to. A sign stays as it is."""
    return email if email.endswith(TAKEN_OFF) else sealed(email.lower()) + TAKEN_OFF


def web_sign_of(website: str) -> str:
    """In place of a website: of its host, or of the whole address where half the world has that host. Empty for none."""
    host = host_of(website)
    page = urlsplit(website).path.strip("/").lower() if host in PUBLIC_HOSTS else ""
    return sealed(f"//{host}/{page}") if host and (page or host not in PUBLIC_HOSTS) else ""


def sealed(text: str) -> str:
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:40]


def signs_of(website: str, emails: Iterable[str]) -> list[str]:
    found = {web_sign_of(website), *(sign_of(email) for email in emails if email)}
    return sorted(found - {""})


def forget_addresses(organisation: Organisation) -> None:
    """In what imports keep for undoing, and to whom it was written: of these a sign stays, so that no other list writes to them again."""
    brought = list(organisation.brought_in.all())
    for one in brought:
        one.after = without_contact(one.after)
        one.before = None if one.before is None else without_contact(one.before)
    ImportedOrganisation.objects.bulk_update(brought, ["before", "after"])
    for invitation in organisation.invitations.filter(accepted_at=None):
        invitation.email = sign_of(invitation.email)
        invitation.save(update_fields=["email"])


def without_contact(facts: dict[str, Any]) -> dict[str, Any]:
    return {fact: value for fact, value in facts.items() if fact not in OF_CONTACT}


@dataclass(frozen=True)
class Identity:
    """What tells of an organisation that somebody is about to list whether it has asked not to be."""

    name: str
    place: int
    website: str = ""
    emails: tuple[str, ...] = ()

    @property
    def folded(self) -> str:
        return fold(self.name.strip())

    @property
    def signs(self) -> list[str]:
        return signs_of(self.website, self.emails)


class TakenOff:
    """Those among `told`, in so many queries however many there are.

    By name and website within the municipality, also where one of the two was listed in a part of it and the other in an area that holds it:
    elsewhere another one may be called so, or share the website of a federation. By an e-mail address wherever it is.
    """

    def __init__(self, told: Collection[Identity]) -> None:
        self.gone: dict[str, set[int]] = defaultdict(set)
        names = Organisation.objects.annotate(own_name=Folded("name")).filter(
            own_name__in={one.folded for one in told}, listing__opted_out_at__isnull=False
        )
        for name, place in names.values_list("own_name", "territory"):
            self.gone[name].add(place)
        signs = {sign for one in told for sign in one.signs}
        for found, place in Listing.objects.taken_off(signs).values_list("signs", "organisation__territory"):
            for sign in signs.intersection(found):
                self.gone[sign].add(place)
        places = {one.place for one in told}.union(*self.gone.values())
        self.municipalities = municipalities_of(places)
        self.areas = areas_of(places)

    def __contains__(self, told: Identity) -> bool:
        if any(sign in self.gone for sign in told.signs if sign.endswith(TAKEN_OFF)):
            return True
        return any(
            self.is_near(told.place, place) for key in (told.folded, *told.signs) for place in self.gone.get(key, ())
        )

    def is_near(self, one: int, other: int) -> bool:
        return self.municipalities[one] in self.areas[other] or self.municipalities[other] in self.areas[one]
