from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from indicators.catalogue.addresses import place_or_404
from indicators.catalogue.formatting import period_words
from indicators.catalogue.wording import version_of
from indicators.confidential import actions as confidential
from indicators.dashboards.figure import CellView, FigurePlace, public_view, steward_view
from indicators.dashboards.territory import count_kinds
from indicators.dashboards.views.territories import crumbs_to
from indicators.models import (
    Breakdown,
    ConfidentialAccess,
    Figure,
    ImportBatch,
    Indicator,
    Observation,
    Period,
    Release,
)
from indicators.permissions import can_see_confidential_figures
from orgs.mixins import AuthenticatedUserMixin
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class FigureDetailView(AuthenticatedUserMixin, TemplateView):
    """The inputs behind one number. Everybody sees the released ones; who keeps the territory's figures and gave a reason, the true ones too."""

    template_name = "indicators/figure_detail.html"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if context["may_see"]:
            add_never_cache_headers(response)
        return response

    def get_place(self) -> FigurePlace:
        """The place that had the code at the end of the period."""
        period = get_object_or_404(Period, code=self.kwargs["period"])
        return FigurePlace(
            get_object_or_404(Indicator.objects.select_related("domain"), code=self.kwargs["indicator"]),
            place_or_404(self.kwargs["scheme"], self.kwargs["territory"], period.ends_on),
            period,
            get_object_or_404(Breakdown, key=self.request.GET.get("breakdown", "")),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = self.get_place()
        release = Release.objects.current()
        may_see = can_see_confidential_figures(self.request.user, place.territory)
        access = self.get_access(place) if may_see else None
        kinds_below = count_kinds(place.territory, place.period.ends_on)
        figure = (steward_view if access else public_view)(place, release, kinds_below)
        if figure is None and not (may_see and is_known(place)):
            raise Http404
        context = {
            "figure": figure,
            "place": place,
            "indicator": place.indicator,
            "territory": place.territory,
            "release": release,
            "is_keeper": access is not None,
            "access": access,
            "may_see": may_see,
            "readable_imports": self.get_readable_imports(figure) if access and figure else set(),
            "period": period_words(place.period),
            "unit": place.indicator.get_unit_display(),
            "version": version_of(place.indicator, place.period.year),
            "crumbs": crumbs_to(list(Territory.objects.above(place.territory).select_related("scheme"))),
        }
        return super().get_context_data(**{**kwargs, **context})

    def get_access(self, place: FigurePlace) -> ConfidentialAccess | None:
        """Where a reason was given; that the confidential figure is looked at is then written down."""
        return confidential.use_confidential_access(
            territory=place.territory,
            indicator=place.indicator,
            period=place.period,
            breakdown=place.breakdown,
            by=self.person,
        )

    def get_readable_imports(self, figure: CellView) -> set[int]:
        """Those behind the figure that the reader may open."""
        named = [one.batch_id for one in figure.contributions] + [one.batch_id for one in figure.observations]
        batches = {pk for pk in named if pk is not None}
        return set(
            ImportBatch.objects.visible_to(self.request.user).filter(pk__in=batches).values_list("pk", flat=True)
        )


def is_known(place: FigurePlace) -> bool:
    """Something was reported or worked out for the cell, released or not."""
    cell = {
        "indicator": place.indicator,
        "territory": place.territory,
        "period": place.period,
        "breakdown": place.breakdown,
    }
    return Figure.objects.filter(**cell).exists() or Observation.objects.filter(**cell).exists()
