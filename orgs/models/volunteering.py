import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.conditions import public
from orgs.models.organisation import Organisation, ids_at_work_in
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.models.services import CONTACT_OF_THE_HOUSE
from orgs.models.territory import Territory
from orgs.naming import NOT_OF_THE_WEB, blank_or_of_the_web, web_address
from orgs.readable import readable
from orgs.vocabulary import CapacityKind, VolunteerKind
from orgs.word_search import Words, words_sought

CAN_BE_ASKED = ~Q(telephone="", email="", form="") | CONTACT_OF_THE_HOUSE
"""Somebody who wants to help can call or write."""


class VolunteerOpportunityQuerySet(models.QuerySet["VolunteerOpportunity"]):
    def public(self) -> "VolunteerOpportunityQuerySet":
        """Those of public organisations that somebody can ask about."""
        return self.filter(CAN_BE_ASKED, public("organisation__"))

    def open_on(self, day: datetime.date) -> "VolunteerOpportunityQuerySet":
        """Not ended, and not over by its days."""
        return self.filter(Q(to_day=None) | Q(to_day__gte=day), ended_on=None)

    def over_by(self, day: datetime.date) -> "VolunteerOpportunityQuerySet":
        """Over by their days, while nobody has said what came of them."""
        return self.filter(to_day__lt=day, ended_on=None)

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "VolunteerOpportunityQuerySet":  # type: ignore[name-defined]
        """The public ones, and those of one's own organisations and of a reviewer's; administrators see all."""
        if user.is_staff:
            return self
        entrusted = Organisation.objects.entrusted_to(user).values("pk")
        return self.filter(Q(pk__in=VolunteerOpportunity.objects.public().values("pk")) | Q(organisation__in=entrusted))

    def holding(self, text: str) -> "VolunteerOpportunityQuerySet":
        """Every word begins one of its text, or of the name of its organisation."""
        found = self
        for word in words_sought(text):
            named = Organisation.objects.filter(name_words__has=[word]).order_by().values("pk")
            found = found.filter(Q(text_words__has=[word]) | Q(organisation__in=named))
        return found

    def at(self, place: Territory) -> "VolunteerOpportunityQuerySet":
        """In the place, below it or all over what it lies in; those that name no place are where their organisation works."""
        of_its_organisation = Q(territory=None, organisation__in=ids_at_work_in(place))
        named = Q(territory__in=ids_tied_within(place)) | Q(territory__in=ids_tied_around(place))
        return self.filter(of_its_organisation | named)


class VolunteerOpportunity(models.Model):
    """Something that people do together without being paid: help each week, a day in the garden, a micro-project of residents and newcomers.

    It is public only where somebody can ask about it, and open until its last day or until its organisation ends it and says what came of it.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="volunteer_opportunities")
    kind = models.CharField(_("kind"), max_length=13, choices=VolunteerKind)
    title = models.CharField(_("what it is"), max_length=150)
    description = models.TextField(_("what people do there"), blank=True)
    text_words = models.GeneratedField(
        expression=Words("title", "description"), output_field=SearchVectorField(), db_persist=True
    )
    written_in = models.CharField(_("language of the text"), max_length=3, blank=True, default="")
    territory = models.ForeignKey(
        Territory,
        models.PROTECT,
        related_name="volunteer_opportunities",
        null=True,
        blank=True,
        verbose_name=_("place"),
        help_text=_("Only if it is not all over where you work."),
    )
    languages = ArrayField(
        models.CharField(max_length=3), verbose_name=_("languages spoken there"), default=list, blank=True
    )
    welcomes_learners = models.BooleanField(_("for people who are still learning the language too"), default=False)

    from_day = models.DateField(_("from"), null=True, blank=True)
    to_day = models.DateField(_("until"), null=True, blank=True)
    time = models.CharField(
        _("how much time"), max_length=120, blank=True, help_text=_("For example, “two hours on Saturdays”.")
    )
    people_sought = models.PositiveSmallIntegerField(
        _("how many people are sought"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    training_given = models.BooleanField(_("training is given"), default=False)
    expenses_paid = models.BooleanField(_("expenses are paid"), default=False)
    has_childcare = models.BooleanField(_("childcare"), default=False)
    seeks = ArrayField(
        models.CharField(max_length=14, choices=CapacityKind),
        verbose_name=_("what the micro-project still needs"),
        default=list,
        blank=True,
    )

    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    form = models.URLField(_("web form"), blank=True, validators=[web_address])

    created_at = models.DateTimeField(_("added at"), default=timezone.now)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    took_part = models.PositiveIntegerField(_("how many people took part"), null=True, blank=True)
    hours_given = models.PositiveIntegerField(_("hours given by all of them together"), null=True, blank=True)
    outcome = models.TextField(_("what came of it"), max_length=1000, blank=True)

    objects = VolunteerOpportunityQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "title"]
        verbose_name = _("volunteer opportunity")
        verbose_name_plural = _("volunteer opportunities")
        constraints = [
            readable("title", of="volunteer_opportunity"),
            models.CheckConstraint(
                condition=Q(from_day=None) | Q(to_day=None) | Q(from_day__lte=F("to_day")),
                name="volunteer_opportunity_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=Q(people_sought=None) | Q(people_sought__gte=1),
                name="volunteer_opportunity_seeks_people",
                violation_error_message=_("Say how many people, at least one, or leave it empty."),
            ),
            models.CheckConstraint(
                condition=Q(seeks__contained_by=CapacityKind.values)
                & (Q(seeks=[]) | Q(kind=VolunteerKind.MICRO_PROJECT.value)),
                name="volunteer_opportunity_seeks_for_micro_project",
                violation_error_message=_("Only a micro-project needs more than people."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=False) | Q(took_part=None, hours_given=None, outcome=""),
                name="volunteer_opportunity_outcome_at_its_end",
                violation_error_message=_("What came of it is said when it ends."),
            ),
            models.CheckConstraint(
                condition=Q(hours_given=None) | Q(hours_given=0) | Q(took_part__isnull=False, took_part__gte=1),
                name="volunteer_opportunity_hours_of_people",
                violation_error_message=_("Hours were given by somebody: say how many people took part."),
            ),
            models.CheckConstraint(
                condition=blank_or_of_the_web("form"),
                name="volunteer_opportunity_form_of_the_web",
                violation_error_message=NOT_OF_THE_WEB,
            ),
        ]
        # What people look for.
        indexes = [GinIndex(fields=["text_words"], name="volunteer_opportunity_words")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("orgs:opportunity_detail", args=[self.pk])

    @property
    def place(self) -> Territory:
        return self.territory or self.organisation.territory

    @property
    def seeks_labels(self) -> list[str]:
        return [str(CapacityKind(kind).label) for kind in self.seeks]

    @property
    def public_telephone(self) -> str:
        return self.telephone or self.organisation.public_phone

    @property
    def public_email(self) -> str:
        return self.email or self.organisation.public_email

    @property
    def can_be_asked(self) -> bool:
        """What `CAN_BE_ASKED` says of a row."""
        return any((self.public_telephone, self.public_email, self.form, self.organisation.website))

    @property
    def is_over(self) -> bool:
        return self.ended_on is not None or (self.to_day is not None and self.to_day < timezone.localdate())


def given_since(day: datetime.date, organisation: Any) -> dict[str, int | None]:
    """How many took part in what the organisation ended since then, and the hours that they gave; None where nobody said."""
    ended = VolunteerOpportunity.objects.filter(organisation=organisation, ended_on__gte=day)
    return ended.aggregate(took_part=models.Sum("took_part"), hours=models.Sum("hours_given"))
