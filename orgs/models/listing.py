from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
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

    def taken_off(self, signs: Iterable[str]) -> "ListingQuerySet":
        """Those with one of these signs of a website or an address that asked not to be listed."""
        return self.filter(opted_out_at__isnull=False, signs__overlap=sorted(signs))


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
    signs = ArrayField(models.CharField(max_length=60), verbose_name=_("signs"), default=list, blank=True)
    """In place of the website and the addresses that one had which was taken off, so that nobody lists it again under another name."""

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
            models.CheckConstraint(
                condition=Q(signs=[]) | Q(opted_out_at__isnull=False), name="listing_signs_of_what_is_taken_off"
            ),
        ]
        indexes = [GinIndex(fields=["signs"], name="listing_signs", condition=Q(opted_out_at__isnull=False))]

    def __str__(self) -> str:
        return str(self.organisation)

    @property
    def is_unclaimed(self) -> bool:
        return self.claimed_at is None and self.opted_out_at is None


class JoinRequestQuerySet(ReviewableQuerySet):
    not_by = "user"

    def open(self) -> "JoinRequestQuerySet":
        return self.filter(state=JoinRequest.State.OPEN, organisation__closed_on=None)

    def unconfirmed(self) -> "JoinRequestQuerySet":
        return self.filter(state=JoinRequest.State.UNCONFIRMED)

    def of_nobody(self) -> "JoinRequestQuerySet":
        """Of organisations that nobody leads, so that a reviewer decides."""
        return self.filter(~Exists(Membership.objects.leading().filter(organisation=OuterRef("organisation"))))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "JoinRequestQuerySet":  # type: ignore[name-defined]
        """Whoever leads the organisation sees it, and reviewers and administrators where nobody does; nobody before its address is confirmed."""
        leading = user.memberships.acting().filter(role__in=["owner", "manager"]).values("organisation")
        of_nobody = JoinRequest.objects.of_nobody()
        judged = of_nobody if user.is_staff else of_nobody.reviewable_by(user)
        known = self.exclude(state=JoinRequest.State.UNCONFIRMED)
        return known.filter(Q(organisation__in=leading) | Q(pk__in=judged.values("pk")))


class JoinRequest(models.Model):
    """Somebody who asks to act for an organisation: one that nobody has claimed, or one that has people already.

    Who leads it decides; where nobody does, a reviewer of its territory. Of somebody without an account it holds the name and the address
    until the address is confirmed: the account opens then and has them, and nobody hears of the request before. One that nobody confirms goes
    after `DAYS_UNCONFIRMED`.
    """

    DAYS_UNCONFIRMED = 7

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("address not confirmed")
        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="join_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="join_requests", null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=150, blank=True, default="")
    email = models.EmailField(_("e-mail address"), blank=True, default="")
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    said = models.TextField(_("what you do in the organisation"), max_length=600)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
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
                condition=Q(state="unconfirmed", user=None) & ~Q(name="") & ~Q(email="") & Q(email=Lower("email"))
                | ~Q(state="unconfirmed") & Q(user__isnull=False, name="", email=""),
                name="join_request_by_an_account_or_unconfirmed",
                violation_error_message=_("A request is that of an account, or its address is not confirmed yet."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["unconfirmed", "open", "withdrawn"])
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
        return f"{self.user or self.email}, {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:join_decide", args=[self.organisation.slug, self.pk])
