from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from indicators.dashboards.figure import CellView, Place, keepers_view, public_view
from indicators.dashboards.territory import count_kinds
from indicators.dashboards.words import period_words
from indicators.models import Breakdown, Import, Indicator, Period, Release
from indicators.permissions import can_see_true_figures
from indicators.views.territories import crumbs_to
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class FigureView(TemplateView):
    """The inputs behind one number. Everybody sees the released ones; who keeps the territory's figures sees the true ones too."""

    template_name = "indicators/figure_detail.html"

    def get_place(self) -> Place:
        return Place(
            get_object_or_404(Indicator.objects.select_related("domain"), code=self.kwargs["indicator"]),
            get_object_or_404(
                Territory.objects.select_related("scheme"),
                scheme__code=self.kwargs["scheme"],
                code=self.kwargs["territory"],
            ),
            get_object_or_404(Period, code=self.kwargs["period"]),
            get_object_or_404(Breakdown, key=self.request.GET.get("breakdown", "")),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place = self.get_place()
        release = Release.objects.current()
        is_keeper = can_see_true_figures(self.request.user, place.territory)
        kinds_below = count_kinds(place.territory, place.period.ends_on)
        view = keepers_view if is_keeper else public_view
        figure = view(place, release, kinds_below)
        if figure is None:
            raise Http404
        context = {
            "figure": figure,
            "place": place,
            "indicator": place.indicator,
            "territory": place.territory,
            "release": release,
            "is_keeper": is_keeper,
            "readable_imports": self.get_readable_imports(figure) if is_keeper else set(),
            "period": period_words(place.period),
            "unit": place.indicator.get_unit_display(),
            "crumbs": crumbs_to(list(Territory.objects.above(place.territory).select_related("scheme"))),
        }
        return super().get_context_data(**{**kwargs, **context})

    def get_readable_imports(self, figure: CellView) -> set[int]:
        """Those behind the figure that the reader may open."""
        named = [one.batch_id for one in figure.contributions] + [one.batch_id for one in figure.observations]
        batches = {pk for pk in named if pk is not None}
        return set(Import.objects.visible_to(self.request.user).filter(pk__in=batches).values_list("pk", flat=True))
