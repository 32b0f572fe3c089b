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
from orgs.verification.profiles import has_new_leaders

REMINDED = (60, 30, 7, 0)
"""Days before the end; 0 tells that it has lapsed."""
OPENS = datetime.timedelta(days=60)
"""Before the end, it can be renewed."""
GRACE = datetime.timedelta(days=90)
"""For which it holds on while a reviewer looks: once for each look that is due, and never for what has lapsed."""


def last_look(organisation: Organisation) -> Verification | None:
    """When a reviewer last looked at the whole of it."""
    return organisation.verifications.filter(state=Verification.State.VERIFIED).order_by("-decided_at").first()


def look_due_on(organisation: Organisation) -> datetime.date:
    """From that day on a renewal takes a reviewer; at once where what others know it by or who leads it has changed since the last look, or
    somebody has withdrawn their vouching."""
    last = last_look(organisation)
    if last is None or last.decided_at is None:
        return datetime.date.min
    changed = organisation.proposed_changes.filter(state=ProposedChange.State.ACCEPTED, decided_at__gt=last.decided_at)
    withdrawn = organisation.vouchings.filter(state=Vouching.State.WITHDRAWN, ended_at__gt=last.decided_at)
    if changed.exists() or withdrawn.exists() or has_new_leaders(last.profile, organisation):
        return datetime.date.min
    return months_later(timezone.localdate(last.decided_at), VerificationRules.objects.current().months_until_look)


def is_time_to_renew(organisation: Organisation) -> bool:
    """From 60 days before its end on, and after it has lapsed."""
    return (
        bool(organisation.tier)
        and organisation.closed_on is None
        and organisation.suspended_on is None
        and organisation.holds_until is not None
        and organisation.holds_until - OPENS <= timezone.localdate()
    )


def can_be_renewed(organisation: Organisation) -> bool:
    """By its own people, now: not where it is with the reviewers already, and holds on no longer until they have looked."""
    if not is_time_to_renew(organisation):
        return False
    return not is_look_due(organisation) or can_have_grace(organisation) or not is_with_reviewers(organisation)


def next_end(organisation: Organisation) -> datetime.date:
    """Until when a press of today would lengthen it."""
    assert organisation.holds_until is not None
    begins = max(timezone.localdate(), organisation.holds_until)
    return min(months_later(begins, VerificationRules.objects.current().months_valid), look_due_on(organisation))


def is_look_due(organisation: Organisation) -> bool:
    """By now, or so soon that the organisation would have to come back for it at once."""
    return next_end(organisation) <= timezone.localdate() + OPENS


def can_have_grace(organisation: Organisation) -> bool:
    return not organisation.has_lapsed and not organisation.renewals.of_grace().exists()


def is_with_reviewers(organisation: Organisation) -> bool:
    return organisation.verifications.filter(state=Verification.State.SUBMITTED).exists()


@transaction.atomic
def renew(*, organisation: Organisation, by: User) -> Organisation:
    """Until the next time, or until a reviewer has to look at all of it. Where that is now, it is put before them, and holds on meanwhile
    where it has not lapsed: once, so that no organisation is verified for ever by asking again."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not can_edit_organisation(by, organisation):
        raise PermissionDenied
    if not is_time_to_renew(organisation) or organisation.holds_until is None:
        raise ValidationError(_("There is nothing to renew yet. You will get an e-mail when it is time."))
    until = next_end(organisation)
    is_grace = is_look_due(organisation)
    if is_grace:
        until = put_before_reviewers(organisation, by)
    if until > organisation.holds_until:
        Renewal.objects.create(
            organisation=organisation,
            renewed_by=by,
            renewed_at=timezone.now(),
            held_until=organisation.holds_until,
            holds_until=until,
            is_grace=is_grace,
        )
        organisation.holds_until = until
        organisation.save(update_fields=["holds_until", "updated_at"])
    return organisation


def put_before_reviewers(organisation: Organisation, by: User) -> datetime.date:
    """All of it, where it is not there already; until when it holds meanwhile."""
    assert organisation.holds_until is not None
    has_grace, is_there = can_have_grace(organisation), is_with_reviewers(organisation)
    if is_there and not has_grace:
        raise ValidationError(_("A reviewer has to look at it first. You will get an e-mail with the decision."))
    if not is_there:
        submit_for_verification(organisation=organisation, by=by)
    return timezone.localdate() + GRACE if has_grace else organisation.holds_until


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
            context = {"organisation": organisation, "days": left, "can_be_renewed": can_be_renewed(organisation)}
            write_to(leaders_of(organisation), template, context)
            sent += 1
    return sent
