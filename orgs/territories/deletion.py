"""A place that was entered by mistake goes again, and with it the change that made it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import PROTECT, Exists, F, ForeignObjectRel, Max, OuterRef
from django.utils.translation import gettext as _

from orgs.models import Territory, TerritorySuccession, User
from orgs.models.refusals import refused_in_words
from orgs.territories.actions import PlaceChange, locked, refuse_others
from orgs.territories.refusals import REFUSALS


@transaction.atomic
def delete_place(*, place: Territory, by: User) -> PlaceChange:
    """With all that lies in it. What ended only to become what goes is there again, for as long as that was to be.

    Raises ValidationError where anything but the places themselves refers to one of them: what is in use can be ended, and stays.
    """
    refuse_others(by)
    [place] = locked(place)
    removed = list(Territory.objects.within(place).select_related("scheme").order_by("name_folded", "pk"))
    keys = [one.pk for one in removed]
    used_by = uses_of(keys)
    if used_by:
        raise ValidationError(
            _(
                "This place is in use, so it cannot be deleted. These refer to it or to a place in it: %(uses)s. End it instead."
            ),
            params={"uses": ", ".join(used_by)},
        )
    resumed = resumed_without(keys)
    while leaves := Territory.objects.filter(pk__in=keys).exclude(parts__in=keys).order_by():
        keys = sorted(set(keys) - {leaf.pk for leaf in leaves})
        leaves.delete()
    with refused_in_words(REFUSALS):
        Territory.objects.bulk_update(resumed, ["valid_to"])
    return PlaceChange(place, removed=removed, resumed=resumed)


def uses_of(places: list[int]) -> list[str]:
    """What refers to places, in words. What only follows from them (where they lie, what they became, computed figures) goes with them."""
    found = set()
    for relation in Territory._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model is Territory:
            continue
        is_use = relation.many_to_many or getattr(relation, "on_delete", None) is PROTECT
        rows = relation.related_model._base_manager
        if is_use and rows.filter(**{f"{relation.field.name}__in": places}).exists():
            found.add(str(relation.related_model._meta.verbose_name_plural))
    return sorted(found)


def resumed_without(places: list[int]) -> list[Territory]:
    """Those that became nothing but places of these; each with the last day of what it became."""
    elsewhere = TerritorySuccession.objects.filter(predecessor=OuterRef("pk")).exclude(successor__in=places)
    following = Territory.objects.filter(
        ~Exists(elsewhere),
        successions__successor__in=places,
        successions__successor__valid_from__gt=F("valid_to"),
    )
    ended = following.exclude(pk__in=places).annotate(until=Max("successions__successor__valid_to"))
    resumed: list[Territory] = list(ended.select_related("scheme").order_by("name_folded", "pk"))
    for place in resumed:
        place.valid_to = place.until  # type: ignore[attr-defined]
    return resumed
