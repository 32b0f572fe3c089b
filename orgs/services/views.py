"""Finding a service: what a newcomer comes for."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import DetailView
from django_filters.views import FilterView

from orgs.mixins import SearchedMixin
from orgs.models import Service, Territory
from orgs.permissions import can_edit_organisation
from orgs.services.actions import Hours
from orgs.services.filters import ServiceFilter
from orgs.services.hours import is_open_at, lines_of


@method_decorator(login_not_required, name="dispatch")
class ServiceSearchView(SearchedMixin, FilterView):
    """Services of verified organisations, by what somebody types in any language, each with how to reach it."""

    filterset_class = ServiceFilter
    template_name = "orgs/service_search.html"
    paginate_by = 20
    strict = True  # A filter that is not understood is asked back, and not left out in silence.

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.public().likeliest_first()

    def in_full(self) -> QuerySet[Service]:
        return Service.objects.select_related(
            "type", "domain", "organisation__territory__parent__parent__parent"
        ).prefetch_related("opening_times", "closed_days")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(types=self.filterset.types, not_asked=not self.request.GET, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class ServiceDetailView(DetailView):
    """All that somebody wants to know before going there. Those of its own organisation see it before it is public."""

    model = Service
    template_name = "orgs/service_detail.html"

    def get_queryset(self) -> QuerySet[Service]:
        return (
            Service.objects.visible_to(self.request.user)
            .select_related("type", "domain", "organisation__territory__parent__parent__parent")
            .prefetch_related(
                "opening_times",
                "closed_days",
                Prefetch("territories", Territory.objects.with_path()),
            )
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        service: Service = self.object
        hours = Hours.of(service)
        today = timezone.localdate()
        return super().get_context_data(
            organisation=service.organisation,
            week=lines_of(hours),
            closed=[days for days in service.closed_days.all() if days.last >= today],
            is_open=is_open_at(hours, timezone.localtime()) if hours.week else None,
            can_edit=can_edit_organisation(self.request.user, service.organisation),
            **kwargs,
        )
