from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from orgs.folding import holding_words
from orgs.forms.portal import PortalForm
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import ReviewerAppointment, Territory
from orgs.models.reach import ids_tied_around

ENDED = "ended"


class AppointmentFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or e-mail address"), widget=forms.TextInput(attrs={"type": "search"})
    )
    territory = TerritoryFilter(
        method="reviewing_in",
        lookup=TerritoryLookup(),
        label=_("Place"),
        help_text=_("Who reviews there, also by an appointment for a larger area."),
    )
    state = django_filters.ChoiceFilter(
        choices=[(ENDED, _("Ended"))], method="in_state", label=_("State"), empty_label=_("Current and upcoming")
    )

    class Meta:
        model = ReviewerAppointment
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return holding_words(queryset, text, "user__name", "user__email")

    def reviewing_in(self, queryset: QuerySet[Any], name: str, place: Territory | None) -> QuerySet[Any]:
        if place is None:
            return queryset
        return queryset.filter(territory__in=ids_tied_around(place))

    def in_state(self, queryset: QuerySet[Any], name: str, state: str) -> QuerySet[Any]:
        """The list itself leaves out those that have ended where nobody asks for them."""
        return queryset
