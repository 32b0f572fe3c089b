"""The quality rules: what a batch says that somebody should look at before it counts.

Each rule is SQL over sets. The batch's submitted observations and the approved ones near them (the same series in other periods, the same
place in other breakdowns, the places above, below and beside it) are put side by side in a temporary table; approved values that the
batch would replace are left out. Python only works out which breakdown lies within which, once for each that occurs.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.breakdowns import CategoryTree, key_of, parse_key
from indicators.catalogue.formatting import names_of_groups, number_words, period_words, value_words
from indicators.file_progress import RULES as RULES_STEP
from indicators.file_progress import note
from indicators.models import Breakdown, Category, Finding, Import, ImportChange, Indicator, QualityRule
from indicators.quality.defaults import DEFAULTS, Limits
from indicators.quality.sql import (
    APPROVED_ABOUT,
    CELLS,
    CHANGES,
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
)
from indicators.vocabulary import Measure

Code = QualityRule.Code


RULES: dict[str, list[str]] = {
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
WORK_MEMORY = "128MB"
"""For the sorts and hashes of one examination; PostgreSQL's own 4 MB would send those of a large batch to the disk."""
MOST_CHANGES = 20
"""The largest are written down; how many there are in all, the batch says."""
PLANNING = "SET LOCAL enable_nestloop TO off; SET LOCAL jit TO off"
"""For the rules. They join sets by several columns, of which the planner takes the product of their shares: for a million cells of many places it
expects one row where there are as many as before, and would look through all cells for each. The tables have no index that a nested loop could
use, so that a hash is right for few cells too."""
PLANNED = "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL jit TO DEFAULT"
TABLES = ", ".join(
    f"quality_{name}" for name in ("cell", "known", "within", "found", "series", "time", "place", "group", "around")
)


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
def examine(batch: Import, *, is_stored: bool = True) -> int:
    """Asks every rule of what the batch says, and writes down its largest changes; the number of findings that are open.

    Of a batch that is not stored, within the transaction of the dry run that has just read it. What was found before is found again or
    goes; a finding that somebody has accepted stays accepted while its numbers are the same.
    """
    said = STORED if is_stored else CHECKED
    ImportChange.objects.filter(batch=batch).delete()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; DROP TABLE IF EXISTS {TABLES}")
        if is_stored or batch.cells_changed:  # What others approved since may make changes of what was new.
            cursor.execute(CHANGES.format(said=said), {"batch": batch.pk, "most": MOST_CHANGES})
        cursor.execute(CELLS.format(said=said), {"batch": batch.pk})
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
                cursor.execute(f"INSERT INTO quality_found {statement}", {"rule": code, **limits._asdict()})
        cursor.execute("ANALYZE quality_found")
        cursor.execute(KEEP_ACCEPTED, {"batch": batch.pk})
        cursor.execute(PLANNED)
        cursor.execute(f"DROP TABLE {TABLES}")
    Import.objects.filter(pk=batch.pk).update(examined_at=timezone.now())
    return Finding.objects.filter(batch=batch).open().count()


def forget(batch: Import) -> None:
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


def examine_again(batch: Import) -> None:
    """Where something has been decided since the batch was examined: it may have changed what the batch is held against."""
    batch = Import.objects.get(pk=batch.pk)
    if batch.state != Import.State.STORED:
        return
    if batch.examined_at is None or Import.objects.filter(decided_at__gt=batch.examined_at).exists():
        examine(batch)


def refuse_open_findings(batch: Import) -> None:
    """Raises ValidationError while something found is not accepted."""
    number = Finding.objects.filter(batch=batch).open().count()
    if number:
        raise ValidationError(
            ngettext(
                "One figure should be looked at first: mend it in the source, or accept it with a reason.",
                "%(number)s figures should be looked at first: mend them in the source, or accept them with a reason.",
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


class FindingMessage(NamedTuple):
    """A finding in the reader's language, with the address of its cell."""

    finding: Finding
    sentence: str
    url: str


def tell(findings: Iterable[Finding]) -> list[FindingMessage]:
    """Sentences for findings, in two queries however many there are. Select their cells with `with_cells` first."""
    findings = list(findings)
    breakdowns = {
        row.pk: row.key
        for row in Breakdown.objects.filter(
            pk__in={finding.breakdown_id for finding in findings}
            | {finding.other_breakdown_id for finding in findings if finding.other_breakdown_id}
        )
    }
    keys = set(breakdowns.values())
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    dimensions |= {finding.detail for finding in findings if finding.rule == Code.PARTS_DIFFER}
    categories = list(Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))
    groups = {**names_of_groups(keys, categories), "": _("everybody")}
    names = {category.dimension.code: category.dimension.name for category in categories}
    return [
        FindingMessage(
            finding,
            _sentence(finding, {pk: groups[key] for pk, key in breakdowns.items()}, names),
            figure_url(finding.indicator, finding.territory, finding.period, breakdowns[finding.breakdown_id]),
        )
        for finding in findings
    ]


class Change(NamedTuple):
    """A value that a batch replaces, in the reader's language. `words` of what it says of the cell instead."""

    row: ImportChange
    group: str
    period: str
    before: str
    after: str
    difference: str


def changes_of(batch: Import) -> list[Change]:
    """The largest changes that the batch would make, or has made: those of its first indicator before those of others."""
    rows = list(
        ImportChange.objects.filter(batch=batch).select_related("indicator", "period", "territory__scheme", "breakdown")
    )
    keys = {row.breakdown.key for row in rows}
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    groups = names_of_groups(keys, Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))
    return [
        Change(
            row,
            groups[row.breakdown.key],
            period_words(row.period),
            _number_or_none(row.before, row.indicator),
            _number_or_none(row.after, row.indicator),
            change_words(row.before, row.after),
        )
        for row in rows
    ]


def _number_or_none(value: Decimal | None, indicator: Indicator) -> str:
    return _("no figure") if value is None else _amount(value, indicator)


def change_words(before: Decimal | None, after: Decimal | None) -> str:
    """−96 %, where both are there and the first is not 0."""
    if before is None or after is None or not before:
        return ""
    percent = (after - before) * 100 / abs(before)
    sign = "+" if percent > 0 else ""
    return _("%(change)s %%") % {"change": sign + number_words(percent, 0 if abs(percent) >= 10 else 1)}


CELL_ROWS = ("indicator", "period", "territory__scheme", "other_period", "accepted_by")


def _sentence(finding: Finding, groups: dict[int, str], dimensions: dict[str, str]) -> str:
    indicator = finding.indicator
    group = groups[finding.breakdown_id]
    words: dict[str, Any] = {
        "group": group[:1].upper() + group[1:],
        "place": finding.territory.local_name,
        "period": period_words(finding.period),
        "indicator": indicator.name,
        "amount": _amount(finding.amount, indicator),
        "other": "" if finding.other is None else _amount(finding.other, indicator),
        "whole": groups.get(finding.other_breakdown_id or 0, ""),
        "before": period_words(finding.other_period) if finding.other_period else "",
    }
    where = _("%(indicator)s. %(group)s in %(place)s in %(period)s") % words
    match finding.rule:
        case Code.PART_OVER_WHOLE:
            text = _("%(amount)s, more than %(whole)s: %(other)s.") % _people(words, finding)
        case Code.PART_OVER_BASE:
            text = _("the numerator is %(amount)s, more than the denominator: %(other)s.") % _people(words, finding)
        case Code.SHARE_OVER_100:
            text = _("%(amount)s, and a share cannot be more than 100%%.") % words
        case Code.OUTSIDE_RANGE:
            words["unit"] = indicator.get_unit_display()
            if finding.amount < (finding.other or 0):
                text = _("%(amount)s, and in this unit (%(unit)s) a figure cannot be less than %(other)s.") % words
            else:
                text = _("%(amount)s, and in this unit (%(unit)s) a figure cannot be more than %(other)s.") % words
        case Code.FRACTION:
            words["amount"] = number_words(finding.amount, 3)
            words["hundredfold"] = _amount(finding.amount * 100, indicator)
            text = _("%(amount)s looks like a fraction. Is %(hundredfold)s meant?") % words
        case Code.NOT_ENDED:
            text = _("%(amount)s, though the period has not ended.") % words
        case Code.PARTS_DIFFER if finding.detail == "territory":
            text = _("%(amount)s, and its parts add up to %(other)s.") % words
        case Code.PARTS_DIFFER:
            words["dimension"] = dimensions.get(finding.detail, finding.detail)
            text = _("%(amount)s, and the groups of “%(dimension)s” add up to %(other)s.") % words
        case Code.JUMP:
            text = _("%(amount)s, after %(other)s in %(before)s.") % words
        case Code.GAP:
            return (
                _("%(indicator)s. %(place)s has figures for %(before)s and for %(period)s, and none between them.")
                % words
            )
        case _ if finding.detail == "territory":
            text = _("%(amount)s, far from the places beside it: half of them are below %(other)s.") % words
        case _:
            text = _("%(amount)s, far from all other periods: half of them are below %(other)s.") % words
    return f"{where}: {text}"


def _amount(value: Decimal, indicator: Indicator) -> str:
    if indicator.measure == Measure.COUNT and value == value.to_integral_value():
        return number_words(value, 0)
    return value_words(value, indicator)


def _people(words: dict[str, Any], finding: Finding) -> dict[str, Any]:
    """These two hold people against people, whatever the indicator's unit."""
    assert finding.other is not None
    return {**words, "amount": number_words(finding.amount, 0), "other": number_words(finding.other, 0)}


# --- For the page of a batch -------------------------------------------------------------------------------------------

SHOWN = 20
"""Of one rule. The rest is counted."""


@dataclass(frozen=True)
class Group:
    """The findings of one rule in a batch: those that are open first."""

    code: str
    label: str
    open: int
    accepted: int
    told: list[FindingMessage]

    @property
    def hidden(self) -> int:
        return self.open + self.accepted - len(self.told)


def groups_of(batch: Import) -> list[Group]:
    """The findings of a batch by rule, in the order of the rules."""
    counted = Finding.objects.filter(batch=batch).order_by().values("rule")
    counted = counted.annotate(all=Count("pk"), accepted=Count("accepted_at"))
    counts = {row["rule"]: (row["all"], row["accepted"]) for row in counted}
    place = Window(RowNumber(), partition_by="rule", order_by=[F("accepted_at").desc(nulls_first=True), F("pk").asc()])
    first = Finding.objects.filter(batch=batch).annotate(place=place).filter(place__lte=SHOWN)
    by_rule: dict[str, list[FindingMessage]] = {}
    for told in tell(first.select_related(*CELL_ROWS).order_by("rule", "place")) if counts else []:
        by_rule.setdefault(told.finding.rule, []).append(told)
    return [
        Group(code, str(label).capitalize(), counts[code][0] - counts[code][1], counts[code][1], by_rule[code])
        for code, label in Code.choices
        if code in counts
    ]
