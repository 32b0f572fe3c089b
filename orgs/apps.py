from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from orgs.composed_sql import render_composed


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = _("Organisations")

    def ready(self) -> None:
        connection_created.connect(render_composed)
        post_migrate.connect(begin_portal, sender=self)


def begin_portal(using: str, **signal: Any) -> None:
    """For the signal post_migrate: an emptied database has the row of the portal again too."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('orgs_portal') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(
                "INSERT INTO orgs_portal (id, name, contact_email, languages, first_language, time_zone, version)"
                " VALUES (1, '', '', '{}', '', '', 1) ON CONFLICT DO NOTHING"
            )
