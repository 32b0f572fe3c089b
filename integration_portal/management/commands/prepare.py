from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from integration_portal import vocabulary
from orgs.accounts import first_administrator
from orgs.locks import RegistryLock, one_after_another
from orgs.models import Organisation


class Command(BaseCommand):
    help = (
        "Bring the database and the vocabulary up to date; in the demo, fill an empty one. Safe to run at every start, also by several "
        "at once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with one_after_another(RegistryLock.PREPARATION):
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            call_command("createcachetable", verbosity=0)
            for refusal in vocabulary.load():
                self.stderr.write(f"Not loaded: {refusal.kind} {refusal.code}. {refusal.reason}")
            if settings.DEMO and not Organisation.objects.exists():
                self.stdout.write("Loading the demo, once.")
                call_command(
                    "load_demo", stdout=self.stdout
                )  # All or nothing: after an interruption it is loaded anew.
        if first_administrator.is_missing():
            self.stdout.write(first_administrator.announcement())
