import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Indicator
from orgs.models import Territory


@pghistory.track()
class Target(models.Model):
    """Where a territory wants an indicator to be in a year, and from where it set out. Public, as a promise is."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="targets", verbose_name=_("indicator"))
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="targets", verbose_name=_("territory"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    year = models.PositiveSmallIntegerField(_("by the year"))
    value = models.DecimalField(_("target"), max_digits=20, decimal_places=4)
    baseline_year = models.PositiveSmallIntegerField(_("starting year"))
    baseline_value = models.DecimalField(_("value at the start"), max_digits=20, decimal_places=4)
    source = models.CharField(
        _("where it was decided"), max_length=200, blank=True, help_text=_("The plan or the decision that sets it.")
    )
    set_at = models.DateTimeField(_("set at"), auto_now=True)

    class Meta:
        ordering = ["year"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.UniqueConstraint(
                "indicator",
                "territory",
                "year",
                name="target_once",
                violation_error_message=_("There is a target for this year already. Remove it first."),
            ),
            models.CheckConstraint(
                condition=Q(baseline_year__lt=F("year")),
                name="target_after_baseline",
                violation_error_message=_("The starting year lies before the year of the target."),
            ),
            models.CheckConstraint(
                condition=Q(baseline_year__gte=1900, year__lte=2100),
                name="target_years_in_range",
                violation_error_message=_("Years lie between 1900 and 2100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.territory} {self.year}"
