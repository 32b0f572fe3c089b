import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import Domain, Organisation, Territory
from orgs.models.reach import ids_tied_within
from orgs.readable import readable
from partnerships.models.scale import Level
from partnerships.vocabulary import PartnershipKind, PartnershipState, PartyAnswer, PartyRole


class PartnershipQuerySet(models.QuerySet["Partnership"]):
    def published(self) -> "PartnershipQuerySet":
        """Confirmed by every partner at some time: what the public sees."""
        return self.filter(state__in=[PartnershipState.ACTIVE, PartnershipState.ENDED])

    def of_members(self, user: settings.AUTH_USER_MODEL) -> "PartnershipQuerySet":  # type: ignore[name-defined]
        """Those in which an organisation of the person is a party."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(pk__in=PartnershipParty.objects.of_members(user).values("partnership"))

    def in_review_of(self, user: settings.AUTH_USER_MODEL) -> "PartnershipQuerySet":  # type: ignore[name-defined]
        """Those in a reviewer's territories in which no party is, or ever was, an organisation of the reviewer."""
        if not user.is_authenticated:
            return self.none()
        territories = ids_tied_within(user.reviewer_appointments.active().values("territory"))
        return self.filter(territory__in=territories).exclude(
            parties__organisation__in=Organisation.objects.own_of(user)
        )

    def live(self) -> "PartnershipQuerySet":
        return self.filter(state=PartnershipState.ACTIVE)

    def of_organisation(self, organisation: Organisation) -> "PartnershipQuerySet":
        """Those that it leads or has confirmed: nobody is shown as a partner against their word."""
        return self.filter(
            pk__in=PartnershipParty.objects.filter(organisation=organisation).agreed().values("partnership")
        )

    def within(self, territory: Territory) -> "PartnershipQuerySet":
        """In the territory itself or anywhere below it."""
        return self.filter(territory__in=ids_tied_within(territory))

    def with_parties(self) -> "PartnershipQuerySet":
        return self.prefetch_related(
            models.Prefetch("parties", PartnershipParty.objects.select_related("organisation"))
        )

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "PartnershipQuerySet":  # type: ignore[name-defined]
        """The published ones, one's own (but others' drafts), and those one may review; administrators see all."""
        if user.is_staff:
            return self
        mine = PartnershipParty.objects.of_members(user)
        own = Q(pk__in=mine.values("partnership")) & ~Q(state=PartnershipState.DRAFT)
        drafts = Q(pk__in=mine.filter(role=PartyRole.AUTHORITY).values("partnership"))
        reviewed = Q(pk__in=Partnership.objects.in_review_of(user).values("pk")) & ~Q(state=PartnershipState.DRAFT)
        return self.filter(Q(state__in=[PartnershipState.ACTIVE, PartnershipState.ENDED]) | own | drafts | reviewed)


@pghistory.track()
class Partnership(models.Model):
    """An authority and one or more organisations who do something for integration together, and what the authority
    promised them.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=PartnershipKind)
    state = models.CharField(_("state"), max_length=10, choices=PartnershipState, default=PartnershipState.DRAFT)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="partnerships", verbose_name=_("territory"))
    territory_of_origin = models.CharField(_("territory of origin"), max_length=120, blank=True)
    domains = models.ManyToManyField(Domain, related_name="partnerships", verbose_name=_("domains"))
    promised = models.ForeignKey(
        Level,
        models.PROTECT,
        related_name="promised_in",
        verbose_name=_("promised level"),
        help_text=_("How far the authority commits to involving the partners."),
    )
    practices = models.ManyToManyField(
        "partnerships.Practice", related_name="partnerships", blank=True, verbose_name=_("good practices")
    )
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    title = models.CharField(_("title"), max_length=150)
    purpose = models.TextField(_("purpose"), blank=True)
    gender_note = models.TextField(_("gender perspective"), blank=True)
    sdg_targets = ArrayField(models.CharField(max_length=10), verbose_name=_("SDG targets"), default=list, blank=True)
    gcm_objectives = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(23)]),
        verbose_name=_("objectives of the Global Compact for Migration"),
        default=list,
        blank=True,
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    is_sample = models.BooleanField(_("sample"), default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="partnerships_logged", null=True, blank=True
    )
    created_at = models.DateTimeField(_("logged at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        constraints = [
            readable("title", of="partnership"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="partnership_ends_after_start",
                violation_error_message=_("A partnership ends after it starts."),
            ),
        ]
        indexes = [models.Index(fields=["state", "-starts_on"], name="partnership_by_state")]  # the public list

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("partnerships:partnership_detail", args=[self.reference])

    @property
    def is_published(self) -> bool:
        return self.state in (PartnershipState.ACTIVE, PartnershipState.ENDED)

    @property
    def authority(self) -> Organisation:
        """The leading authority. Reads `parties`, so that lists can prefetch them."""
        return next(party.organisation for party in self.parties.all() if party.role == PartyRole.AUTHORITY)

    @property
    def partner_parties(self) -> "list[PartnershipParty]":
        return [party for party in self.parties.all() if party.role == PartyRole.PARTNER]


class PartnershipPartyQuerySet(models.QuerySet["PartnershipParty"]):
    def of_members(self, user: settings.AUTH_USER_MODEL) -> "PartnershipPartyQuerySet":  # type: ignore[name-defined]
        if not user.is_authenticated:
            return self.none()
        return self.filter(organisation__in=user.memberships.active().values("organisation"))

    def agreed(self) -> "PartnershipPartyQuerySet":
        """The leading authority, and the partners who confirmed."""
        return self.filter(Q(role=PartyRole.AUTHORITY) | Q(answer=PartyAnswer.CONFIRMED))

    def partners(self) -> "PartnershipPartyQuerySet":
        return self.filter(role=PartyRole.PARTNER)


@pghistory.track()
class PartnershipParty(models.Model):
    """An organisation in a partnership, and whether it agrees that it is."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="parties")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="parties")
    role = models.CharField(_("role"), max_length=10, choices=PartyRole)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=10, choices=PartyAnswer, default=PartyAnswer.WAITING)
    note = models.TextField(_("note"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = PartnershipPartyQuerySet.as_manager()

    class Meta:
        ordering = ["role", "organisation__name"]
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        constraints = [
            models.UniqueConstraint(
                "partnership",
                "organisation",
                name="party_once",
                violation_error_message=_("This organisation is already a party."),
            ),
            models.UniqueConstraint(
                "partnership",
                name="party_one_lead_authority",
                condition=Q(role="authority"),
                violation_error_message=_("A partnership has one leading authority."),
            ),
            models.CheckConstraint(
                condition=Q(answer="waiting", answered_at=None) | (~Q(answer="waiting") & Q(answered_at__isnull=False)),
                name="party_answer_is_dated",
                violation_error_message=_("An answer has a date."),
            ),
            models.CheckConstraint(
                condition=~Q(answer="disputed", note=""),
                name="party_dispute_has_reason",
                violation_error_message=_("Say what is not right."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_role_display()}"
