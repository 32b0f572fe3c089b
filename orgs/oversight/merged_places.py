"""Where two organisations and all of theirs are, before and after they became one: a shelter of the one makes both coarse, and one works where both did.

Undoing gives back what the merge has changed and nobody has changed since.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from orgs.models import Capacity, Organisation, Service, VolunteerOpportunity

IN_ONE: dict[str, Any] = {"capacity": Capacity, "opportunity": VolunteerOpportunity}
IN_SEVERAL: dict[str, tuple[Any, str]] = {
    "works in": (Organisation.works_in.through, "organisation"),
    "service": (Service.territories.through, "service"),
}
Places = dict[str, Any]
"""{what and its key: its place, or its places}."""


def places_of(organisations: Collection[Organisation]) -> Places:
    keys = [one.pk for one in organisations]
    found: Places = {}
    for pk, *seat in Organisation.objects.filter(pk__in=keys).values_list("pk", "territory", "address_is_public"):
        found[f"seat:{pk}"] = seat
    for name, model in IN_ONE.items():
        for pk, place in model.objects.filter(organisation__in=keys).values_list("pk", "territory"):
            found[f"{name}:{pk}"] = place
    owners = {
        "works in": keys,
        "service": list(Service.objects.filter(organisation__in=keys).values_list("pk", flat=True)),
    }
    for name, (through, owner) in IN_SEVERAL.items():
        places: dict[int, list[int]] = defaultdict(list)
        for pk, place in through.objects.filter(**{f"{owner}__in": owners[name]}).values_list(owner, "territory"):
            places[pk].append(place)
        found |= {f"{name}:{pk}": sorted(places[pk]) for pk in owners[name]}
    return found


def differences(before: Places, after: Places) -> dict[str, list[Any]]:
    return {key: [places, after[key]] for key, places in before.items() if key in after and after[key] != places}


def give_back(changed: dict[str, list[Any]]) -> None:
    for key, (before, after) in changed.items():
        name, _colon, pk = key.partition(":")
        if name in IN_SEVERAL:
            give_back_several(name, int(pk), set(before), set(after))
        elif name in IN_ONE:
            IN_ONE[name].objects.filter(pk=pk, territory=after).update(territory=before)
        else:
            was = Organisation.objects.filter(pk=pk, territory=after[0], address_is_public=after[1])
            was.update(territory=before[0], address_is_public=before[1])


def give_back_several(name: str, pk: int, before: set[int], after: set[int]) -> None:
    through, owner = IN_SEVERAL[name]
    if name == "service" and not Service.objects.filter(pk=pk).exists():
        return
    through.objects.filter(**{owner: pk, "territory__in": after - before}).delete()
    rows = [through(**{f"{owner}_id": pk, "territory_id": place}) for place in sorted(before - after)]
    through.objects.bulk_create(rows, ignore_conflicts=True)
