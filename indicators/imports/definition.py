"""Reading a mapping from its JSON: every fault is told with the name of its part."""

import io
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from indicators.imports.mapping import (
    ANY,
    FORMATS,
    MISSING,
    NUMBERS,
    WRITTEN_WITH_POINTS,
    ImportMapping,
    Part,
    Wide,
)
from indicators.vocabulary import PeriodKind, flags_of
from orgs.models import Territory
from orgs.naming import web_address
from orgs.numbers import Writing
from orgs.readers.layout import FileLayout

KNOWN = {
    "title", "format", "delimiter", "encoding", "decimal", "thousands", "sheet", "header_row", "source", "where", "where_not", "columns",
    "indicator", "territory", "period", "breakdowns", "numerator", "denominator", "value", "base", "flag", "currency", "missing",
    "not_applicable", "zero", "rows_of_one_cell",
}  # fmt: skip


# Encodings that Python knows but no table is written in; some of them take very long on purpose-made text.
NOT_FOR_TABLES = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}


def read_mapping(definition: Any) -> ImportMapping:
    """The mapping in `definition` (parsed JSON). Raises ValidationError that names what is wrong with it."""
    if not isinstance(definition, dict):
        raise ValidationError(_("A mapping is a JSON object."))
    unknown = sorted(set(definition) - KNOWN)
    if unknown:
        raise ValidationError(_("The mapping has an entry that is not known: %(name)s."), params={"name": unknown[0]})
    for name in ("source", "territory"):
        _object(definition, name, required=True)
    for name in ("indicator", "period", "breakdowns", "where", "where_not", "title", "columns"):
        _object(definition, name, required=name in ("indicator", "period") and "columns" not in definition)
    form = _format(definition)
    if definition.get("rows_of_one_cell", "refuse") not in ("refuse", "sum"):
        raise ValidationError(_("“rows_of_one_cell” is “refuse” or “sum”."))
    wide = _wide(definition)
    flag = _part(definition["flag"], "flag") if "flag" in definition else None
    for code in [*(flag.codes or {}).values(), flag.constant or ""] if flag else []:
        if flags_of(code) is None:
            raise ValidationError(_("The mapping names a flag that is not known: %(name)s."), params={"name": code})
    parts = _parts(definition, wide)
    missing = frozenset(_texts(definition.get("missing", MISSING.get(form, [""])), "missing"))
    not_applicable = frozenset(_texts(definition.get("not_applicable", []), "not_applicable"))
    if both := sorted(missing & not_applicable):
        raise ValidationError(
            _("“%(text)s” cannot mean both that there is no figure and that it is not applicable."),
            params={"text": both[0], "name": "not_applicable"},
        )
    zero = frozenset(_texts(definition.get("zero", []), "zero"))
    if both := sorted(zero & (missing | not_applicable)):
        raise ValidationError(
            _("“%(text)s” cannot mean both that there is no figure and that it is 0."),
            params={"text": both[0], "name": "zero"},
        )
    return ImportMapping(
        source=_source(definition["source"]),
        indicator=parts.indicator,
        territory=parts.territory,
        territory_scheme=str(definition["territory"].get("scheme", "")),
        territory_by=_territory_by(definition),
        territory_kind=_territory_kind(definition),
        period=parts.period,
        period_kind=_period_kind(definition),
        breakdowns=parts.breakdowns,
        numbers=_numbers(definition, wide),
        flag=flag,
        currency=_part(definition["currency"], "currency") if "currency" in definition else None,
        where=_texts_by_column(definition, "where"),
        where_not=_texts_by_column(definition, "where_not"),
        missing=missing,
        not_applicable=not_applicable,
        zero=zero,
        sums_rows=definition.get("rows_of_one_cell") == "sum",
        layout=read_layout(definition),
        writing=_writing(definition),
        is_writing_stated="decimal" in definition or "thousands" in definition or form in WRITTEN_WITH_POINTS,
        wide=wide,
        title=definition.get("title", {}),
    )


@dataclass
class _Parts:
    indicator: Part
    territory: Part
    period: dict[str, Part]
    breakdowns: dict[str, Part]


def _parts(definition: dict[str, Any], wide: Wide | None) -> _Parts:
    """The parts as the entries give them, with what each column of a wide table says added: it becomes codes of the column's heading."""
    spread = _spread(definition)
    given = {name for constants in spread.values() for name in constants}
    period = definition.get("period", {})
    period_parts = {
        name: _part(value, name) for name, value in period.items() if name in ("year", "month", "quarter", "half")
    }
    if not period_parts and set(period) - {"kind"}:
        period_parts = {"code": _part({key: value for key, value in period.items() if key != "kind"}, "period")}
    territory = {key: value for key, value in definition["territory"].items() if key not in ("scheme", "by", "kind")}
    parts: dict[str, Part] = {f"period {name}": part for name, part in period_parts.items()}
    for name, value in (("indicator", definition.get("indicator")), ("territory", territory)):
        if value:
            parts[name] = _part(value, name)
    for name, value in definition.get("breakdowns", {}).items():
        parts[f"group {name}"] = _part(value, name)
    for name in given:
        place = {"indicator": name, "territory": name, "period": "period code"}.get(name, f"group {name}")
        before = parts.get(place)
        if before is not None and before.column is not None:
            raise ValidationError(
                _("The mapping gives “%(name)s” twice: by a column, and for the columns side by side."),
                params={"name": name},
            )
        assert wide is not None
        codes = {heading: constants[name] for heading, constants in spread.items() if name in constants}
        rest = before.constant if before is not None else "" if place.startswith("group ") else None
        parts[place] = Part(wide.name, codes=codes if rest is None else codes | {ANY: rest})
    for name in ("indicator", "territory"):
        if name not in parts:
            raise ValidationError(_("The mapping lacks the entry “%(name)s”."), params={"name": name})
    periods = {name.removeprefix("period "): part for name, part in parts.items() if name.startswith("period ")}
    if not periods:
        raise ValidationError(_("The mapping lacks the entry “%(name)s”."), params={"name": "period"})
    groups = {name.removeprefix("group "): part for name, part in parts.items() if name.startswith("group ")}
    return _Parts(parts["indicator"], parts["territory"], periods, groups)


def _spread(definition: dict[str, Any]) -> dict[str, dict[str, str]]:
    """{heading: {part: code}} of a wide table."""
    headings = definition.get("columns", {}).get("headings")
    if not isinstance(headings, dict):
        return {}
    return {
        str(heading): {str(name): str(code) for name, code in constants.items() if name != "beside"}
        for heading, constants in headings.items()
    }


def _wide(definition: dict[str, Any]) -> Wide | None:
    if "columns" not in definition:
        return None
    columns = definition["columns"]
    headings = columns.get("headings", ANY)
    if (
        set(columns) - {"headings", "name"}
        or (not isinstance(headings, dict | list) and headings != ANY)
        or not headings
    ):
        raise ValidationError(
            _("“columns” gives “headings”, which are “*”, a list, or what each of them says, and a “name” for them.")
        )
    if isinstance(headings, dict) and not all(isinstance(constants, dict) for constants in headings.values()):
        raise ValidationError(_('Each heading in “columns” says which parts it stands for: {"Women": {"sex": "F"}}.'))
    named: dict[str, str | None] | None = None
    if isinstance(headings, dict):
        named = {
            str(heading).strip(): str(constants["beside"]) if "beside" in constants else None
            for heading, constants in headings.items()
        }
    elif headings != ANY:
        named = {str(heading).strip(): None for heading in headings}
    return Wide(name=str(columns.get("name", "(heading)")), headings=named)


def _numbers(definition: dict[str, Any], wide: Wide | None) -> dict[str, str]:
    """{number: column}. In a wide table `"numerator": "columns"` says what the figures side by side are."""
    numbers = {}
    for name in NUMBERS:
        if name not in definition:
            continue
        if wide is not None and definition[name] == "columns":
            numbers[name] = wide.number
        else:
            numbers[name] = _column(definition[name], name)
    if wide is not None and list(numbers.values()).count(wide.number) != 1:
        raise ValidationError(_("With “columns”, one of “numerator” and “value” is “columns”."))
    if wide is not None and wide.has_beside:
        numbers["denominator" if "numerator" in numbers else "base"] = wide.beside
    if set(numbers) not in ({"numerator"}, {"numerator", "denominator"}, {"value"}, {"value", "base"}):
        raise ValidationError(
            _("A mapping gives a numerator, a numerator and a denominator, a value, or a value and its base.")
        )
    if definition.get("rows_of_one_cell") == "sum" and set(numbers) == {"value"}:
        raise ValidationError(
            _(
                "A rate, a mean or a score is not added up. Give it with its parts (a numerator and a denominator, or a value and its base), or "
                "keep one row of each cell."
            ),
            params={"name": "rows_of_one_cell"},
        )
    return numbers


LONGEST = {"name": 200, "publisher": 200, "licence": 120, "url": 200}


def _source(given: dict[str, Any]) -> dict[str, str]:
    """Whose figures: what pages will show beside them, so that its address is one of the web."""
    source = {name: str(given.get(name) or "").strip() for name in LONGEST}
    if not source["name"]:
        raise ValidationError(_("The mapping does not name its source."))
    for name, text in source.items():
        if len(text) > LONGEST[name]:
            raise ValidationError(
                _("“%(name)s” of the source has more than %(most)s characters."),
                params={"name": name, "most": LONGEST[name]},
            )
    if source["url"]:
        web_address(source["url"])
    return source


def _object(definition: dict[str, Any], name: str, *, required: bool) -> None:
    if name not in definition and not required:
        return
    if not isinstance(definition.get(name), dict):
        raise ValidationError(_("The mapping lacks the entry “%(name)s”."), params={"name": name})


def _period_kind(definition: dict[str, Any]) -> str:
    kind = definition.get("period", {}).get("kind", "")
    if kind and kind not in PeriodKind.values:
        raise ValidationError(
            _("The mapping names a kind of period that is not known: %(name)s."), params={"name": kind}
        )
    part = next((name for name in ("month", "quarter", "half") if name in definition.get("period", {})), kind)
    if kind and kind != part:
        raise ValidationError(
            _("The mapping says that the periods are of the kind “%(kind)s”, and gives a “%(part)s”."),
            params={"name": "period", "kind": kind, "part": part},
        )
    return str(kind)


def _territory_by(definition: dict[str, Any]) -> str:
    by = definition["territory"].get("by", "code")
    if by not in ("code", "name"):
        raise ValidationError(_("“by” in “territory” is “code” or “name”."), params={"name": "territory"})
    return str(by)


def _territory_kind(definition: dict[str, Any]) -> str:
    kind = definition["territory"].get("kind", "")
    if kind and kind not in Territory.Kind.values:
        raise ValidationError(
            _("The mapping names a kind of place that is not known: %(name)s."), params={"name": kind}
        )
    return str(kind)


def _texts(given: Any, name: str) -> list[str]:
    if not isinstance(given, list):
        raise ValidationError(_("“%(name)s” is a list of texts."), params={"name": name})
    return [str(text).strip() for text in given]


def _texts_by_column(definition: dict[str, Any], name: str) -> dict[str, frozenset[str]]:
    return {str(column): frozenset(_texts(kept, column)) for column, kept in definition.get(name, {}).items()}


def read_layout(definition: dict[str, Any]) -> FileLayout:
    """How the file is written, of a whole mapping or of those entries alone. Raises ValidationError that names what is wrong."""
    return FileLayout(
        format=_format(definition),
        delimiter=_delimiter(definition),
        encoding=_encoding(definition),
        sheet=str(definition.get("sheet", "")),
        header_row=_header_row(definition),
        decimal=_writing(definition).decimal,
    )


def _format(definition: dict[str, Any]) -> str:
    name = definition.get("format", "csv")
    if name not in FORMATS:
        raise ValidationError(
            _("The mapping is for a format that cannot be read: %(name)s."), params={"name": str(name)[:80]}
        )
    return str(name)


def _delimiter(definition: dict[str, Any]) -> str:
    return _sign(definition, "delimiter", ",") or ","


def _sign(definition: dict[str, Any], name: str, default: str) -> str:
    sign = definition.get(name, default)
    if not isinstance(sign, str) or (sign and (len(sign) != 1 or sign in '\r\n"' or sign.isalnum())):
        raise ValidationError(_("“%(name)s” is one sign, such as a comma or a point."), params={"name": name})
    return sign or default


def _writing(definition: dict[str, Any]) -> Writing:
    thousands = _sign(definition, "thousands", "")
    decimal = _sign(definition, "decimal", "," if thousands == "." else ".")
    if decimal == thousands:
        raise ValidationError(
            _("The decimal sign and the thousands separator cannot be the same."), params={"name": "thousands"}
        )
    return Writing(decimal, thousands)


def _encoding(definition: dict[str, Any]) -> str:
    encoding = str(definition.get("encoding", "utf-8")).lower().replace("_", "-")
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    except LookupError:
        encoding = ""
    if not encoding or encoding in NOT_FOR_TABLES:
        raise ValidationError(
            _("The mapping names an encoding that is not known: %(name)s."),
            params={"name": str(definition["encoding"])[:40]},
        )
    return encoding


def _header_row(definition: dict[str, Any]) -> int:
    row = definition.get("header_row", 1)
    if not isinstance(row, int) or isinstance(row, bool) or not 1 <= row <= 10_000:
        raise ValidationError(_("“header_row” is the number of the line with the names of the columns."))
    return row


def _part(definition: Any, name: str) -> Part:
    given = (
        [entry for entry in ("column", "columns", "constant") if entry in definition]
        if isinstance(definition, dict)
        else []
    )
    if len(given) != 1:
        raise ValidationError(
            _("The entry “%(name)s” of the mapping gives a column or a constant."), params={"name": name}
        )
    codes = definition.get("codes")
    if codes is not None and not isinstance(codes, dict):
        raise ValidationError(
            _("The codes of “%(name)s” are pairs of a text in the file and a code of ours."), params={"name": name}
        )
    columns = definition.get("columns", [definition["column"]] if "column" in definition else [])
    if (
        not isinstance(columns, list)
        or not all(isinstance(column, str | int) for column in columns)
        or (given == ["columns"] and not columns)
    ):
        raise ValidationError(_("The columns of “%(name)s” are a list of their names."), params={"name": name})
    return Part(
        column=str(columns[-1]) if columns else None,
        within=tuple(map(str, columns[:-1])),
        join=str(definition.get("join", Part.join)),
        constant=str(definition["constant"]) if "constant" in definition else None,
        codes=None if codes is None else {str(text).strip(): str(code) for text, code in codes.items()},
        total=frozenset(_texts(definition.get("total", []), "total")),
    )


def _column(definition: Any, name: str) -> str:
    part = _part(definition, name)
    if part.column is None or part.within:
        raise ValidationError(_("The entry “%(name)s” of the mapping names a column."), params={"name": name})
    return part.column
