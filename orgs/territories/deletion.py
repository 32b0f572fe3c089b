"""A place that was entered by mistake goes again, and with it the change that made it."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import PROTECT, Exists, F, ForeignObjectRel, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from orgs.models import ProposedChange, Registration, Territory, TerritorySuccession, User
from orgs.models.refusals import refused_in_words
from orgs.territories.actions import PlaceChange, locked, refuse_others
from orgs.territories.refusals import REFUSALS


@transaction.atomic
def delete_place(*, place: Territory, by: User) -> PlaceChange:
    """With all that lies in it. What ended only to become what goes is there again, for as long as that was to be.

    Raises ValidationError where anything but the places themselves refers to one of them (what is in use can be ended, and stays), where one
    has become a place that stays, and where what is there again would lie in a place that has ended.
    """
    refuse_others(by)
    [place] = locked(place)
    keys = with_parts(place)
    removed = list(Territory.objects.filter(pk__in=keys).select_related("scheme").order_by("name_folded", "pk"))
    if used_by := uses_of(keys):
        raise ValidationError(
            _(
                "This place is in use, so it cannot be deleted. These refer to it or to a place in it: %(uses)s. End it instead."
            ),
            params={"uses": ", ".join(used_by)},
        )
    refuse_where(
        Territory.objects.filter(origins__predecessor__in=keys).exclude(pk__in=keys),
        _("It has become another place, or a place in it has: %(places)s. Delete that first."),
    )
    resumed = resumed_without(keys)
    while leaves := Territory.objects.filter(pk__in=keys).exclude(parts__in=keys).order_by():
        keys -= {leaf.pk for leaf in leaves}
        leaves.delete()
    with refused_in_words(REFUSALS):
        Territory.objects.bulk_update(resumed, ["valid_to"])
    refuse_where(
        Territory.objects.filter(pk__in=[one.pk for one in resumed], parent__valid_to__lt=F("valid_to")),
        _("These would go on in a place that has ended: %(places)s. Delete what the place above them became."),
    )
    return PlaceChange(place, removed=removed, resumed=resumed)


def with_parts(place: Territory) -> set[int]:
    """Its key, and those of whatever lies in it, at whichever time."""
    keys = {place.pk}
    while more := set(Territory.objects.filter(parent__in=keys).exclude(pk__in=keys).values_list("pk", flat=True)):
        keys |= more
    return keys


def refuse_where(places: QuerySet[Territory], words: str) -> None:
    if found := list(places.order_by("name_folded", "pk").distinct()):
        raise ValidationError(words, params={"places": ", ".join(f"{one.name} ({one.code})" for one in found)})


def uses_of(places: Iterable[int]) -> list[str]:
    """What refers to places, in words. What only follows from them (where they lie, what they became, computed figures) goes with them."""
    where, change = "answers__where__facts", ProposedChange.objects.open()
    sent = Registration.objects.filter(confirmed_at=None)
    typed = Q(**{f"{where}__territory__in": list(places)})
    for place in places:
        typed |= Q(**{f"{where}__works_in__contains": place})
    queries: list[QuerySet] = [sent.filter(typed), change.filter(facts__territory__1__in=list(places))]
    for relation in Territory._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model is Territory:
            continue
        if relation.many_to_many or getattr(relation, "on_delete", None) is PROTECT:
            queries.append(relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": places}))
    return sorted({str(rows.model._meta.verbose_name_plural) for rows in queries if rows.exists()})


def resumed_without(places: Iterable[int]) -> list[Territory]:
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
