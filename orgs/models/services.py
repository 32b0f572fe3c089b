import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.models.conditions import holding_on, public
from orgs.models.domain import Domain
from orgs.models.organisation import Organisation, ids_at_work_in
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.models.service_type import ServiceType
from orgs.models.territory import Territory
from orgs.naming import NOT_OF_THE_WEB, blank_or_of_the_web, web_address
from orgs.readable import readable
from orgs.vocabulary import Accessibility, Delivery, TargetGroup, Weekday
from orgs.word_search import Words

INTERNATIONAL = r"^\+[0-9][0-9 ]{6,30}$"
NOT_INTERNATIONAL = _("Write the number with the code of the country, like +34 600 000 000.")

HOLDS_FOR = datetime.timedelta(days=365)
"""After that time nobody knows whether what a service says is still right."""
STANDS_FIRST_FOR = datetime.timedelta(days=455)
"""After that time it comes behind all that were confirmed since."""

OWN_CONTACT = ~Q(telephone="", whatsapp="", email="", form="")
CONTACT_OF_THE_HOUSE = ~Q(organisation__public_email="", organisation__public_phone="", organisation__website="")
PUBLIC_HOUSE = Q(organisation__address_is_public=True) & ~Q(organisation__address="")
GIVEN_AT_THE_HOUSE = Q(delivery=[]) | Q(delivery__contains=[Delivery.ADDRESS])
COMES_TO_A_DOOR = Q(walks_in=True, is_shelter=False) & (~Q(address="") | (PUBLIC_HOUSE & GIVEN_AT_THE_HOUSE))
REACHABLE = OWN_CONTACT | CONTACT_OF_THE_HOUSE | COMES_TO_A_DOOR
"""Somebody can write, call or go there."""


class ServiceQuerySet(models.QuerySet["Service"]):
    def public(self) -> "ServiceQuerySet":
        """Those of public organisations that somebody can reach."""
        return self.filter(REACHABLE, public("organisation__"))

    def verified(self) -> "ServiceQuerySet":
        """Of organisations that hold a tier today."""
        return self.filter(holding_on(timezone.localdate(), "organisation__"))

    def offered_in(self, place: Territory) -> "ServiceQuerySet":
        """Of organisations at work there, but those that are for people of other places."""
        return self.for_people_of(place).filter(organisation__in=ids_at_work_in(place))

    def for_people_of(self, place: Territory) -> "ServiceQuerySet":
        """Those that name no places, and those that name this one, a part of it or one that holds it."""
        limits = Service.territories.through.objects.order_by()
        here = limits.filter(Q(territory__in=ids_tied_within(place)) | Q(territory__in=ids_tied_around(place)))
        return self.filter(Q(pk__in=here.values("service")) | ~Q(pk__in=limits.values("service")))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ServiceQuerySet":  # type: ignore[name-defined]
        """The public ones, and those of one's own organisations and of a reviewer's; administrators see all."""
        if user.is_staff:
            return self
        entrusted = Organisation.objects.entrusted_to(user).values("pk")
        return self.filter(Q(pk__in=Service.objects.public().values("pk")) | Q(organisation__in=entrusted))

    def likeliest_first(self, *before: Any) -> "ServiceQuerySet":
        """What nobody has confirmed for long comes last, whatever is to come `before`. Of what is alike in that, the services of verified
        organisations come first, and of these what was confirmed last."""
        today = timezone.localdate()
        is_confirmed = models.Case(models.When(confirmed_on__gte=today - STANDS_FIRST_FOR, then=0), default=1)
        is_verified = models.Case(models.When(holding_on(today, "organisation__"), then=0), default=1)
        latest = F("confirmed_on").desc(nulls_last=True)
        return self.order_by(is_confirmed, *before, is_verified, latest, "title", "pk")

    def speaking(self, code: str) -> "ServiceQuerySet":
        """Where a service names no language, those of its organisation are meant; an interpreter speaks any."""
        named = Q(languages__contains=[code]) | Q(languages=[], organisation__languages__contains=[code])
        return self.filter(named | Q(interpreter_on_request=True))

    def open_at(self, moment: datetime.datetime) -> "ServiceQuerySet":
        """Those with opening times at that moment, by the clock of the portal. What has none, or is by appointment, is not among them."""
        here = timezone.localtime(moment)
        today, time = here.date(), here.time()
        days = Weekday.values
        times = OpeningTime.objects.filter(service=OuterRef("pk"))
        until_midnight = Q(closes__gt=F("opens")) & Q(opens__lte=time, closes__gt=time)
        over_midnight = Q(closes__lte=F("opens"))
        now = times.filter(
            Q(weekdays__contains=[days[today.weekday()]]) & (until_midnight | (over_midnight & Q(opens__lte=time)))
        )
        since_yesterday = times.filter(
            over_midnight, closes__gt=time, weekdays__contains=[days[(today.weekday() - 1) % 7]]
        )
        closed = ClosedDays.objects.filter(service=OuterRef("pk"))
        yesterday = today - datetime.timedelta(days=1)
        return self.filter(
            Q(Exists(now)) & ~Q(Exists(closed.filter(first__lte=today, last__gte=today)))
            | Q(Exists(since_yesterday)) & ~Q(Exists(closed.filter(first__lte=yesterday, last__gte=yesterday)))
        )


class Service(models.Model):
    """Something an organisation does for people: a class, an advice desk, a meal, a bed.

    It is public only where somebody can reach it (`REACHABLE`): with a contact of its own, of its organisation, or by a door to walk in.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="services")
    type = models.ForeignKey(
        ServiceType,
        models.PROTECT,
        related_name="services",
        verbose_name=_("what it is"),
        null=True,
        blank=True,
        help_text=_("By this, people find it in any language."),
    )
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="services", verbose_name=_("domain"))
    title = models.CharField(_("service"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    text_words = models.GeneratedField(
        expression=Words("title", "description"), output_field=SearchVectorField(), db_persist=True
    )
    written_in = models.CharField(_("language of the text"), max_length=3, blank=True, default="")
    languages = ArrayField(models.CharField(max_length=3), verbose_name=_("languages"), default=list, blank=True)
    interpreter_on_request = models.BooleanField(_("interpreter on request"), default=False)

    target_groups = ArrayField(
        models.CharField(max_length=16, choices=TargetGroup), verbose_name=_("for whom"), default=list, blank=True
    )
    women_only = models.BooleanField(_("women only"), default=False)
    territories = models.ManyToManyField(
        Territory, blank=True, related_name="services", verbose_name=_("only for people of these places")
    )
    conditions = models.CharField(_("conditions"), max_length=300, blank=True)

    delivery = ArrayField(
        models.CharField(max_length=10, choices=Delivery), verbose_name=_("where it is given"), default=list, blank=True
    )
    address = models.CharField(
        _("address of the service"),
        max_length=250,
        blank=True,
        help_text=_("Public. Only where it is another than that of the organisation."),
    )
    is_shelter = models.BooleanField(
        _("shelter"),
        default=False,
        help_text=_(
            "Its address is never shown. Of your organisation the portal then keeps municipalities and nothing smaller: the neighbourhoods of its "
            "seat, of where it works, and of all its services, needs, offers and opportunities are deleted. They do not come back if you untick it."
        ),
    )
    accessibility = ArrayField(
        models.CharField(max_length=16, choices=Accessibility),
        verbose_name=_("accessibility"),
        default=list,
        blank=True,
    )
    has_childcare = models.BooleanField(_("childcare"), default=False)

    walks_in = models.BooleanField(_("people may come without an appointment"), default=False)
    by_appointment = models.BooleanField(_("by appointment"), default=False)
    by_referral = models.BooleanField(_("only through another service"), default=False)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    whatsapp = models.CharField(
        _("WhatsApp"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(INTERNATIONAL, NOT_INTERNATIONAL)],
        help_text=_("With the code of the country, like +34 600 000 000."),
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    form = models.URLField(_("web form"), blank=True, validators=[web_address])

    is_free = models.BooleanField(_("free of charge"), default=False)
    """Only where somebody said so; without a cost either, nothing is known."""
    cost = models.CharField(_("what it costs"), max_length=120, blank=True)
    no_documents_required = models.BooleanField(_("no documents required"), default=False)
    documents = models.CharField(_("documents to bring"), max_length=250, blank=True)

    confirmed_on = models.DateField(_("last confirmed on"), null=True, blank=True)
    asked_on = models.DateField(_("last asked whether it is still right"), null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "title"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            readable("title", of="service"),
            models.CheckConstraint(
                condition=Q(target_groups__contained_by=TargetGroup.values)
                & Q(delivery__contained_by=Delivery.values)
                & Q(accessibility__contained_by=Accessibility.values),
                name="service_words_known",
            ),
            models.CheckConstraint(
                condition=Q(is_shelter=False) | Q(address=""),
                name="service_shelter_without_address",
                violation_error_message=_("The address of a shelter is never shown: leave it out."),
            ),
            models.CheckConstraint(
                condition=Q(is_free=False) | Q(cost=""),
                name="service_free_costs_nothing",
                violation_error_message=_("It is free, or it costs something: not both."),
            ),
            models.CheckConstraint(
                condition=Q(no_documents_required=False) | Q(documents=""),
                name="service_without_documents",
                violation_error_message=_("Either no documents are required, or these: not both."),
            ),
            models.CheckConstraint(
                condition=Q(walks_in=False) | Q(by_referral=False),
                name="service_one_way_in",
                violation_error_message=_("Who may just come needs nobody to send them: tick one of the two."),
            ),
            models.CheckConstraint(
                condition=Q(whatsapp="") | Q(whatsapp__regex=INTERNATIONAL),
                name="service_whatsapp_international",
                violation_error_message=NOT_INTERNATIONAL,
            ),
            models.CheckConstraint(
                condition=blank_or_of_the_web("form"),
                name="service_form_of_the_web",
                violation_error_message=NOT_OF_THE_WEB,
            ),
        ]
        # What people look for.
        indexes = [GinIndex(fields=["text_words"], name="service_text_words")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("orgs:service_detail", args=[self.pk])

    @property
    def target_group_labels(self) -> list[str]:
        return [str(TargetGroup(group).label) for group in self.target_groups]

    @property
    def delivery_labels(self) -> list[str]:
        return [str(Delivery(way).label) for way in self.delivery]

    @property
    def accessibility_labels(self) -> list[str]:
        return [str(Accessibility(one).label) for one in self.accessibility]

    @property
    def public_address(self) -> str:
        """Its own, or that of its house where it is given there (`GIVEN_AT_THE_HOUSE`)."""
        if self.is_shelter:
            return ""
        is_given_there = not self.delivery or Delivery.ADDRESS in self.delivery
        return self.address or (self.organisation.public_address if is_given_there else "")

    @property
    def public_telephone(self) -> str:
        return self.telephone or self.organisation.public_phone

    @property
    def public_email(self) -> str:
        return self.email or self.organisation.public_email

    @property
    def is_reachable(self) -> bool:
        """What `REACHABLE` says of a row."""
        has_contact = any(
            (self.public_telephone, self.public_email, self.whatsapp, self.form, self.organisation.website)
        )
        return has_contact or (self.walks_in and bool(self.public_address))

    @property
    def is_unconfirmed(self) -> bool:
        """Nobody has said for a year that it is still right."""
        return self.confirmed_on is None or self.confirmed_on < timezone.localdate() - HOLDS_FOR


class OpeningTime(models.Model):
    """A stretch of a service's week, on some days alike: an iCalendar rule FREQ=WEEKLY;BYDAY=….

    Where it closes at or before the hour at which it opens, it is open over midnight.
    """

    service = models.ForeignKey(Service, models.CASCADE, related_name="opening_times")
    weekdays = ArrayField(
        models.CharField(max_length=2, choices=Weekday), verbose_name=pgettext_lazy("of the week", "days")
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ["service", "opens", "pk"]
        verbose_name = _("opening time")
        verbose_name_plural = _("opening times")
        constraints = [
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=Weekday.values) & Q(weekdays__len__gte=1),
                name="opening_time_on_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{','.join(self.weekdays)} {self.opens:%H:%M}–{self.closes:%H:%M}"

    @property
    def byday(self) -> str:
        return ",".join(day for day in Weekday.values if day in self.weekdays)

    @property
    def rule(self) -> str:
        """RFC 5545."""
        return f"FREQ=WEEKLY;BYDAY={self.byday}"


class ClosedDays(models.Model):
    """Days on which a service is closed whatever its week says: the exceptions of its rules."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="closed_days")
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))

    class Meta:
        ordering = ["service", "first", "pk"]
        verbose_name = _("closed days")
        verbose_name_plural = _("closed days")
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lte=F("last")),
                name="closed_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first:%Y-%m-%d}–{self.last:%Y-%m-%d}"
