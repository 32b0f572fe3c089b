import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from indicators.imports import actions as imports
from indicators.imports.messages import message_text
from indicators.models import Finding, ImportBatch
from indicators.quality import actions as quality_actions
from indicators.quality import messages

LISTED = 500
"""Findings; the rest is counted."""


class Command(BaseCommand):
    help = "Import a file of figures by a mapping (docs/formats.md), or go on with a stored import. All of a file is stored, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--mapping", type=Path, help="the JSON file that says which column holds what")
        parser.add_argument(
            "--import", type=int, dest="number", metavar="NUMBER", help="instead of a file: an import that is stored"
        )
        parser.add_argument("--dry-run", action="store_true", help="look only, store nothing")
        parser.add_argument("--approve", action="store_true", help="let the figures count at once")
        parser.add_argument(
            "--accept", default="", metavar="REASON", help="why the figures that the quality rules name are right"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            batch = self.batch_of(options)
            self.tell(batch)
            if batch.state == ImportBatch.State.REFUSED:
                raise CommandError("Nothing was stored.")
            if options["dry_run"]:
                self.stdout.write("Dry run: nothing was stored.")
                return
            self.decide(batch, options["approve"], options["accept"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def batch_of(self, options: dict[str, Any]) -> ImportBatch:
        if options["number"]:
            batch = ImportBatch.objects.filter(pk=options["number"], state=ImportBatch.State.STORED).first()
            if batch is None or options["file"] or options["dry_run"]:
                raise CommandError("Name an import that is stored and not decided yet, and no file.")
            return batch
        if options["file"] is None or options["mapping"] is None:
            raise CommandError("Name a file and its --mapping, or an --import.")
        mapping = json.loads(options["mapping"].read_text(encoding="utf-8"))
        with options["file"].open("rb") as stream:
            return imports.ingest(
                mapping=mapping,
                mapping_name=options["mapping"].stem,
                file=File(stream, name=options["file"].name),
                store=not options["dry_run"],
            )

    def tell(self, batch: ImportBatch) -> None:
        """What the page of the import shows."""
        self.stdout.write(
            f"{batch.rows_read} rows read, {batch.rows_left_out} left out by the mapping; "
            f"cells: {batch.cells_new} new, {batch.cells_changed} changed, {batch.cells_same} the same."
        )
        for message in batch.messages.all():
            column = f", column {message.column}" if message.column else ""
            place = f"line {message.line}{column}" if message.line else "file"
            self.stderr.write(f"{place}: {message_text(message)}")
        for name, text in batch.unused_columns:
            self.stdout.write(f"Column not used: {name} (first: {text})")
        for change in messages.changes_of(batch):
            cell = f"{change.row.indicator.name}. {change.group} in {change.row.territory} in {change.period}"
            self.stdout.write(f"Changes: {cell}: {change.before} → {change.after} {change.difference}".rstrip())
        self.tell_findings(batch)

    def tell_findings(self, batch: ImportBatch) -> None:
        found = Finding.objects.filter(batch=batch).open()
        for told in messages.tell(found.select_related(*messages.CELL_ROWS)[:LISTED]):
            self.stdout.write(f"Look at this: {told.finding.get_rule_display()}: {told.sentence}")
        if (more := found.count() - LISTED) > 0:
            self.stdout.write(f"And {more} more.")

    def decide(self, batch: ImportBatch, approve: bool, reason: str) -> None:
        if reason:
            number = quality_actions.accept_findings(batch=batch, reason=reason, by=None)
            self.stdout.write(f"Accepted: {number}.")
        if not approve:
            self.stdout.write(f"Stored as import {batch.pk}; its figures count once they are approved.")
            return
        try:
            imports.approve_import(batch=batch)
        except ValidationError as refusal:
            if not Finding.objects.filter(batch=batch).open().exists():
                raise
            raise CommandError(
                f"Stored as import {batch.pk}, and not approved. {' '.join(refusal.messages)} "
                f'Where they are right: import_observations --import {batch.pk} --approve --accept "why"'
            ) from refusal
        self.stdout.write("Approved.")
