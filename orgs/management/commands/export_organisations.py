from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orgs.exchange.formats import FORMATS
from orgs.exchange.records import records
from orgs.models import Organisation


class Command(BaseCommand):
    help = "Write the public directory to a file, with what a visitor is shown and no more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path)
        parser.add_argument("--format", required=True, choices=list(FORMATS))

    def handle(self, *args: Any, **options: Any) -> None:
        organisations = Organisation.objects.published().order_by("name_folded", "pk")
        out: Path = options["out"]
        half = out.with_name(f"{out.name}.part")
        try:
            with half.open("wb") as file:
                for piece in FORMATS[options["format"]].write(records(organisations)):
                    file.write(piece)
            half.replace(out)
        except OSError as error:
            raise CommandError(str(error)) from error
        finally:
            half.unlink(missing_ok=True)
        self.stdout.write(f"{organisations.count()} organisations written to {out}.")
