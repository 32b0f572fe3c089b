from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orgs.accounts.actions import open_account
from orgs.mail.emails import queue_email, queue_email_to
from orgs.models import Invitation, Membership, Organisation, ReviewerAppointment, Territory, User
from orgs.permissions import can_manage_members, can_still_invite

LEADING = (Membership.Role.OWNER, Membership.Role.MANAGER)
INVITATION_SALT = "orgs.invitation"


@transaction.atomic
def add_member(*, organisation: Organisation, user: User, role: str, by: User | None) -> Membership:
    """`by` is None where nobody inside could have done it: the first owner."""
    membership = Membership(organisation=organisation, user=user, role=role)
    membership.full_clean()
    membership.save()
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    locked(membership.organisation)
    membership = Membership.objects.get(pk=membership.pk)
    refuse_if_ended(membership)
    if membership.role in LEADING and role not in LEADING:
        refuse_without_another_leader(membership)
    membership.role = role
    membership.full_clean()
    membership.save(update_fields=["role"])
    withdraw_unfounded_invitations(membership)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, by: User) -> Membership:
    """Of somebody else, or one's own. An organisation is never left without anybody who can act for it."""
    locked(membership.organisation)
    membership = Membership.objects.get(pk=membership.pk)
    if membership.ended_at is not None:
        return membership
    if membership.role in LEADING:
        refuse_without_another_leader(membership)
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])
    withdraw_unfounded_invitations(membership)
    return membership


@transaction.atomic
def invite_member(*, organisation: Organisation, email: str, role: str, by: User) -> Invitation:
    """Sends a letter, the same to an address that the portal knows and to one that it does not. An expired one is renewed."""
    email = email.lower()
    if organisation.memberships.active().filter(user__email=email).exists():
        raise ValidationError({"email": _("This person is already a member. You can change the role in the list.")})
    for old in organisation.invitations.open().filter(email=email).select_for_update():
        if not old.is_expired and can_still_invite(old):
            raise ValidationError({"email": _("This person is already invited.")})
        withdraw_invitation(invitation=old, by=by)
    invitation = Invitation(organisation=organisation, email=email, role=role, invited_by=by)
    invitation.full_clean()
    Membership(organisation=organisation, user=by, role=role).clean()
    invitation.save()
    known = User.objects.filter(email=email).first()
    queue_email(
        "invitation",
        to=email,
        language=known.language if known else translation.get_language() or by.language,
        context={"invitation": invitation, "path": invitation_path(invitation), "by": by},
    )
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now())


def withdraw_unfounded_invitations(membership: Membership) -> None:
    """What a person has promised to others goes with the right to promise it."""
    if not can_manage_members(membership.user, membership.organisation):
        open_ones = membership.organisation.invitations.open().filter(invited_by=membership.user)
        open_ones.update(withdrawn_at=timezone.now())


@transaction.atomic
def accept_invitation(*, invitation: Invitation, name: str, language: str) -> tuple[User, bool]:
    """By whoever reads the mail: the person's account, opened now where there was none, and whether it is new."""
    locked(invitation.organisation)  # Whoever ends the inviter's part at this moment is waited for.
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    is_unfounded = invitation.accepted_at is None and not can_still_invite(invitation)
    if invitation.withdrawn_at is not None or invitation.is_expired or is_unfounded:
        raise ValidationError(_("This invitation is no longer valid. Ask for a new one."))
    user, is_new = open_account(email=invitation.email, name=name, language=language)
    if invitation.accepted_at is None:
        if not user.memberships.active().filter(organisation=invitation.organisation, role=invitation.role).exists():
            add_member(organisation=invitation.organisation, user=user, role=invitation.role, by=invitation.invited_by)
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
    return user, is_new


def invitation_path(invitation: Invitation) -> str:
    return reverse("orgs:invitation_detail", args=[signing.dumps(invitation.pk, salt=INVITATION_SALT)])


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a letter's address names, if nobody tampered with it and it still exists."""
    try:
        return Invitation.objects.select_related("organisation").get(pk=signing.loads(token, salt=INVITATION_SALT))
    except (signing.BadSignature, Invitation.DoesNotExist):
        return None


@transaction.atomic
def appoint_reviewer(*, user: User, territory: Territory, by: User) -> ReviewerAppointment:
    """For a territory and all below it; by an administrator."""
    if not by.is_staff:
        raise PermissionDenied
    appointment = ReviewerAppointment(user=user, territory=territory, appointed_by=by)
    appointment.full_clean()
    appointment.save()
    queue_email_to(user, "reviewer_appointed", {"appointment": appointment, "path": reverse("orgs:review_queue")})
    return appointment


@transaction.atomic
def end_appointment(*, appointment: ReviewerAppointment, by: User) -> ReviewerAppointment:
    if not by.is_staff:
        raise PermissionDenied
    now = timezone.now()
    ReviewerAppointment.objects.active().filter(pk=appointment.pk).update(ends_at=now)
    appointment.refresh_from_db()
    return appointment


def locked(organisation: Organisation) -> Organisation:
    """One at a time changes who leads an organisation: two who leave at once must not both believe that the other stays."""
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def refuse_if_ended(membership: Membership) -> None:
    if membership.ended_at is not None:
        raise ValidationError(_("This person has left the organisation."))


def refuse_without_another_leader(membership: Membership) -> None:
    leaders = Membership.objects.active().filter(organisation=membership.organisation_id, role__in=LEADING)
    if not leaders.exclude(pk=membership.pk).exists():
        raise ValidationError(
            _("An organisation needs somebody who can act for it. Give that role to another member first.")
        )
