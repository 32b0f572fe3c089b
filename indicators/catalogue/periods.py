"""The calendar of the figures, filled in after each migration, and how files and people write its periods.

Months, quarters, half-years and years lie in each other. School years (from September), financial years (from April) and means over
several years are kinds of their own: nothing is added up to them, and they to nothing.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connections
from psycopg2.sql import SQL, Literal

from indicators.vocabulary import CALENDAR, MEANS, PeriodKind

FIRST, LAST = 1900, 2100
SCHOOL_MONTH, FISCAL_MONTH = 9, 4
"""The months in which a school year and a financial year begin."""

CALENDAR_KINDS = Literal(CALENDAR)
"""For SQL: the kinds of periods that lie in each other."""

FILL = SQL("""
    INSERT INTO indicators_period (code, kind, year, starts_on, ends_on)
    SELECT CASE kind WHEN 'year' THEN to_char(starts, 'YYYY')
                     WHEN 'half' THEN to_char(starts, 'YYYY') || '-S' || CASE WHEN extract(month FROM starts) < 7 THEN 1 ELSE 2 END
                     WHEN 'quarter' THEN to_char(starts, 'YYYY"-Q"Q')
                     ELSE to_char(starts, 'YYYY-MM') END,
           kind, extract(year FROM starts), starts::date, (starts + length - interval '1 day')::date
    FROM (VALUES ('month', interval '1 month'), ('quarter', interval '3 months'),
                 ('half', interval '6 months'), ('year', interval '1 year')) AS kinds (kind, length),
         generate_series({first_day}::timestamp, {last_day}::timestamp, length) AS starts
    ORDER BY starts, length DESC
    ON CONFLICT DO NOTHING;
    INSERT INTO indicators_period (code, kind, year, starts_on, ends_on)
    SELECT year || suffix, kind, year, make_date(year, month, 1), (make_date(year + years, month, 1) - interval '1 day')::date
    FROM (VALUES ('school', '-SY', {school_month}, 1), ('fiscal', '-FY', {fiscal_month}, 1),
                 {means}
         ) AS kinds (kind, suffix, month, years), generate_series({first}, {last}) AS year
    ORDER BY year, month, years
    ON CONFLICT DO NOTHING
""").format(
    first=Literal(FIRST),
    last=Literal(LAST),
    first_day=Literal(f"{FIRST}-01-01"),
    last_day=Literal(f"{LAST}-12-31"),
    school_month=Literal(SCHOOL_MONTH),
    fiscal_month=Literal(FISCAL_MONTH),
    means=SQL(", ").join(Literal((kind, f"-P{years}Y", 1, years)) for kind, years in MEANS.items()),
)


def fill_periods(using: str, **signal: Any) -> None:
    """For the signal post_migrate: an emptied database has its calendar again too, and an older one gets the kinds that it lacks."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('indicators_period') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT count(DISTINCT kind) FROM indicators_period")
            if cursor.fetchone()[0] < len(PeriodKind):
                cursor.execute(FILL)


# --- How periods are written ----------------------------------------------------------------------------------------------

DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ][0-9:.]+Z?)?$", re.ASCII)
# A day as spreadsheets count them, from 1982 to 2064.
SERIAL_DATE = re.compile(r"^[3-5]\d{4}(?:\.\d+)?$", re.ASCII)
IN_A_YEAR = re.compile(r"(\d{4})(?:-?(?:([QS])([1-4])|M?(\d{1,2})))?", re.ASCII)
# 2009-10, 2009/2010, 2006_2008.
YEARS = re.compile(r"(\d{4})\s?[-–/_]\s?(\d{2}|\d{4})", re.ASCII)
# The portal's own codes: 2009-SY, 2009-FY, 2006-P3Y.
BESIDE = re.compile(r"(\d{4})-(SY|FY|P[2-5]Y)", re.ASCII)
# ISO 8601, as SDMX writes a period that is none of the calendar's: 2009-09-01/P1Y.
SPAN = re.compile(r"(\d{4})-(\d{2})-01/P([1-5])Y", re.ASCII)

SUFFIXES = {PeriodKind.SCHOOL: "-SY", PeriodKind.FISCAL: "-FY"} | {kind: f"-P{n}Y" for kind, n in MEANS.items()}


def kind_of(code: str) -> PeriodKind:
    """Of a code of the portal."""
    for kind, suffix in SUFFIXES.items():
        if code.endswith(suffix):
            return kind
    letters = {"Q": PeriodKind.QUARTER, "S": PeriodKind.HALF}
    return letters.get(code[5:6], PeriodKind.MONTH if code[4:] else PeriodKind.YEAR)


def period_code(texts: dict[str, str], kind: str = "") -> str:
    """Our code of a period given in parts ({"year": "2017", "month": "1"}) or whole ({"code": "2017Q1"}); "" where it is none.

    With a `kind`, nothing of another kind is one: 2009-10 is no year. A day stands for the period of the `kind` that it lies in. Without
    a `kind`, 2009-10 is October 2009, and 2009/10 nothing that anybody could know.
    """
    if "code" in texts:
        text = texts["code"].strip().upper()
        if day := DAY.match(text) if kind else None:
            return _period_of_day(int(day[1]), int(day[2]), PeriodKind(kind))
        readings = _readings(text)
        if kind:
            return next((code for code in readings if kind_of(code) == kind), "")
        return readings[0] if len(readings) == 1 or (readings and kind_of(readings[0]) in CALENDAR) else ""
    year = texts.get("year", "")
    for name, form in (("month", "{:02d}"), ("quarter", "Q{}"), ("half", "S{}")):
        if name in texts:
            part = texts[name]
            is_number = part.isascii() and part.isdecimal() and len(part) < 3
            return f"{year}-{form.format(int(part))}" if is_number else ""
    return period_code({"code": year}, kind or PeriodKind.YEAR)


def _readings(text: str) -> list[str]:
    """Every period that the text may mean, one of the calendar first."""
    if BESIDE.fullmatch(text):
        return [text]
    if span := SPAN.fullmatch(text):
        begins, month_begun, length = span[1], int(span[2]), int(span[3])
        if length == 1:
            return {1: [begins], SCHOOL_MONTH: [f"{begins}-SY"], FISCAL_MONTH: [f"{begins}-FY"]}.get(month_begun, [])
        return [f"{begins}-P{length}Y"] if month_begun == 1 else []
    found = []
    if match := IN_A_YEAR.fullmatch(text):
        year, letter, number, month = match.groups()
        found.append(f"{year}-{letter}{number}" if letter else f"{year}-{int(month):02d}" if month else year)
    if years := years_of(text):
        first, last = years
        if last == first + 1:
            found += [f"{first}{SUFFIXES[PeriodKind.SCHOOL]}", f"{first}{SUFFIXES[PeriodKind.FISCAL]}"]
        found += [f"{first}{SUFFIXES[kind]}" for kind, count in MEANS.items() if last == first + count - 1]
    return found


def years_of(text: str) -> tuple[int, int] | None:
    """The first and the last of the years in "2009-10", "2009/2010" or "2006_2008"; None where the text is not of this form."""
    match = YEARS.fullmatch(text.strip())
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2]) if len(match[2]) == 4 else first - first % 100 + int(match[2]) + (match[2] == "00") * 100
    return (first, last) if first < last <= first + max(MEANS.values()) - 1 else None


def kind_of_texts(texts: Iterable[str]) -> str | None:
    """The kind of period that all the texts are of. None where one of them is no period, and "" where they may be of several kinds:
    2009-10 and 2010-11 are two months, school years, financial years or means over two years.
    """
    given = list(dict.fromkeys(text.strip().upper() for text in texts if text.strip()))
    if not given:
        return None
    common: set[PeriodKind] = set(PeriodKind)
    for text in given:
        common &= {kind_of(code) for code in _readings(text) if FIRST <= int(code[:4]) <= LAST}
    if not common:
        return None
    return next(iter(common)) if len(common) == 1 else ""


def fault_of_text(text: str, kind: str) -> str:
    """Why a text stands for no period of the `kind` ("": of the calendar): the code of a message (imports/messages.py)."""
    if SERIAL_DATE.match(text):
        return "serial_date"
    if DAY.match(text):
        return "day"
    if years_of(text) and kind in ("", PeriodKind.YEAR):
        return "span_of_years"
    return "other_kind" if kind and period_code({"code": text}) else "unknown_period"


def _period_of_day(year: int, month: int, kind: PeriodKind) -> str:
    if not 1 <= month <= 12:
        return ""
    begun = {PeriodKind.SCHOOL: SCHOOL_MONTH, PeriodKind.FISCAL: FISCAL_MONTH}
    if kind in begun:
        return f"{year - (month < begun[kind])}{SUFFIXES[kind]}"
    codes = {
        PeriodKind.YEAR: "",
        PeriodKind.HALF: f"-S{(month + 5) // 6}",
        PeriodKind.QUARTER: f"-Q{(month + 2) // 3}",
        PeriodKind.MONTH: f"-{month:02d}",
    }
    return f"{year}{codes[kind]}" if kind in codes else ""  # A day lies in several means over years.
