"""Filters that several lists have."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from orgs.lookups.fields import LookupField
from orgs.models import Domain


class TerritoryFilter(django_filters.Filter):
    """A place chosen by typing its name."""

    field_class = LookupField


class DomainFilter(django_filters.ModelChoiceFilter):
    """What has one of the domains, named in the address by its slug."""

    def __init__(self, field_name: str = "domains", **kwargs: Any) -> None:
        options = {"label": _("Domain"), "empty_label": _("Any"), **kwargs}
        super().__init__(field_name, queryset=Domain.objects.all(), to_field_name="slug", **options)
