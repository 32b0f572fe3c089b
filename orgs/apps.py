from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from post_office.apps import PostOfficeConfig


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = _("Organisations")


class MailConfig(PostOfficeConfig):
    verbose_name = _("E-mail")
