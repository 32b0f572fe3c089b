"""Places and what becomes of them: an administrator's work, since rights rest on where a place lies and how long it is there."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from orgs.models import Territory, TerritoryOutline, TerritoryScheme, TerritorySuccession, User
from orgs.models.refusals import refused_in_words
from orgs.permissions import is_administrator
from orgs.territories.carrying import A_DAY, carry_parts, copy_of, copy_outlines
from orgs.territories.refusals import REFUSALS


@dataclass
class PlaceChange:
    """What an action did to places."""

    place: Territory
    """To whose page it leads."""
    on: datetime.date | None = None
    """From which day; None for a correction."""
    ended: list[Territory] = field(default_factory=list)
    begun: list[Territory] = field(default_factory=list)
    keeps_outline: bool = False
    """Whether what begins has the outline of what ends."""
    carried: list[int] = field(default_factory=list)
    """The keys of the places within that begin anew, or end with it."""
    removed: list[Territory] = field(default_factory=list)
    """As if they had never been."""
    resumed: list[Territory] = field(default_factory=list)
    """They go on, as if they had not ended."""


@dataclass(frozen=True)
class SplitPart:
    """What a place becomes a part of when it is split."""

    code: str
    name: str
    share: Decimal


def refuse_others(by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied


def locked(*places: Territory) -> list[Territory]:
    """As they are now, in the order given; one at a time changes the places of a classification."""
    schemes = {place.scheme_id for place in places}
    list(TerritoryScheme.objects.select_for_update().filter(pk__in=schemes).order_by("pk"))
    now = Territory.objects.select_related("scheme", "parent").in_bulk([place.pk for place in places])
    return [now[place.pk] for place in places]


def save(place: Territory) -> Territory:
    """Raises ValidationError in the words of the constraint that it breaks."""
    place.full_clean()
    with refused_in_words(REFUSALS):
        place.save()
    return place


@transaction.atomic
def save_scheme(*, scheme: TerritoryScheme, by: User) -> TerritoryScheme:
    refuse_others(by)
    scheme.full_clean()
    scheme.save()
    return scheme


@transaction.atomic
def add_place(*, scheme: TerritoryScheme, by: User, **facts: Any) -> Territory:
    refuse_others(by)
    return save(Territory(scheme=scheme, **facts))


@transaction.atomic
def rename_place(
    *, place: Territory, name: str, names: dict[str, str], by: User, on: datetime.date | None = None
) -> PlaceChange:
    """A correction; or, from a day on, another place with the same code and outline."""
    refuse_others(by)
    [place] = locked(place)
    if on is not None:
        return _succeed(place, on, name=name, names=names)
    place.name, place.names = name, names
    return PlaceChange(save(place))


@transaction.atomic
def move_place(*, place: Territory, parent: Territory | None, by: User, on: datetime.date | None = None) -> PlaceChange:
    """A correction; or, from a day on, another place with the same code, name and outline."""
    refuse_others(by)
    [place] = locked(place)
    if on is not None:
        moved = Territory(pk=place.pk, parent=parent)
        moved.clean()
        return _succeed(place, on, parent=parent)
    place.parent = parent
    return PlaceChange(save(place))


@transaction.atomic
def correct_place(*, place: Territory, by: User, **facts: Any) -> PlaceChange:
    """What was wrong from the beginning: code, kind, days, whether all parts are known."""
    refuse_others(by)
    [place] = locked(place)
    for name, value in facts.items():
        setattr(place, name, value)
    return PlaceChange(save(place))


@transaction.atomic
def correct_shares(*, place: Territory, shares: dict[int, Decimal], by: User) -> PlaceChange:
    """How much of an ended place went to each of its successors (by the key of the succession), from 0 to 1."""
    refuse_others(by)
    [place] = locked(place)
    if not shares:
        raise ValidationError(_("This place did not become another one."))
    if sum(shares.values()) > 1:
        raise ValidationError(_("The shares add up to more than 100 %."))
    successions = list(place.successions.filter(pk__in=shares))
    for succession in successions:
        succession.share = shares[succession.pk]
    with refused_in_words(REFUSALS):
        TerritorySuccession.objects.bulk_update(successions, ["share"])
    return PlaceChange(place)


@transaction.atomic
def end_place(*, place: Territory, last_day: datetime.date, with_parts: bool, by: User) -> PlaceChange:
    refuse_others(by)
    [place] = locked(place)
    on = last_day + A_DAY
    refuse_before(place, on)
    parts = Territory.objects.within(place).exclude(pk=place.pk).filter(valid_to__gt=last_day)
    if parts.exists() and not with_parts:
        raise ValidationError(
            {"with_parts": _("Some of its parts would go on without it: end them too, or move them first.")}
        )
    if parts.filter(valid_from__gt=last_day).exists():
        raise ValidationError({"last_day": _("Some of its parts begin after that day. Move or correct them first.")})
    carried = list(parts.values_list("pk", flat=True))
    Territory.objects.filter(pk__in=carried).update(valid_to=last_day)
    place.valid_to = last_day
    return PlaceChange(save(place), on, ended=[place], carried=carried)


@transaction.atomic
def merge_places(
    *,
    places: Sequence[Territory],
    on: datetime.date,
    by: User,
    into: Territory | None = None,
    code: str = "",
    name: str = "",
    names: dict[str, str] | None = None,
) -> PlaceChange:
    """Several become one from a day on: a new place, which may have the code of one of them, or one that goes on as it is.

    A new one is of the kind of the first, lies where that lies, and ends when that was to end.
    """
    refuse_others(by)
    places = locked(*dict.fromkeys(places))
    if into is not None:
        [into] = locked(into)
        if into in places:
            raise ValidationError({"into": _("It is one of those that end. Choose another, or begin a new place.")})
        if not into.valid_from <= on <= into.valid_to:
            raise ValidationError({"into": _("It is not there on that day.")})
    if len(places) + (into is not None) < 2:
        raise ValidationError({"others": _("Choose with which other places it merges.")})
    if len({place.scheme_id for place in places}) > 1:
        raise ValidationError({"others": _("They are of different classifications.")})
    begun = [] if into is not None else [_new(places[0], code=code, name=name, names=names or {}, valid_from=on)]
    successor = into or begun[0]
    pairs = [(place, successor, Decimal(1)) for place in places]
    return _pass_on(places, begun, pairs, on, PlaceChange(successor, on, places, begun))


@transaction.atomic
def split_place(*, place: Territory, on: datetime.date, pieces: Sequence[SplitPart], by: User) -> PlaceChange:
    """One becomes several from a day on, each taking a share of it. What lay in it lies in the first of them."""
    refuse_others(by)
    [place] = locked(place)
    if len(pieces) < 2:
        raise ValidationError({"pieces": _("Say of at least two places what they are called.")})
    if len({piece.code for piece in pieces}) < len(pieces):
        raise ValidationError({"pieces": _("Two of them have the same code.")})
    if sum(piece.share for piece in pieces) != 1:
        raise ValidationError({"pieces": _("The shares do not add up to 100 %.")})
    begun = [_new(place, code=piece.code, name=piece.name, names={}, valid_from=on) for piece in pieces]
    pairs = [(place, successor, piece.share) for successor, piece in zip(begun, pieces, strict=True)]
    return _pass_on([place], begun, pairs, on, PlaceChange(begun[0], on, [place], begun))


@transaction.atomic
def pass_code(
    *,
    place: Territory,
    on: datetime.date,
    name: str,
    share: Decimal | None,
    by: User,
    names: dict[str, str] | None = None,
) -> PlaceChange:
    """The code stands for another outline from a day on; `share` of the old place is part of it, None where nothing is known."""
    refuse_others(by)
    [place] = locked(place)
    new = _new(place, code=place.code, name=name, names=names or {}, valid_from=on)
    pairs = [] if share is None else [(place, new, share)]
    return _pass_on([place], [new], pairs, on, PlaceChange(new, on, [place], [new]), parts_to=new)


@transaction.atomic
def set_outline(*, place: Territory, geometry: dict[str, Any] | None, by: User) -> PlaceChange:
    """None takes it away."""
    refuse_others(by)
    [place] = locked(place)
    if geometry is None:
        TerritoryOutline.objects.filter(territory=place).delete()
    else:
        TerritoryOutline.objects.update_or_create(territory=place, defaults={"geometry": geometry})
    return PlaceChange(place)


def _new(place: Territory, **facts: Any) -> Territory:
    """As the place, but for some facts."""
    new = copy_of(place, parent=place.parent, valid_from=facts["valid_from"])
    for name, value in facts.items():
        setattr(new, name, value)
    return new


def _succeed(place: Territory, on: datetime.date, **facts: Any) -> PlaceChange:
    """The same outline under another name, or elsewhere."""
    new = _new(place, **facts, valid_from=on)
    change = _pass_on([place], [new], [(place, new, Decimal(1))], on, PlaceChange(new, on, [place], [new]))
    copy_outlines([(place.pk, new.pk)])
    change.keeps_outline = True
    return change


def _pass_on(
    ended: Sequence[Territory],
    begun: Sequence[Territory],
    pairs: Sequence[tuple[Territory, Territory, Decimal]],
    on: datetime.date,
    change: PlaceChange,
    *,
    parts_to: Territory | None = None,
) -> PlaceChange:
    """Ends some, begins others, says what became of each, and carries over what lies in those that end."""
    for place in ended:
        refuse_before(place, on)
        place.valid_to = on - A_DAY
        save(place)
    for place in begun:
        save(place)
    successors: dict[int, Territory] = {}
    for old, new, share in pairs:
        with refused_in_words(REFUSALS):
            TerritorySuccession.objects.create(predecessor=old, successor=new, share=share)
        successors.setdefault(old.pk, new)
    if parts_to is not None:
        successors = {old.pk: parts_to for old in ended}
    with refused_in_words(REFUSALS):
        change.carried = carry_parts(successors, on)
    return change


def refuse_before(place: Territory, on: datetime.date) -> None:
    """A place that changes on a day was there before it, and would be there on it."""
    if place.valid_from >= on:
        raise ValidationError(
            _("%(place)s begins on that day or later. Correct its dates instead."), params={"place": place.local_name}
        )
    if place.valid_to < on:
        raise ValidationError(_("%(place)s has ended before that day."), params={"place": place.local_name})
