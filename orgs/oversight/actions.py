"""What administrators do to organisations that are there: what their rights rest on, and whether they exist any more."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email_to
from orgs.models import Organisation, OrganisationClosing, User
from orgs.permissions import leaders_of


@transaction.atomic
def close_organisation(*, organisation: Organisation, reason: str, by: User) -> OrganisationClosing:
    """It leaves the directory and the reviewers' queue, and nobody can be invited to it; all that was done with it stays."""
    if not by.is_staff:
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_on is not None:
        raise ValidationError(_("This organisation is already closed."))
    closing = OrganisationClosing(organisation=organisation, reason=reason.strip(), closed_by=by)
    closing.full_clean()
    closing.save()
    now = timezone.now()
    Organisation.objects.filter(pk=organisation.pk).update(closed_on=timezone.localdate(), updated_at=now)
    organisation.invitations.open().update(withdrawn_at=now)
    for leader in leaders_of(organisation):
        queue_email_to(leader, "organisation_closed", {"organisation": organisation, "closing": closing})
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
    now = timezone.now()
    organisation.closings.filter(reopened_at=None).update(
        reopened_at=now, reopened_by=by, reopening_reason=reason.strip()
    )
    Organisation.objects.filter(pk=organisation.pk).update(closed_on=None, updated_at=now)
    organisation.refresh_from_db()
    for leader in leaders_of(organisation):
        queue_email_to(leader, "organisation_reopened", {"organisation": organisation})
    return organisation
