"""Gaps in provision of a place, in the order that matters to whoever asks, as a page and as a file."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from indicators.catalogue.addresses import place_or_404
from indicators.dashboards.provision import ORDERS, DomainProvision, provision_of
from indicators.dashboards.territory import territory_dashboard
from indicators.dashboards.views.territories import crumbs_to
from indicators.models import Release
from orgs.models import Territory
from orgs.spreadsheets import csv_response

LABELS = {
    "asked": gettext_lazy("What people ask for"),
    "gap": gettext_lazy("The width of the gap"),
    "cases": gettext_lazy("The cases behind the gap"),
    "missing": gettext_lazy("The number of types that nobody offers"),
}


class ProvisionOf:
    """What both the page and its file show of the place in their address."""

    def __init__(self, scheme: str, code: str, asked: str) -> None:
        self.territory: Territory = place_or_404(
            scheme, code, places=Territory.objects.with_path().select_related("scheme")
        )
        self.order = asked if asked in ORDERS else "asked"
        self.dashboard = territory_dashboard(self.territory, Release.objects.current(), timezone.localdate())
        self.domains: list[DomainProvision] = provision_of(self.dashboard, self.order)

    def rows(self) -> Iterator[list[Any]]:
        yield [
            _("Place"),
            _("Domain"),
            _("Types of service"),
            _("Offered by nobody"),
            _("Asked for at least"),
            _("Indicator"),
            _("Gap"),
            _("Cases behind the gap"),
        ]
        for one in self.domains:
            yield [
                self.territory.label,
                one.domain.name,
                len(one.types),
                ", ".join(each.type.name for each in one.missing),
                one.asked_for,
                one.card.indicator.name if one.card else "",
                one.card.gap_words if one.card else "",
                one.cases,
            ]


@method_decorator(login_not_required, name="dispatch")
class ProvisionView(TemplateView):
    template_name = "indicators/provision.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = ProvisionOf(self.kwargs["scheme"], self.kwargs["code"], self.request.GET.get("order", ""))
        orders = [
            {"label": LABELS[key], "url": f"?{urlencode({'order': key})}", "is_current": key == page.order}
            for key in ORDERS
        ]
        return super().get_context_data(
            territory=page.territory,
            domains=page.domains,
            crumbs=crumbs_to(page.dashboard.path),
            orders=orders,
            file_url=reverse("indicators:provision_file", kwargs=self.kwargs) + f"?order={page.order}",
            **kwargs,
        )


@method_decorator(login_not_required, name="dispatch")
class ProvisionFileView(View):
    def get(self, request: HttpRequest, scheme: str, code: str) -> StreamingHttpResponse:
        page = ProvisionOf(scheme, code, request.GET.get("order", ""))
        return csv_response(f"provision-{page.territory.code}.csv", page.rows())
