"""The quality rules as they are set from the start. Without models, so that a migration's signal can use it."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connections


class Limits(NamedTuple):
    """How far a figure may go; what each means says `QualityRule`."""

    threshold: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    minimum_points: Decimal = Decimal(0)


DEFAULTS = {
    "part_over_whole": Limits(),
    "part_over_base": Limits(),
    "share_over_100": Limits(Decimal(100)),
    "outside_range": Limits(),
    "fraction": Limits(),
    "not_ended": Limits(),
    "parts_differ": Limits(),
    "jump": Limits(Decimal(50), Decimal(100), Decimal(10)),
    "gap": Limits(),
    "outlier": Limits(Decimal(8), Decimal(100), Decimal(10)),
}


def fill_rules(using: str, **signal: Any) -> None:
    """For the signal post_migrate: each rule has its row, which an administrator may change."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('indicators_qualityrule') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        for code, limits in DEFAULTS.items():
            cursor.execute(
                "INSERT INTO indicators_qualityrule (code, is_active, threshold, minimum, minimum_points) "
                "VALUES (%s, true, %s, %s, %s) ON CONFLICT (code) DO NOTHING",
                [code, *limits],
            )
