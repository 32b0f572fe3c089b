from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnershipsConfig(AppConfig):
    name = "partnerships"
    verbose_name = _("Partnerships")

    def ready(self) -> None:
        own = import_module("partnerships.review_queues").engagement_levels
        import_module("orgs.review_queues").FROM_ABOVE.append(own)
