from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from orgs.models import Organisation


class Command(BaseCommand):
    help = "Bring the database up to date; in the demo, fill an empty one. Safe to run at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=0)
        if settings.DEMO and not Organisation.objects.exists():
            self.stdout.write("Loading the demo, once.")
            call_command("load_demo", stdout=self.stdout)  # All or nothing: after an interruption it is loaded anew.
