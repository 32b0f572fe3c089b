from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators.models import Indicator, Period, Release
from indicators.releases.export import export_figures


class Command(BaseCommand):
    help = (
        "Write figures as CSV. Without --release the true ones, before disclosure control: keep the file where only those may read it "
        "who may see them. With --release what was published."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path)
        parser.add_argument("--indicator", metavar="CODE")
        parser.add_argument("--period", metavar="P", help="2017, 2017-S1, 2017-Q1 or 2017-03")
        parser.add_argument("--release", metavar="N", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = Release.objects.published().get(pk=options["release"]) if options["release"] is not None else None
            indicator = Indicator.objects.get(code=options["indicator"]) if options["indicator"] else None
            period = Period.objects.get(code=options["period"]) if options["period"] else None
        except Release.DoesNotExist:
            raise CommandError(f"There is no published release {options['release']}.") from None
        except Indicator.DoesNotExist:
            raise CommandError(f"There is no indicator {options['indicator']}.") from None
        except Period.DoesNotExist:
            raise CommandError(
                f"There is no period {options['period']}: write 2017, 2017-S1, 2017-Q1 or 2017-03."
            ) from None
        try:
            with options["out"].open("wb") as out:
                if release is None:
                    options["out"].chmod(0o600)
                rows = export_figures(out, release=release, indicator=indicator, period=period)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rows} figures written.")
