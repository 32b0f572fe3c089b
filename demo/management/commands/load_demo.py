from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from demo.accounts import table
from demo.loading import load


class Command(BaseCommand):
    help = "Fill the portal with the demo: Barcelona, its open figures and sample organisations. Twice is the same as once."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Sample organisations and accounts belong to a demo. Set DEMO=1 if this is one.")
        with transaction.atomic():
            load(self.stdout.write)
        self.stdout.write(table())
