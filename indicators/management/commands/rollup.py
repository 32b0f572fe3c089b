from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import marks
from indicators.models import RollupRun
from indicators.rollup import worker


class Command(BaseCommand):
    help = "Roll up what changed, as the worker does every minute; --all recomputes everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="recompute every figure from the observations")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            marks.mark_all()
        run = worker.roll_up()
        if run is None:
            self.stdout.write("Nothing to roll up.")
            return
        self.stdout.write(f"{run.slices} slices, {run.figures} figures changed.")
        if run.state == RollupRun.State.FAILED:
            raise CommandError(run.error)
