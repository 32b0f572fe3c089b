import datetime

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.authorities.filters import within
from orgs.forms.portal import PortalForm
from orgs.lookups.filters import TerritoryFilter
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Listing, Organisation, Territory, Verification
from orgs.vocabulary import Kind, choices_of

KINDS = choices_of(Kind)
STATES = [
    ("verified", _("Verified")),
    ("run_out", _("Verification lapsed")),
    ("to_review", _("With the reviewers")),
    ("unverified", _("Not verified")),
    ("unclaimed", _("Unclaimed")),
    ("suspended", _("Suspended")),
    ("withdrawn", _("Verification withdrawn")),
    ("closed", _("Closed")),
]
AGES = [
    ("180", _("More than half a year ago")),
    ("365", _("More than a year ago")),
    ("730", _("More than two years ago")),
]


class RegistryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or reference"), widget=forms.TextInput(attrs={"type": "search"})
    )
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("State"), empty_label=_("Any"))
    kind = django_filters.ChoiceFilter(choices=KINDS, label=_("Kind"), empty_label=_("Any"))
    territory = TerritoryFilter(
        method="based_in", lookup=TerritoryLookup(), label=_("Place"), help_text=_("Includes all places within it.")
    )
    changed = django_filters.ChoiceFilter(
        choices=AGES, method="not_changed_for", label=_("Last change"), empty_label=_("Any time")
    )

    class Meta:
        model = Organisation
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Organisation], name: str, text: str) -> QuerySet[Organisation]:
        named = Organisation.objects.matching(text).values("pk")
        return queryset.filter(Q(pk__in=named) | Q(reference__iexact=text.strip()))

    def in_state(self, queryset: QuerySet[Organisation], name: str, state: str) -> QuerySet[Organisation]:
        if state == "closed":
            return queryset.exclude(closed_on=None)
        open_ones, verified = queryset.filter(closed_on=None), ~Q(tier="")
        if state == "run_out":
            return open_ones.filter(verified, holds_until__lt=timezone.localdate())
        if state == "suspended":
            return open_ones.exclude(suspended_on=None)
        if state == "withdrawn":
            return open_ones.exclude(withdrawn_on=None)
        if state == "unclaimed":
            return open_ones.filter(pk__in=Listing.objects.open().values("organisation"))
        if state == "to_review":
            return open_ones.filter(pk__in=Verification.objects.waiting().values("organisation"))
        return open_ones.filter(verified if state == "verified" else ~verified)

    def based_in(self, queryset: QuerySet[Organisation], name: str, place: Territory | None) -> QuerySet[Organisation]:
        return within(queryset, place)

    def not_changed_for(self, queryset: QuerySet[Organisation], name: str, days: str) -> QuerySet[Organisation]:
        return queryset.filter(updated_at__lt=timezone.now() - datetime.timedelta(days=int(days)))
