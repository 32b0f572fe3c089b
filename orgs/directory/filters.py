"""How the public directory is filtered. Everything stands in the address, so a list can be sent to somebody."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.filters import DomainFilter, TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Organisation, Service, Territory, holding_on
from orgs.vocabulary import Kind, Mark, Sector, Tier, choices_of
from orgs.word_search import words_sought


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or service"), widget=forms.TextInput(attrs={"type": "search"})
    )
    territory = TerritoryFilter(
        method="at_work_in",
        lookup=TerritoryLookup(),
        label=_("Place"),
        help_text=_("Includes all places within it."),
    )
    domain = DomainFilter()
    language = django_filters.ChoiceFilter(
        choices=language_choices, method="speaking", label=_("Language"), empty_label=_("Any")
    )
    sector = django_filters.ChoiceFilter(choices=choices_of(Sector), label=_("Sector"), empty_label=_("Any"))
    kind = django_filters.ChoiceFilter(choices=choices_of(Kind), label=_("Kind"), empty_label=_("Any"))
    tier = django_filters.ChoiceFilter(
        choices=choices_of(Tier), method="verified_at_least", label=_("Verified at least"), empty_label=_("Any")
    )
    mark = django_filters.MultipleChoiceFilter(
        choices=choices_of(Mark), method="marked", widget=forms.CheckboxSelectMultiple, label=_("Who leads it")
    )

    class Meta:
        model = Organisation
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Organisation], name: str, text: str) -> QuerySet[Organisation]:
        """Every word begins one of the name, or of a service."""
        found = queryset
        for word in words_sought(text):
            named = Organisation.objects.filter(name_words__has=[word]).order_by().values("pk")
            offering = Service.objects.public().filter(text_words__has=[word]).order_by().values("organisation")
            found = found.filter(pk__in=named.union(offering))
        return found

    def at_work_in(
        self, queryset: QuerySet[Organisation], name: str, place: Territory | None
    ) -> QuerySet[Organisation]:
        """Based there or below, or working there, below, or all over what it lies in: who serves the city serves its quarters."""
        return queryset if place is None else queryset.at_work_in(place)  # type: ignore[attr-defined]

    def speaking(self, queryset: QuerySet[Organisation], name: str, code: str) -> QuerySet[Organisation]:
        return queryset.filter(languages__contains=[code])

    def verified_at_least(self, queryset: QuerySet[Organisation], name: str, tier: str) -> QuerySet[Organisation]:
        tiers = Tier.values
        return queryset.filter(holding_on(timezone.localdate()), tier__in=tiers[tiers.index(tier) :])

    def marked(self, queryset: QuerySet[Organisation], name: str, marks: list[str]) -> QuerySet[Organisation]:
        """Those that bear all of them."""
        return queryset.filter(marks__contains=marks) if marks else queryset
