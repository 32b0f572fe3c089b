"""Finding a service: what a newcomer comes for."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django_filters.views import FilterView

from orgs.mixins import PagedMixin
from orgs.models import Organisation, Service
from orgs.services.filters import ServiceFilter
from orgs.services.finding import ORDER


@method_decorator(login_not_required, name="dispatch")
class ServiceSearchView(PagedMixin, FilterView):
    """Services of verified organisations, by what somebody types in any language, each with how to reach it."""

    filterset_class = ServiceFilter
    template_name = "orgs/service_search.html"
    paginate_by = 20
    strict = True  # A filter that is not understood is asked back, and not left out in silence.

    def get_queryset(self) -> QuerySet[Service]:
        return (
            Service.objects.filter(organisation__in=Organisation.objects.published().values("pk"))
            .select_related("type", "domain", "organisation__territory__parent__parent__parent")
            .prefetch_related("organisation__services")
            .order_by(*ORDER)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(types=self.filterset.types, not_asked=not self.request.GET, **kwargs)
