"""The public directory, and the page of an organisation."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, QuerySet
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView
from django_filters.views import FilterView

from orgs.directory.filters import OrganisationFilter
from orgs.languages import country_name
from orgs.mixins import PagedMixin, VisibleObjectMixin, page_of
from orgs.models import Domain, Organisation, ProposedChange, Territory, Verification, VerificationRules
from orgs.naming import address_upstairs
from orgs.permissions import can_edit_organisation, can_manage_members, can_see_contacts, is_member
from orgs.verification.checklist import meaning_of
from orgs.verification.differences import differences
from orgs.vocabulary import CapacitySide

SORTS = {
    "name": (_("Name"), ["name_folded", "pk"]),
    "-verified": (_("Latest verified first"), ["-verified_at", "pk"]),
    "-registered": (_("Latest registered first"), ["-created_at", "pk"]),
}


@method_decorator(login_not_required, name="dispatch")
class OrganisationListView(PagedMixin, FilterView):
    """Verified organisations, for anybody."""

    filterset_class = OrganisationFilter
    template_name = "orgs/organisation_list.html"
    paginate_by = 20
    strict = True  # A filter that is not understood is asked back, and not left out in silence.

    def get_queryset(self) -> QuerySet[Organisation]:
        return (
            Organisation.objects.published()
            .select_related("territory__parent__parent__parent")
            .prefetch_related(Prefetch("domains", Domain.objects.order_by("order")))
            .order_by(*SORTS[self.sort()][1])
        )

    def sort(self) -> str:
        asked = self.request.GET.get("sort", "name")
        return asked if asked in SORTS else "name"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        sorts = []
        for key, (label, _columns) in SORTS.items():
            query["sort"] = key
            sorts.append({"label": label, "url": f"?{query.urlencode()}", "is_current": key == self.sort()})
        return super().get_context_data(sorts=sorts, sort=self.request.GET.get("sort", ""), **kwargs)


@method_decorator(login_not_required, name="dispatch")
class OrganisationDetailView(VisibleObjectMixin, DetailView):
    """What an organisation is, does and offers. Its private contact is on a page for its own people and its reviewers."""

    model = Organisation
    template_name = "orgs/organisation_detail.html"

    def get_queryset(self) -> QuerySet[Organisation]:
        return (
            super()
            .get_queryset()
            .select_related("territory__scheme", "territory__parent__parent__parent")
            .prefetch_related(
                Prefetch("domains", Domain.objects.order_by("order")),
                Prefetch("works_in", Territory.objects.with_path().select_related("scheme")),
                "capacities",
            )
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation: Organisation = self.object
        user = self.request.user
        capacities = list(organisation.capacities.all())
        verified = last_verified(organisation) if organisation.tier else None
        is_own = is_member(user, organisation)
        proposed_change = (
            organisation.proposed_changes.filter(state__in=ProposedChange.SHOWN).last() if is_own else None
        )
        return super().get_context_data(
            page_obj=page_of(self.request, organisation.services.select_related("domain")),
            tier_meaning=meaning_of(organisation.tier, rules_of(verified)) if organisation.tier else "",
            holds_until=verified.holds_until if verified and (is_own or user.is_staff) else None,
            communities=[country_name(code) for code in organisation.communities],
            needs=[capacity for capacity in capacities if capacity.side == CapacitySide.NEED],
            offers=[capacity for capacity in capacities if capacity.side == CapacitySide.OFFER],
            partnerships_url=address_upstairs("partnerships:organisation_partnerships", organisation.slug),
            can_edit=can_edit_organisation(user, organisation),
            can_manage_members=can_manage_members(user, organisation),
            can_see_contacts=can_see_contacts(user, organisation),
            is_member=is_own,
            proposed_change=proposed_change,
            proposed_differences=differences(proposed_change) if proposed_change else [],
            last_verification=organisation.verifications.order_by("-submitted_at").first() if is_own else None,
            **kwargs,
        )


def last_verified(organisation: Organisation) -> Verification | None:
    verified = organisation.verifications.filter(state=Verification.State.VERIFIED).select_related("rules")
    return verified.order_by("-decided_at").first()


def rules_of(verification: Verification | None) -> VerificationRules:
    """Under which it was decided; those that the portal comes with where nobody had changed them."""
    return (verification and verification.rules) or VerificationRules()
