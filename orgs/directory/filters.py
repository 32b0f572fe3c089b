"""How the public directory is filtered. Everything stands in the address, so a list can be sent to somebody."""

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.filters import AddressedFilterSet, DomainFilter, TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Domain, FieldOfWork, Organisation, Service, Territory, holding_on
from orgs.models.services import ServiceQuerySet
from orgs.vocabulary import Kind, Mark, Sector, Tier, choices_of
from orgs.word_search import words_sought


def services_for(domain: Domain | None, language: str) -> ServiceQuerySet:
    """The public services that are both: in the domain, and in the language as the search for services understands it."""
    services = Service.objects.public()
    if domain is not None:
        services = services.filter(domain=domain)
    return services.speaking(language) if language else services


def offers(domain: Domain | None, language: str) -> Q:
    """Of an organisation: that it says the domain and the language of itself, or that one of its services is both.

    One service, and not one for each: whoever looks for a doctor who speaks Armenian is not helped by a doctor of one service and the Armenian
    of another, nor by an organisation that speaks it and whose doctor says to speak Spanish only. A service that names no language
    speaks those of its organisation.

    Each way is a look by an index for the few that other filters leave, or one for all: PostgreSQL chooses.
    """
    own = Q()
    if domain is not None:
        own &= Q(Exists(FieldOfWork.objects.filter(organisation=OuterRef("pk"), domain=domain)))
    if language:
        own &= Q(languages__contains=[language])
    return own | Q(Exists(services_for(domain, language).filter(organisation=OuterRef("pk"))))


class OrganisationFilter(AddressedFilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or service"), widget=forms.TextInput(attrs={"type": "search"})
    )
    territory = TerritoryFilter(
        method="at_work_in",
        lookup=TerritoryLookup(),
        label=_("Place"),
        help_text=_("Includes all places within it."),
    )
    domain = DomainFilter(method="working_in", help_text=_("Its own, or that of one of its services."))
    language = django_filters.ChoiceFilter(
        choices=language_choices,
        method="speaking",
        label=_("Language"),
        empty_label=_("Any"),
        help_text=_("Its own, or that of one of its services."),
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

    def offered_services(self) -> ServiceQuerySet | None:
        """Those for which the domain and the language bring an organisation here; None where neither is asked for."""
        domain, language = self.chosen.get("domain"), self.chosen.get("language") or ""
        return services_for(domain, language) if domain or language else None

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

    def working_in(self, queryset: QuerySet[Organisation], name: str, domain: Domain) -> QuerySet[Organisation]:
        """Where a language is asked for too, `speaking` asks for both together."""
        return queryset if self.form.cleaned_data.get("language") else queryset.filter(offers(domain, ""))

    def speaking(self, queryset: QuerySet[Organisation], name: str, code: str) -> QuerySet[Organisation]:
        return queryset.filter(offers(self.form.cleaned_data.get("domain"), code))

    def verified_at_least(self, queryset: QuerySet[Organisation], name: str, tier: str) -> QuerySet[Organisation]:
        tiers = Tier.values
        return queryset.filter(holding_on(timezone.localdate()), tier__in=tiers[tiers.index(tier) :])

    def marked(self, queryset: QuerySet[Organisation], name: str, marks: list[str]) -> QuerySet[Organisation]:
        """Those that bear all of them."""
        return queryset.filter(marks__contains=marks) if marks else queryset
