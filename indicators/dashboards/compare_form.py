"""Places to compare: found by their names, and written into the address as "scheme:code"."""

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from indicators.dashboards.compare import MOST
from orgs.forms import PortalForm
from orgs.lookups.fields import LookupField, LookupWidget, Typed
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Territory
from orgs.models.territory import nearest, read_address

SUGGESTED = 60
IN_ADDRESS = re.compile(r"[A-Za-z0-9_-]+:\S.*")
"""scheme:code, as no name of a place is written."""


class AddressLookup(TerritoryLookup):
    """Territories by what stands for them in an address; those around the `near` ones are offered before anybody types."""

    def __init__(self, near: Iterable[Territory] = ()) -> None:
        super().__init__(ever=True)
        self.near = list(near)

    def queryset(self) -> QuerySet[Territory]:
        return super().queryset().select_related("scheme")

    def value(self, item: Territory) -> str:
        return f"{item.scheme.code}:{item.address_code}"

    def get(self, values: Iterable[str]) -> list[Territory]:
        """In one query."""
        pairs = [(scheme, code) for scheme, _colon, code in (value.partition(":") for value in values) if code]
        if not pairs:
            return []
        asked = [(scheme, *read_address(code)) for scheme, code in pairs]
        wanted = reduce(or_, (Q(scheme__code=scheme, code=code) for scheme, code, _day in asked))
        found = list(self.queryset().filter(wanted).order_by("name_folded", "pk"))
        kept = {
            nearest((one for one in found if (one.scheme.code, one.code) == (scheme, code)), day)
            for scheme, code, day in asked
        }
        return [one for one in found if one in kept]

    def suggested(self) -> list[Territory]:
        """Beside, above and below."""
        if not self.near:
            return []
        pks = [place.pk for place in self.near]
        parents = [place.parent_id for place in self.near if place.parent_id]
        around = self.queryset().filter(Q(pk__in=parents) | Q(parent__in=[*pks, *parents])).exclude(pk__in=pks)
        return list(around.order_by("name_folded", "pk")[:SUGGESTED])


class AddressWidget(LookupWidget):
    """What an address names counts as ticked; everything else was typed."""

    blank_lines = 1

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        typed = super().value_from_datadict(data, files, name)
        texts = [text.strip() for text in typed.texts]
        codes = [text for text in texts if IN_ADDRESS.fullmatch(text)]
        chosen = [text.strip() for text in typed.chosen]
        return Typed([text for text in texts if text not in codes], list(dict.fromkeys([*chosen, *codes])))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        if not self.several and isinstance(value, Typed) and not any(value.texts):
            value = Typed([self.lookup.label(item) for item in self.lookup.get(value.chosen)])
        return super().get_context(name, value, attrs)


class AddressField(LookupField):
    """Places that were ticked, typed, or named by the address that the form led to."""

    default_error_messages = {"nowhere": _("There is no place with the code %(codes)s.")}

    def __init__(self, *, several: bool = False, **options: Any) -> None:
        lookup = AddressLookup()
        super().__init__(lookup, several=several, widget=AddressWidget(lookup, several=several), **options)

    def clean(self, value: Typed) -> Any:
        found = {self.lookup.value(place): place for place in self.lookup.get(value.chosen)}
        unknown = [code for code in value.chosen if code not in found]
        if unknown:
            raise ValidationError(self.error_messages["nowhere"], code="nowhere", params={"codes": ", ".join(unknown)})
        if any(value.texts):
            return super().clean(value)
        if len(found) > self.limit:
            raise ValidationError(self.error_messages["many"], code="many", params={"limit": self.limit})
        return list(found.values()) if self.several else next(iter(found.values()), None)


class AddressForm(PortalForm):
    """A form that leads to an address in which its places stand by their codes alone."""

    @property
    def is_typed(self) -> bool:
        """The address still holds what somebody typed or ticked."""
        return f"{self.add_prefix('territory')}_chosen" in self.data or any(self["territory"].data.texts)

    def suggest_near(self, places: Iterable[Territory]) -> None:
        field = self.fields["territory"]
        assert isinstance(field, AddressField)
        field.lookup = AddressLookup(places)


class PlacesForm(AddressForm):
    territory = AddressField(
        several=True,
        limit=MOST,
        required=False,
        label=_("Places to compare"),
        help_text=_("Type the name of a city, district or neighbourhood and choose it. Untick a place to remove it."),
    )


class PlaceForm(AddressForm):
    territory = AddressField(limit=1, required=False, label=_("Place"))
