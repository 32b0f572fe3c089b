from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators.rollup import actions as rollups


class Command(BaseCommand):
    help = "Compute every figure from nothing and list where the kept ones differ, as the worker does every night."

    def handle(self, *args: Any, **options: Any) -> None:
        audit = rollups.audit_figures()
        if audit is None:
            raise CommandError("Another audit is at it.")
        self.stdout.write(f"{audit.slices} slices, {audit.figures} figures compared.")
        rows = audit.differences.select_related("indicator", "period", "territory", "breakdown")
        for row in rows:
            cell = f"{row.indicator.code} {row.period.code} {row.territory.code} {row.breakdown.key or 'total'}"
            self.stdout.write(f"{cell}: kept {row.kept}, recomputed {row.recomputed}")
        if audit.differences_count:
            raise CommandError(f"{audit.differences_count} figures differ. They are marked and will be rolled up anew.")
