"""The figures of the demo: real files of Barcelona and Eurostat, imported by their mappings, rolled up and released."""

import hashlib
from typing import NamedTuple

from django.core.files.base import ContentFile, File

from indicators import actions, rollup
from indicators.models import Import, Indicator, Mapping, Release, Target
from integration_portal.demo.accounts import People
from integration_portal.demo.registry import Organisations
from integration_portal.demo.vocabulary import FIGURES
from orgs.models import Territory


class FigureFile(NamedTuple):
    path: str
    mapping: str
    authority: str = ""
    """In whose territory all of it lies; the platform's own, for any place, where it is nobody's."""


FILES = [
    FigureFile("barcelona/population.csv.gz", "barcelona_population", "city-council"),
    FigureFile("barcelona/unemployment.csv.gz", "barcelona_unemployment", "city-council"),
    FigureFile("barcelona/arrivals.csv.gz", "barcelona_arrivals", "city-council"),
    FigureFile("barcelona/arrivals.csv.gz", "barcelona_arrivals_total", "city-council"),
    FigureFile("barcelona/arrivals.csv.gz", "barcelona_arrivals_origin", "city-council"),
    FigureFile("eurostat/lfsa_ergan.csv.gz", "eurostat_lfsa_ergan"),
    FigureFile("eurostat/edat_lfs_9911_es.csv.gz", "eurostat_edat_lfs_9911"),
]

AS_PUBLISHED = "Open data of the publisher, taken over as they are; compared with its own tables."

# As such a file goes wrong: a place that is none, a word where a number should be, a year that is none.
MISTAKEN = """Year,District.Code,District.Name,Neighborhood.Code,Neighborhood.Name,Gender,Age,Number
2017,1,Ciutat Vella,1,el Raval,Male,0-4,224
2017,1,Ciutat Vella,1,el Raval,Female,0-4,unknown
2017,1,Ciutat Vella,110,Port Vell,Male,0-4,61
2O17,1,Ciutat Vella,2,el Barri Gòtic,Male,0-4,50
"""


def load(people: People, organisations: Organisations) -> None:
    for file in FILES:
        bring_in(file, people, organisations)
    refuse_one(people, organisations)
    aim(people)
    rollup.roll_up()
    if not Release.objects.exists():
        release = actions.start_release(note="Figures of the demonstration", by=people.steward)
        actions.make_releases()
        actions.approve_release(release=release, by=people.administrator)


def bring_in(file: FigureFile, people: People, organisations: Organisations) -> None:
    path = FIGURES / file.path
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    approved = Import.objects.filter(state=Import.State.APPROVED, mapping_name=file.mapping, checksum=checksum)
    if approved.exists():
        return
    first, second = (people.steward, people.manager) if file.authority else (people.administrator, people.administrator)
    with path.open("rb") as opened:
        batch = actions.check_import(
            mapping=Mapping.objects.get(name=file.mapping).definition,
            mapping_name=file.mapping,
            file=File(opened, name=path.name),
            authority=organisations[file.authority] if file.authority else None,
            by=first,
        )
    actions.store_import(batch=batch, by=first)
    actions.accept_findings(batch=batch, reason=AS_PUBLISHED, by=second)
    actions.approve_import(batch=batch, by=second)


def refuse_one(people: People, organisations: Organisations) -> None:
    """A file with faults, so that a steward sees how the portal says what is wrong."""
    name = "population-2017-draft.csv"
    if not Import.objects.filter(file_name=name).exists():
        actions.check_import(
            mapping=Mapping.objects.get(name="barcelona_population").definition,
            mapping_name="barcelona_population",
            file=ContentFile(MISTAKEN.encode(), name=name),
            authority=organisations["city-council"],
            by=people.steward,
        )


def aim(people: People) -> None:
    """A target, so that the page of the city says how far it is."""
    indicator, territory = (
        Indicator.objects.get(code="C2"),
        Territory.objects.get(scheme__code="barcelona", code="080193"),
    )
    if not Target.objects.filter(indicator=indicator, territory=territory).exists():
        target = Target(
            indicator=indicator,
            territory=territory,
            year=2020,
            value=60_000,
            baseline_year=2013,
            baseline_value=114_443,
            source="A sample target of the demonstration",
        )
        actions.set_target(target=target, by=people.steward)
