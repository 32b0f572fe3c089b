"""A verification holds for a time. Its people lengthen it by one press, until a reviewer has to look at the whole again."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import write_to
from orgs.models import (
    Organisation,
    ProposedChange,
    Renewal,
    RenewalReminder,
    User,
    Verification,
    VerificationRules,
    Vouching,
)
from orgs.permissions import can_edit_organisation, leaders_of
from orgs.verification.actions import months_later, submit_for_verification

REMINDED = (60, 30, 7, 0)
"""Days before the end; 0 tells that it has lapsed."""
OPENS = datetime.timedelta(days=60)
"""Before the end, it can be renewed."""
GRACE = datetime.timedelta(days=90)
"""For which it holds on while a reviewer looks."""


def last_look(organisation: Organisation) -> Verification | None:
    """When a reviewer last looked at the whole of it."""
    return organisation.verifications.filter(state=Verification.State.VERIFIED).order_by("-decided_at").first()


def look_due_on(organisation: Organisation) -> datetime.date:
    """From that day on a renewal takes a reviewer; at once where what others know it by has changed since the last look, or
    somebody has withdrawn their vouching."""
    last = last_look(organisation)
    if last is None or last.decided_at is None:
        return datetime.date.min
    changed = organisation.proposed_changes.filter(state=ProposedChange.State.ACCEPTED, decided_at__gt=last.decided_at)
    withdrawn = organisation.vouchings.filter(state=Vouching.State.WITHDRAWN, ended_at__gt=last.decided_at)
    if changed.exists() or withdrawn.exists():
        return datetime.date.min
    return months_later(timezone.localdate(last.decided_at), VerificationRules.objects.current().months_until_look)


def can_be_renewed(organisation: Organisation) -> bool:
    """From 60 days before its end on, and after it has lapsed."""
    return (
        bool(organisation.tier)
        and organisation.closed_on is None
        and organisation.suspended_on is None
        and organisation.holds_until is not None
        and organisation.holds_until - OPENS <= timezone.localdate()
    )


@transaction.atomic
def renew(*, organisation: Organisation, by: User) -> Organisation:
    """Until the next time, or until a reviewer has to look at all of it. Where that is now, it is put before them, and holds on meanwhile."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not can_edit_organisation(by, organisation):
        raise PermissionDenied
    if not can_be_renewed(organisation) or organisation.holds_until is None:
        raise ValidationError(_("There is nothing to renew yet. You will get an e-mail when it is time."))
    today = timezone.localdate()
    begins = max(today, organisation.holds_until)
    until = min(months_later(begins, VerificationRules.objects.current().months_valid), look_due_on(organisation))
    if until <= today + OPENS:
        look = organisation.verifications.filter(state=Verification.State.SUBMITTED).first()
        look = look or submit_for_verification(organisation=organisation, by=by)
        if organisation.renewals.filter(renewed_at__gte=look.submitted_at).exists():
            raise ValidationError(_("A reviewer has to look at it first. You will get an e-mail with the decision."))
        until = today + GRACE
    if until > organisation.holds_until:
        Renewal.objects.create(
            organisation=organisation,
            renewed_by=by,
            renewed_at=timezone.now(),
            held_until=organisation.holds_until,
            holds_until=until,
        )
        organisation.holds_until = until
        organisation.save(update_fields=["holds_until", "updated_at"])
    return organisation


@transaction.atomic
def send_reminders() -> int:
    """To those who lead an organisation whose verification ends soon, or has ended; the number sent. Asked for twice, it sends them once."""
    today = timezone.localdate()
    told = RenewalReminder.objects.filter(organisation=OuterRef("pk"), holds_until=OuterRef("holds_until"), days=0)
    due = (
        Organisation.objects.filter(~Q(tier=""), closed_on=None, suspended_on=None)
        .filter(holds_until__lte=today + datetime.timedelta(days=REMINDED[0]))
        .exclude(Exists(told))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    sent = 0
    for organisation in due:
        assert organisation.holds_until is not None
        left = (organisation.holds_until - today).days
        stage = 0 if left < 0 else min((days for days in REMINDED[:-1] if days >= left), default=None)
        if stage is None:
            continue
        _reminder, is_new = RenewalReminder.objects.get_or_create(
            organisation=organisation, holds_until=organisation.holds_until, days=stage
        )
        if is_new:
            template = "renewal_due" if stage else "renewal_lapsed"
            write_to(leaders_of(organisation), template, {"organisation": organisation, "days": left})
            sent += 1
    return sent
