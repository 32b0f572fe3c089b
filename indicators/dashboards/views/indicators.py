from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views.generic import DetailView
from django_filters.views import FilterView

from indicators.catalogue.addresses import place_or_404
from indicators.catalogue.filters import IndicatorFilter
from indicators.catalogue.formatting import KINDS_PLURAL, period_words
from indicators.catalogue.goals import GCM_OBJECTIVES, SDG_GOALS
from indicators.confidential import actions as confidential
from indicators.dashboards.cards import Card
from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.indicator import discrepancies, indicator_view, territory_with_figures
from indicators.dashboards.parts import SORTS, map_of, territory_parts
from indicators.dashboards.recast import origins_of, successions_of
from indicators.dashboards.targets import target_lines
from indicators.dashboards.territory import count_kinds, sources_of
from indicators.dashboards.views.chart_files import ChartFileMixin
from indicators.models import ConfidentialAccess, Indicator, Release, ReleasedFigure
from indicators.permissions import can_edit_indicator, can_see_confidential_figures, can_set_targets
from indicators.vocabulary import Unit
from orgs.mixins import PagedMixin
from orgs.models import Territory, User
from orgs.permissions import is_steward


@method_decorator(login_not_required, name="dispatch")
class IndicatorListView(PagedMixin, FilterView):
    """The catalogue, domain by domain."""

    template_name = "indicators/indicator_list.html"
    filterset_class = IndicatorFilter
    context_object_name = "indicators"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[Indicator]:
        figures = ReleasedFigure.objects.filter(release=Release.objects.current(), indicator=OuterRef("pk"))
        # The first by the index. EXISTS would be answered by reading the whole release, once for each indicator without figures.
        return (
            Indicator.objects.active()
            .select_related("domain")
            .annotate(has_released=Subquery(figures.order_by("period").values("period")[:1]))
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_add = is_steward(self.request.user)
        retired = Indicator.objects.exclude(retired_on=None) if may_add else None
        return super().get_context_data(may_add=may_add, retired=retired, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class IndicatorDetailView(DetailView):
    """What an indicator means, and its figures in a chosen territory."""

    template_name = "indicators/indicator_detail.html"
    context_object_name = "indicator"
    slug_field = slug_url_kwarg = "code"

    def get_queryset(self) -> QuerySet[Indicator]:
        return Indicator.objects.select_related("domain", "owner").prefetch_related("breakdowns")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        release = Release.objects.current()
        territory = self.get_territory(release)
        today = timezone.localdate()
        kinds = count_kinds(territory, min(today, territory.valid_to)) if territory else {}
        is_recast = self.request.GET.get("recast") == "1"
        view = indicator_view(self.object, territory, release, kinds, is_recast=is_recast)
        targets = list(self.object.targets.filter(territory=territory)) if territory else []
        sources = next(iter(sources_of([view.card], release).values()), []) if view.card else []
        card = replace(view.card, targets=targets, sources=sources) if view.card else None
        is_keeper = territory is not None and can_see_confidential_figures(self.request.user, territory)
        access = self.get_access(territory) if territory is not None and is_keeper else None
        return super().get_context_data(
            release=release,
            territory=territory,
            view=view,
            card=card,
            chart=self.get_chart(card, is_recast=is_recast),
            sources=sources,
            places=self.get_places(territory),
            areas=self.get_areas(territory, release, kinds) if territory and kinds else None,
            is_recast=is_recast,
            origins=origins_of(territory) if territory else [],
            successions=successions_of(territory) if territory else [],
            has_ended=territory is not None and territory.valid_to < today,
            is_keeper=is_keeper,
            targets=target_lines(targets, card),
            may_set_targets=territory is not None and can_set_targets(self.request.user, territory),
            may_edit=can_edit_indicator(self.request.user, self.object),
            version=self.object.versions.order_by("-number").first(),
            access=access,
            discrepancies=discrepancies(self.object, territory) if access and territory else [],
            goals=[(target, SDG_GOALS.get(int(target.split(".")[0]), "")) for target in self.object.sdg_targets],
            objectives=[(number, GCM_OBJECTIVES.get(number, "")) for number in self.object.gcm_objectives],
            **kwargs,
        )

    def get_chart(self, card: Card | None, *, is_recast: bool) -> dict[str, Any] | None:
        """With estimates the file of the chart has them too."""
        if card is None or not card.has_chart:
            return None
        return {**card.chart, "csv_url": f"{card.as_chart.url}&recast=1"} if is_recast else card.chart

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if context["access"]:
            add_never_cache_headers(response)
        return response

    def get_access(self, territory: Territory) -> ConfidentialAccess | None:
        """Where a reason was given, the differences between confidential figures are shown, and that they were is written down."""
        assert isinstance(self.request.user, User)  # Only people who are logged in keep figures.
        return confidential.use_confidential_access(territory=territory, indicator=self.object, by=self.request.user)

    def get_territory(self, release: Release | None) -> Territory | None:
        """The one in the address (?territory=scheme:code), else where there are figures."""
        scheme, _colon, code = self.request.GET.get("territory", "").partition(":")
        if code:
            return place_or_404(scheme, code)
        return territory_with_figures(self.object, release)

    def get_places(self, territory: Territory | None) -> list[Territory]:
        """Where else to look: above the territory, itself, and its parts."""
        if territory is None:
            return []
        above = list(Territory.objects.above(territory).select_related("scheme"))
        parts = Territory.objects.filter(parent=territory).places().select_related("scheme")
        return [*above, *parts]

    def get_areas(self, territory: Territory, release: Release | None, kinds: dict[str, int]) -> dict[str, Any] | None:
        """The table of the territory's parts of one kind; None where there is nothing to put in it."""
        kind = self.request.GET.get("level", "")
        if kind not in kinds:
            kind = next(iter(kinds))
        sort = self.request.GET.get("sort", "")
        if sort not in SORTS:
            sort = "name"
        parts = territory_parts(territory, release, self.object, kind, timezone.localdate())
        if not any(part.cell for part in parts.figures):
            return None
        return {
            "parts": parts,
            "rows": parts.sorted_by(sort),
            "map": map_of(territory, parts, sort, lambda place: f"?territory={place.scheme.code}:{place.address_code}"),
            "kind": kind,
            "levels": [(one, KINDS_PLURAL[one], count) for one, count in kinds.items()],
            "period": period_words(parts.period) if parts.period else "",
            "short_unit": "%" if self.object.unit == Unit.PERCENT else "",
        }


class IndicatorChartView(ChartFileMixin, IndicatorDetailView):
    """The file of the chart of an indicator in a place, by the same address: ?territory=scheme:code, and ?recast=1."""

    page = "indicators:indicator_detail"

    def get_access(self, territory: Territory) -> None:
        """The file has released figures alone."""

    def get_series(self, context: dict[str, Any]) -> list[ChartSeries]:
        card = context["card"]
        return card.as_chart.series if card else []
