"""The places of a division, as texts may name them and as a person chooses them."""

from indicators.imports.wizard import guessing
from indicators.imports.wizard.guessing import KnownCodes
from orgs.models import Territory


def way_of_places(texts: list[str], scheme: str) -> KnownCodes:
    """The way to name places that knows most of the texts."""
    return guessing.way_of(texts, guessing.places(scheme))[1]


def territory_choices(scheme: str) -> list[tuple[str, str]]:
    places = Territory.objects.filter(scheme__code=scheme).order_by("code", "valid_from")
    names = {one.code: f"{one.local_name} ({one.get_kind_display()})" for one in places}
    return list(names.items())
