import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from indicators import actions
from indicators.models import Import


class Command(BaseCommand):
    help = "Import a file of figures by a mapping (docs/formats.md). All of it is stored, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping", type=Path, required=True, help="the JSON file that says which column holds what"
        )
        parser.add_argument("--dry-run", action="store_true", help="look only, store nothing")
        parser.add_argument("--approve", action="store_true", help="let the figures count at once")
        parser.add_argument(
            "--accept",
            default="",
            metavar="REASON",
            help="with --approve: why figures that the quality rules name are right",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mapping = json.loads(options["mapping"].read_text(encoding="utf-8"))
            with options["file"].open("rb") as stream:
                bring_in = actions.check_import if options["dry_run"] else actions.bring_in_file
                batch = bring_in(
                    mapping=mapping, mapping_name=options["mapping"].stem, file=File(stream, name=options["file"].name)
                )
            self.stdout.write(
                f"{batch.rows_read} rows read, {batch.rows_left_out} left out by the mapping; "
                f"cells: {batch.cells_new} new, {batch.cells_changed} changed, {batch.cells_same} the same."
            )
            if batch.state == Import.State.REFUSED:
                for message in batch.messages.all():
                    place = (
                        f"line {message.line}" + (f", column {message.column}" if message.column else "")
                        if message.line
                        else "file"
                    )
                    self.stderr.write(f"{place}: {actions.message_text(message)}")
                raise CommandError("Nothing was stored.")
            if options["dry_run"]:
                self.stdout.write("Dry run: nothing was stored.")
                return
            if options["approve"]:
                if options["accept"]:
                    actions.accept_findings(batch=batch, reason=options["accept"], by=None)
                actions.approve_import(batch=batch)
            self.stdout.write("Approved." if options["approve"] else "Stored; they count once they are approved.")
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
