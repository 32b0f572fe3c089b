"""Pages of the lower apps, completed with what the upper ones know: whom a place or an organisation works with, and how far."""

from dataclasses import replace
from typing import Any

from indicators.dashboards.views.territories import TerritoryDetailView
from integration_portal.organisation_uses import FOLLOW, uses_of
from orgs.directory.views import OrganisationDetailView
from orgs.oversight.views import CloseOwnView, CloseView, ManageView, MergeView, ReopenView


class TerritoryPageView(TerritoryDetailView):
    template_name = "integration_portal/territory_detail.html"


class OrganisationPageView(OrganisationDetailView):
    template_name = "integration_portal/organisation_detail.html"


class OrganisationManageView(ManageView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(uses=uses_of(self.organisation), **kwargs)


class OrganisationCloseView(CloseView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(uses=uses_of(self.organisation), **kwargs)


class OrganisationCloseOwnView(CloseOwnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Without their addresses: not all of these are pages for its people.
        uses = [replace(use, url="") for use in uses_of(self.organisation, drafts=False)]
        return super().get_context_data(uses=uses, **kwargs)


class OrganisationMergeView(MergeView):
    follow = FOLLOW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(uses=uses_of(self.organisation), **kwargs)


class OrganisationReopenView(ReopenView):
    pass
