"""The words of the figures: closed lists that code and SQL depend on."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Measure(models.TextChoices):
    COUNT = "count", _("count")
    RATIO = "ratio", _("ratio")
    MEAN = "mean", _("mean")
    SCORE = "score", _("score")


WITH_BASE = (Measure.RATIO, Measure.MEAN)
"""What is counted out of something. The others have no denominator, and are never divided or pooled by one."""

OVER_TERRITORIES = {
    Measure.COUNT: _("added up"),
    Measure.RATIO: _("numerators and denominators added up"),
    Measure.MEAN: _("mean, weighted by its base"),
    Measure.SCORE: _("not combined"),
}
"""How the rollup combines the parts of a place: by the measure alone, so that it is not stored a second time."""


class Direction(models.TextChoices):
    UP = "up", _("higher is better")
    DOWN = "down", _("lower is better")
    CONTEXT = "context", _("context only")
    IDEAL = "ideal", _("nearer to an ideal value is better")


class Comparator(models.TextChoices):
    NONE = "none", _("nothing")
    HOST = "host", _("the host population")
    TERRITORY_MEAN = "territory_mean", _("the mean of the territories")
    POPULATION_SHARE = "population_share", _("the share in the population")
    NETWORK_MEAN = "network_mean", _("the mean of the network")
    TARGET = "target", _("a target")


class PopulationGroup(models.TextChoices):
    """Integration is two-way: some indicators are asked of the host society."""

    MIGRANTS = "migrants", _("migrants")
    HOST = "host", _("the host population")
    EVERYONE = "everyone", _("everyone")
    INSTITUTION = "institution", _("institutions")


class TimeOperator(models.TextChoices):
    SUM = "sum", _("sum")
    LAST = "last", _("last")
    POOLED = "pooled", _("pooled")
    MEAN = "mean", _("mean")
    NONE = "none", _("none")


class PeriodKind(models.TextChoices):
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    HALF = "half", _("half-year")
    YEAR = "year", _("year")
    SCHOOL = "school", _("school year")
    FISCAL = "fiscal", _("financial year")
    YEARS_2 = "years2", _("mean over two years")
    YEARS_3 = "years3", _("mean over three years")
    YEARS_4 = "years4", _("mean over four years")
    YEARS_5 = "years5", _("mean over five years")


CALENDAR = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.YEAR)
"""Each is made of whole ones before it, so that figures may be added up from one to the next. The other kinds stand beside them."""

MEANS = {PeriodKind.YEARS_2: 2, PeriodKind.YEARS_3: 3, PeriodKind.YEARS_4: 4, PeriodKind.YEARS_5: 5}
"""Kinds of which a figure is drawn from several years together, and from how many."""


class Unit(models.TextChoices):
    PERCENT = "percent", _("%")
    COUNT = "count", _("people")
    AGREEMENTS = "agreements", _("agreements")
    YEARS = "years", _("years")
    DAYS = "days", _("days")
    PER_100 = "per_100", _("per 100")
    PER_1000 = "per_1000", _("per 1,000")
    PER_100000 = "per_100000", _("per 100,000")
    INDEX_0_1 = "index_0_1", _("index from 0 to 1")
    INDEX_0_3 = "index_0_3", _("stage from 0 to 3")
    INDEX_0_4 = "index_0_4", _("stage from 0 to 4")
    INDEX_0_100 = "index_0_100", _("index from 0 to 100")
    INDEX_0_50_100 = "index_0_50_100", _("0, 50 or 100")
    MEAN_0_10 = "mean_0_10", _("from 0 to 10")
    RATIO = "ratio", _("ratio")


class Status(models.TextChoices):
    """Of an observation. A cell has at most one approved and at most one pending row; the older ones are superseded."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("returned")
    APPROVED = "approved", _("approved")
    SUPERSEDED = "superseded", _("superseded")
    WITHDRAWN = "withdrawn", _("withdrawn")


PENDING = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)


class Flag(models.TextChoices):
    ESTIMATED = "estimated", _("estimated")
    BREAK = "break", _("break in series")
    PROVISIONAL = "provisional", _("provisional")
    UNRELIABLE = "unreliable", _("unreliable")
    DEFINITION = "definition", _("definition differs")
    MISSING = "missing", _("missing")
    NOT_APPLICABLE = "inapplicable", _("not applicable")


NO_NUMBER = (Flag.MISSING, Flag.NOT_APPLICABLE)
"""Why a cell has no number: nobody knows it, or it cannot exist (a share of nobody). Neither is 0, and neither is added up."""


class Origin(models.TextChoices):
    REPORTED = "reported", _("reported by the source")
    CATEGORIES = "categories", _("added up from its groups")
    TERRITORIES = "territories", _("added up from its parts")
    PERIODS = "periods", _("drawn from shorter periods")
