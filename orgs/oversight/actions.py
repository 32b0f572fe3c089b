"""Whether organisations exist any more: closed by an administrator or by their own, reopened by an administrator."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import people_with_role, queue_email_to, write_to
from orgs.models import Membership, Organisation, OrganisationClosing, User
from orgs.permissions import can_close, is_member, leaders_of, reviewers_of


@transaction.atomic
def close_organisation(
    *, organisation: Organisation, reason: str, on: datetime.date | None = None, by: User
) -> OrganisationClosing:
    """It leaves the directory and the reviewers' queue, and nobody can be invited to it; all that was done with it stays.

    `on` is the day since which it is no more, today where none is said. All its people hear of it, and who reviews it.
    """
    if not can_close(by, organisation):
        raise PermissionDenied
    today = timezone.localdate()
    if on is not None and on > today:
        raise ValidationError({"on": _("Give the day on which it ended: today, or a day before.")})
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_on is not None:
        raise ValidationError(_("This organisation is already closed."))
    closing = OrganisationClosing(organisation=organisation, reason=reason.strip(), closed_by=by)
    closing.full_clean()
    closing.save()
    now = timezone.now()
    Organisation.objects.filter(pk=organisation.pk).update(closed_on=on or today, updated_at=now)
    organisation.invitations.open().update(withdrawn_at=now)
    is_own = is_member(by, organisation)
    context = {"organisation": organisation, "closing": closing, "is_own": is_own}
    write_to(
        {*people_with_role(organisation, Membership.Role.values), *reviewers_of(organisation)},
        "organisation_closed",
        context,
    )
    return closing


@transaction.atomic
def reopen_organisation(*, organisation: Organisation, reason: str, by: User) -> Organisation:
    """As it was: with its tier, and before the reviewers where it was before them."""
    if not by.is_staff:
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_on is None:
        raise ValidationError(_("This organisation is open."))
    if organisation.merges_away.filter(undone_at=None).exists():
        raise ValidationError(_("It was merged into another one. Undo that instead."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is reopened.")})
    organisation.refuse_numbers_of_others()
    now = timezone.now()
    organisation.closings.filter(reopened_at=None).update(
        reopened_at=now, reopened_by=by, reopening_reason=reason.strip()
    )
    Organisation.objects.filter(pk=organisation.pk).update(closed_on=None, updated_at=now)
    organisation.refresh_from_db()
    for leader in leaders_of(organisation):
        queue_email_to(leader, "organisation_reopened", {"organisation": organisation})
    return organisation
