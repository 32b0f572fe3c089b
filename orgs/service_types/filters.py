from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from orgs.folding import holding_words
from orgs.forms.portal import PortalForm
from orgs.lookups.filters import DomainFilter
from orgs.models import ServiceType, ServiceTypeWord


class ServiceTypeListFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search",
        label=_("Name, word or code"),
        help_text=_("In any language."),
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    domain = DomainFilter("domain")
    state = django_filters.ChoiceFilter(
        choices=[("offered", _("Offered")), ("retired", _("Retired"))],
        method="in_state",
        label=_("State"),
        empty_label=_("Any"),
    )

    class Meta:
        model = ServiceType
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[ServiceType], name: str, text: str) -> QuerySet[ServiceType]:
        words = ServiceTypeWord.objects.filter(type=OuterRef("pk")).order_by().values("type")
        found = queryset.annotate(all_words=Subquery(words.annotate(all=StringAgg("text", " ")).values("all")))
        return holding_words(found, text, "code", "all_words")

    def in_state(self, queryset: QuerySet[Any], name: str, state: str) -> QuerySet[Any]:
        return queryset.filter(retired_on__isnull=state == "offered")
