"""Pages of the lower floors, completed with what the upper ones know: whom a place or an organisation works with, and how far."""

from indicators.dashboards.views.territories import TerritoryDetailView
from orgs.directory.views import OrganisationDetailView


class TerritoryPageView(TerritoryDetailView):
    template_name = "integration_portal/territory_detail.html"


class OrganisationPageView(OrganisationDetailView):
    template_name = "integration_portal/organisation_detail.html"
