from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from indicators.models import Source
from orgs.folding import holding_words
from orgs.forms import PortalForm


class SourceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or publisher"), widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = django_filters.ChoiceFilter(
        choices=[("unlicensed", _("Without a licence")), ("sample", _("Made up")), ("unused", _("Without imports"))],
        method="of_kind",
        label=_("Show only"),
        empty_label=_("All sources"),
    )

    class Meta:
        model = Source
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Source], name: str, text: str) -> QuerySet[Source]:
        return holding_words(queryset, text, "name", "publisher")

    def of_kind(self, queryset: QuerySet[Any], name: str, kind: str) -> QuerySet[Any]:
        chosen: dict[str, dict[str, Any]] = {
            "unlicensed": {"licence": ""},
            "sample": {"is_sample": True},
            "unused": {"imports": None},
        }
        return queryset.filter(**chosen[kind])
