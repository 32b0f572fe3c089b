"""The engagement scales as administrators keep them. Words are corrected at any time; what decides a level only in a scale that no
assessment uses: any other change is a new version.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, F, Model, ProtectedError, Value, When
from django.utils.translation import gettext as _
from modeltranslation.manager import get_translatable_fields_for_model

from orgs.folding import in_every_language
from orgs.models import User
from orgs.permissions import is_administrator
from partnerships.engagement.loading import use_scale
from partnerships.engagement.soundness import faults_of
from partnerships.models import Assessment, Criterion, Level, Scale

LONGEST_CODE = 40


def refuse_others(by: User) -> None:
    if not is_administrator(by):
        raise PermissionDenied


def is_used(scale: Scale) -> bool:
    return Assessment.objects.filter(scale=scale).exists()


def locked_scale(scale: Scale) -> Scale:
    return Scale.objects.select_for_update().get(pk=scale.pk)


def refuse_used(scale: Scale) -> None:
    if is_used(scale):
        raise ValidationError(
            _("Assessments were made under this scale, so only its words can be changed. Begin a new version instead.")
        )


def refuse_unsound(scale: Scale) -> None:
    """Whatever is changed in the scale that new assessments use, it goes on deriving levels."""
    faults = faults_of(scale) if scale.is_current else []
    if faults:
        raise ValidationError([_("New assessments use this scale, so it must stay complete."), *faults])


def translated(row: Model) -> list[str]:
    return list(get_translatable_fields_for_model(type(row)) or [])


def refuse_taken_code(criterion: Criterion) -> None:
    others = Criterion.objects.filter(level__scale=criterion.level.scale_id).exclude(pk=criterion.pk)
    if others.filter(code=criterion.code).exists():
        raise ValidationError({"code": _("Another criterion of this scale has this code.")})


@transaction.atomic
def save_words(*, row: Scale | Level | Criterion, by: User) -> Scale | Level | Criterion:
    """What it is called and says, in every language; nothing that decides a level."""
    refuse_others(by)
    stored: Scale | Level | Criterion = type(row)._default_manager.select_for_update().get(pk=row.pk)
    for column in in_every_language(*translated(row)):
        setattr(stored, column, getattr(row, column))
    stored.full_clean()
    stored.save()
    return stored


@transaction.atomic
def save_level(*, level: Level, above: Level | None, by: User) -> Level:
    """A new one, or one that changes its words or its place: it stands just above another one of its scale, or below them all."""
    refuse_others(by)
    scale = locked_scale(level.scale)
    refuse_used(scale)
    others = list(scale.levels.exclude(pk=level.pk).order_by("order"))
    if above is not None and above not in others:
        raise ValidationError({"above": _("This level is no longer there. Choose another one.")})
    if not level.pk:
        level.order = max((other.order for other in others), default=0) + 1
    level.full_clean()
    level.save()
    place = 0 if above is None else others.index(above) + 1
    put_in_order(scale, [*others[:place], level, *others[place:]])
    level.refresh_from_db()
    refuse_unsound(scale)
    return level


def put_in_order(scale: Scale, levels: list[Level]) -> None:
    """The lowest first. No two have one place at any moment: first all go up beyond the last place, then each comes down to its own."""
    highest = max(level.order for level in levels)
    scale.levels.update(order=F("order") + highest + len(levels))
    places = [When(pk=level.pk, then=Value(place)) for place, level in enumerate(levels, 1)]
    scale.levels.update(order=Case(*places))


@transaction.atomic
def delete_level(*, level: Level, by: User) -> None:
    """With its criteria."""
    refuse_others(by)
    scale = locked_scale(level.scale)
    refuse_used(scale)
    try:
        with transaction.atomic():
            Criterion.objects.filter(level=level).delete()
            level.delete()
    except ProtectedError as refusal:
        raise ValidationError(
            _("Partnerships or good practices refer to this level, so it cannot be deleted.")
        ) from refusal
    refuse_unsound(scale)


@transaction.atomic
def save_criterion(*, criterion: Criterion, by: User) -> Criterion:
    """A new one, or one of which something changes that decides its level."""
    refuse_others(by)
    scale = locked_scale(criterion.level.scale)
    refuse_used(scale)
    refuse_taken_code(criterion)
    criterion.full_clean()
    criterion.save()
    refuse_unsound(scale)
    return criterion


@transaction.atomic
def delete_criterion(*, criterion: Criterion, by: User) -> None:
    refuse_others(by)
    scale = locked_scale(criterion.level.scale)
    refuse_used(scale)
    criterion.delete()
    refuse_unsound(scale)


@transaction.atomic
def begin_version(*, scale: Scale, names: Mapping[str, str | None], by: User) -> Scale:
    """A copy with all levels and criteria, to be changed until it is put to use. `names` are those of the new one, by column."""
    refuse_others(by)
    version = Scale(code=code_of_next(scale), **names)
    version.full_clean()
    version.save()
    for level in scale.levels.prefetch_related("criteria"):
        copied = copy_of(level, scale=version)
        for criterion in level.criteria.all():
            copy_of(criterion, level=copied)
    return version


def code_of_next(scale: Scale) -> str:
    """ "gfmd-2017" is followed by "gfmd-2017-v2"."""
    stem = re.sub(r"-v\d+$", "", scale.code)[: LONGEST_CODE - 5].rstrip("-")
    taken = set(Scale.objects.values_list("code", flat=True))
    return next(code for number in count(2) if (code := f"{stem}-v{number}") not in taken)


def copy_of(row: Model, **changed: Model) -> Any:
    new = type(row)(**changed)
    left_out = {"id", *changed, *translated(row)}
    for field in row._meta.concrete_fields:
        if field.name not in left_out:
            setattr(new, field.attname, getattr(row, field.attname))
    new.save()
    return new


@transaction.atomic
def put_to_use(*, scale: Scale, by: User) -> Scale:
    """New assessments are made under it; those that were begun keep theirs."""
    refuse_others(by)
    known: dict[Any, Scale] = {one.pk: one for one in Scale.objects.select_for_update().order_by("pk")}
    wanted = known[scale.pk]
    if wanted.is_current:
        raise ValidationError(_("New assessments use this scale already."))
    faults = faults_of(wanted)
    if faults:
        raise ValidationError([_("This scale cannot be used yet."), *faults])
    use_scale(scale=wanted)
    wanted.refresh_from_db()
    return wanted


@transaction.atomic
def discard_scale(*, scale: Scale, by: User) -> None:
    """A draft that nothing refers to."""
    refuse_others(by)
    stored = locked_scale(scale)
    if stored.is_current:
        raise ValidationError(_("New assessments use this scale. Put another one to use first."))
    try:
        with transaction.atomic():
            Criterion.objects.filter(level__scale=stored).delete()
            Level.objects.filter(scale=stored).delete()
            stored.delete()
    except ProtectedError as refusal:
        raise ValidationError(
            _("Partnerships, assessments or good practices refer to this scale, so that it stays.")
        ) from refusal
