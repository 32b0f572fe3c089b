"""In what a place lies today, whatever became of it: its municipality, and all that holds it."""

from collections.abc import Iterable

from orgs.models import Territory, TerritoryReach


def municipalities_of(places: Iterable[int]) -> dict[int, int]:
    """{place: the municipality of today in which it lies, or itself}."""
    keys = set(places)
    above = TerritoryReach.objects.today().filter(tied_to__in=keys, counts_in__kind=Territory.Kind.MUNICIPALITY)
    return {key: key for key in keys} | dict(above.order_by("-depth", "-pk").values_list("tied_to", "counts_in"))


def areas_of(places: Iterable[int]) -> dict[int, set[int]]:
    """{place: all that hold it, itself among them}."""
    found = {place: {place} for place in places}
    above = TerritoryReach.objects.today().filter(tied_to__in=found)
    for place, area in above.values_list("tied_to", "counts_in"):
        found[place].add(area)
    return found
