import json
import tempfile
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.messages import problems_of
from orgs.models import OrganisationImport, User


class Command(BaseCommand):
    help = (
        "Bring organisations in from a file (CSV, XLSX, HSDS 1.1 as a zip or folder, HSDS 3.0 as JSON), as unclaimed ones. "
        "Rows with a fault are listed and left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--mapping", type=Path, help="JSON that says what the columns mean (docs/formats.md)")
        parser.add_argument("--dry-run", action="store_true", help="look only, store nothing")
        parser.add_argument("--undo", type=int, metavar="NUMBER", help="undo the import of that number")
        parser.add_argument("--by", default="", metavar="EMAIL", help="the administrator who does it (the first one)")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if (options["file"] is None) == (options["undo"] is None):
            raise CommandError("Name a file, or --undo with the number of an import.")
        try:
            by = self.administrator(options["by"])
            if options["undo"] is not None:
                self.undo(OrganisationImport.objects.get(pk=options["undo"]), by)
                return
            batch = self.checked(options, by)
            if options["dry_run"]:
                self.tell(batch)
                self.stdout.write("Dry run: nothing was stored.")
                transaction.set_rollback(True)
                batch.file.storage.delete(str(batch.file.name))
            elif batch.does_something:
                batch = imports.store_import(batch=batch, by=by)
                self.tell(batch)
                self.stdout.write(f"Stored as import {batch.pk}.")
            else:
                self.tell(batch)
                self.stdout.write("There was nothing to store.")
        except (OSError, OrganisationImport.DoesNotExist, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error

    def administrator(self, email: str) -> User:
        administrators = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
        found = administrators.filter(email__iexact=email).first() if email else administrators.first()
        if found is None:
            raise CommandError("The portal has no such administrator.")
        return found

    def checked(self, options: dict[str, Any], by: User) -> OrganisationImport:
        mapping = options["mapping"] and json.loads(options["mapping"].read_text(encoding="utf-8"))
        with as_one_file(options["file"]) as stream:
            batch = imports.receive_file(file=File(stream, options["file"].name), mapping=mapping, by=by)
        return imports.check_import(batch=batch, by=by)

    def tell(self, batch: OrganisationImport) -> None:
        for problem, text in problems_of(batch):
            self.stderr.write(f"{problem.line or '-'}\t{problem.column}\t{problem.value}\t{text}")
        self.stdout.write(
            f"{batch.rows_read} rows: {batch.rows_new} new, {batch.rows_changed} changed, {batch.rows_same} unchanged, "
            f"{batch.rows_left_out} left out by the mapping, {batch.rows_refused} refused."
        )

    def undo(self, batch: OrganisationImport, by: User) -> None:
        left = imports.undo_import(batch=batch, by=by)
        for organisation in left:
            self.stderr.write(f"{organisation.reference}\t{organisation.name}")
        self.stdout.write(f"Undone. {len(left)} organisations were changed, claimed or used since, and stay.")


@contextmanager
def as_one_file(path: Path) -> Iterator[IO[bytes]]:
    """A folder of tables as the package that they are; of whom nobody reads a table, it stays outside."""
    if not path.is_dir():
        with path.open("rb") as file:
            yield file
        return
    packed: IO[bytes]
    with tempfile.TemporaryFile(suffix=".zip") as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in sorted(path.rglob("*.csv")):
                if table.name != "contacts.csv":
                    archive.write(table, table.relative_to(path))
        packed.seek(0)
        yield packed
