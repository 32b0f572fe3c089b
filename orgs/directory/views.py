"""The public directory, and the page of an organisation."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView
from django_filters.views import FilterView

from orgs.directory.filters import OrganisationFilter
from orgs.drawing.sharing import share_list
from orgs.languages import country_name
from orgs.mixins import SearchedMixin, VisibleObjectMixin, page_of
from orgs.models import (
    Affiliation,
    Capacity,
    Domain,
    FieldOfWork,
    Organisation,
    OrganisationMerge,
    ProposedChange,
    Service,
    Sponsorship,
    Territory,
    Verification,
    VerificationRules,
    VolunteerOpportunity,
)
from orgs.naming import address_upstairs
from orgs.permissions import (
    Person,
    can_ask_to_join,
    can_close,
    can_edit_organisation,
    can_list_organisations,
    can_manage_members,
    can_see_contacts,
    can_take_measure,
    is_member,
    is_unclaimed,
    leaders_of,
    leads_organisation,
    vouchers_for,
)
from orgs.standing.renewals import can_be_renewed
from orgs.templatetags.registry import standing_badge
from orgs.verification.checklist import meaning_of
from orgs.verification.differences import differences
from orgs.vocabulary import CapacitySide, Kind

SHOWN = 10
"""Opportunities for volunteers on the page of an organisation."""
QUESTIONS_SHOWN = 5
"""Of organisations that say that they belong to it; the page of branches and members has the rest."""
SORTS = {
    "name": (_("Name"), ["name_folded", "pk"]),
    "-verified": (_("Latest verified first"), ["-verified_at", "pk"]),
    "-registered": (_("Latest registered first"), ["-created_at", "pk"]),
}
SERVICES_SHOWN = 3
"""Of an organisation that is found by what it offers."""


@method_decorator(login_not_required, name="dispatch")
class OrganisationListView(SearchedMixin, FilterView):
    """Verified organisations, and those that staff have listed, for anybody."""

    filterset_class = OrganisationFilter
    template_name = "orgs/organisation_list.html"

    def get_queryset(self) -> QuerySet[Organisation]:
        return Organisation.objects.published().order_by(*SORTS[self.sort()][1])

    def in_full(self) -> QuerySet[Organisation]:
        found = Organisation.objects.select_related("territory__parent__parent__parent", "listing").prefetch_related(
            Prefetch("domains", Domain.objects.order_by("order"))
        )
        offered = self.filterset.offered_services()
        if offered is None:
            return found
        return found.prefetch_related(
            Prefetch("services", offered.likeliest_first()[:SERVICES_SHOWN], to_attr="services_meant")
        )

    def sort(self) -> str:
        asked = self.request.GET.get("sort", "name")
        return asked if asked in SORTS else "name"

    def query(self) -> str:
        """The filters, as they stand in the address."""
        query = self.request.GET.copy()
        for name in ("page", "sort"):
            query.pop(name, None)
        return query.urlencode()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        sorts = []
        for key, (label, _columns) in SORTS.items():
            query["sort"] = key
            sorts.append({"label": label, "url": f"?{query.urlencode()}", "is_current": key == self.sort()})
        return super().get_context_data(
            sorts=sorts,
            sort=self.request.GET.get("sort", ""),
            can_list=can_list_organisations(self.request.user),
            query=self.query(),
            share=share_list(
                gettext("Organisations"),
                self.filterset,
                self.request.path,
                self.filterset.address(sort=self.request.GET.get("sort", "")),
            ),
            **kwargs,
        )


@method_decorator(login_not_required, name="dispatch")
class OrganisationDetailView(VisibleObjectMixin, DetailView):
    """What an organisation is, does and offers. Its private contact is on a page for its own people and its reviewers."""

    model = Organisation
    template_name = "orgs/organisation_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            kept = merged_into(kwargs["slug"])
            if kept is None:
                raise
            return redirect(kept)

    def get_queryset(self) -> QuerySet[Organisation]:
        return (
            super()
            .get_queryset()
            .select_related("territory__scheme", "territory__parent__parent__parent", "listing__listed_for")
            .prefetch_related(
                Prefetch("fields_of_work", FieldOfWork.objects.select_related("domain")),
                Prefetch("works_in", Territory.objects.with_path().select_related("scheme")),
                Prefetch("capacities", Capacity.objects.current().select_related("territory")),
            )
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation: Organisation = self.object
        user = self.request.user
        capacities = list(organisation.capacities.all())
        verified = last_verified(organisation) if organisation.tier else None
        is_unclaimed_one = is_unclaimed(organisation)
        is_own = is_member(user, organisation)
        can_ask = can_ask_to_join(user, organisation)
        can_edit = can_edit_organisation(user, organisation)
        proposed_change = (
            organisation.proposed_changes.filter(state__in=ProposedChange.SHOWN).last() if is_own else None
        )
        return super().get_context_data(
            page_obj=page_of(self.request, self.services_of(organisation)),
            tier_meaning=meaning_of(organisation.tier, rules_of(verified)) if organisation.tier else "",
            measure=organisation.measures.in_force().visible_to(user).first() if user.is_authenticated else None,
            can_be_renewed=can_edit and can_be_renewed(organisation),
            shows_end=is_own or user.is_staff,
            can_take_measure=organisation.is_published and can_take_measure(user, organisation),
            communities=[country_name(code) for code in organisation.communities],
            needs=[capacity for capacity in capacities if capacity.side == CapacitySide.NEED],
            opportunities=self.opportunities_of(organisation),
            offers=[capacity for capacity in capacities if capacity.side == CapacitySide.OFFER],
            partnerships_url=address_upstairs("partnerships:organisation_partnerships", organisation.slug),
            can_edit=can_edit,
            can_ask_to_join=can_ask,
            is_led=can_ask and leaders_of(organisation).exists(),
            is_unclaimed=is_unclaimed_one,
            standing=standing_badge(organisation),
            can_invite_to_claim=is_unclaimed_one and can_list_organisations(user),
            can_manage_members=can_manage_members(user, organisation),
            can_see_contacts=can_see_contacts(user, organisation),
            is_member=is_own,
            **beside(organisation),
            can_close=is_own and organisation.closed_on is None and can_close(user, organisation),
            close_url=address_upstairs("organisation_close_own", organisation.slug),
            can_vouch=vouchers_for(user, organisation).exists(),
            **belonging(organisation, user, is_own=is_own or can_edit),
            merged_into=merged_into(organisation.slug) if organisation.closed_on else None,
            proposed_change=proposed_change,
            proposed_differences=differences(proposed_change, shows_address=can_edit or organisation.address_is_public)
            if proposed_change
            else [],
            last_verification=organisation.verifications.order_by("-submitted_at").first() if is_own else None,
            **kwargs,
        )

    def opportunities_of(self, organisation: Organisation) -> QuerySet[VolunteerOpportunity]:
        today = timezone.localdate()
        places = "territory__parent", "organisation__territory__parent"
        opportunities = VolunteerOpportunity.objects.visible_to(self.request.user).open_on(today)
        return (
            opportunities.filter(organisation=organisation)
            .select_related(*places)
            .order_by("-created_at", "-pk")[:SHOWN]
        )

    def services_of(self, organisation: Organisation) -> QuerySet[Service]:
        """Only those that somebody can reach, but for its own people."""
        services = Service.objects.visible_to(self.request.user)
        return services.filter(organisation=organisation).select_related("domain", "type")


def merged_into(slug: str) -> Organisation | None:
    """The entry that a merged one goes on in."""
    merge = OrganisationMerge.objects.filter(gone__slug=slug, undone_at=None).select_related("kept").first()
    return merge.kept if merge else None


def beside(organisation: Organisation) -> dict[str, Any]:
    """Who stands by it, and by whom it stands, in public: never the people who said so."""
    pairs = Sponsorship.objects.public().select_related("sponsor", "sponsored").order_by("from_day", "pk")
    found = list(pairs.filter(Q(sponsor=organisation) | Q(sponsored=organisation)))
    counting = organisation.vouchings.counting().select_related("voucher").order_by("voucher__name_folded")
    return {
        "vouched_by": [row.voucher for row in counting] if organisation.kind == Kind.INFORMAL_GROUP else [],
        "sponsors": [row for row in found if row.sponsored_id == organisation.pk],
        "sponsors_others": [row for row in found if row.sponsor_id == organisation.pk],
    }


def belonging(organisation: Organisation, user: Person, *, is_own: bool) -> dict[str, Any]:
    """To whom it belongs: to its own people also what is not confirmed yet. And, for those who can answer, who says that it belongs to it."""
    said = organisation.affiliations.live().of_public_parents() if is_own else organisation.affiliations.shown()
    found = list(said.marked().select_related("parent").order_by("parent__name_folded", "pk"))
    can_answer = leads_organisation(user, organisation)
    asked = organisation.affiliates.questions().select_related("organisation__territory")
    return {
        "branch_of": [one for one in found if one.kind == Affiliation.Kind.BRANCH],
        "member_of": [one for one in found if one.kind == Affiliation.Kind.MEMBER],
        "questions": asked[:QUESTIONS_SHOWN] if can_answer else [],
        "can_answer": can_answer,
    }


def last_verified(organisation: Organisation) -> Verification | None:
    verified = organisation.verifications.filter(state=Verification.State.VERIFIED).select_related("rules")
    return verified.order_by("-decided_at").first()


def rules_of(verification: Verification | None) -> VerificationRules:
    """Under which it was decided; those that the portal comes with where nobody had changed them."""
    return (verification and verification.rules) or VerificationRules()
