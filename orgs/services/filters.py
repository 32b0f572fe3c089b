"""How services are found. Everything stands in the address, so that a list can be sent to somebody."""

from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.filters import AddressedFilterSet, DomainFilter, TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Service, ServiceType, Territory
from orgs.models.services import ServiceQuerySet
from orgs.services.finding import services_for, types_for
from orgs.services.nearness import Nearness, Surroundings, ids_within
from orgs.vocabulary import Accessibility, Sector, TargetGroup, choices_of


class TickedFilter(django_filters.BooleanFilter):
    """What has a mark, where it is asked for; not ticked means that either will do."""

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        super().__init__(field_name, widget=forms.CheckboxInput, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{self.field_name: True}) if value else qs


class ServiceTypeFilter(django_filters.ModelChoiceFilter):
    """A type of service, named in the address by its code."""

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        options = {"label": _("What it is"), "empty_label": _("Any"), **kwargs}
        super().__init__(field_name, queryset=ServiceType.objects.all(), to_field_name="code", **options)


class ServiceFilterForm(PortalForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("territory_near") and "territory" in cleaned and cleaned["territory"] is None:
            self.add_error("territory", ValidationError(_("Near which place? Type its name."), code="near"))
        return cleaned


class ServiceFilter(AddressedFilterSet):
    q = django_filters.CharFilter(
        method="search",
        label=_("What do you need?"),
        help_text=_("In your own words and language: lawyer, abogado, avocat, محامي."),
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    territory = TerritoryFilter(
        method="offered_in", lookup=TerritoryLookup(), label=_("Place"), help_text=_("Includes all places within it.")
    )
    # Named for the place, which it goes with: without the one there is not the other.
    territory_near = django_filters.ChoiceFilter(
        choices=choices_of(Nearness),
        method="in_order_of_nearness",
        label=_("How near"),
        empty_label=_("All that serves it"),
    )
    language = django_filters.ChoiceFilter(
        choices=language_choices, method="speaking", label=_("Language"), empty_label=_("Any")
    )
    domain = DomainFilter("domain")
    type = ServiceTypeFilter("type")
    sector = django_filters.ChoiceFilter(
        "organisation__sector", choices=choices_of(Sector), label=_("Offered by"), empty_label=_("Anybody")
    )
    verified = django_filters.BooleanFilter(
        method="verified_only", label=_("Of verified organisations only"), widget=forms.CheckboxInput
    )
    free = TickedFilter("is_free", label=_("Free of charge"))
    no_documents = TickedFilter("no_documents_required", label=_("No documents required"))
    childcare = TickedFilter("has_childcare", label=_("With childcare"))
    women_only = TickedFilter("women_only", label=_("Women only"))
    open = django_filters.BooleanFilter(method="open_now", label=_("Open now"), widget=forms.CheckboxInput)
    walk_in = TickedFilter("walks_in", label=_("Without an appointment"))
    step_free = django_filters.BooleanFilter(method="without_steps", label=_("Step-free"), widget=forms.CheckboxInput)
    target_group = django_filters.ChoiceFilter(
        choices=choices_of(TargetGroup), method="for_whom", label=_("For whom"), empty_label=_("Anybody")
    )

    types: list[ServiceType]
    """Those that somebody means by what they typed; empty where they typed nothing."""

    class Meta:
        model = Service
        form = ServiceFilterForm
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.types = []

    def search(self, queryset: ServiceQuerySet, name: str, text: str) -> QuerySet[Service]:
        self.types = types_for(text)
        return services_for(text, self.types, queryset)

    @cached_property
    def surroundings(self) -> Surroundings | None:
        """Of the place, where somebody wants the nearest first."""
        is_around = self.chosen.get("territory_near") == Nearness.AROUND
        return Surroundings(self.place) if self.place is not None and is_around else None

    def offered_in(self, queryset: ServiceQuerySet, name: str, place: Territory | None) -> QuerySet[Service]:
        if place is None:
            return queryset
        if self.surroundings is not None:
            return queryset.for_people_of(place).filter(organisation__in=self.surroundings.organisation_ids())
        if self.form.cleaned_data.get("territory_near") == Nearness.HERE:
            return queryset.for_people_of(place).filter(organisation__in=ids_within([place.pk]))
        return queryset.offered_in(place)

    def in_order_of_nearness(self, queryset: QuerySet[Service], name: str, near: str) -> QuerySet[Service]:
        """What nobody has confirmed for long stays last; alike near, they keep the order that they have otherwise."""
        if self.surroundings is None:
            return queryset
        is_confirmed, *others = queryset.query.order_by
        return queryset.order_by(is_confirmed, self.surroundings.rank(), *others)

    def anywhere(self) -> ServiceQuerySet:
        """What is asked for but for the place."""
        found = self.queryset.all()
        for name, value in self.chosen.items():
            if not name.startswith("territory"):
                found = self.filters[name].filter(found, value)
        return found

    def verified_only(self, queryset: ServiceQuerySet, name: str, value: bool) -> QuerySet[Service]:
        return queryset.verified() if value else queryset

    def open_now(self, queryset: ServiceQuerySet, name: str, value: bool) -> QuerySet[Service]:
        return queryset.open_at(timezone.now()) if value else queryset

    def without_steps(self, queryset: QuerySet[Service], name: str, value: bool) -> QuerySet[Service]:
        return queryset.filter(accessibility__contains=[Accessibility.STEP_FREE]) if value else queryset

    def for_whom(self, queryset: QuerySet[Service], name: str, group: str) -> QuerySet[Service]:
        """Those that are for them, and those that are for everybody."""
        return queryset.filter(Q(target_groups__contains=[group]) | Q(target_groups=[]))

    def speaking(self, queryset: ServiceQuerySet, name: str, code: str) -> QuerySet[Service]:
        return queryset.speaking(code)
