from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.generic import ListView

from orgs.mixins import PagedMixin, VisibleObjectMixin
from orgs.models import Organisation
from partnerships.agreements.views import for_list
from partnerships.models import Partnership
from partnerships.models.partnership import PartnershipQuerySet
from partnerships.overview.isolation import isolated_organisations_for
from partnerships.permissions import can_log_partnerships


@method_decorator(login_not_required, name="dispatch")
class OrganisationPartnershipsView(VisibleObjectMixin, PagedMixin, ListView):
    """The partnerships of one organisation: those that it leads or has confirmed; to its own people also those that
    wait.
    """

    model = Partnership
    template_name = "partnerships/organisation_partnerships.html"
    context_object_name = "partnerships"

    def get_queryset(self) -> PartnershipQuerySet:
        visible = Organisation.objects.visible_to(self.request.user)
        self.organisation = get_object_or_404(visible, slug=self.kwargs["organisation"])
        found = Partnership.objects.visible_to(self.request.user)
        own = Partnership.objects.of_members(self.request.user).filter(parties__organisation=self.organisation)
        agreed = Partnership.objects.of_organisation(self.organisation)
        return for_list(found.filter(pk__in=agreed.values("pk")) | found.filter(pk__in=own.values("pk")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_log = (
            can_log_partnerships(self.request.user)
            and self.organisation.is_published
            and not self.organisation.is_authority
        )
        return super().get_context_data(organisation=self.organisation, may_log=may_log, **kwargs)


class IsolatedOrganisationsView(VisibleObjectMixin, PagedMixin, ListView):
    """Verified organisations that work alone in the territory of the officer's authority (need S12)."""

    model = Organisation
    has_page_permission = staticmethod(can_log_partnerships)
    template_name = "partnerships/isolated_organisations.html"
    context_object_name = "organisations"

    def get_queryset(self) -> QuerySet[Organisation]:
        return isolated_organisations_for(self.person)
