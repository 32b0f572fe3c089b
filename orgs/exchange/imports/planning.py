"""What the rows of a file would do: some hundred at a time, in so many queries however many there are."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import override

from orgs.exchange.imports.facts import changes_of, facts_of
from orgs.exchange.imports.mapping import OWN_REGISTER, Mapping
from orgs.exchange.imports.reading import Candidate
from orgs.exchange.imports.service_facts import PLACE
from orgs.folding import Folded, fold
from orgs.listing.taken_off import Identity, TakenOff
from orgs.models import (
    Domain,
    FieldOfWork,
    Organisation,
    OrganisationIdentifier,
    Service,
    ServiceType,
    Territory,
)
from orgs.models.territory import nearest
from orgs.permissions import is_unclaimed
from orgs.readers.problems import Problem
from orgs.registers import normal_number
from orgs.territories.areas import municipalities_of

Number = tuple[str, str]


class New(NamedTuple):
    entry: Candidate
    facts: dict[str, Any]


class Changed(NamedTuple):
    entry: Candidate
    organisation: Organisation
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass
class Portion:
    """Of some rows."""

    new: list[New] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)


class Seen:
    """What the file has named so far, on disk: of a list of a hundred thousand too."""

    def __init__(self) -> None:
        self.shelf = sqlite3.connect("")
        self.shelf.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def line_of(self, key: str, line: int) -> int | None:
        """The line that had it before."""
        if self.shelf.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)).rowcount:
            return None
        found = self.shelf.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        self.shelf.close()


class PortionPlanner:
    def __init__(self, mapping: Mapping, *, locks: bool = False) -> None:
        self.mapping, self.locks = mapping, locks
        self.domains = {domain.code: domain for domain in Domain.objects.all()}
        self.types = {one.code: one for one in ServiceType.objects.select_related("domain")}
        with override(settings.LANGUAGE_CODE):  # A service is known again by its title, whoever looks.
            self.names_of_types = {code: str(one.name) for code, one in self.types.items()}
        self.seen = Seen()

    def plan(self, entries: list[Candidate]) -> Portion:
        batch = BatchPlanner(self, entries)
        batch.work_out()
        return batch.plan

    def services(self, entry: Candidate) -> list[dict[str, Any]] | None:
        """Those that have a place in the portal: of a type that it knows, else in the domain that the file names.

        Where it names none, a new one has that of the mapping.
        """
        if entry.services is None:
            return None
        found = []
        for one in entry.services:
            known = self.types.get(one.get("type", ""))
            domain = known.domain.code if known else one.get("domain", "")
            said = {fact: value for fact, value in one.items() if fact not in ("type", "domain")}
            said |= {"type": known.code} if known else {}
            said |= {"domain": domain} if domain in self.domains else {}
            if said.get("domain", self.mapping.domain) in self.domains:
                is_shelter = one.get("is_shelter", False) or (known is not None and known.is_sheltering)
                shelter = {"is_shelter": True, "address": ""} if is_shelter else {}
                found.append({**said, **shelter})
        return found


class BatchPlanner:
    def __init__(self, planner: PortionPlanner, entries: list[Candidate]) -> None:
        self.planner, self.entries, self.plan = planner, entries, Portion()
        self.columns = planner.mapping.columns

    def work_out(self) -> None:
        places = places_of(place for entry in self.entries for place in places_in(entry))
        municipalities = municipalities_of(place.pk for place in places.values())
        known = KnownOrganisations(self.entries, locks=self.planner.locks)
        namesakes = Namesakes(self.entries)
        told = {
            entry.line: identity_of_entry(entry, place) for entry in self.entries if (place := places.get(entry.place))
        }
        taken_off = TakenOff(told.values())
        for entry in self.entries:
            place = places.get(entry.place)
            if place is None:
                self.refuse("unknown_place", entry, self.columns["territory"].column, entry.place[2])
                continue
            if unknown := [said for said in entry.works_in if said not in places]:
                self.refuse("unknown_place", entry, self.columns["works_in"].column, unknown[0][2])
                continue
            if (line := self.said_before(entry, municipalities[place.pk])) is not None:
                self.refuse("twice", entry, self.planner.mapping.identifier_column, str(line))
                continue
            facts = self.facts(entry, place, places)
            found = known.of(entry)
            if len(found) > 1:
                self.refuse("several", entry, "", ", ".join(sorted(one.reference for one in found)))
            elif found:
                self.compare(entry, found[0], facts)
            elif told[entry.line] in taken_off:
                self.refuse("opted_out", entry, self.columns["name"].column, entry.facts["name"])
            else:
                self.add(entry, facts, namesakes.of(entry, municipalities[place.pk]))

    def refuse(self, code: str, entry: Candidate, column: str = "", value: str = "") -> None:
        self.plan.problems.append(Problem(code, entry.line, column, value[:100]))

    def said_before(self, entry: Candidate, municipality: int) -> int | None:
        """The line that has the same number, or without numbers the same name in the same place."""
        keys = [f"{scheme}:{normal_number(code)}" for scheme, code in entry.identifiers.items()]
        if not keys and not self.planner.mapping.adds_doubles:
            keys = [f"{municipality}/{fold(entry.facts['name'])}"]
        lines = [self.planner.seen.line_of(key, entry.line) for key in keys]
        return next((line for line in lines if line is not None), None)

    def facts(self, entry: Candidate, place: Territory, places: dict[PLACE, Territory]) -> dict[str, Any]:
        """Of places that a portal of this kind says, those that this one does not have are left out."""

        def known(said: Iterable[PLACE]) -> list[int]:
            return sorted({places[one].pk for one in said if one in places})

        facts = {**entry.facts, "territory": place.pk, "identifiers": entry.identifiers}
        if works_in := known(entry.works_in or entry.own_places):
            facts["works_in"] = works_in
        if entry.domains:
            facts["domains"] = entry.domains
        services = self.planner.services(entry)
        if services:
            areas = [known(one.pop("areas", ())) for one in services]
            facts["services"] = [
                {**one, "territories": own} if own and own != works_in else one
                for one, own in zip(services, areas, strict=True)
            ]
        return facts

    def compare(self, entry: Candidate, organisation: Organisation, facts: dict[str, Any]) -> None:
        """Of what is not the file's any more nothing is changed, and that is said only where something would be."""
        name = self.columns["name"].column
        listing = getattr(organisation, "listing", None)
        if listing is not None and listing.opted_out_at is not None:
            self.refuse("opted_out", entry, name, organisation.name)
            return
        if organisation.closed_on is not None:
            self.refuse("closed", entry, name, organisation.name)
            return
        own = entry.identifiers.get(OWN_REGISTER)
        if own == organisation.reference:
            facts = {**facts, "identifiers": {k: v for k, v in entry.identifiers.items() if k != OWN_REGISTER}}
        standing = facts_of(organisation)
        after = changes_of(standing, facts)
        if not after:
            self.plan.same += 1
        elif not is_unclaimed(organisation) or organisation.tier:
            self.refuse("claimed", entry, name, organisation.name)
        else:
            self.plan.changed.append(Changed(entry, organisation, {fact: standing[fact] for fact in after}, after))

    def add(self, entry: Candidate, facts: dict[str, Any], namesakes: list[Organisation]) -> None:
        name = self.columns["name"].column
        alike = [one for one in namesakes if one.closed_on is None and not is_another(one, entry)]
        if alike and not self.planner.mapping.adds_doubles:
            self.refuse("perhaps_same", entry, name, f"{alike[0].name} ({alike[0].reference})")
            return
        self.plan.new.append(New(entry, facts))


def places_in(entry: Candidate) -> list[PLACE]:
    areas = (place for one in entry.services or () for place in one.get("areas", ()))
    return [entry.place, *entry.works_in, *entry.own_places, *areas]


def identity_of_entry(entry: Candidate, place: Territory) -> Identity:
    emails = (entry.facts.get("public_email", ""), entry.notice_email)
    return Identity(entry.facts["name"], place.pk, entry.facts.get("website", ""), emails)


def is_another(organisation: Organisation, entry: Candidate) -> bool:
    """Of one register they have different numbers."""
    known = organisation.identifiers
    return any(
        normal_number(known.get(scheme, code)) != normal_number(code) for scheme, code in entry.identifiers.items()
    )


def places_of(wanted: Iterable[PLACE]) -> dict[PLACE, Territory]:
    """By name only where one place of the scheme has it."""
    keys = set(wanted)
    coded = {key for key in keys if key[1] == "code"}
    by_code: dict[PLACE, list[Territory]] = defaultdict(list)
    rows = Territory.objects.filter(scheme__code__in={key[0] for key in coded}, code__in={key[2] for key in coded})
    for place in rows.select_related("scheme"):
        by_code[place.scheme.code, "code", place.code].append(place)
    found = {key: one for key, places in by_code.items() if (one := nearest(places))}
    named: dict[tuple[str, str], list[Territory]] = defaultdict(list)
    if names := keys - coded:
        current = Territory.objects.active(timezone.localdate()).filter(scheme__code__in={key[0] for key in names})
        folded = {fold(key[2]) for key in names}
        for place in current.alias(own_name=Folded("name")).filter(own_name__in=folded).select_related("scheme"):
            named[place.scheme.code, fold(place.name)].append(place)
    for key in names:
        if len(places := named.get((key[0], fold(key[2])), [])) == 1:
            found[key] = places[0]
    return found


def numbers_of(entry: Candidate) -> list[Number]:
    return [(scheme, normal_number(code)) for scheme, code in entry.identifiers.items()]


class KnownOrganisations:
    """Those that have a number of the entries: closed ones too, so that nobody comes back by the next list."""

    def __init__(self, entries: list[Candidate], *, locks: bool) -> None:
        numbers = {number for entry in entries for number in numbers_of(entry)}
        codes = [code for _scheme, code in numbers]
        rows = OrganisationIdentifier.objects.filter(code__in=codes, scheme__in={scheme for scheme, _code in numbers})
        holders: dict[Number, set[int]] = defaultdict(set)
        open_ones: set[int] = set()
        for scheme, code, key, is_open in rows.values_list("scheme", "code", "organisation", "is_open"):
            holders[scheme, code].add(key)
            open_ones |= {key} if is_open else set()
        references = [entry.identifiers[OWN_REGISTER] for entry in entries if OWN_REGISTER in entry.identifiers]
        found = Organisation.objects.filter(Q(pk__in=set().union(*holders.values())) | Q(reference__in=references))
        if locks:  # Nobody claims one between the look and the change.
            found = found.select_for_update(of=("self",)).order_by("pk")
        self.by_key = {one.pk: one for one in read_whole(found)}
        self.by_number: dict[Number, list[Organisation]] = defaultdict(list)
        for one in self.by_key.values():
            self.by_number[OWN_REGISTER, normal_number(one.reference)].append(one)
        for number, keys in holders.items():
            # One that is open stands for the closed ones before it.
            self.by_number[number] += [self.by_key[key] for key in (keys & open_ones or keys) if key in self.by_key]

    def of(self, entry: Candidate) -> list[Organisation]:
        found = {one.pk: one for number in numbers_of(entry) for one in self.by_number.get(number, ())}
        return list(found.values())


def read_whole(found: Any) -> Any:
    """With all that `facts_of` asks."""
    return found.select_related("listing").prefetch_related(
        Prefetch("works_in", Territory.objects.only("pk")),
        Prefetch("fields_of_work", FieldOfWork.objects.select_related("domain")),
        Prefetch("services", read_services(Service.objects)),
    )


def read_services(found: Any) -> Any:
    """The oldest first, so that those of one title stand in the same order each time."""
    return (
        found.select_related("type", "domain")
        .order_by("pk")
        .prefetch_related("opening_times", "closed_days", Prefetch("territories", Territory.objects.only("pk")))
    )


class Namesakes:
    """By municipality the organisations that are called like an entry, whatever case and accents."""

    def __init__(self, entries: list[Candidate]) -> None:
        names = {fold(entry.facts["name"]) for entry in entries}
        found = Organisation.objects.alias(own_name=Folded("name")).filter(own_name__in=names)
        namesakes = list(found.defer("description"))
        theirs = municipalities_of(one.territory_id for one in namesakes)
        self.known: dict[tuple[str, int], list[Organisation]] = defaultdict(list)
        for one in namesakes:
            self.known[fold(one.name), theirs[one.territory_id]].append(one)

    def of(self, entry: Candidate, municipality: int) -> list[Organisation]:
        return self.known.get((fold(entry.facts["name"]), municipality), [])
