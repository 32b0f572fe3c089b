from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.matching.suggestions import of_use_in
from orgs.models import Capacity, Territory
from orgs.vocabulary import CapacityKind, CapacitySide, choices_of


class CapacityFilter(django_filters.FilterSet):
    side = django_filters.ChoiceFilter(
        choices=choices_of(CapacitySide), label=_("Need or offer"), empty_label=_("Both")
    )
    kind = django_filters.ChoiceFilter(choices=choices_of(CapacityKind), label=_("Kind"), empty_label=_("Any"))
    language = django_filters.ChoiceFilter(
        choices=language_choices, method="in_language", label=_("Language"), empty_label=_("Any")
    )
    territory = TerritoryFilter(
        method="at_work_in", lookup=TerritoryLookup(), label=_("Place"), help_text=_("Includes all places within it.")
    )

    class Meta:
        model = Capacity
        form = PortalForm
        fields: list[str] = []

    def at_work_in(self, queryset: QuerySet[Any], name: str, place: Territory | None) -> QuerySet[Any]:
        if place is None:
            return queryset
        return queryset.filter(of_use_in([place]))

    def in_language(self, queryset: QuerySet[Any], name: str, code: str) -> QuerySet[Any]:
        """Those that name no language too: a room has none."""
        return queryset.filter(Q(languages=[]) | Q(languages__contains=[code]))
