"""The places of each code as they follow each other in time, with what a file says of them.

An entry that begins on the first day of a place is about that place; one that begins within it ends it on the day before and begins a new
place; one without a first day is about the last of them.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from orgs.models import Territory, TerritoryScheme
from orgs.models.territory import BEGINNING, END
from orgs.readers.problems import Problem
from orgs.territories.imports.description import Description
from orgs.territories.imports.reading import Entry

A_DAY = datetime.timedelta(days=1)
FACTS = ("name", "names", "kind", "valid_from", "valid_to")


@dataclass(eq=False, slots=True)
class Planned:
    """A place as it will be. `pk` is None for a new one; `before` is what an old one was."""

    code: str
    name: str
    names: dict[str, str]
    kind: str
    valid_from: datetime.date
    valid_to: datetime.date
    parent: "Planned | int | None" = None
    pk: int | None = None
    entry: Entry | None = None
    before: dict[str, Any] = field(default_factory=dict)
    is_cut: bool = False
    """Another place of its code, or the end of what the file does not have, has ended it."""

    @property
    def key(self) -> int:
        """Once it is stored."""
        assert self.pk is not None
        return self.pk

    @property
    def line(self) -> int | None:
        return self.entry.line if self.entry else None

    @property
    def parent_key(self) -> tuple[int, str]:
        """What names the parent, also one that has no key yet."""
        if isinstance(self.parent, Planned):
            return (self.parent.pk or 0, "" if self.parent.pk else f"{self.parent.code}@{self.parent.valid_from}")
        return (self.parent or 0, "")

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """(what, before, now) of a place that is there."""
        now = {name: getattr(self, name) for name in FACTS} | {"parent": self.parent_key}
        return [(name, value, now[name]) for name, value in self.before.items() if now[name] != value]


def standing_in(scheme: int | None) -> Iterator[Planned]:
    """The places of a scheme, in the order of time, each lying in a planned one where that is of the scheme."""
    rows = Territory.objects.filter(scheme=scheme).order_by("valid_from", "pk")
    known: dict[int, Planned] = {}
    for row in rows.values("pk", "code", "name", "names", "kind", "valid_from", "valid_to", "parent"):
        facts: dict[str, Any] = {**row, "names": dict(row["names"])}
        place = Planned(**facts)
        known[row["pk"]] = place
    for place in known.values():
        if isinstance(place.parent, int) and place.parent in known:
            place.parent = known[place.parent]
        place.before = {name: getattr(place, name) for name in FACTS} | {"parent": place.parent_key}
        yield place


class Timelines:
    """Of a scheme; `by_code` has them."""

    def __init__(self, scheme: TerritoryScheme, entries: list[Entry], description: Description) -> None:
        self.scheme, self.entries, self.description = scheme, entries, description
        self.standing = {place.pk: place for place in standing_in(scheme.pk) if place.pk}
        self.by_code: dict[str, list[Planned]] = defaultdict(list)
        for place in self.standing.values():
            self.by_code[place.code].append(place)
        self.successions: list[tuple[Planned, Planned]] = []
        self.problems: list[Problem] = []
        followed = Territory.objects.filter(scheme=scheme, successions__isnull=False)
        self._succeeded = set(followed.values_list("pk", flat=True))

    def __iter__(self) -> Iterator[Planned]:
        for timeline in self.by_code.values():
            yield from timeline

    def note(self, code: str, place: Planned | Entry | None, column: str = "", value: str = "") -> None:
        self.problems.append(Problem(code, place.line if place else None, column, str(value)[:100]))

    def lay_out(self) -> None:
        named: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            named[entry.code].append(entry)
        for code, entries in named.items():
            entries.sort(key=lambda entry: entry.valid_from or BEGINNING)
            timeline = self.by_code[code]
            for entry, following in pairwise(entries):
                if entry.valid_to and entry.valid_to >= (following.valid_from or BEGINNING):
                    self.note("twice_at_one_time", following, "", code)
            only = len(entries) == len(timeline) == 1
            taken: set[int] = set()
            for entry in entries:
                begins = entry.valid_from
                if begins is None and len(entries) > 1:
                    begins = self._first_of(timeline, entries[1])
                place = self._place_of(entry, begins, timeline, may_move=only and self.description.corrects_days)
                if place is None or id(place) in taken:
                    self.note("twice_at_one_time", entry, "", code)
                    continue
                taken.add(id(place))
                self._fill(place, entry)
            timeline.sort(key=lambda place: place.valid_from)
            self._refuse_overlaps(timeline)

    @staticmethod
    def _first_of(timeline: list[Planned], following: Entry) -> datetime.date:
        """The first day of an entry that does not say it and that another one of its code follows."""
        if timeline and timeline[0].valid_from < (following.valid_from or BEGINNING):
            return timeline[0].valid_from
        return BEGINNING

    def _place_of(
        self, entry: Entry, begins: datetime.date | None, timeline: list[Planned], *, may_move: bool
    ) -> Planned | None:
        """The place that the entry is about: one that is there, or a new one, put between those."""
        if timeline and (begins is None or may_move):
            place = timeline[-1]
            if begins is not None:
                place.valid_from = begins
            return place
        begins = begins or BEGINNING
        for at, place in enumerate(timeline):
            if place.valid_from == begins:
                return place
            if place.valid_from < begins <= place.valid_to:
                return self.succeed(place, begins, timeline)
            if begins < place.valid_from:
                new = self._new(entry.code, begins, place.valid_from - A_DAY)
                timeline.insert(at, new)
                self._follow(timeline[at - 1] if at else None, new)
                if (entry.valid_to or new.valid_to) == new.valid_to:
                    self._follow(new, place)
                return new
        new = self._new(entry.code, begins, END)
        self._follow(timeline[-1] if timeline else None, new)
        timeline.append(new)
        return new

    def _new(self, code: str, begins: datetime.date, ends: datetime.date) -> Planned:
        return Planned(code, "", {}, "", begins, ends)

    def succeed(self, place: Planned, begins: datetime.date, timeline: list[Planned]) -> Planned:
        """Ends it the day before, and begins another that has all that it was."""
        new = Planned(place.code, place.name, dict(place.names), place.kind, begins, place.valid_to, place.parent)
        place.valid_to, place.is_cut = begins - A_DAY, True
        timeline.append(new)
        timeline.sort(key=lambda one: one.valid_from)
        self.successions.append((place, new))
        return new

    def _follow(self, place: Planned | None, new: Planned) -> None:
        """Two of a code of which one begins as the other ends: what became of it, if nothing else is known of that."""
        if place is not None and place.valid_to + A_DAY == new.valid_from and place.pk not in self._succeeded:
            self.successions.append((place, new))

    def _fill(self, place: Planned, entry: Entry) -> None:
        place.entry = entry
        place.name, place.kind = entry.name, entry.kind
        said = {language: name for language, name in entry.names.items() if name and name != place.name}
        place.names = {language: name for language, name in place.names.items() if language not in entry.names} | said
        if entry.valid_to is not None:
            place.valid_to = entry.valid_to
        if place.valid_from > place.valid_to and not (entry.valid_from and entry.valid_to):
            self.note("days_reversed", entry, "", place.valid_to.isoformat())

    def _refuse_overlaps(self, timeline: list[Planned]) -> None:
        for place, following in pairwise(timeline):
            if place.valid_to >= following.valid_from:
                self.note("twice_at_one_time", following if following.entry else place, "", place.code)

    def end_missing(self) -> None:
        last = self.description.ends_missing
        if last is None:
            return
        in_file = {entry.code for entry in self.entries}
        for place in self.standing.values():
            is_missing = place.code not in in_file and place.kind != Territory.Kind.UNALLOCATED
            if is_missing and place.valid_from <= last < place.valid_to:
                place.valid_to, place.is_cut = last, True
