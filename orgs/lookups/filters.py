"""Filters that several lists have."""

from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orgs.lookups.fields import LookupField
from orgs.models import Domain, Territory


def named(place: Territory) -> dict[str, str]:
    """How an address names a place to every reader: by its own name, which is in no language, and by its key."""
    return {"territory": place.name, "territory_chosen": str(place.pk)}


class AddressedFilterSet(django_filters.FilterSet):
    """The filters of a list whose address is handed on to others."""

    @property
    def chosen(self) -> dict[str, Any]:
        """What is asked for, as the form understands it; nothing where it does not."""
        return self.form.cleaned_data if self.is_bound and self.form.is_valid() else {}

    @property
    def place(self) -> Territory | None:
        place: Territory | None = self.chosen.get("territory")
        return place

    def address(self, **others: str) -> str:
        """What is asked for as the query of an address, with `others` in place of some of it; "" leaves one out.

        It leads to the same list in any language: what somebody typed for a place may have been its name in theirs.
        """
        asked = QueryDict(mutable=True)
        given = self.data if isinstance(self.data, QueryDict) else QueryDict()
        for name in self.chosen:
            asked.setlist(name, given.getlist(name))
        for name, value in {**(named(self.place) if self.place else {}), **others}.items():
            asked[name] = value
        for name in [name for name, values in asked.lists() if not any(values)]:
            del asked[name]
        return asked.urlencode()


class TerritoryFilter(django_filters.Filter):
    """A place chosen by typing its name."""

    field_class = LookupField


class DomainFilter(django_filters.ModelChoiceFilter):
    """What has one of the domains, named in the address by its slug."""

    def __init__(self, field_name: str = "domains", **kwargs: Any) -> None:
        options = {"label": _("Domain"), "empty_label": _("Any"), **kwargs}
        super().__init__(field_name, queryset=Domain.objects.all(), to_field_name="slug", **options)
