"""How the public directory is filtered. Everything stands in the address, so a list can be sent to somebody."""

from typing import Any

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
from orgs.services.filters import ServiceTypeFilter
from orgs.vocabulary import Kind, Mark, Sector, Tier, choices_of
from orgs.word_search import words_sought

OTHERS = "others"


def services_for(domain: Domain | None, language: str) -> ServiceQuerySet:
    """The public services that are both: in the domain, and in the language as the search for services understands it."""
    services = Service.objects.public()
    if domain is not None:
        services = services.filter(domain=domain)
    return services.speaking(language) if language else services


def says_or_offers(domain: Domain | None, language: str) -> Q:
    """Of an organisation: that it says the domain and the language of itself, or that one of its services is both.

    One service, and not one for each: whoever looks for a doctor who speaks Armenian is not helped by a doctor of one service and the Armenian
    of another, nor by an organisation that speaks it and whose doctor says to speak Spanish only. A service that names no language
    speaks those of its organisation.

    Each way is a look by an index for the few that other filters leave, or one for all: PostgreSQL chooses.
    """
    own = Q()
    services = services_for(domain, language)
    if domain is not None:
        own &= Q(Exists(FieldOfWork.objects.filter(organisation=OuterRef("pk"), domain=domain)))
    else:
        # What names no language speaks that of its organisation, which is found by it anyway.
        services = services.filter(~Q(languages=[]) | Q(interpreter_on_request=True))
    if language:
        own &= Q(languages__contains=[language])
    return own | Q(Exists(services.filter(organisation=OuterRef("pk"))))


def as_meant_today(data: Any) -> Any:
    """`verified=on`, in addresses that were handed on before the directory asked how far, asks for those verified at all."""
    if not data or data.get("verified") != "on":
        return data
    told = data.copy()
    del told["verified"]
    told["tier"] = told.get("tier") or Tier.values[0]
    return told


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
    offers = ServiceTypeFilter("offers", method="with_its_services", label=_("Offers"))
    offers_in = DomainFilter("offers_in", method="with_its_services", label=_("Offers a service in"))
    sector = django_filters.ChoiceFilter(
        choices=[*choices_of(Sector), (OTHERS, _("Neither civil society nor authority"))],
        method="of_sector",
        label=_("Sector"),
        empty_label=_("Any"),
    )
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

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(as_meant_today(data), *args, **kwargs)

    def offered_services(self) -> ServiceQuerySet | None:
        """Those for which the domain and the language bring an organisation here; None where neither is asked for."""
        domain, language = self.chosen.get("domain"), self.chosen.get("language") or ""
        return services_for(domain, language) if domain or language else None

    def filter_queryset(self, queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
        """Who offers something: there, and in that language, as one and the same service."""
        found = super().filter_queryset(queryset)
        if not self.asks_for_services:
            return found
        asked = self.form.cleaned_data
        offered = Service.objects.public()
        if asked["offers"] is not None:
            offered = offered.filter(type=asked["offers"])
        if asked["offers_in"] is not None:
            offered = offered.filter(domain=asked["offers_in"])
        if asked["territory"] is not None:
            offered = offered.offered_in(asked["territory"])
        if asked["language"]:
            offered = offered.speaking(asked["language"])
        return found.filter(pk__in=offered.order_by().values("organisation"))

    @property
    def asks_for_services(self) -> bool:
        return bool(self.form.cleaned_data["offers"] or self.form.cleaned_data["offers_in"])

    def with_its_services(self, queryset: QuerySet[Organisation], name: str, value: Any) -> QuerySet[Organisation]:
        """As `filter_queryset` does, of all that is asked of them at once."""
        return queryset

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
        if place is None or self.asks_for_services:
            return queryset
        return queryset.at_work_in(place)  # type: ignore[attr-defined]

    def working_in(self, queryset: QuerySet[Organisation], name: str, domain: Domain) -> QuerySet[Organisation]:
        """Where a language is asked for too, `speaking` asks for both together."""
        is_asked_together = self.form.cleaned_data.get("language") and not self.asks_for_services
        return queryset if is_asked_together else queryset.filter(says_or_offers(domain, ""))

    def speaking(self, queryset: QuerySet[Organisation], name: str, code: str) -> QuerySet[Organisation]:
        """As one service too, where domain and language bring it here."""
        if self.asks_for_services:
            return queryset
        return queryset.filter(says_or_offers(self.form.cleaned_data.get("domain"), code))

    def of_sector(self, queryset: QuerySet[Organisation], name: str, sector: str) -> QuerySet[Organisation]:
        if sector == OTHERS:
            return queryset.exclude(sector__in=[Sector.CIVIL_SOCIETY, Sector.AUTHORITY])
        return queryset.filter(sector=sector)

    def verified_at_least(self, queryset: QuerySet[Organisation], name: str, tier: str) -> QuerySet[Organisation]:
        tiers = Tier.values
        return queryset.filter(holding_on(timezone.localdate()), tier__in=tiers[tiers.index(tier) :])

    def marked(self, queryset: QuerySet[Organisation], name: str, marks: list[str]) -> QuerySet[Organisation]:
        """Those that bear all of them."""
        return queryset.filter(marks__contains=marks) if marks else queryset
