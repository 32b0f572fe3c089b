from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.membership import Membership
from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet


class ListingQuerySet(models.QuerySet["Listing"]):
    def open(self) -> "ListingQuerySet":
        """Of organisations whose own people have said nothing so far."""
        return self.filter(claimed_at=None, opted_out_at=None)

    def to_be_told(self) -> "ListingQuerySet":
        """Their people wait for the letter of a list that named their address."""
        return self.exclude(notice_email="")


class Listing(models.Model):
    """How an organisation came into the directory that has not registered itself: its source, and what its own people then did.

    It is unclaimed until one of them claims it, or has it taken off.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="listing")
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="listings")
    listed_for = models.ForeignKey(
        Organisation, models.PROTECT, related_name="listings_made", null=True, blank=True, verbose_name=_("listed by")
    )
    """The authority in whose name; none where the platform did it."""
    source = models.CharField(_("source"), max_length=250, blank=True)
    listed_at = models.DateTimeField(_("listed at"), default=timezone.now)
    notice_email = models.EmailField(_("address to write to"), blank=True)
    """Where a list said it and its people shall be told of their entry; never shown, and forgotten once the letter is on its way."""
    notified_at = models.DateTimeField(_("written to at"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    opted_out_at = models.DateTimeField(_("taken off at"), null=True, blank=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        ordering = ["-listed_at", "-pk"]
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_at=None) | Q(opted_out_at=None),
                name="listing_one_end",
                violation_error_message=_("A listing is either claimed or taken off."),
            ),
            models.CheckConstraint(condition=Q(notice_email="") | Q(notified_at=None), name="listing_told_once"),
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    @property
    def is_unclaimed(self) -> bool:
        return self.claimed_at is None and self.opted_out_at is None


class JoinRequestQuerySet(ReviewableQuerySet):
    def open(self) -> "JoinRequestQuerySet":
        return self.filter(state=JoinRequest.State.OPEN, organisation__closed_on=None)

    def of_nobody(self) -> "JoinRequestQuerySet":
        """Of organisations that nobody leads, so that a reviewer decides."""
        leading = Membership.objects.active().filter(
            organisation=OuterRef("organisation"), role__in=["owner", "manager"], user__is_active=True
        )
        return self.filter(~Exists(leading))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "JoinRequestQuerySet":  # type: ignore[name-defined]
        """Whoever leads the organisation sees it, and reviewers and administrators where nobody does."""
        leading = user.memberships.acting().filter(role__in=["owner", "manager"]).values("organisation")
        of_nobody = JoinRequest.objects.of_nobody()
        judged = of_nobody if user.is_staff else of_nobody.reviewable_by(user)
        return self.filter(Q(organisation__in=leading) | Q(pk__in=judged.values("pk")))


class JoinRequest(models.Model):
    """Somebody who asks to act for an organisation: one that nobody has claimed, or one that has people already.

    Who leads it decides; where nobody does, a reviewer of its territory.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="join_requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="join_requests")
    said = models.TextField(_("what you do in the organisation"), max_length=600)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="join_requests_decided", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "user",
                name="join_request_one_open",
                condition=Q(state="open"),
                violation_error_message=_("You have already asked. Those who decide have your request."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "withdrawn"])
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("user"))),
                name="join_request_decision_is_signed",
                violation_error_message=_("Somebody else decides about a request to join."),
            ),
            models.CheckConstraint(
                condition=~Q(state="refused", reasons=""),
                name="join_request_refusal_has_reasons",
                violation_error_message=_("Say why you refuse it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:join_decide", args=[self.organisation.slug, self.pk])
