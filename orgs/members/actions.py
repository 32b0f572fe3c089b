import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orgs.accounts.actions import open_account
from orgs.mail.emails import queue_email, queue_email_to
from orgs.models import Invitation, Listing, Membership, Organisation, ReviewerAppointment, Territory, User
from orgs.permissions import can_manage_members, can_send_invitation, can_still_invite, is_unclaimed
from orgs.verification.actions import put_before_reviewers, review_other_hands

LEADING = (Membership.Role.OWNER, Membership.Role.MANAGER)
INVITATION_SALT = "orgs.invitation"
OPT_OUT_SALT = "orgs.listing.opt_out"


@transaction.atomic
def add_member(*, organisation: Organisation, user: User, role: str, by: User | None) -> Membership:
    """`by` is None where nobody inside could have done it: the first owner. With its first owner, one that was listed by staff is claimed, and
    a reviewer looks at what is public and theirs to change from now on."""
    membership = Membership(organisation=organisation, user=user, role=role)
    membership.full_clean()
    membership.save()
    if Listing.objects.open().filter(organisation=organisation).update(claimed_at=timezone.now()):
        put_before_reviewers(organisation)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    organisation = locked(membership.organisation)
    membership = Membership.objects.get(pk=membership.pk)
    refuse_if_ended(membership)
    if membership.role in LEADING and role not in LEADING:
        refuse_without_another_leader(membership)
    membership.role = role
    membership.full_clean()
    membership.save(update_fields=["role"])
    review_other_hands(organisation)
    withdraw_unfounded_invitations(membership)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, by: User) -> Membership:
    """Of somebody else, or one's own. An organisation is never left without anybody who can act for it. It is always free to change hands, and
    where that leaves nobody whom a reviewer knew, a reviewer looks."""
    organisation = locked(membership.organisation)
    membership = Membership.objects.get(pk=membership.pk)
    if membership.ended_at is not None:
        return membership
    if membership.role in LEADING:
        refuse_without_another_leader(membership)
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])
    review_other_hands(organisation)
    withdraw_unfounded_invitations(membership)
    return membership


@transaction.atomic
def invite_member(
    *, organisation: Organisation, email: str, role: str, language: str | None = None, by: User
) -> Invitation:
    """Sends an e-mail, the same to an address that the portal knows and to one that it does not. An expired one is renewed.

    It is written in the person's own language where that is known, else in `language`.
    """
    email = email.lower()
    if locked(organisation).closed_on is not None:
        raise ValidationError(_("Nobody can be invited to a closed organisation."))
    if organisation.memberships.active().filter(user__email=email).exists():
        raise ValidationError({"email": _("This person is already a member. You can change the role in the list.")})
    for old in organisation.invitations.open().filter(email=email).select_for_update():
        if not old.is_expired and can_still_invite(old):
            raise ValidationError({"email": _("This person is already invited.")})
        withdraw_invitation(invitation=old, by=by)
    invitation = Invitation(
        organisation=organisation, email=email, role=role, invited_by=by, language=language_for(email, language, by)
    )
    invitation.full_clean()
    Membership(organisation=organisation, user=by, role=role).clean()
    invitation.save()
    return sent(invitation, by)


@transaction.atomic
def invite_reviewer(
    *,
    email: str,
    territory: Territory,
    starts_at: datetime.datetime | None = None,
    ends_at: datetime.datetime | None = None,
    language: str | None = None,
    by: User,
) -> Invitation:
    """Somebody without an account, who becomes a reviewer by accepting. An expired invitation is renewed."""
    if not by.is_staff:
        raise PermissionDenied
    email = email.lower()
    refuse_past_or_gone(territory, ends_at)
    for old in territory.invitations.open().filter(email=email).order_by("pk").select_for_update():
        if not old.is_expired and can_still_invite(old):
            raise ValidationError({"email": _("This person is already invited.")})
        withdraw_invitation(invitation=old, by=by)
    invitation = Invitation(
        territory=territory,
        email=email,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
        invited_by=by,
        language=language_for(email, language, by),
    )
    invitation.full_clean()
    invitation.save()
    return sent(invitation, by)


@transaction.atomic
def send_invitation_again(*, invitation: Invitation, by: User) -> Invitation:
    """The same address once more, valid from today on, in the name of whoever sends it now."""
    again = Invitation.objects.open().order_by("pk").select_for_update().filter(pk=invitation.pk).first()
    if again is None:
        raise ValidationError(_("This invitation was accepted or withdrawn. Send a new one if it is needed."))
    if not can_send_invitation(by, again):
        raise PermissionDenied
    again.created_at, again.invited_by, again.opened_at = timezone.now(), by, None
    again.language = language_for(again.email, again.language, by)
    again.full_clean()
    again.save()
    return sent(again, by)


def language_for(email: str, chosen: str | None, by: User) -> str:
    """The reader's own where the portal knows it."""
    known = User.objects.filter(email=email).first()
    return known.language if known else chosen or translation.get_language() or by.language


def sent(invitation: Invitation, by: User) -> Invitation:
    """With the e-mail that carries it, so that whoever sent it sees whether that has left."""
    template = "invitation" if invitation.organisation is not None else "invitation_to_review"
    context: dict[str, Any] = {"invitation": invitation, "path": invitation_path(invitation), "by": by}
    if invitation.organisation is not None and is_unclaimed(invitation.organisation):
        template = "invitation_to_claim"
        context["opt_out_path"] = opt_out_path(invitation.organisation.listing)
    invitation.mail = queue_email(template, to=invitation.email, language=invitation.language, context=context)
    invitation.save(update_fields=["mail"])
    return invitation


def note_opened(*, invitation: Invitation) -> None:
    """Its page was asked for: by its reader, or by a program that looks at what is in e-mails."""
    Invitation.objects.open().filter(pk=invitation.pk, opened_at=None).update(opened_at=timezone.now())


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
    if invitation.organisation is not None:
        locked(invitation.organisation)  # Whoever ends the inviter's part at this moment is waited for.
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    is_unfounded = invitation.accepted_at is None and not can_still_invite(invitation)
    if invitation.withdrawn_at is not None or invitation.is_expired or is_unfounded:
        raise ValidationError(_("This invitation is no longer valid. Ask for a new one."))
    user, is_new = open_account(email=invitation.email, name=name, language=language)
    if invitation.accepted_at is None:
        give_part(invitation, user)
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
    return user, is_new


def give_part(invitation: Invitation, user: User) -> None:
    """What the invitation is for, unless the person has it already."""
    if invitation.organisation is not None:
        if not user.memberships.active().filter(organisation=invitation.organisation, role=invitation.role).exists():
            add_member(organisation=invitation.organisation, user=user, role=invitation.role, by=invitation.invited_by)
        return
    assert invitation.territory is not None, "invitation_to_one_thing"
    assert invitation.invited_by is not None, "can_still_invite"
    there = user.reviewer_appointments.filter(territory=invitation.territory)
    if not (there.active().exists() or there.filter(starts_at__gt=timezone.now()).exists()):
        appoint_reviewer(
            user=user,
            territory=invitation.territory,
            starts_at=max(timezone.now(), invitation.starts_at or timezone.now()),
            ends_at=invitation.ends_at,
            by=invitation.invited_by,
        )


def invitation_path(invitation: Invitation) -> str:
    return reverse("orgs:invitation_detail", args=[signing.dumps(invitation.pk, salt=INVITATION_SALT)])


def opt_out_path(listing: Listing) -> str:
    return reverse("orgs:listing_opt_out", args=[signing.dumps(listing.pk, salt=OPT_OUT_SALT)])


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a letter's address names, if nobody tampered with it and it still exists."""
    try:
        return Invitation.objects.select_related("organisation", "territory").get(
            pk=signing.loads(token, salt=INVITATION_SALT)
        )
    except (signing.BadSignature, Invitation.DoesNotExist):
        return None


@transaction.atomic
def appoint_reviewer(
    *,
    user: User,
    territory: Territory,
    starts_at: datetime.datetime | None = None,
    ends_at: datetime.datetime | None = None,
    by: User,
) -> ReviewerAppointment:
    """For a territory and all below it; by an administrator. Without an end until it is ended."""
    if not by.is_staff:
        raise PermissionDenied
    refuse_who_is_no_candidate(user, territory, ends_at)
    appointment = ReviewerAppointment(
        user=user, territory=territory, appointed_by=by, starts_at=starts_at or timezone.now(), ends_at=ends_at
    )
    appointment.full_clean()
    appointment.save()
    is_later = appointment.starts_at > timezone.now()
    queue_email_to(
        user,
        "reviewer_appointed",
        {"appointment": appointment, "is_later": is_later, "path": reverse("orgs:review_queue")},
    )
    return appointment


def refuse_who_is_no_candidate(user: User, territory: Territory, ends_at: datetime.datetime | None = None) -> None:
    """Says why somebody cannot be appointed, whatever else they are: an administrator or a member of an organisation can be."""
    if not user.is_active:
        raise ValidationError({"email": _("This account is closed. Its owner cannot log in.")})
    if user.is_sample and not settings.DEMO:
        raise ValidationError({"email": _("This is a sample account. Nobody can log in with it.")})
    refuse_past_or_gone(territory, ends_at)


def refuse_past_or_gone(territory: Territory, ends_at: datetime.datetime | None) -> None:
    if territory.valid_to < timezone.localdate():
        raise ValidationError({"territory": _("This place no longer exists. Choose the one that took its place.")})
    if ends_at is not None and ends_at <= timezone.now():
        raise ValidationError({"ends_on": _("This day has passed. Choose a later one, or leave it empty.")})


@transaction.atomic
def end_appointment(*, appointment: ReviewerAppointment, by: User) -> ReviewerAppointment:
    """Now, or before it begins. Ending an ended one changes nothing."""
    if not by.is_staff:
        raise PermissionDenied
    appointment = ReviewerAppointment.objects.select_for_update().get(pk=appointment.pk)
    now = timezone.now()
    if appointment.ends_at is None or appointment.ends_at > now:
        appointment.ends_at = max(now, appointment.starts_at)
        appointment.save(update_fields=["ends_at"])
        queue_email_to(appointment.user, "reviewer_ended", {"appointment": appointment})
    return appointment


def locked(organisation: Organisation) -> Organisation:
    """One at a time changes who leads an organisation: two who leave at once must not both believe that the other stays."""
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def refuse_if_ended(membership: Membership) -> None:
    if membership.ended_at is not None:
        raise ValidationError(_("This person has left the organisation."))


def refuse_without_another_leader(membership: Membership) -> None:
    leaders = Membership.objects.leading().filter(organisation=membership.organisation_id)
    if not leaders.exclude(pk=membership.pk).exists():
        raise ValidationError(
            _("An organisation needs somebody who can act for it. Give that role to another member first.")
        )
