from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from orgs.models import Territory, TerritoryImport, TerritoryScheme
from orgs.territories.imports import actions as imports
from orgs.territories.imports.messages import problems_of


class Command(BaseCommand):
    help = "Bring a file of places (CSV, XLSX, GeoJSON, TopoJSON) into a geographic classification. All of it is stored, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scheme", required=True, help="the code of the classification")
        parser.add_argument(
            "--kind", default="", choices=Territory.Kind.values, help="of all places, where no column says it"
        )
        parser.add_argument(
            "--parent", default="", metavar="SCHEME:CODE", help="where all lie of which the file does not say it"
        )
        parser.add_argument(
            "--by-prefix", action="store_true", help="a place lies in the one with whose code its own begins"
        )
        parser.add_argument("--dry-run", action="store_true", help="look only, store nothing")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            batch = self.checked(options)
            self.tell(batch)
            if batch.problems_count:
                raise CommandError("Nothing was stored.")
            if options["dry_run"]:
                self.stdout.write("Dry run: nothing was stored.")
                transaction.set_rollback(True)
            elif batch.can_be_stored:
                imports.store_import(batch=batch, by=None)
        except (OSError, TerritoryScheme.DoesNotExist, Territory.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def checked(self, options: dict[str, Any]) -> TerritoryImport:
        scheme = TerritoryScheme.objects.get(code=options["scheme"])
        with options["file"].open("rb") as stream:
            batch = imports.receive_file(scheme=scheme, file=File(stream, options["file"].name), by=None)
        description = replace(imports.guess_of(batch), kind=options["kind"], by_prefix=options["by_prefix"])
        if options["parent"]:
            of, _colon, code = options["parent"].partition(":")
            description = replace(description, parent=Territory.objects.coded(of, code).pk)
        return imports.check_import(batch=batch, description=description, by=None)

    def tell(self, batch: TerritoryImport) -> None:
        for problem, text in problems_of(batch):
            self.stderr.write(f"{problem.line or '-'}\t{problem.column}\t{problem.value}\t{text}")
        self.stdout.write(
            f"{batch.places_read} places: {batch.places_new} new, {batch.places_changed} changed, {batch.places_same} unchanged, "
            f"{batch.places_ended} ended."
        )
