from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.folding import holding_words
from orgs.forms.portal import PortalForm
from orgs.models import User

RIGHTS = [
    ("administrator", _("Administrators")),
    ("reviewer", _("Reviewers")),
    ("member", _("Members of organisations")),
]
STATES = [
    ("open", _("Not closed")),
    ("closed", pgettext_lazy("of an account", "Closed")),
    ("never", _("Never logged in")),
]
SECOND_STEP = [("with", _("Set up")), ("without", _("Not set up"))]


class AccountFilter(django_filters.FilterSet):
    """Of accounts as `with_standing` has them (orgs/accounts/oversight.py)."""

    q = django_filters.CharFilter(
        method="search", label=_("Name or e-mail address"), widget=forms.TextInput(attrs={"type": "search"})
    )
    rights = django_filters.ChoiceFilter(choices=RIGHTS, method="who_are", label=_("Rights"), empty_label=_("Any"))
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("State"), empty_label=_("Any"))
    second_step = django_filters.ChoiceFilter(
        choices=SECOND_STEP, method="secured", label=_("Two-step login"), empty_label=_("Any")
    )

    class Meta:
        model = User
        form = PortalForm
        fields: list[str] = []

    def search(self, queryset: QuerySet[User], name: str, text: str) -> QuerySet[User]:
        return holding_words(queryset, text, "name", "email")

    def who_are(self, queryset: QuerySet[Any], name: str, rights: str) -> QuerySet[Any]:
        if rights == "administrator":
            return queryset.filter(is_staff=True)
        return queryset.filter(is_reviewer=True) if rights == "reviewer" else queryset.filter(is_member=True)

    def in_state(self, queryset: QuerySet[User], name: str, state: str) -> QuerySet[User]:
        return queryset.filter(last_login=None) if state == "never" else queryset.filter(is_active=state == "open")

    def secured(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_secured=value == "with")
