"""The quality rules: what a batch says that somebody should look at before it counts.

Each rule is SQL over sets. The batch's submitted observations and the approved ones near them (the same series in other periods, the same
place in other breakdowns, the places above, below and beside it) are put side by side in a temporary table; approved values that the
batch would replace are left out. Python only works out which breakdown lies within which, once for each that occurs.
"""

import json
from collections.abc import Iterable
from itertools import product

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import ngettext
from psycopg2.sql import SQL, Composed, Identifier

from indicators.catalogue.breakdowns import CategoryTree, key_of, parse_key
from indicators.file_progress import RULES as RULES_STEP
from indicators.file_progress import note
from indicators.models import Category, Finding, ImportBatch, ImportChange, QualityRule
from indicators.quality.defaults import DEFAULTS, Limits
from indicators.quality.messages import MOST_CHANGES
from indicators.quality.sql import (
    APPROVED_ABOUT,
    CHECKED,
    FRACTION,
    GAP,
    JUMP,
    KEEP_ACCEPTED,
    KNOWN_BY_LOOKING_UP,
    KNOWN_BY_ONE_PASS,
    LOOK_UPS,
    NEAR,
    NOT_ENDED,
    OUTLIER,
    OUTLIER_BESIDE,
    OUTSIDE_RANGE,
    PART_OVER_BASE,
    PART_OVER_WHOLE,
    PARTS_DIFFER,
    SHARE_OVER_100,
    STORED,
    TERRITORIES_DIFFER,
    cells,
    changes,
)

Code = QualityRule.Code


RULES: dict[str, list[Composed]] = {
    Code.PART_OVER_WHOLE: [PART_OVER_WHOLE],
    Code.PART_OVER_BASE: [PART_OVER_BASE],
    Code.SHARE_OVER_100: [SHARE_OVER_100],
    Code.OUTSIDE_RANGE: [OUTSIDE_RANGE],
    Code.FRACTION: [FRACTION],
    Code.NOT_ENDED: [NOT_ENDED],
    Code.PARTS_DIFFER: [PARTS_DIFFER, TERRITORIES_DIFFER],
    Code.JUMP: [JUMP],
    Code.GAP: [GAP],
    Code.OUTLIER: [OUTLIER, OUTLIER_BESIDE],
}


LOOK_UP = 5
"""What it costs to look a cell up, in cells that one pass reads in the same time. Measured: 13 µs against 2.3 µs."""
PLANNING = "SET LOCAL enable_nestloop TO off"
"""For the rules. They join sets by several columns, of which the planner takes the product of their shares: for a million cells of many places it
expects one row where there are as many as before, and would look through all cells for each. The tables have no index that a nested loop could
use, so that a hash is right for few cells too."""
PLANNED = "SET LOCAL enable_nestloop TO DEFAULT"
TABLES = SQL(", ").join(
    Identifier(f"quality_{name}")
    for name in ("cell", "known", "within", "found", "series", "time", "place", "group", "around")
)
# With the server's own work memory, a few MB: what a larger one spares in seconds would follow the size of the file.
PREPARE = SQL("DROP TABLE IF EXISTS {tables}").format(tables=TABLES)
CLEAR = SQL("DROP TABLE {tables}").format(tables=TABLES)
FOUND_BY = SQL("INSERT INTO quality_found {rule}")


def limits_in_use() -> dict[str, Limits]:
    """Of the rules that are in use; a rule without a row has its defaults."""
    rows = {rule.code: rule for rule in QualityRule.objects.all()}
    limits: dict[str, Limits] = {}
    for code, default in DEFAULTS.items():
        rule = rows.get(code)
        if rule is None:
            limits[code] = default
        elif rule.is_active:
            limits[code] = Limits(rule.threshold, rule.minimum, rule.minimum_points)
    return limits


@transaction.atomic
def examine(batch: ImportBatch, *, is_stored: bool = True) -> int:
    """Asks every rule of what the batch says, and writes down its largest changes; the number of findings that are open.

    Of a batch that is not stored, within the transaction of the dry run that has just read it. What was found before is found again or
    goes; a finding that somebody has accepted stays accepted while its numbers are the same.
    """
    said = STORED if is_stored else CHECKED
    ImportChange.objects.filter(batch=batch).delete()
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        if is_stored or batch.cells_changed:  # What others approved since may make changes of what was new.
            cursor.execute(changes(said), {"batch": batch.pk, "most": MOST_CHANGES})
        cursor.execute(cells(said), {"batch": batch.pk})
        cursor.execute(NEAR)
        cursor.execute(KNOWN_BY_LOOKING_UP if _is_sooner_looked_up(cursor) else KNOWN_BY_ONE_PASS)
        _make_within(cursor)
        cursor.execute("ANALYZE quality_known; ANALYZE quality_cell")
        cursor.execute(
            "CREATE TEMPORARY TABLE quality_found (rule text, indicator_id bigint, period_id bigint, territory_id bigint, "
            "breakdown_id bigint, amount numeric, other numeric, other_breakdown_id bigint, other_period_id bigint, detail text) ON COMMIT DROP"
        )
        cursor.execute(PLANNING)
        in_use = limits_in_use()
        for done, (code, limits) in enumerate(in_use.items()):
            note(RULES_STEP, done, len(in_use))
            for statement in RULES[code]:
                cursor.execute(FOUND_BY.format(rule=statement), {"rule": code, **limits._asdict()})
        cursor.execute("ANALYZE quality_found")
        cursor.execute(KEEP_ACCEPTED, {"batch": batch.pk})
        cursor.execute(PLANNED)
        cursor.execute(CLEAR)
    ImportBatch.objects.filter(pk=batch.pk).update(examined_at=timezone.now())
    return Finding.objects.filter(batch=batch).open().count()


def forget(batch: ImportBatch) -> None:
    """Of a batch that is refused now, whatever was found before."""
    Finding.objects.filter(batch=batch).delete()
    ImportChange.objects.filter(batch=batch).delete()


def _is_sooner_looked_up(cursor: CursorWrapper) -> bool:
    """Whether what stands near the batch is found sooner cell by cell than by one pass over all that is approved of its indicators.

    How much that is, the planner estimates. A place with a thousand neighbours has many cells near it, however small the batch.
    """
    cursor.execute(LOOK_UPS)
    look_ups = cursor.fetchone()[0]
    cursor.execute("SELECT DISTINCT indicator_id FROM quality_place")
    cursor.execute(APPROVED_ABOUT, {"indicators": [row[0] for row in cursor.fetchall()]})
    plan = cursor.fetchone()[0]
    rows: int = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]
    return LOOK_UP * look_ups <= rows


def examine_again(batch: ImportBatch) -> None:
    """Where something has been decided since the batch was examined: it may have changed what the batch is held against."""
    batch = ImportBatch.objects.get(pk=batch.pk)
    if batch.state != ImportBatch.State.STORED:
        return
    if batch.examined_at is None or ImportBatch.objects.filter(decided_at__gt=batch.examined_at).exists():
        examine(batch)


def refuse_open_findings(batch: ImportBatch) -> None:
    """Raises ValidationError while something found is not accepted."""
    number = Finding.objects.filter(batch=batch).open().count()
    if number:
        raise ValidationError(
            ngettext(
                "One figure needs checking first: correct it in the source, or accept it with a reason.",
                "%(number)s figures need checking first: correct them in the source, or accept them with a reason.",
                number,
            ),
            params={"number": number},
            code="findings",
        )


def _make_within(cursor: CursorWrapper) -> None:
    """quality_within (part_id, whole_id, steps): for each breakdown that occurs, those that also occur and hold it."""
    cursor.execute(
        "SELECT DISTINCT b.id, b.key FROM quality_known k JOIN indicators_breakdown b ON b.id = k.breakdown_id"
    )
    occurring = {key: pk for pk, key in cursor.fetchall()}
    tree = CategoryTree()
    pairs = [
        (pk, occurring[whole], steps)
        for key, pk in occurring.items()
        for whole, steps in wholes_of(key, tree)
        if whole in occurring
    ]
    cursor.execute(
        "CREATE TEMPORARY TABLE quality_within (part_id bigint, whole_id bigint, steps integer) ON COMMIT DROP"
    )
    if pairs:
        parts, wholes, steps = (list(column) for column in zip(*pairs, strict=True))
        cursor.execute(
            "INSERT INTO quality_within SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[])",
            [parts, wholes, steps],
        )
    cursor.execute("ANALYZE quality_within")


def wholes_of(key: str, tree: CategoryTree) -> Iterable[tuple[str, int]]:
    """Every breakdown that holds `key`, complete set or not, with the steps up to it: women of 0 to 4 are women, and everybody."""
    ways: list[list[tuple[str, str]]] = []
    for dimension, code in parse_key(key).items():
        category: Category | None = tree.by_code[dimension, code]
        path = []
        while category is not None:
            path.append((dimension, category.code))
            category = tree.by_id[category.parent_id] if category.parent_id else None
        ways.append([*path, (dimension, "")])
    for choice in product(*(list(enumerate(way)) for way in ways)):
        steps = sum(place for place, _item in choice)
        if steps:
            yield key_of({dimension: code for _place, (dimension, code) in choice if code}), steps


# --- In words ----------------------------------------------------------------------------------------------------------


# --- For the page of a batch -------------------------------------------------------------------------------------------
