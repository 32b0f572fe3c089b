"""JSON-stat 2.0 (https://json-stat.org/full/): one data set over indicator, territory, period and the dimensions that occur.

The cube is sparse, so `value` and `status` are objects: a cell without a number stands in `status` alone (Q suppressed, O missing, M not
applicable, by the code list CL_OBS_STATUS), the letters of its flags stand together behind it (OB), and a cell that is in neither is not
in the release. The figures are read twice, once for each, and never held.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from indicators.catalogue.formatting import period_words
from indicators.releases.downloads.contents import NORMAL, TOTAL, Contents, FigureRow, name_of, plain
from indicators.vocabulary import CALENDAR, Unit

MOST_CELLS = 1_000_000
PARTS = 500

Index = dict[int, int]


def write_jsonstat(contents: Contents) -> Iterator[bytes]:
    contents.refuse_above(MOST_CELLS)
    return _pieces(contents)


def _pieces(contents: Contents) -> Iterator[bytes]:
    cube = Cube(contents)
    head = json.dumps(cube.head, ensure_ascii=False)
    yield head[:-1].encode()
    for name, text_of in (("value", _value), ("status", _status)):
        yield f', "{name}": {{'.encode()
        yield from _members(cube, contents, text_of)
        yield b"}"
    yield b"}"


def _members(cube: "Cube", contents: Contents, text_of: Any) -> Iterator[bytes]:
    held: list[str] = []
    begun = False
    for row in contents.rows():
        text = text_of(row)
        if text:
            held.append(f'"{cube.place(row)}": {text}')
        if len(held) >= PARTS:
            yield ((", " if begun else "") + ", ".join(held)).encode()
            held, begun = [], True
    if held:
        yield ((", " if begun else "") + ", ".join(held)).encode()


def _value(row: FigureRow) -> str:
    return plain(row.value)


def _status(row: FigureRow) -> str:
    return "" if row.statuses == NORMAL else f'"{row.statuses}"'


class Cube:
    """The dimensions of the data set, and where in it a cell lies."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.indicators = [pk for pk in contents.indicators if pk in set(contents.distinct("indicator_id"))]
        self.territories = contents.distinct("territory_id")
        held = contents.distinct("period_id")
        self.periods = sorted(held, key=lambda pk: (contents.periods[pk].starts_on, contents.periods[pk].ends_on))
        breakdowns = contents.distinct("breakdown_id")
        occurring = [{contents.groups[pk][n] for pk in breakdowns} for n in range(len(contents.dimensions))]
        self.used = [n for n, codes in enumerate(occurring) if codes - {TOTAL}]
        self.codes = {n: [TOTAL, *sorted(occurring[n] - {TOTAL})] for n in self.used}
        # Places that had one code one after the other are one category, which the periods tell apart.
        self.place_codes = list(dict.fromkeys(self._code_of(pk) for pk in self.territories))
        place_of = {code: place for place, code in enumerate(self.place_codes)}
        self._of_territory = {pk: place_of[self._code_of(pk)] for pk in self.territories}
        self.sizes = [
            len(self.indicators),
            len(self.place_codes),
            len(self.periods),
            *(len(self.codes[n]) for n in self.used),
        ]
        self._of_indicator = {pk: place for place, pk in enumerate(self.indicators)}
        self._of_period = {pk: place for place, pk in enumerate(self.periods)}
        self._of_breakdown = {pk: self._place_of_groups(contents.groups[pk]) for pk in breakdowns}
        self._groups = 1
        for n in self.used:
            self._groups *= len(self.codes[n])

    def place(self, row: FigureRow) -> int:
        """The number of the cell, the last dimension running fastest."""
        place = self._of_indicator[row.indicator]
        place = place * len(self.place_codes) + self._of_territory[row.territory]
        place = place * len(self.periods) + self._of_period[row.period]
        return place * self._groups + self._of_breakdown[row.breakdown]

    def _place_of_groups(self, groups: list[str]) -> int:
        place = 0
        for n in self.used:
            place = place * len(self.codes[n]) + self.codes[n].index(groups[n])
        return place

    @property
    def head(self) -> dict[str, Any]:
        """All but `value` and `status`."""
        contents = self.contents
        assert contents.release.published_at is not None
        dimensions = {
            "indicator": self._indicators(),
            "territory": self._territories(),
            "period": self._periods(),
            **{contents.dimensions[n].code: self._groups_of(n) for n in self.used},
        }
        sources = {source["name"]: source for source in contents.sources.values()}
        return {
            "version": "2.0",
            "class": "dataset",
            "label": contents.title,
            "source": "; ".join(map(name_of, sources.values())) or _("not stated"),
            "updated": contents.release.published_at.isoformat(timespec="seconds"),
            "note": [note for note in (contents.release.note, contents.suppression_note) if note],
            "id": list(dimensions),
            "size": self.sizes,
            "role": {"time": ["period"], "geo": ["territory"], "metric": ["indicator"]},
            "dimension": dimensions,
            "extension": {
                "release": contents.release.pk,
                "sources": list(sources.values()),
                "definitions": {one.code: one.definition for one in contents.indicators.values()},
                "disclosure": {one.code: contents.rule_of(one) for one in contents.indicators.values()},
                "status": {
                    "Q": _("suppressed"),
                    "O": _("missing"),
                    "M": _("not applicable"),
                    "E": _("estimated"),
                    "B": _("break in series"),
                    "P": _("provisional"),
                    "U": _("unreliable"),
                    "D": _("definition differs"),
                },
            },
        }

    def _indicators(self) -> dict[str, Any]:
        found = [self.contents.indicators[pk] for pk in self.indicators]
        dimension = _dimension(_("Indicator"), [one.code for one in found], {one.code: one.name for one in found})
        dimension["category"]["unit"] = {
            one.code: {"label": str(Unit(one.unit).label), "decimals": one.decimals} for one in found
        }
        return dimension

    def _territories(self) -> dict[str, Any]:
        """Codes are unique within their scheme, so both are named."""
        names = {self._code_of(pk): self.contents.places[pk].name for pk in self.territories}
        return _dimension(_("Territory"), self.place_codes, names)

    def _code_of(self, territory: int) -> str:
        place = self.contents.places[territory]
        return f"{place.scheme}:{place.code}"

    def _periods(self) -> dict[str, Any]:
        """With names for those that their code does not tell: 2009-SY."""
        found = [self.contents.periods[pk] for pk in self.periods]
        beside = any(one.kind not in CALENDAR for one in found)
        return _dimension(
            _("Period"), [one.code for one in found], {one.code: period_words(one) for one in found} if beside else None
        )

    def _groups_of(self, n: int) -> dict[str, Any]:
        dimension = self.contents.dimensions[n]
        names = dimension.names
        return _dimension(dimension.name, self.codes[n], {code: names.get(code, _("total")) for code in self.codes[n]})


def _dimension(label: str, codes: list[str], names: dict[str, str] | None = None) -> dict[str, Any]:
    category: dict[str, Any] = {"index": codes}
    if names:
        category["label"] = names
    return {"label": label, "category": category}
