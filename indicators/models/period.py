from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.vocabulary import PeriodKind


class Period(models.Model):
    """A month, quarter, half-year or year (2017-01, 2017-Q1, 2017-S1, 2017), or a period beside the calendar: the school year 2017/18
    (2017-SY), the financial year (2017-FY), a mean over the three years from 2017 (2017-P3Y). All that begin in 1900 to 2100 are there
    from the start.
    """

    code = models.CharField(_("code"), max_length=8, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=PeriodKind)
    year = models.PositiveSmallIntegerField(_("year"), help_text=_("The year in which it begins."))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    class Meta:
        ordering = ["starts_on", "-ends_on"]
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = [
            models.UniqueConstraint("kind", "starts_on", name="period_once"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="period_in_order"),
        ]
        indexes = [models.Index("year", "kind", name="period_of_year")]  # rollup: the periods of a slice

    def __str__(self) -> str:
        return self.code
