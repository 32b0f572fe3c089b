"""Organisations without any tie to government (need S12)."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from orgs.models import Organisation, Territory, User
from orgs.models.reach import ids_tied_within
from orgs.vocabulary import Sector
from partnerships.models import PartnershipParty
from partnerships.permissions import ACTING_ROLES
from partnerships.vocabulary import PartnershipState, PartyAnswer


def isolated_organisations(territories: QuerySet[Territory]) -> QuerySet[Organisation]:
    """The verified ones that are based or at work in one of the territories, or below, and in no live partnership."""
    below = ids_tied_within(territories.values("pk"))
    live = PartnershipParty.objects.filter(
        organisation=OuterRef("pk"), answer=PartyAnswer.CONFIRMED, partnership__state=PartnershipState.ACTIVE
    )
    at_work = Organisation.works_in.through.objects.filter(organisation=OuterRef("pk"), territory__in=below)
    return (
        Organisation.objects.verified()
        .exclude(sector=Sector.AUTHORITY)
        .filter(Q(territory__in=below) | Exists(at_work))
        .filter(~Exists(live))
        .select_related("territory")
        .prefetch_related("domains")
    )


def isolated_organisations_for(user: User) -> QuerySet[Organisation]:
    """In the territories of the authorities that the person acts for."""
    acting = user.memberships.acting().filter(role__in=ACTING_ROLES)
    return isolated_organisations(Territory.objects.filter(organisations__in=acting.values("organisation")))
