"""How opportunities for volunteers are found. Everything stands in the address, so that a list can be sent to somebody."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Territory, VolunteerOpportunity
from orgs.models.volunteering import VolunteerOpportunityQuerySet
from orgs.services.filters import TickedFilter
from orgs.vocabulary import VolunteerKind, choices_of


class VolunteerOpportunityFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("What would you like to do?"), widget=forms.TextInput(attrs={"type": "search"})
    )
    territory = TerritoryFilter(
        method="at", lookup=TerritoryLookup(), label=_("Place"), help_text=_("Includes all places within it.")
    )
    kind = django_filters.ChoiceFilter(choices=choices_of(VolunteerKind), label=_("Kind"), empty_label=_("Any"))
    language = django_filters.ChoiceFilter(
        choices=language_choices, method="speaking", label=_("Language"), empty_label=_("Any")
    )
    welcomes_learners = TickedFilter("welcomes_learners", label=_("While I am still learning the language"))
    has_childcare = TickedFilter("has_childcare", label=_("With childcare"))
    expenses_paid = TickedFilter("expenses_paid", label=_("Expenses are paid"))

    class Meta:
        model = VolunteerOpportunity
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: VolunteerOpportunityQuerySet, name: str, text: str) -> VolunteerOpportunityQuerySet:
        return queryset.holding(text)

    def at(self, queryset: VolunteerOpportunityQuerySet, name: str, place: Territory | None) -> Any:
        return queryset if place is None else queryset.at(place)

    def speaking(self, queryset: VolunteerOpportunityQuerySet, name: str, code: str) -> Any:
        """Where it names no language, those of its organisation are meant."""
        return queryset.filter(
            Q(languages__contains=[code]) | Q(languages=[], organisation__languages__contains=[code])
        )
