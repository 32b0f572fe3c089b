from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from orgs.storage import files_in_use


class Command(BaseCommand):
    help = "Name every upload that a row of the database knows and that is not there, and fail where there is one: after a restore."

    def handle(self, *args: Any, **options: Any) -> None:
        used = files_in_use()
        missing = sorted(name for name in used if not default_storage.exists(name))
        for name in missing:
            self.stderr.write(f"{name} is missing.")
        if missing:
            raise CommandError(f"{len(missing)} of {len(used)} uploads are missing.")
        self.stdout.write(f"{len(used)} uploads are there.")
