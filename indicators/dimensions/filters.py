import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from indicators.models import Category
from orgs.folding import holding_words, in_every_language
from orgs.forms import PortalForm


class CategoryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label=_("Name or code"), widget=forms.TextInput(attrs={"type": "search"})
    )

    class Meta:
        model = Category
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[Category], name: str, text: str) -> QuerySet[Category]:
        return holding_words(queryset, text, "code", *in_every_language("name"))
