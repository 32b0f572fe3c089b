from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Membership, Organisation, Territory
from orgs.models.reach import ids_tied_within
from orgs.vocabulary import LevelOfGovernment, choices_of

LEVELS = choices_of(LevelOfGovernment)


def within(queryset: QuerySet[Organisation], place: Territory | None) -> QuerySet[Organisation]:
    """Based in the place or in one that lies in it."""
    if place is None:
        return queryset
    return queryset.filter(territory__in=ids_tied_within(place))


class AuthorityFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Name"), widget=forms.TextInput(attrs={"type": "search"}))
    territory = TerritoryFilter(
        method="based_in", lookup=TerritoryLookup(), label=_("Place"), help_text=_("Includes all places within it.")
    )
    level = django_filters.ChoiceFilter(
        field_name="level_of_government", choices=LEVELS, label=_("Level of government"), empty_label=_("Any")
    )
    unmanaged = django_filters.BooleanFilter(
        method="without_manager", widget=forms.CheckboxInput, label=_("Without a manager")
    )

    class Meta:
        model = Organisation
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Organisation], name: str, text: str) -> QuerySet[Organisation]:
        return queryset.matching(text)  # type: ignore[attr-defined]

    def based_in(self, queryset: QuerySet[Organisation], name: str, place: Territory | None) -> QuerySet[Organisation]:
        return within(queryset, place)

    def without_manager(self, queryset: QuerySet[Organisation], name: str, value: Any) -> QuerySet[Organisation]:
        managing = Membership.objects.active().filter(
            organisation=OuterRef("pk"), role=Membership.Role.MANAGER, user__is_active=True
        )
        return queryset.filter(~Exists(managing)) if value else queryset
