from typing import Any

from django.views.generic import TemplateView

from integration_portal.administration import progress
from orgs.mixins import VisibleObjectMixin
from orgs.permissions import is_administrator


class AdministrationView(VisibleObjectMixin, TemplateView):
    """Where administrators begin: what is still to set up, and what they do every day."""

    template_name = "integration_portal/administration.html"
    has_page_permission = staticmethod(is_administrator)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**progress.state(), **kwargs)
