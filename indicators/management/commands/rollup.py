from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import marks
from indicators.models import RollupRun
from indicators.rollup import script, worker


class Command(BaseCommand):
    help = "Roll up what changed, as the worker does every minute; --all recomputes everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="recompute every figure from the observations")
        parser.add_argument(
            "--print-sql",
            action="store_true",
            help="change nothing, and print the statements of the next batch, for one transaction in psql",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print_sql"]:
            statements = script.statements_of_a_batch(everything=options["all"])
            self.stdout.write("\n".join(statements or ["-- Nothing to roll up."]))
            return
        if options["all"]:
            marks.mark_all()
        run = worker.roll_up()
        if run is None:
            self.stdout.write("Nothing to roll up.")
            return
        self.stdout.write(f"{run.slices} slices, {run.figures} figures changed.")
        if run.state == RollupRun.State.FAILED:
            raise CommandError(run.error)
