"""Pages of the lower apps, completed with what the upper ones know: whom a place or an organisation works with, and how far."""

from typing import Any

from indicators.dashboards.views.territories import TerritoryDetailView
from integration_portal.organisation_uses import FOLLOW, uses_of
from orgs.directory.views import OrganisationDetailView
from orgs.oversight.views import CloseView, ManageView, MergeView, ReopenView


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


class OrganisationMergeView(MergeView):
    follow = FOLLOW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(uses=uses_of(self.organisation), **kwargs)


class OrganisationReopenView(ReopenView):
    pass
