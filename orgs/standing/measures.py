"""What a reviewer decides against an organisation: suspended, or its verification withdrawn. Its people appeal once, to another reviewer."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email_to, write_to
from orgs.models import Measure, Organisation, User
from orgs.permissions import (
    can_appeal,
    can_decide_appeal,
    can_lift_measure,
    can_take_measure,
    judges_of,
    leaders_of,
)

Kind = Measure.Kind


@transaction.atomic
def take_measure(*, organisation: Organisation, kind: str, reasons: str, by: User) -> Measure:
    """At once; those who lead the organisation get the reasons by e-mail, and how to appeal. Not by whoever was overruled the last time."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not can_take_measure(by, organisation):
        raise PermissionDenied
    if organisation.closed_on is not None:
        raise ValidationError(_("A closed organisation is not reviewed."))
    if not organisation.is_published:
        raise ValidationError(_("It is not public: there is nothing to suspend or withdraw."))
    if kind == Kind.WITHDRAWAL and not organisation.tier:
        raise ValidationError({"kind": _("Nobody has verified it: there is nothing to withdraw.")})
    measure = Measure(
        organisation=organisation,
        kind=kind,
        reasons=reasons.strip(),
        decided_by=by,
        tier_before=organisation.tier,
        verified_before=organisation.verified_at,
        held_until_before=organisation.holds_until,
    )
    measure.full_clean()
    measure.save()
    if kind == Kind.SUSPENSION:
        organisation.suspended_on = timezone.localdate()
    else:
        organisation.tier, organisation.verified_at, organisation.holds_until = "", None, None
        organisation.withdrawn_on = timezone.localdate()
    store(organisation)
    write_to(leaders_of(organisation), "measure_taken", {"organisation": organisation, "measure": measure})
    return measure


@transaction.atomic
def appeal(*, measure: Measure, text: str, by: User) -> Measure:
    """Once; those who may decide about it hear of it. Where there is nobody, administrators find it in their lists, with what to do."""
    organisation = Organisation.objects.select_for_update().get(pk=measure.organisation_id)
    measure = Measure.objects.select_for_update().get(pk=measure.pk)
    if not can_appeal(by, measure):
        raise PermissionDenied
    if measure.lifted_at is not None:
        raise ValidationError(_("It has been lifted already."))
    if measure.appealed_at is not None:
        raise ValidationError(_("There is an appeal already. There can be only one."))
    measure.appeal, measure.appealed_by, measure.appealed_at = text.strip(), by, timezone.now()
    measure.full_clean()
    measure.save()
    write_to(judges_of(measure), "appeal_made", {"organisation": organisation, "measure": measure})
    return measure


@transaction.atomic
def decide_appeal(*, measure: Measure, is_lifted: bool, reasons: str, by: User) -> Measure:
    organisation = Organisation.objects.select_for_update().get(pk=measure.organisation_id)
    measure = Measure.objects.select_for_update().get(pk=measure.pk)
    if measure.appealed_at is None or measure.appeal_decided_at is not None or measure.lifted_at is not None:
        raise ValidationError(_("There is no appeal to decide. Your decision was not stored."))
    if not can_decide_appeal(by, measure):
        raise PermissionDenied
    measure.appeal_reasons, measure.appeal_decided_by, measure.appeal_decided_at = reasons.strip(), by, timezone.now()
    if is_lifted:
        give_back(organisation, measure, by, at=measure.appeal_decided_at)
    measure.full_clean()
    measure.save()
    write_to(leaders_of(organisation), "appeal_decided", {"organisation": organisation, "measure": measure})
    queue_email_to(measure.decided_by, "appeal_decided", {"organisation": organisation, "measure": measure})
    return measure


@transaction.atomic
def lift_measure(*, measure: Measure, by: User) -> Measure:
    """Without an appeal, by a reviewer who sees that it is no longer needed. Lifting a lifted one changes nothing."""
    organisation = Organisation.objects.select_for_update().get(pk=measure.organisation_id)
    measure = Measure.objects.select_for_update().get(pk=measure.pk)
    if not can_lift_measure(by, measure):
        raise PermissionDenied
    if measure.lifted_at is None:
        give_back(organisation, measure, by, at=timezone.now())
        measure.save()
        write_to(leaders_of(organisation), "measure_lifted", {"organisation": organisation, "measure": measure})
    return measure


def give_back(organisation: Organisation, measure: Measure, by: User, *, at: datetime.datetime) -> None:
    """What it had before; a verification that has run out meanwhile is given back as lapsed. What it holds by now is not replaced."""
    measure.lifted_at, measure.lifted_by = at, by
    if measure.kind == Kind.SUSPENSION:
        organisation.suspended_on = None
    else:
        organisation.withdrawn_on = None
        if not organisation.tier:
            organisation.tier = measure.tier_before
            organisation.verified_at, organisation.holds_until = measure.verified_before, measure.held_until_before
    store(organisation)


def store(organisation: Organisation) -> None:
    organisation.save(
        update_fields=["suspended_on", "withdrawn_on", "tier", "verified_at", "holds_until", "updated_at"]
    )
