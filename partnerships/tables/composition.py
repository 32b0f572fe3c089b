"""Who sits at a coordination table, and who is missing (needs S16 and S27)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import Organisation
from orgs.vocabulary import LevelOfGovernment, Mark, Sector
from partnerships.models import Seat

# Who the source paper wants at a standing table.
WANTED_SECTORS = (Sector.CIVIL_SOCIETY, Sector.PRIVATE, Sector.LABOUR)
MIGRANT_MARKS = [Mark.MIGRANT, Mark.DIASPORA]


@dataclass(frozen=True)
class Share:
    label: str | Promise
    count: int


@dataclass(frozen=True)
class Composition:
    seats: int
    sectors: list[Share]
    levels: list[Share]
    """Seats of authorities by level of government."""
    missing: list[str | Promise]
    migrant_seats: int

    @property
    def migrant_percent(self) -> int | None:
        return round(100 * self.migrant_seats / self.seats) if self.seats else None


def is_migrant_organisation(organisation: Organisation) -> bool:
    return not {*MIGRANT_MARKS}.isdisjoint(organisation.marks)


def composition_of(seats: Iterable[Seat]) -> Composition:
    """Counts seats, each of which belongs to an organisation."""
    organisations = [seat.organisation for seat in seats]
    sectors = Counter(organisation.sector for organisation in organisations)
    levels = Counter(organisation.level_of_government for organisation in organisations if organisation.is_authority)
    migrant = sum(is_migrant_organisation(organisation) for organisation in organisations)
    missing: list[str | Promise] = [sector.label for sector in WANTED_SECTORS if not sectors[sector]]
    missing += [_("%(level)s government") % {"level": level.label} for level in LevelOfGovernment if not levels[level]]
    if not migrant:
        missing.append(_("organisations of migrants"))
    return Composition(
        seats=len(organisations),
        sectors=[Share(sector.label, sectors[sector]) for sector in Sector if sectors[sector]],
        levels=[Share(level.label, levels[level]) for level in LevelOfGovernment if levels[level]],
        missing=missing,
        migrant_seats=migrant,
    )
