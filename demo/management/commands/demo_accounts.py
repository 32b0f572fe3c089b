from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.accounts import table


class Command(BaseCommand):
    help = "List the sample accounts of the demo, what they are and what to try with them."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This portal is no demo, so it has no sample accounts. Set DEMO=1 if it is one.")
        self.stdout.write(table())
