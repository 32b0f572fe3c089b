from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Capacity, Territory
from orgs.models.organisation import ids_at_work_in
from orgs.vocabulary import CapacityKind, CapacitySide, choices_of


class CapacityFilter(django_filters.FilterSet):
    side = django_filters.ChoiceFilter(
        choices=choices_of(CapacitySide), label=_("Need or offer"), empty_label=_("Both")
    )
    kind = django_filters.ChoiceFilter(choices=choices_of(CapacityKind), label=_("Kind"), empty_label=_("Any"))
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
        return queryset.filter(organisation__in=ids_at_work_in(place))
