from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models import Report
from orgs.folding import holding_words
from orgs.forms import PortalForm

STATES = [
    ("open", _("to be answered")),
    ("overdue", _("overdue")),
    ("submitted", _("to be approved")),
    ("approved", _("approved")),
    ("withdrawn", _("withdrawn")),
]


class ReportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        choices=STATES, label=_("State"), empty_label=_("All states"), method="in_state"
    )
    q = django_filters.CharFilter(label=_("Title or organisation"), method="search")

    class Meta:
        model = Report
        fields: list[str] = []
        form = PortalForm

    def in_state(self, queryset: Any, name: str, value: str) -> QuerySet[Report]:
        if value == "open":
            return queryset.unanswered()
        if value == "overdue":
            return queryset.overdue(timezone.localdate())
        if value == "withdrawn":
            return queryset.exclude(request__withdrawn_at=None).exclude(state=Report.State.APPROVED)
        return queryset.filter(state=value)

    def search(self, queryset: QuerySet[Report], name: str, value: str) -> QuerySet[Report]:
        return holding_words(queryset, value, "request__title", "organisation__name")
