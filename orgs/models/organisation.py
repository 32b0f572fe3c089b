from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.folding import Folded, fold
from orgs.likeness import HostOf, HouseOf, MadeInitials
from orgs.models.conditions import PUBLIC, holding_on
from orgs.models.domain import Domain
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.models.territory import Territory
from orgs.naming import NOT_OF_THE_WEB, blank_or_of_the_web, web_address
from orgs.readable import readable
from orgs.registers import normal_number
from orgs.vocabulary import (
    BudgetBand,
    Kind,
    LevelOfGovernment,
    Mark,
    Sector,
    SizeBand,
    Tier,
    Work,
)
from orgs.word_search import Words, words_sought

KINDS_OF_SECTOR = {
    Sector.CIVIL_SOCIETY: [
        Kind.ASSOCIATION,
        Kind.FOUNDATION,
        Kind.INFORMAL_GROUP,
        Kind.FAITH_BASED,
        Kind.NETWORK,
    ],
    Sector.AUTHORITY: [Kind.AUTHORITY, Kind.PUBLIC_AGENCY],
    Sector.PRIVATE: [
        Kind.ENTERPRISE,
        Kind.SOCIAL_ENTERPRISE,
        Kind.COOPERATIVE,
        Kind.EMPLOYERS_ASSOCIATION,
        Kind.FINANCIAL_INSTITUTION,
    ],
    Sector.LABOUR: [Kind.TRADE_UNION],
    Sector.MEDIA: [Kind.MEDIA],
    Sector.KNOWLEDGE: [Kind.EDUCATION],
    Sector.INTERNATIONAL: [Kind.INTERNATIONAL_ORGANISATION],
}
AUTHORITY_KINDS = KINDS_OF_SECTOR[Sector.AUTHORITY]


def ids_at_work_in(territory: Territory) -> models.QuerySet[Any, Any]:
    """Of those that work in the territory, in a part of it or in an area that holds it, or that are based in it: each way by an index."""
    below, above = ids_tied_within(territory), ids_tied_around(territory)
    at_work = Organisation.works_in.through.objects.order_by()
    seats = Organisation.objects.filter(territory__in=below).order_by().values("pk")
    return seats.union(
        at_work.filter(territory__in=below).values("organisation"),
        at_work.filter(territory__in=above).values("organisation"),
    )


def entrusted(user: settings.AUTH_USER_MODEL) -> Q:  # type: ignore[name-defined]
    if not user.is_authenticated:
        return Q(pk__in=[])
    reviewed = ids_tied_within(user.reviewer_appointments.active().values("territory"))
    return Q(pk__in=user.memberships.active().values("organisation")) | Q(territory__in=reviewed)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def published(self) -> "OrganisationQuerySet":
        """Those that the public directory shows: verified at some tier, or listed by staff, and neither closed nor suspended."""
        return self.filter(PUBLIC)

    def verified(self) -> "OrganisationQuerySet":
        """Of the public ones those that hold a tier today."""
        return self.filter(PUBLIC, holding_on(timezone.localdate()))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "OrganisationQuerySet":  # type: ignore[name-defined]
        """The public ones, one's own, and those in the territory of a reviewer; administrators see all."""
        if user.is_staff:
            return self
        return self.filter(PUBLIC | entrusted(user))

    def entrusted_to(self, user: settings.AUTH_USER_MODEL) -> "OrganisationQuerySet":  # type: ignore[name-defined]
        """One's own, and those in the territory of a reviewer: of these one sees more than the public."""
        return self.filter(entrusted(user))

    def own_of(self, user: settings.AUTH_USER_MODEL) -> "OrganisationQuerySet":  # type: ignore[name-defined]
        """Those of which a person is, or ever was, a member, and so nobody to judge them: who leaves at noon could decide a minute later.

        With them those into which one's own was merged.
        """
        own = user.memberships.values("organisation")
        merged = Organisation.objects.filter(merges_here__undone_at=None, merges_here__gone__in=own)
        return self.filter(Q(pk__in=own) | Q(pk__in=merged.values("pk")))

    def authorities(self) -> "OrganisationQuerySet":
        return self.filter(sector=Sector.AUTHORITY)

    def civil_society(self) -> "OrganisationQuerySet":
        return self.filter(sector=Sector.CIVIL_SOCIETY)

    def at_work_in(self, territory: Territory) -> "OrganisationQuerySet":
        """Those that work in the territory, in a part of it or in an area that holds it, or that are based in it."""
        return self.filter(pk__in=ids_at_work_in(territory))

    def named(self, name: str) -> "OrganisationQuerySet":
        """Of this very name, whatever its case and accents."""
        own = fold(name.strip())
        return self.alias(own_name=Folded("name")).filter(name_folded__startswith=own, own_name=own)

    def matching(self, text: str) -> "OrganisationQuerySet":
        """Every word of `text` begins a word of the name or acronym, whatever its case and accents."""
        words = words_sought(text)
        return self.filter(name_words__has=words) if words else self


@pghistory.track(exclude=["name_words"])
class Organisation(models.Model):
    """A body that takes part in integration: a CSO, an authority, an employer, a union, a media outlet.

    It need not be a legal entity. It is public once verified at some tier (`Verification`).
    """

    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    sector = models.GeneratedField(
        expression=Case(
            *[
                When(kind__in=[str(kind) for kind in kinds], then=Value(str(sector)))
                for sector, kinds in KINDS_OF_SECTOR.items()
            ],
            output_field=models.CharField(max_length=16),
        ),
        output_field=models.CharField(max_length=16, choices=Sector),
        db_persist=True,
    )
    level_of_government = models.CharField(
        _("level of government"), max_length=10, choices=LevelOfGovernment, blank=True, default=""
    )
    territory = models.ForeignKey(
        Territory,
        models.PROTECT,
        related_name="organisations",
        verbose_name=_("territory"),
        help_text=_("Where it is based."),
    )
    works_in = models.ManyToManyField(
        Territory, related_name="organisations_at_work", blank=True, verbose_name=_("works in")
    )
    domains = models.ManyToManyField(
        Domain, through="FieldOfWork", related_name="organisations", blank=True, verbose_name=_("domains")
    )

    name = models.CharField(_("name"), max_length=200)
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    names = models.JSONField(_("names in other languages"), default=dict, blank=True)
    """{language: name}, where they differ."""
    name_folded = models.GeneratedField(
        expression=Folded(
            Concat(
                "name",
                Value(" "),
                "acronym",
                Value(" "),
                Cast("names", models.TextField()),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    name_words = models.GeneratedField(
        expression=Words("name", "acronym", Cast("names", models.TextField())),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    identifiers = models.JSONField(_("numbers in registers"), default=dict, blank=True)
    """{scheme: code}, a scheme of org-id.guide or one of a source; kept unique by `OrganisationIdentifier`."""
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    description = models.TextField(_("what it does"), blank=True)
    written_in = models.CharField(_("language of the text"), max_length=3, blank=True, default="")
    languages = ArrayField(models.CharField(max_length=3), verbose_name=_("languages"), default=list, blank=True)
    communities = ArrayField(
        models.CharField(max_length=3), verbose_name=_("communities of origin"), default=list, blank=True
    )
    marks = ArrayField(
        models.CharField(max_length=10, choices=Mark), verbose_name=_("who leads it"), default=list, blank=True
    )
    works_as = ArrayField(
        models.CharField(max_length=12, choices=Work), verbose_name=_("how it works"), default=list, blank=True
    )
    legal_form = models.CharField(_("legal form"), max_length=80, blank=True)
    size = models.CharField(_("size"), max_length=8, choices=SizeBand, blank=True, default="")
    budget = models.CharField(_("yearly budget"), max_length=8, choices=BudgetBand, blank=True, default="")
    founded_year = models.PositiveSmallIntegerField(
        _("year of foundation"), null=True, blank=True, validators=[MinValueValidator(1200)]
    )
    website = models.URLField(_("website"), blank=True, validators=[web_address])
    public_email = models.EmailField(_("public e-mail address"), blank=True)
    public_phone = models.CharField(_("public telephone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=250, blank=True)
    address_is_public = models.BooleanField(
        _("show the address"), default=False, help_text=_("A shelter or a private home stays hidden.")
    )
    tier = models.CharField(_("verification"), max_length=12, choices=Tier, blank=True, default="")
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    holds_until = models.DateField(
        _("holds until"), null=True, blank=True, help_text=_("The last day of its verification.")
    )
    suspended_on = models.DateField(_("suspended on"), null=True, blank=True)
    withdrawn_on = models.DateField(_("verification withdrawn on"), null=True, blank=True)
    is_listed = models.BooleanField(
        _("listed by staff"), default=False, help_text=_("Public though nobody has verified it.")
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    is_sample = models.BooleanField(_("sample"), default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("registered at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name_folded", "pk"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            readable("name", "acronym", of="organisation"),
            models.CheckConstraint(
                condition=Q(founded_year__gte=1200, founded_year__lte=2100) | Q(founded_year=None),
                name="organisation_founded_in_range",
                violation_error_message=_("Check the year of foundation."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AUTHORITY_KINDS) ^ Q(level_of_government=""),
                name="organisation_level_of_authority",
                violation_error_message=_("An authority has a level of government; no other organisation has one."),
            ),
            models.CheckConstraint(
                condition=Q(marks__contained_by=Mark.values) & Q(works_as__contained_by=Work.values),
                name="organisation_marks_known",
            ),
            models.CheckConstraint(
                condition=Q(tier="", verified_at=None) | (~Q(tier="") & Q(verified_at__isnull=False)),
                name="organisation_tier_is_dated",
                violation_error_message=_("A verified organisation has the date of its verification."),
            ),
            models.CheckConstraint(
                condition=~Q(tier="") | Q(holds_until=None),
                name="organisation_holds_when_verified",
                violation_error_message=_("Only a verification that was given holds for a time."),
            ),
            models.CheckConstraint(
                condition=Q(tier="") | Q(withdrawn_on=None),
                name="organisation_withdrawn_holds_no_tier",
                violation_error_message=_("Before it is verified again, the withdrawal has to be lifted."),
            ),
            models.CheckConstraint(
                condition=blank_or_of_the_web("website"),
                name="organisation_website_of_the_web",
                violation_error_message=NOT_OF_THE_WEB,
            ),
        ]
        indexes = [
            # The public directory, by name.
            models.Index("name_folded", "id", name="organisation_published", condition=PUBLIC),
            # What people look for.
            GinIndex(fields=["name_words"], name="organisation_name_words"),
            # Namesakes, of many names in one query.
            models.Index(Folded("name"), name="organisation_own_name"),
            # By what else two may be one.
            models.Index(Folded("acronym"), name="organisation_own_acronym"),
            models.Index(MadeInitials("name"), name="organisation_made_initials"),
            models.Index(HostOf("website"), name="organisation_host"),
            models.Index(HouseOf("public_email"), name="organisation_house"),
            GinIndex(fields=["languages"], name="organisation_languages"),
            GinIndex(fields=["marks"], name="organisation_marks"),
            # Those that have to be reminded.
            models.Index("holds_until", name="organisation_holds_until", condition=~Q(tier="")),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisation_detail", args=[self.slug])

    def clean(self) -> None:
        if self.closed_on is None:
            self.refuse_numbers_of_others()

    def refuse_numbers_of_others(self) -> None:
        """A number of a register belongs to one open organisation, as the database holds (`OrganisationIdentifier`)."""
        held = Q(pk=None)
        for register, number in self.identifiers.items():
            held |= Q(numbers__scheme=register, numbers__code=normal_number(number), numbers__is_open=True)
        if self.identifiers and Organisation.objects.filter(held).exclude(pk=self.pk).exists():
            raise ValidationError(
                _("Another organisation has this number in a register. Check it, or write to the portal.")
            )

    @property
    def is_authority(self) -> bool:
        return self.kind in AUTHORITY_KINDS

    @property
    def mark_labels(self) -> list[Any]:
        return [Mark(mark).label for mark in self.marks]

    @property
    def work_labels(self) -> list[Any]:
        return [Work(work).label for work in self.works_as]

    @property
    def sector_label(self) -> str:
        return str(Sector(self.sector).label)

    def name_in(self, language: str) -> tuple[str, str]:
        """The name that readers of a language are shown, and its language: "" of the registered one, of which nobody says it."""
        known = self.names.get(language, "")
        return (known, language) if known else (self.name, "")

    @property
    def is_published(self) -> bool:
        return (bool(self.tier) or self.is_listed) and self.closed_on is None and self.suspended_on is None

    @property
    def is_under_measure(self) -> bool:
        """Suspended, or its verification withdrawn: until that is lifted nobody reviews it."""
        return self.suspended_on is not None or self.withdrawn_on is not None

    @property
    def holds_or_may_regain_tier(self) -> bool:
        """Verified; or it was, and is again once the withdrawal is lifted."""
        return bool(self.tier) or self.withdrawn_on is not None

    @property
    def has_lapsed(self) -> bool:
        """Verified once, and not renewed in time."""
        return bool(self.tier) and self.holds_until is not None and self.holds_until < timezone.localdate()

    @property
    def is_verified(self) -> bool:
        """Holds a tier today."""
        return bool(self.tier) and self.is_published and not self.has_lapsed

    @property
    def has_shelter(self) -> bool:
        return self.services.filter(is_shelter=True).exists()

    @property
    def public_address(self) -> str:
        """Where somebody is sheltered the database does not let it be public."""
        return self.address if self.address_is_public else ""


class FieldOfWork(models.Model):
    """A domain in which an organisation works, and since when: its experience there (need S4)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="fields_of_work")
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="fields_of_work")
    since_year = models.PositiveSmallIntegerField(_("since"), null=True, blank=True)

    class Meta:
        ordering = ["domain"]
        verbose_name = _("field of work")
        verbose_name_plural = _("fields of work")
        constraints = [
            models.UniqueConstraint("organisation", "domain", name="field_of_work_once"),
            models.CheckConstraint(
                condition=Q(since_year__gte=1200, since_year__lte=2100) | Q(since_year=None),
                name="field_of_work_since_in_range",
                violation_error_message=_("Check the year."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} ({self.since_year})" if self.since_year else str(self.domain)
