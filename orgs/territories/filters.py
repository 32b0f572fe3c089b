"""How the places of a classification are found."""

import datetime

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.models import Territory
from orgs.vocabulary import choices_of

KINDS = choices_of(Territory.Kind)


class PlaceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or code"), widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = django_filters.ChoiceFilter(choices=KINDS, label=_("Kind"), empty_label=_("Any"))
    on = django_filters.DateFilter(method="there_on", label=_("There on this day"), widget=forms.DateInput())

    class Meta:
        model = Territory
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Territory], name: str, text: str) -> QuerySet[Territory]:
        named = Territory.objects.matching(text)
        return queryset.filter(Q(pk__in=named.values("pk")) | Q(code__istartswith=text.strip()))

    def there_on(self, queryset: QuerySet[Territory], name: str, day: datetime.date | None) -> QuerySet[Territory]:
        return queryset if day is None else queryset.filter(valid_from__lte=day, valid_to__gte=day)
