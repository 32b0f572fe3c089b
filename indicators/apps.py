from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from indicators.catalogue.periods import fill_periods
from indicators.quality.defaults import fill_rules


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = _("Indicators")

    def ready(self) -> None:
        post_migrate.connect(fill_periods, sender=self)
        post_migrate.connect(fill_rules, sender=self)
