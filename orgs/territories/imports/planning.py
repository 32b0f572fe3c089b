"""What a file of places would do to a classification: worked out whole before anything is written, and always the same for the same file.

What lies in a place that gives way to another one begins anew in that, where the file says no other.
"""

import datetime
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from orgs.models import Territory, TerritoryOutline, TerritoryScheme
from orgs.models.territory import END, MOST_LEVELS
from orgs.readers.problems import Problem
from orgs.territories.imports.description import PARENT, Description
from orgs.territories.imports.reading import Entry
from orgs.territories.imports.timeline import A_DAY, FACTS, Planned, Timelines, standing_in


@dataclass
class Plan:
    new: list[Planned] = field(default_factory=list)
    changed: list[Planned] = field(default_factory=list)
    ended: list[Planned] = field(default_factory=list)
    same: int = 0
    read: int = 0
    successions: list[tuple[Planned, Planned]] = field(default_factory=list)
    outlines: list[tuple[Planned, dict[str, Any]]] = field(default_factory=list)
    """Those that are not what is there already."""
    carried: list[tuple[Planned, Planned]] = field(default_factory=list)
    """Places that begin anew in another one, with the place that they were: they keep its boundary."""
    outlines_read: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of all that it would do."""
        told = hashlib.sha256()
        for place in (*self.new, *self.changed, *self.ended):
            facts = [place.pk, place.code, *(getattr(place, name) for name in FACTS), place.parent_key, place.before]
            told.update(repr(facts).encode())
        for one, other in self.successions:
            told.update(repr([one.pk, one.code, other.pk, other.code, other.valid_from]).encode())
        for place, outline in self.outlines:
            told.update(repr([place.pk, place.code, place.valid_from, outline]).encode())
        return told.hexdigest()


class Planner:
    """Places of a scheme, entries of a file: one pass over each."""

    def __init__(self, scheme: TerritoryScheme, entries: list[Entry], description: Description) -> None:
        self.description = description
        self.plan = Plan(read=len(entries))
        self.places = Timelines(scheme, entries, description)
        self.parents: dict[int, int | None] = dict(Territory.objects.values_list("pk", "parent"))
        self.elsewhere: dict[str, list[Planned]] = defaultdict(list)
        if description.parent_scheme is not None:
            for place in standing_in(description.parent_scheme):
                self.elsewhere[place.code].append(place)

    def made(self) -> Plan:
        self.places.lay_out()
        self.places.end_missing()
        self._resolve_parents()
        self._carry_on()
        self._check_tree()
        self._sum_up()
        self.plan.successions, self.plan.problems = self.places.successions, self.places.problems
        return self.plan

    # --- In the tree ----------------------------------------------------------------------------------------------------

    def _resolve_parents(self) -> None:
        described = PARENT in self.description.columns
        given: Planned | int | None = self.description.parent
        for place in self.places:
            entry = place.entry
            if entry is None:
                continue
            if described and entry.parent:
                place.parent = self._parent_called(entry.parent, place)
            elif self.description.by_prefix and (found := self._parent_by_prefix(place)) is not None:
                place.parent = found
            elif described or self.description.by_prefix or given is not None or place.pk is None:
                place.parent = given if place.pk != given else None

    def _parent_called(self, code: str, place: Planned) -> Planned | None:
        found = self._called(code, place.valid_to)
        if found is None:
            self.places.note("unknown_parent", place, PARENT, code)
        elif found is place:
            self.places.note("within_itself", place, PARENT, code)
            return None
        return found

    def _parent_by_prefix(self, place: Planned) -> Planned | None:
        for length in range(len(place.code) - 1, 0, -1):
            found = self._called(place.code[:length], place.valid_to)
            if found is not None:
                return found
        return None

    def _called(self, code: str, on: datetime.date) -> Planned | None:
        """The place that the code stands for on that day: of the scheme, or of the other one that the administrator named."""
        for known in (self.places.by_code, self.elsewhere):
            if known.get(code):
                begun = [place for place in known[code] if place.valid_from <= on]
                return begun[-1] if begun else known[code][0]
        return None

    def _carry_on(self) -> None:
        """What lies in a place that gives way on a day begins anew in what follows it, so that both keep their figures."""
        following = {id(place): new for place, new in self.places.successions if place.is_cut}
        waiting = [
            place for place in self.places.standing.values() if place.before["parent"][0] in self.places.standing
        ]
        while waiting:
            rest, has_moved = [], False
            for place in waiting:
                above = self.places.standing[place.before["parent"][0]]
                day = above.valid_to + A_DAY if above.is_cut else END
                if above.is_cut and day <= place.valid_from and id(above) in following and place.parent is above:
                    place.parent = following[id(above)]
                if not above.is_cut or not place.valid_from < day <= place.valid_to:
                    rest.append(place)
                    continue
                has_moved = True
                if id(above) in following:
                    self._begin_anew(place, above, following[id(above)], day, following)
            waiting = rest if has_moved else []

    def _begin_anew(
        self, place: Planned, above: Planned, successor: Planned, day: datetime.date, following: dict[int, Planned]
    ) -> None:
        said = place.parent if place.entry is not None else above
        later = [two for one, two in self.places.successions if one is place] if place.is_cut else []
        if later:
            self.places.successions = [(one, two) for one, two in self.places.successions if one is not place]
        new = self.places.succeed(place, day, self.places.by_code[place.code])
        # What was to follow it later follows what it becomes now.
        self.places.successions += [(new, two) for two in later]
        new.parent = successor if said is above else said
        new.entry, place.entry = place.entry, None
        for name in ("name", "names", "kind"):
            setattr(place, name, place.before[name])
        place.parent = above
        following[id(place)] = new
        self.plan.carried.append((place, new))

    def _check_tree(self) -> None:
        """Nothing within itself, nothing too deep, nothing in a place that has ended."""
        levels: dict[int, int] = {}
        for place in self.places:
            path: list[Planned] = []
            seen: set[int] = set()
            above: Planned | None = place
            while above is not None and id(above) not in levels and id(above) not in seen:
                seen.add(id(above))
                path.append(above)
                above = self._above(above)
            if above is not None and id(above) in seen:
                self.places.note("within_itself", above if above.entry else place, PARENT, above.code)
                levels.update(dict.fromkeys(seen, 0))
                continue
            level = levels[id(above)] if above is not None else self._level_outside(path[-1]) if path else 0
            for one in reversed(path):
                level += 1
                levels[id(one)] = level
                if level > MOST_LEVELS:
                    self.places.note("too_deep", one, PARENT, one.code)
            self._refuse_ended_parent(place)

    def _above(self, place: Planned) -> Planned | None:
        """The planned place in which it lies; None where that is not of this scheme."""
        parent = place.parent
        if isinstance(parent, Planned):
            return parent if parent.pk is None or parent.pk in self.places.standing else None
        return self.places.standing.get(parent) if parent is not None else None

    def _level_outside(self, place: Planned) -> int:
        """How many levels lie above, outside of the scheme; one of them may lie in the scheme again, which makes a circle."""
        parent = place.parent
        key = parent.pk if isinstance(parent, Planned) else parent
        count = 0
        while key is not None and count <= MOST_LEVELS:
            if key == place.pk:
                self.places.note("within_itself", place, PARENT, place.code)
                return 0
            key = self.parents.get(key)
            count += 1
        return count

    def _refuse_ended_parent(self, place: Planned) -> None:
        above = place.parent
        if not isinstance(above, Planned) or place.valid_to <= above.valid_to:
            return
        moved = {name for name, _before, _now in place.differences} & {"parent", "valid_to"}
        if above.is_cut or place.pk is None or moved:
            self.places.note(
                "parent_ends", place, PARENT, f"{above.code} → {place.code}" if place.entry is None else above.code
            )

    # --- What comes of it -----------------------------------------------------------------------------------------------

    def _sum_up(self) -> None:
        there = dict(
            TerritoryOutline.objects.filter(territory__in=[p.pk for p in self._with_outlines() if p.pk]).values_list(
                "territory", "geometry"
            )
        )
        has_outline = set()
        for place in self._with_outlines():
            assert place.entry is not None
            self.plan.outlines_read += 1
            if place.pk is None or there.get(place.pk) != place.entry.outline:
                self.plan.outlines.append((place, place.entry.outline or {}))
                has_outline.add(id(place))
        for place in self.places:
            differences = place.differences
            if place.pk is None:
                self.plan.new.append(place)
            elif place.is_cut:
                self.plan.ended.append(place)
            elif differences or id(place) in has_outline:
                self.plan.changed.append(place)
            elif place.entry is not None:
                self.plan.same += 1

    def _with_outlines(self) -> list[Planned]:
        return [place for place in self.places if place.entry is not None and place.entry.outline]


def plan_of(scheme: TerritoryScheme, entries: list[Entry], description: Description) -> Plan:
    return Planner(scheme, entries, description).made()
