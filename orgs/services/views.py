"""Finding a service: what a newcomer comes for."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import DetailView, TemplateView
from django_filters.views import FilterView

from orgs.drawing.sharing import Share, share_list
from orgs.mixins import SearchedMixin
from orgs.models import Service, Territory
from orgs.models.services import ServiceQuerySet
from orgs.permissions import can_edit_organisation
from orgs.services.actions import Hours
from orgs.services.filters import ServiceFilter
from orgs.services.hours import is_open_at, lines_of
from orgs.services.nearness import Nearness
from orgs.services.places import ServiceMap


def likeliest_services() -> ServiceQuerySet:
    return Service.objects.public().likeliest_first()


def said_of(filterset: ServiceFilter, request: HttpRequest) -> dict[str, Any]:
    """What the list and the map of services both say of what is asked for."""
    query = filterset.address()
    return {
        "types": filterset.types,
        "query": query,
        "share": share_list(_("Services"), filterset, request.path, query),
    }


@method_decorator(login_not_required, name="dispatch")
class ServiceSearchView(SearchedMixin, FilterView):
    """Services of public organisations, by what somebody types in any language: how to reach each, and how far it is where that was asked."""

    filterset_class = ServiceFilter
    template_name = "orgs/service_search.html"

    def get_queryset(self) -> QuerySet[Service]:
        return likeliest_services()

    def in_full(self) -> QuerySet[Service]:
        found = Service.objects.select_related(
            "type", "domain", "organisation__listing", "organisation__territory__parent__parent__parent"
        ).prefetch_related("opening_times", "closed_days")
        surroundings = self.filterset.surroundings
        return found if surroundings is None else found.annotate(rank=surroundings.rank())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            not_asked=not self.request.GET, **said_of(self.filterset, self.request), **kwargs
        )
        surroundings = self.filterset.surroundings
        context["found"] = [
            (service, "" if surroundings is None else surroundings.words(service.rank))
            for service in context["page_obj"]
        ]
        context["orders"] = self.orders() if self.filterset.place is not None else []
        return context

    def orders(self) -> list[tuple[str, str, bool]]:
        """In which the list of a place may stand: words, address, whether it does."""
        is_nearest_first = self.filterset.surroundings is not None
        return [
            (_("Best match first"), f"?{self.filterset.address(territory_near='')}", not is_nearest_first),
            (_("Nearest first"), f"?{self.filterset.address(territory_near=Nearness.AROUND)}", is_nearest_first),
        ]


@method_decorator(login_not_required, name="dispatch")
class ServiceMapView(TemplateView):
    """How many there are in each place, as a map and as a list."""

    template_name = "orgs/service_map.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filterset = ServiceFilter(self.request.GET or None, likeliest_services(), request=self.request)
        is_understood = not filterset.is_bound or filterset.form.is_valid()
        services = ServiceMap(filterset) if is_understood else None
        return super().get_context_data(
            filter=filterset, services=services, **said_of(filterset, self.request), **kwargs
        )


@method_decorator(login_not_required, name="dispatch")
class ServiceDetailView(DetailView):
    """All that somebody wants to know before going there. Those of its own organisation see it before it is public."""

    model = Service
    template_name = "orgs/service_detail.html"

    def get_queryset(self) -> QuerySet[Service]:
        return (
            Service.objects.visible_to(self.request.user)
            .select_related(
                "type", "domain", "organisation__listing", "organisation__territory__parent__parent__parent"
            )
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
            share=Share(f"{service.title} ({service.organisation.name})", service.get_absolute_url()),
            can_edit=can_edit_organisation(self.request.user, service.organisation),
            **kwargs,
        )
