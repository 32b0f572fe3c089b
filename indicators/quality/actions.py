"""Saying how far the quality rules go, and accepting what they found."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import Finding, ImportBatch, QualityRule
from indicators.permissions import can_decide_import
from indicators.quality import checks
from orgs.domains.actions import refuse_others
from orgs.models import User


class Setting(NamedTuple):
    """How far a rule goes; what each limit means says `QualityRule`."""

    is_active: bool
    threshold: Decimal
    minimum: Decimal
    minimum_points: Decimal


@transaction.atomic
def set_quality_rules(*, settings: Mapping[str, Setting], by: User) -> None:
    """From now on, whatever is checked, stored or approved is asked these. What somebody has accepted stays accepted."""
    refuse_others(by)
    for rule in QualityRule.objects.select_for_update().filter(code__in=settings).order_by("pk"):
        setting = settings[rule.code]
        if setting == Setting(rule.is_active, rule.threshold, rule.minimum, rule.minimum_points):
            continue
        for name, value in setting._asdict().items():
            setattr(rule, name, value)
        rule.full_clean()
        rule.save()


@transaction.atomic
def accept_findings(
    *, batch: ImportBatch, reason: str, rule: str = "", finding: Finding | None = None, by: User | None
) -> int:
    """Says of one finding, of all of a rule, or (with neither) of all that are open why the figure is right all the same; how many.

    Who, when and why stay with the batch. Those that are accepted already keep the reason that they have.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why the figure is right.")})
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != ImportBatch.State.STORED:
        raise ValidationError(
            _("This import is already in the state “%(state)s”."), params={"state": batch.get_state_display()}
        )
    if by is not None and not can_decide_import(by, batch):
        raise PermissionDenied
    if batch.examined_at is None:  # Stored before every way in asked the rules.
        checks.examine(batch)
    found = Finding.objects.filter(batch=batch).open()
    if rule:
        found = found.filter(rule=rule)
    if finding is not None:
        found = found.filter(pk=finding.pk)
    return found.update(accepted_by=by, accepted_at=timezone.now(), reason=reason[:500])
