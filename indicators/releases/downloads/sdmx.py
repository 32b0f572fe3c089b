"""SDMX-CSV 2.0 (https://github.com/sdmx-twg/sdmx-csv, version 2.0.0): codes only, one observation a line.

Status by the code list CL_OBS_STATUS: Q suppressed, O missing, M cannot exist, and A, B, D, E, P or U where there is a number. A component has
one code there, the one that weighs most; OBS_FLAG has the letters of all flags together, as Eurostat writes them (BU). What is said of an
indicator as a whole (its title, definition, sources, licences, disclosure rule) is an attribute that stands in its first row.
"""

from collections.abc import Iterator

from indicators.models import Period, ReleasedFigure, ReleasedIndicator
from indicators.releases.downloads.contents import Contents, FigureRow, name_of, plain
from indicators.vocabulary import CALENDAR, MEANS, PeriodKind
from orgs.spreadsheets import csv_lines

STRUCTURE_ID = "PORTAL:FIGURES(1.0)"
# CL_FREQ: what is drawn from several years comes out each year, as a school year does.
FREQUENCIES = {PeriodKind.MONTH: "M", PeriodKind.QUARTER: "Q", PeriodKind.HALF: "S"}
YEARLY = "A"
HEAD = ("STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "INDICATOR", "REF_AREA_SCHEME", "REF_AREA")
OF_CELLS = (
    "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "OBS_FLAG", "CONF_STATUS", "UNIT_MEASURE", "STEP", "NUMERATOR", "DENOMINATOR", "RELEASE", "RELEASE_DATE",
)  # fmt: skip
OF_INDICATORS = ("TITLE", "DEFINITION", "SOURCE", "LICENCE", "DISCLOSURE", "SUPPRESSION_NOTE", "RELEASE_NOTE")


def write_sdmx_csv(contents: Contents) -> Iterator[bytes]:
    dimensions = [dimension_id(dimension.code) for dimension in contents.dimensions]
    yield from csv_lines([[*HEAD, *dimensions, *OF_CELLS, *OF_INDICATORS]])
    yield from csv_lines(lines(contents))


def dimension_id(code: str) -> str:
    """As SDMX spells names: SEX, LENGTH_OF_STAY."""
    return code.upper().replace("-", "_")


def lines(contents: Contents) -> Iterator[list[str]]:
    told: int | None = None
    for row in contents.rows():
        of_indicator = [""] * len(OF_INDICATORS)
        if row.indicator != told:
            told = row.indicator
            of_indicator = attributes(contents, contents.indicators[told])
        yield [*observation(contents, row), *of_indicator]


def observation(contents: Contents, row: FigureRow) -> list[str]:
    indicator, place, period = (
        contents.indicators[row.indicator],
        contents.places[row.territory],
        contents.periods[row.period],
    )
    return [
        "dataflow",
        STRUCTURE_ID,
        "I",
        FREQUENCIES.get(PeriodKind(period.kind), YEARLY),
        indicator.code,
        place.scheme,
        place.code,
        *contents.groups[row.breakdown],
        time_period(period),
        plain(row.value),
        row.obs_status,
        row.flag_letters,
        "N" if row.state == ReleasedFigure.State.SUPPRESSED else "F",  # CL_CONF_STATUS: not for publication, free.
        indicator.unit,
        plain(row.step),
        plain(row.numerator),
        plain(row.denominator),
        str(contents.release.pk),
        contents.date,
    ]


def time_period(period: Period) -> str:
    """As SDMX writes it: what is none of the calendar's by its first day and its length (2009-09-01/P1Y)."""
    if period.kind in CALENDAR:
        return period.code
    return f"{period.starts_on.isoformat()}/P{MEANS.get(PeriodKind(period.kind), 1)}Y"


def attributes(contents: Contents, indicator: ReleasedIndicator) -> list[str]:
    texts = [
        indicator.name,
        indicator.definition,
        "; ".join(map(name_of, indicator.sources)),
        "; ".join(sorted({source["licence"] for source in indicator.sources if source["licence"]})),
        contents.rule_of(indicator),
        contents.suppression_note,
        contents.release.note,
    ]
    return [" ".join(text.split()) for text in texts]
