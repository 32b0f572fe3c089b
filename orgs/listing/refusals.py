"""Why an organisation is not listed by staff, whichever form it comes from."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from orgs.folding import Folded
from orgs.listing.taken_off import Identity, TakenOff, web_sign_of
from orgs.models import Organisation, TerritoryClosure, User
from orgs.models.conditions import PUBLIC
from orgs.territories.areas import areas_of, municipalities_of
from orgs.verification.duplicates import host_of


def identity_of(organisation: Organisation, email: str) -> Identity:
    return Identity(organisation.name, organisation.territory_id, organisation.website, (email,) if email else ())


def refuse_who_wants_no_listing(told: Identity) -> None:
    """What was taken off at the word of its people is not put back by the next list that names it."""
    if told in TakenOff([told]):
        raise ValidationError({"name": _("This organisation has asked not to be listed here.")})


def refuse_what_reviewers_decide(told: Identity, *, by: User) -> None:
    """What is registered and not verified, or suspended, is not made public by being listed anew. Nothing is said of it: neither which one,
    nor why it has no page. Who sees it decides for themselves.
    """
    if is_known_and_hidden(told, by):
        raise ValidationError(
            {
                "name": _(
                    "An organisation like this is known here and has no public page at present. A reviewer decides whether it gets one, so it "
                    "cannot be listed. If you mean another one, ask an administrator to list it."
                )
            }
        )


def is_known_and_hidden(told: Identity, by: User) -> bool:
    """By its name, website or public address, in the same municipality or an area that holds it. Private addresses are not compared: the
    answer would tell whose they are.
    """
    own = Q(own_name=told.folded)
    for email in told.emails:
        own |= Q(public_email__iexact=email)
    host = host_of(told.website)
    if host:
        own |= Q(website__icontains=host)
    hidden = Organisation.objects.filter(closed_on=None, territory__in=places_near(told.place)).exclude(PUBLIC)
    hidden = hidden.exclude(pk__in=Organisation.objects.visible_to(by).values("pk"))
    found = hidden.annotate(own_name=Folded("name")).filter(own).values_list("own_name", "public_email", "website")
    emails = {email.lower() for email in told.emails}
    return any(
        name == told.folded
        or public_email.lower() in emails
        or (host and web_sign_of(website) == web_sign_of(told.website) != "")
        for name, public_email, website in found
    )


def places_near(place: int) -> set[int]:
    """All of its municipality, and what holds it."""
    municipality = municipalities_of([place])[place]
    below = TerritoryClosure.objects.filter(ancestor=municipality).values_list("descendant", flat=True)
    return {*below, *areas_of([place])[place]}
