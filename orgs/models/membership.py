import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from post_office.models import STATUS, Email

from orgs.models.account import User
from orgs.models.organisation import Organisation
from orgs.models.territory import InclusiveRange, Territory


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(ended_at=None)

    def acting(self) -> "MembershipQuerySet":
        """Those by which somebody has a right today: nobody acts for an organisation that is closed."""
        return self.active().filter(organisation__closed_on=None)

    def leading(self) -> "MembershipQuerySet":
        """Of those who can act for an organisation. Nobody does with an account that is closed."""
        roles = [Membership.Role.OWNER, Membership.Role.MANAGER]
        return self.active().filter(role__in=roles, user__is_active=True)

    def of(self, user: User) -> "MembershipQuerySet":
        return self.active().filter(user=user)


@pghistory.track()
class Membership(models.Model):
    """A person's part in an organisation. What a role may do is said in the apps' permissions modules."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        EDITOR = "editor", _("editor")
        MANAGER = "manager", _("manager")
        OFFICER = "officer", _("officer")
        STEWARD = "steward", _("steward of figures")
        VIEWER = "viewer", _("viewer")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "user"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                "user",
                "organisation",
                "role",
                name="membership_once",
                condition=Q(ended_at=None),
                violation_error_message=_("This person already has that role in the organisation."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("created_at")),
                name="membership_ends_after_start",
                violation_error_message=_("A membership ends after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.organisation}"

    def clean(self) -> None:
        allowed = AUTHORITY_ROLES if self.organisation.is_authority else CSO_ROLES
        if self.role not in allowed:
            raise ValidationError({"role": _("This role does not exist in an organisation of this kind.")})


CSO_ROLES = (Membership.Role.OWNER, Membership.Role.EDITOR, Membership.Role.VIEWER)
AUTHORITY_ROLES = (
    Membership.Role.MANAGER,
    Membership.Role.OFFICER,
    Membership.Role.STEWARD,
    Membership.Role.VIEWER,
)


class InvitationState(models.TextChoices):
    """What became of an invitation. It follows from the days in it and from its e-mail."""

    QUEUED = "queued", _("being sent")
    FAILED = "failed", _("could not be sent")
    SENT = "sent", _("sent")
    OPENED = "opened", _("opened")
    ACCEPTED = "accepted", _("accepted")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """An e-mail that asks somebody to join an organisation, or to review in a territory. The account, where there is none, begins when it is
    accepted.
    """

    DAYS_VALID = 14

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="invitations", null=True, blank=True, verbose_name=_("organisation")
    )
    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="invitations", null=True, blank=True, verbose_name=_("territory")
    )
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=Membership.Role, blank=True, default="")
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="invitations_made", null=True, blank=True
    )
    created_at = models.DateTimeField(_("invited at"), default=timezone.now)
    mail = models.ForeignKey(Email, models.SET_NULL, related_name="+", null=True, blank=True)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "email"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "email",
                name="invitation_once",
                condition=Q(accepted_at=None, withdrawn_at=None),
                violation_error_message=_("This person is already invited."),
            ),
            models.UniqueConstraint(
                "territory",
                "email",
                name="invitation_to_review_once",
                condition=Q(accepted_at=None, withdrawn_at=None),
                violation_error_message=_("This person is already invited."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(organisation__isnull=False, territory=None, starts_at=None, ends_at=None) & ~Q(role="")
                    | Q(organisation=None, territory__isnull=False, role="", starts_at__isnull=False)
                ),
                name="invitation_to_one_thing",
                violation_error_message=_(
                    "An invitation is for a role in an organisation or for the reviews in a territory."
                ),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="invitation_ends_after_start",
                violation_error_message=_("An appointment ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="invitation_email_lower",
                violation_error_message=_("E-mail addresses are stored in lower case."),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None),
                name="invitation_one_end",
                violation_error_message=_("An invitation is either accepted or withdrawn."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.organisation or self.territory}"

    @property
    def state(self) -> "InvitationState":
        """How far it has come, as whoever sent it sees it."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        if self.is_expired:
            return InvitationState.EXPIRED
        if self.opened_at is not None:
            return InvitationState.OPENED
        if self.mail is not None and self.mail.status != STATUS.sent:
            return InvitationState.FAILED if self.mail.status == STATUS.failed else InvitationState.QUEUED
        return InvitationState.SENT

    @property
    def expires_at(self) -> datetime.datetime:
        return self.created_at + datetime.timedelta(days=self.DAYS_VALID)

    @property
    def is_expired(self) -> bool:
        return timezone.now() > self.expires_at


class ReviewerAppointmentQuerySet(models.QuerySet["ReviewerAppointment"]):
    def active(self) -> "ReviewerAppointmentQuerySet":
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def acting(self) -> "ReviewerAppointmentQuerySet":
        """Those by which somebody reviews today: nobody does with an account that is closed."""
        return self.active().filter(user__is_active=True)

    def not_ended(self) -> "ReviewerAppointmentQuerySet":
        """Also those that are to begin."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))

    def ended(self) -> "ReviewerAppointmentQuerySet":
        return self.filter(ends_at__lte=timezone.now())


@pghistory.track()
class ReviewerAppointment(models.Model):
    """A person trusted to verify organisations and review engagement levels in a territory and all below it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reviewer_appointments")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="reviewer_appointments")
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appointments_made", null=True, blank=True
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = ReviewerAppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["territory", "user"]
        verbose_name = _("appointment as reviewer")
        verbose_name_plural = _("appointments as reviewer")
        constraints = [
            # Ranges of one number, as in Territory: no extension is needed.
            ExclusionConstraint(
                name="reviewer_appointed_once",
                expressions=[
                    (InclusiveRange("user", "user", function="int8range"), RangeOperators.OVERLAPS),
                    (InclusiveRange("territory", "territory", function="int8range"), RangeOperators.OVERLAPS),
                    (Func("starts_at", "ends_at", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person is already a reviewer there."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="reviewer_ends_after_start",
                violation_error_message=_("An appointment ends after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.territory}"


class ReviewerDigest(models.Model):
    """That a reviewer, or an administrator where there is none, was told by e-mail what there is to decide."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests")
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        ordering = ["-sent_at", "-pk"]
        verbose_name = _("digest for a reviewer")
        verbose_name_plural = _("digests for reviewers")
        indexes = [models.Index(fields=["user", "-sent_at"], name="reviewer_digest_last")]

    def __str__(self) -> str:
        return f"{self.user}, {self.sent_at:%Y-%m-%d}"
