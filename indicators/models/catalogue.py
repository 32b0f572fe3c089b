from functools import reduce
from operator import or_

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.vocabulary import (
    CURRENCY_OF_UNIT,
    OVER_TERRITORIES,
    PROTECTIONS,
    SHARES,
    Comparator,
    Direction,
    Measure,
    PeriodKind,
    PopulationGroup,
    Status,
    TimeOperator,
    Unit,
)
from orgs.models import Domain, Organisation

SDG_TARGET = r"^(1[0-7]|[1-9])(\.([0-9]{1,2}|[a-d])(\.[0-9]{1,2})?)?\Z"
"""A goal, a target of it or an indicator of that: 16, 16.b, 16.b.1."""


CATEGORY_CODE = r"^[^=&|,;\s]+$"
"""Keys of breakdowns and lists of codes have these signs between codes."""
NO_CATEGORY_CODE = _("A code has no spaces and none of the signs = & | , ;")


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def active(self) -> "IndicatorQuerySet":
        return self.filter(retired_on=None)


@pghistory.track()
class Indicator(models.Model):
    """Something that is counted, and how: what is added to what, over territory and over time, and what a change means.

    Its words are those of its latest `IndicatorVersion`.
    """

    domain = models.ForeignKey(Domain, models.PROTECT, related_name="indicators", verbose_name=_("domain"))
    owner = models.ForeignKey(
        Organisation, models.SET_NULL, related_name="indicators", null=True, blank=True, verbose_name=_("owner")
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("definition checked by"),
    )
    code = models.CharField(
        _("code"),
        max_length=12,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Z0-9][A-Z0-9.-]*\Z",
                _("A code is made of capital letters, digits, points and hyphens, such as D1.7."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=120)
    definition = models.TextField(_("definition"))
    numerator = models.CharField(_("numerator"), max_length=250, blank=True)
    denominator = models.CharField(_("denominator"), max_length=250, blank=True)
    unit = models.CharField(_("unit"), max_length=14, choices=Unit)
    factor = models.PositiveIntegerField(_("factor"), default=1, help_text=_("100 for a percentage."))
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=1, validators=[MaxValueValidator(6)])
    measure = models.CharField(_("measure"), max_length=8, choices=Measure)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    ideal_value = models.DecimalField(_("ideal value"), max_digits=12, decimal_places=4, null=True, blank=True)
    population = models.CharField(
        _("whom it is about"), max_length=12, choices=PopulationGroup, default=PopulationGroup.EVERYONE
    )
    comparator = models.CharField(_("compared with"), max_length=16, choices=Comparator, default=Comparator.NONE)
    frequency = models.CharField(
        _("frequency"),
        max_length=8,
        choices=PeriodKind,
        default=PeriodKind.YEAR,
        help_text=_("How often it is reported."),
    )
    time_operator = models.CharField(_("over time"), max_length=8, choices=TimeOperator, default=TimeOperator.NONE)
    breakdowns = models.ManyToManyField(
        "indicators.Dimension", related_name="indicators", blank=True, verbose_name=_("standard breakdowns")
    )
    threshold = models.PositiveSmallIntegerField(
        _("smallest group shown"),
        default=5,
        help_text=_("Smaller groups are suppressed in a release; 0 suppresses none."),
    )
    rounding = models.PositiveSmallIntegerField(
        _("rounded to"), default=5, help_text=_("Counts in a release; 1 rounds none.")
    )
    is_headline = models.BooleanField(_("headline of its domain"), default=False)
    sdg_targets = ArrayField(
        models.CharField(
            max_length=10, validators=[RegexValidator(SDG_TARGET, _("This is not an SDG target, such as 10.7."))]
        ),
        verbose_name=_("SDG targets"),
        default=list,
        blank=True,
    )
    gcm_objectives = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(23)]),
        verbose_name=_("objectives of the Global Compact"),
        default=list,
        blank=True,
    )
    framework = models.CharField(_("framework"), max_length=200, blank=True)
    eurostat_datasets = ArrayField(
        models.CharField(max_length=30), verbose_name=_("Eurostat datasets"), default=list, blank=True
    )
    is_provisional = models.BooleanField(
        _("provisional"), default=False, help_text=_("The definition has not been checked against its framework.")
    )
    checked_on = models.DateField(_("definition checked on"), null=True, blank=True, editable=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["domain__order", "order", "code"]
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="ideal") ^ Q(ideal_value=None),
                name="indicator_ideal_has_value",
                violation_error_message=_(
                    "An ideal value is only used with the direction “nearer to an ideal value”, which needs one."
                ),
            ),
            models.CheckConstraint(
                condition=Q(factor__gt=0, rounding__gt=0),
                name="indicator_factor_positive",
                violation_error_message=_("Factor and rounding are at least 1."),
            ),
            models.CheckConstraint(
                condition=reduce(
                    or_, (Q(threshold=threshold, rounding=rounding) for threshold, rounding in PROTECTIONS)
                ),
                name="indicator_protection_offered",
                violation_error_message=_(
                    "This smallest group and this rounding together do not protect people. Choose 5 and 5, 10 and 5, 10 and 10, "
                    "or 20 and 10; or 0 and 1 if the source itself has published these figures."
                ),
            ),
            models.CheckConstraint(
                condition=Q(is_provisional=False) | Q(checked_on=None),
                name="indicator_provisional_or_checked",
                violation_error_message=_("A definition is provisional or checked, not both."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("indicators:indicator_detail", args=[self.code])

    @property
    def is_whole(self) -> bool:
        """People and things are counted one by one; money has cents."""
        return self.measure == Measure.COUNT and self.unit not in CURRENCY_OF_UNIT

    @property
    def is_share_of_people(self) -> bool:
        """Its parts are counted one by one, too. Those of a plain ratio may be shares themselves."""
        return self.measure == Measure.RATIO and self.unit in SHARES

    @property
    def over_territories(self) -> str | Promise:
        """How the figure of a place follows from those of its parts."""
        return OVER_TERRITORIES[Measure(self.measure)]

    @property
    def has_figures(self) -> bool:
        """Something was brought in for it, and not all of that taken back."""
        return self.observations.exclude(status=Status.WITHDRAWN).exists()


class IndicatorVersion(models.Model):
    """The words of an indicator from a year on: what the figures of that year and of the following ones count.

    A version never changes. Mended wording is a further version with the same first year, and the highest number holds.
    Years do not go back from one number to the next. The first version holds from the year 0: from the beginning.
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="versions", verbose_name=_("indicator"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    number = models.PositiveSmallIntegerField(_("version"))
    valid_from_year = models.PositiveSmallIntegerField(_("from the year"), default=0)
    name = models.CharField(_("name"), max_length=120)
    definition = models.TextField(_("definition"))
    numerator = models.CharField(_("numerator"), max_length=250, blank=True)
    denominator = models.CharField(_("denominator"), max_length=250, blank=True)
    framework = models.CharField(_("framework"), max_length=200, blank=True)
    note = models.CharField(_("why it changed"), max_length=250, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        ordering = ["indicator_id", "-number"]
        verbose_name = _("version of an indicator")
        verbose_name_plural = _("versions of indicators")
        constraints = [models.UniqueConstraint("indicator", "number", name="indicator_version_once")]
        triggers = [pgtrigger.Protect(name="keep_versions", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


ANY_COLUMN = pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")
"""Also of those that the translations add to the model later than its history is made."""


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(condition=ANY_COLUMN), pghistory.DeleteEvent())
class Dimension(models.Model):
    """A way to tell people apart that the portal knows: sex, age, origin. A data file cannot invent one."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("A release suppresses a group to which almost everybody belongs."),
    )

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("dimension")
        verbose_name_plural = _("dimensions")

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(condition=ANY_COLUMN), pghistory.DeleteEvent())
class Category(models.Model):
    """One group within a dimension. It may nest in a larger one, and nested ones are never added to each other.

    The categories with `is_part` under one parent (or under none: the dimension itself) are a complete set: they add up to it. Those with
    `is_beside` belong to the set wherever a source reports them, and are not missed where it does not: most sources do not ask for a sex that is
    neither female nor male. All others are only some of their whole, or overlap with its parts.
    """

    dimension = models.ForeignKey(Dimension, models.PROTECT, related_name="categories")
    parent = models.ForeignKey("self", models.PROTECT, related_name="children", null=True, blank=True)
    code = models.CharField(_("code"), max_length=20, validators=[RegexValidator(CATEGORY_CODE, NO_CATEGORY_CODE)])
    name = models.CharField(_("name"), max_length=120)
    is_part = models.BooleanField(_("part of the complete set"), default=True)
    is_beside = models.BooleanField(_("belongs to the set where it is reported"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_sensitive = models.BooleanField(
        _("sensitive"), default=False, help_text=_("As if its whole dimension were sensitive.")
    )
    country_code = models.CharField(
        _("country"),
        max_length=3,
        blank=True,
        default="",
        help_text=_("Of people from one country: the code of its territory, such as ES."),
    )

    class Meta:
        ordering = ["dimension", "order", "code"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                "dimension",
                "code",
                name="category_code_unique",
                violation_error_message=_("This code is already used in the dimension."),
            ),
            models.UniqueConstraint(
                fields=["dimension", "country_code"],
                condition=~Q(country_code=""),
                name="category_country_unique",
                violation_error_message=_("Another category of the dimension stands for this country already."),
            ),
            models.CheckConstraint(
                condition=Q(is_part=False) | Q(is_beside=False),
                name="category_part_or_beside",
                violation_error_message=_("A category belongs to the set always or only where it is reported."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=CATEGORY_CODE),
                name="category_code_fits_keys",
                violation_error_message=NO_CATEGORY_CODE,
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class Identity(models.Model):
    """A category whose people are those of others, mostly of another dimension: the host population is the citizens of the country.

    A release takes it for known by everybody, so that a protected figure does not stand beside itself under another name. `countries`: where
    it holds, by the codes of their territories; everywhere where there are none.
    """

    whole = models.ForeignKey(Category, models.CASCADE, related_name="identities", verbose_name=_("category"))
    parts = models.ManyToManyField(Category, related_name="+", blank=True, verbose_name=_("made of"))
    own_country_in = models.ForeignKey(
        Dimension,
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("and of the country's own people in"),
    )
    countries = ArrayField(
        models.CharField(max_length=3), verbose_name=_("only in these countries"), default=list, blank=True
    )

    class Meta:
        ordering = ["whole", "pk"]
        verbose_name = _("category made of others")
        verbose_name_plural = _("categories made of others")

    def __str__(self) -> str:
        return str(self.whole)


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent(), obj_field=None, model_name="IdentityPartEvent")
class IdentityPart(Identity.parts.through):  # type: ignore[name-defined]
    """One of the categories of which another is made: here for its history alone."""

    class Meta:
        proxy = True
        verbose_name = _("part of a category made of others")
        verbose_name_plural = _("parts of categories made of others")


class Breakdown(models.Model):
    """One combination of categories, at most one of each dimension; the total is the empty one.

    `key` is `age=Y0-4&sex=F`, dimensions in alphabetical order. `rank` counts the steps up to the total.
    """

    key = models.CharField(_("key"), max_length=200, unique=True)
    categories = models.ManyToManyField(Category, related_name="breakdowns")
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["rank", "key"]
        verbose_name = _("breakdown")
        verbose_name_plural = _("breakdowns")

    def __str__(self) -> str:
        return self.key or str(_("total"))


class BreakdownMargin(models.Model):
    """`part` is one of the `set_size` breakdowns that add up to `whole` along a dimension; or it stands `is_beside` them, and is added where it is there."""

    whole = models.ForeignKey(Breakdown, models.CASCADE, related_name="part_links")
    part = models.ForeignKey(Breakdown, models.CASCADE, related_name="whole_links")
    dimension = models.ForeignKey(Dimension, models.CASCADE)
    set_size = models.PositiveSmallIntegerField()
    is_beside = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint("part", "whole", name="margin_pair")]

    def __str__(self) -> str:
        return f"{self.part_id} → {self.whole_id}"
