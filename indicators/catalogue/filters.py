from typing import Any

import django_filters
from django.db.models import CharField, F, Func, OuterRef, QuerySet, Subquery, Value
from django.utils.translation import gettext_lazy as _

from indicators.catalogue.goals import GCM_OBJECTIVES, SDG_GOALS
from indicators.models import Indicator, Release, ReleasedFigure
from indicators.vocabulary import Measure
from orgs.folding import holding_words, in_every_language
from orgs.forms import PortalForm
from orgs.lookups.filters import DomainFilter


class IndicatorFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Name or definition"), method="search")
    domain = DomainFilter("domain", empty_label=_("All domains"))
    measure = django_filters.ChoiceFilter(choices=Measure, label=_("Measure"), empty_label=_("All measures"))
    sdg = django_filters.ChoiceFilter(
        label=_("Sustainable Development Goal"), method="of_goal", empty_label=_("All goals")
    )
    gcm = django_filters.ChoiceFilter(
        label=_("Objective of the Global Compact"), method="of_objective", empty_label=_("All objectives")
    )
    figures = django_filters.BooleanFilter(
        label=_("With figures only"), method="with_figures", widget=django_filters.fields.forms.CheckboxInput
    )

    class Meta:
        model = Indicator
        fields: list[str] = []
        form = PortalForm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["sdg"].extra["choices"] = [(goal, f"{goal}. {name}") for goal, name in SDG_GOALS.items()]
        self.filters["gcm"].extra["choices"] = [
            (number, f"{number}. {name}") for number, name in GCM_OBJECTIVES.items()
        ]

    def search(self, queryset: QuerySet[Indicator], name: str, value: str) -> QuerySet[Indicator]:
        return holding_words(queryset, value, "code", *in_every_language("name", "definition"))

    def of_goal(self, queryset: QuerySet[Indicator], name: str, value: str) -> QuerySet[Indicator]:
        """Goal 8 has the targets 8, 8.5, 8.5.2; goal 1 has none of them."""
        targets = Func(F("sdg_targets"), Value("|"), function="array_to_string", output_field=CharField())
        return queryset.annotate(goals=targets).filter(goals__regex=rf"(^|\|){value}(\.|\||$)")

    def of_objective(self, queryset: QuerySet[Indicator], name: str, value: str) -> QuerySet[Indicator]:
        return queryset.filter(gcm_objectives__contains=[int(value)])

    def with_figures(self, queryset: QuerySet[Indicator], name: str, value: bool) -> QuerySet[Indicator]:
        if not value:
            return queryset
        figures = ReleasedFigure.objects.filter(release=Release.objects.current(), indicator=OuterRef("pk"))
        return queryset.annotate(figures=Subquery(figures.order_by("period").values("period")[:1])).exclude(
            figures=None
        )
