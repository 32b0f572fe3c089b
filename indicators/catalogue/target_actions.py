"""Targets: set and taken back by those who keep the figures of the territory."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.catalogue.targets import distance
from indicators.models import Target
from indicators.permissions import can_set_targets
from indicators.vocabulary import Direction
from orgs.models import User
from orgs.numbers import has_fraction


@transaction.atomic
def set_target(*, target: Target, by: User) -> Target:
    """Stores a new target. Refused where it lies the wrong way from its baseline, or where the indicator has no better and worse."""
    if not can_set_targets(by, target.territory):
        raise PermissionDenied
    indicator = target.indicator
    if indicator.direction == Direction.CONTEXT:
        raise ValidationError(_("This indicator is context only: neither a higher nor a lower value is better."))
    for name in ("baseline_value", "value"):
        if indicator.is_whole and has_fraction(getattr(target, name)):
            raise ValidationError({name: _("Numbers of people have no decimals.")})
    wanted, start = (
        distance(value, indicator.direction, indicator.ideal_value) for value in (target.value, target.baseline_value)
    )
    if wanted >= start:
        raise ValidationError(
            {"value": _("The target is no better than the start, by the direction of the indicator.")}
        )
    target.set_by = by
    target.save()
    return target


@transaction.atomic
def remove_target(*, target: Target, by: User) -> None:
    """Takes a target back; its history stays. Harmless twice."""
    if not can_set_targets(by, target.territory):
        raise PermissionDenied
    Target.objects.filter(pk=target.pk).delete()
