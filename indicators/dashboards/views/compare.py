from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.compare import MOST, Groups, compare, compare_groups, groups_of, groups_url, places_url
from indicators.dashboards.compare_form import AddressForm, PlaceForm, PlacesForm
from indicators.dashboards.indicator import territory_with_figures
from indicators.dashboards.views.chart_files import ChartFileMixin
from indicators.models import Indicator, Release
from orgs.models import Territory


@method_decorator(login_not_required, name="dispatch")
class CompareView(TemplateView):
    """One indicator in up to six territories, or of up to six groups of people in one.

    ?territory=scheme:code&territory=scheme:code, or ?by=groups&territory=scheme:code&group=sex=F&group=sex=M. What somebody
    typed into the form is looked up, and answered with such an address.
    """

    template_name = "indicators/compare.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.by_groups = request.GET.get("by") == "groups"
        self.form: AddressForm = (PlaceForm if self.by_groups else PlacesForm)(request.GET)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.indicator: Indicator = get_object_or_404(
            Indicator.objects.select_related("domain"), code=self.kwargs["code"]
        )
        self.release = Release.objects.current()
        if self.form.is_valid() and self.form.is_typed:
            return HttpResponseRedirect(self.get_address(self.form.cleaned_data["territory"]))
        return super().get(request, *args, **kwargs)

    def get_address(self, chosen: Any) -> str:
        if self.by_groups:
            return groups_url(self.indicator, chosen, self.asked_groups())
        return places_url(self.indicator, chosen)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        compared = self.get_groups() if self.by_groups else self.get_places()
        return super().get_context_data(
            indicator=self.indicator, by_groups=self.by_groups, **{"form": self.form, **compared}, **kwargs
        )

    def get_places(self) -> dict[str, Any]:
        chosen: list[Territory] = self.form.cleaned_data.get("territory") or []
        self.form.suggest_near(chosen)
        first = chosen[0] if chosen else None
        return {
            "comparison": compare(self.indicator, chosen, self.release) if chosen else None,
            "places_url": places_url(self.indicator, chosen),
            "groups_url": groups_url(self.indicator, first),
        }

    def get_groups(self) -> dict[str, Any]:
        """Of the place in the address, else of one where there are figures."""
        form, territory, asked = self.form, self.form.cleaned_data.get("territory"), self.asked_groups()
        if territory is None and not form.errors:
            territory = territory_with_figures(self.indicator, self.release)
            form = PlaceForm(initial={"territory": territory})
        groups = groups_of(self.indicator, territory, self.release, asked)
        problem = problem_with(groups, len(asked))
        comparison = None
        if territory and groups.chosen and len(groups.chosen) <= MOST:
            comparison = compare_groups(self.indicator, territory, groups, self.release)
        return {
            "form": form,
            "comparison": comparison,
            "problem": problem,
            "territory": territory,
            "groups": groups,
            "places_url": places_url(self.indicator, [territory] if territory else []),
            "groups_url": groups_url(self.indicator, territory, groups.chosen),
        }

    def asked_groups(self) -> list[str]:
        """As the address says, each once."""
        given = (one.strip() for one in self.request.GET.getlist("group"))
        return list(dict.fromkeys(one for one in given if one))


class CompareChartView(ChartFileMixin, CompareView):
    """The file of the chart of a comparison, by the same address."""

    page = "indicators:compare"

    def get_series(self, context: dict[str, Any]) -> list[ChartSeries]:
        comparison = context["comparison"]
        return comparison.chart_series if comparison else []


def problem_with(groups: Groups, asked: int) -> str:
    """What is wrong with the groups in the address; "" where nothing is."""
    if asked > MOST:
        return _("You chose %(number)s groups. Choose at most %(most)s.") % {"number": asked, "most": MOST}
    if groups.unknown:
        return _("There is no group with the code %(codes)s.") % {"codes": ", ".join(groups.unknown)}
    return ""
