"""Mappings: which column of a file says what. docs/formats.md is the manual; this module reads and checks one."""

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from indicators.vocabulary import Flag, PeriodKind

KNOWN = {
    "title", "format", "delimiter", "encoding", "decimal", "thousands", "source", "where", "indicator", "territory", "period",
    "breakdowns", "numerator", "denominator", "value", "base", "flag", "missing", "rows_of_one_cell",
}  # fmt: skip
NUMBERS = ("numerator", "denominator", "value", "base")


@dataclass(frozen=True)
class Part:
    """Where one part of a cell comes from: a constant, or a column whose values are translated by `codes` where there are any."""

    column: str | None = None
    constant: str | None = None
    codes: MappingABC[str, str] | None = None
    total: frozenset[str] = frozenset()

    def translate(self, text: str | None) -> str | None:
        """Our code for what the file says; "" for a total; None where the mapping does not know it."""
        if self.constant is not None:
            return self.constant
        text = (text or "").strip()
        if text in self.total:
            return ""
        return text if self.codes is None else self.codes.get(text)


@dataclass(frozen=True)
class Mapping:
    """A mapping that has been read: every name in it is spelt right, but the file has not been looked at yet."""

    source: MappingABC[str, str]
    indicator: Part
    territory: Part
    territory_scheme: str
    period: MappingABC[str, Part]
    period_kind: str
    breakdowns: MappingABC[str, Part]
    numbers: MappingABC[str, str]
    flag: Part | None
    where: MappingABC[str, frozenset[str]]
    missing: frozenset[str]
    sums_rows: bool
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    title: MappingABC[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Every column that the file must have, each once."""
        parts = [self.indicator, self.territory, *self.period.values(), *self.breakdowns.values()]
        parts += [self.flag] if self.flag else []
        named = [part.column for part in parts if part.column is not None]
        return list(dict.fromkeys([*named, *self.numbers.values(), *self.where]))


def read_mapping(definition: Any) -> Mapping:
    """The mapping in `definition` (parsed JSON). Raises ValidationError that names what is wrong with it."""
    if not isinstance(definition, dict):
        raise ValidationError(_("A mapping is a JSON object."))
    unknown = sorted(set(definition) - KNOWN)
    if unknown:
        raise ValidationError(_("The mapping has an entry that is not known: %(name)s."), params={"name": unknown[0]})
    for name in ("source", "indicator", "territory", "period"):
        if not isinstance(definition.get(name), dict):
            raise ValidationError(_("The mapping lacks the entry “%(name)s”."), params={"name": name})
    if definition.get("format", "csv") != "csv":
        raise ValidationError(
            _("The mapping is for a format that cannot be read: %(name)s."), params={"name": definition["format"]}
        )
    numbers = {name: _column(definition[name], name) for name in NUMBERS if name in definition}
    if set(numbers) not in ({"numerator"}, {"numerator", "denominator"}, {"value"}, {"value", "base"}):
        raise ValidationError(
            _("A mapping gives a numerator, a numerator and a denominator, a value, or a value and its base.")
        )
    if not definition["source"].get("name"):
        raise ValidationError(_("The mapping does not name its source."))
    if definition.get("rows_of_one_cell", "refuse") not in ("refuse", "sum"):
        raise ValidationError(_("“rows_of_one_cell” is “refuse” or “sum”."))
    period = definition["period"]
    kind = period.get("kind", "")
    if kind and kind not in PeriodKind.values:
        raise ValidationError(
            _("The mapping names a kind of period that is not known: %(name)s."), params={"name": kind}
        )
    period_parts = {
        name: _part(value, name) for name, value in period.items() if name in ("year", "month", "quarter", "half")
    }
    if not period_parts:
        period_parts = {"code": _part({key: value for key, value in period.items() if key != "kind"}, "period")}
    flag = _part(definition["flag"], "flag") if "flag" in definition else None
    for code in (flag.codes or {}).values() if flag else []:
        if code not in Flag.values:
            raise ValidationError(_("The mapping names a flag that is not known: %(name)s."), params={"name": code})
    return Mapping(
        source=definition["source"],
        indicator=_part(definition["indicator"], "indicator"),
        territory=_part({key: value for key, value in definition["territory"].items() if key != "scheme"}, "territory"),
        territory_scheme=str(definition["territory"].get("scheme", "")),
        period=period_parts,
        period_kind=kind,
        breakdowns={name: _part(value, name) for name, value in definition.get("breakdowns", {}).items()},
        numbers=numbers,
        flag=flag,
        where={name: frozenset(map(str, kept)) for name, kept in definition.get("where", {}).items()},
        missing=frozenset(str(text).strip() for text in definition.get("missing", [""])),
        sums_rows=definition.get("rows_of_one_cell") == "sum",
        delimiter=definition.get("delimiter", ","),
        encoding=definition.get("encoding", "utf-8"),
        decimal=definition.get("decimal", "."),
        thousands=definition.get("thousands", ""),
        title=definition.get("title", {}),
    )


def _part(definition: Any, name: str) -> Part:
    if not isinstance(definition, dict) or ("column" in definition) == ("constant" in definition):
        raise ValidationError(
            _("The entry “%(name)s” of the mapping gives a column or a constant."), params={"name": name}
        )
    codes = definition.get("codes")
    if codes is not None and not isinstance(codes, dict):
        raise ValidationError(
            _("The codes of “%(name)s” are pairs of a text in the file and a code of ours."), params={"name": name}
        )
    return Part(
        column=str(definition["column"]) if "column" in definition else None,
        constant=str(definition["constant"]) if "constant" in definition else None,
        codes=None if codes is None else {str(text).strip(): str(code) for text, code in codes.items()},
        total=frozenset(str(text).strip() for text in definition.get("total", [])),
    )


def _column(definition: Any, name: str) -> str:
    part = _part(definition, name)
    if part.column is None:
        raise ValidationError(_("The entry “%(name)s” of the mapping names a column."), params={"name": name})
    return part.column
