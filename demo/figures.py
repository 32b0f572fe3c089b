"""The figures of the demo: real files of Barcelona and Eurostat, imported by their mappings, rolled up and released."""

import hashlib
from typing import NamedTuple

from django.core.files.base import ContentFile, File

from demo.accounts import People
from demo.registry import Organisations
from demo.vocabulary import FIGURES
from indicators.catalogue import target_actions
from indicators.imports import actions as imports
from indicators.models import ImportBatch, Indicator, Release, SavedMapping, Target
from indicators.quality import actions as quality
from indicators.releases import actions as releases
from indicators.rollup import worker
from orgs.models import Territory

AS_PUBLISHED = "Open data of the publisher, taken over as they are; compared with its own tables."


class FigureFile(NamedTuple):
    path: str
    mapping: str
    authority: str = ""
    """In whose territory all of it lies; the platform's own, for any place, where it is nobody's."""
    reason: str = AS_PUBLISHED
    """Why what the quality rules find in it is right all the same: somebody looked at each."""


CITY, PLATFORM = "city-council", ""
FILES = [
    FigureFile(
        "barcelona/residents.csv.gz",
        "barcelona_residents",
        CITY,
        "La Marina del Prat Vermell has grown in every published year since 2016.",
    ),
    FigureFile(
        "barcelona/residents_by_nationality.csv.gz",
        "barcelona_residents_origin",
        CITY,
        "Immigration rose fast after 2021; the share of foreign nationals that the city publishes rises alike.",
    ),
    FigureFile(
        "barcelona/residents_by_nationality.csv.gz",
        "barcelona_residents_citizenship",
        CITY,
        "Nationalities are brought in for every fifth year; the years between have their total and groups of origin.",
    ),
    FigureFile(
        "barcelona/foreign_share.csv.gz",
        "barcelona_foreign_share",
        CITY,
        "In Ciutat Vella the share has been far above that of the other districts since 2001, in each yearly table.",
    ),
    FigureFile(
        "barcelona/residents_by_birth.csv.gz",
        "barcelona_residents_by_birth",
        CITY,
        "The register by place of birth and age is at hand for 2015 and 2023 alone.",
    ),
    FigureFile(
        "barcelona/arrivals.csv.gz",
        "barcelona_arrivals",
        CITY,
        "Compared with the publisher’s own table: the jump of one nationality in one neighbourhood stands there.",
    ),
    FigureFile("barcelona/arrivals.csv.gz", "barcelona_arrivals_total", CITY),
    FigureFile(
        "barcelona/arrivals.csv.gz",
        "barcelona_arrivals_origin",
        CITY,
        "Compared with the publisher’s own table: so many more came in 2017 in both neighbourhoods.",
    ),
    FigureFile(
        "barcelona/catalan_courses.csv.gz",
        "barcelona_catalan_courses",
        CITY,
        "The place of birth of some enrolments is not known, so groups lack them; courses of 2020 were cut short by the pandemic.",
    ),
    FigureFile(
        "barcelona/tertiary_by_birth.csv.gz",
        "barcelona_tertiary_by_birth",
        CITY,
        "2016 to 2019 are not at hand. Jumps and outliers are places with fewer than 200 people of the group, such as la Clota.",
    ),
    FigureFile("barcelona/unemployment.csv.gz", "barcelona_unemployment", CITY),
    FigureFile(
        "barcelona/unemployment_2018.csv.gz",
        "barcelona_unemployment_2018",
        CITY,
        "The pandemic: unemployment rose in every district from March 2020 and fell from mid 2021.",
    ),
    FigureFile(
        "barcelona/separation_by_birth.csv.gz",
        "barcelona_separation",
        CITY,
        "2016 to 2019 are not at hand: the register by education was stored for 2015 and from 2020 on.",
    ),
    FigureFile(
        "barcelona/rent.csv.gz",
        "barcelona_rent",
        CITY,
        "The publisher gives 2015 and the years from 2020 on, and no figure below six contracts.",
    ),
    FigureFile("catalonia/hate_victims.csv.gz", "barcelona_hate_victims", CITY),
    FigureFile("catalonia/hate_victims.csv.gz", "catalonia_hate_victims", PLATFORM),
    FigureFile(
        "catalonia/catalan_skills.csv.gz",
        "idescat_catalan_skills",
        PLATFORM,
        "The survey is held every five years.",
    ),
    FigureFile("catalonia/language_skills_2023.csv.gz", "idescat_spanish_skills", PLATFORM),
    FigureFile(
        "catalonia/labour_rates.csv.gz",
        "ine_labour_rates",
        PLATFORM,
        "The sample of men from the European Union in Catalonia is small: the published series swings as much in other quarters.",
    ),
    FigureFile("eurostat/lfsa_ergan.csv.gz", "eurostat_lfsa_ergan", PLATFORM),
    FigureFile("eurostat/lfsa_ergan_20_64.tsv.gz", "eurostat_lfsa_ergan_20_64", PLATFORM),
    FigureFile("eurostat/lfsa_eoqgan_2022.csv.gz", "eurostat_lfsa_eoqgan", PLATFORM),
    FigureFile("eurostat/ilc_li32.csv.gz", "eurostat_ilc_li32", PLATFORM),
    FigureFile("eurostat/edat_lfs_9911_es.csv.gz", "eurostat_edat_lfs_9911", PLATFORM),
    FigureFile("eurostat/hlth_silc_24.csv.gz", "eurostat_hlth_silc_24", PLATFORM),
    FigureFile("eurostat/migr_resfirst.csv.gz", "eurostat_migr_resfirst", PLATFORM),
    FigureFile("ine/naturalisation.csv.gz", "ine_naturalisation", PLATFORM),
]

# As such a file goes wrong: a place that is none, a word where a number should be, a year that is none.
MISTAKEN = """year,territory,origin,age,sex,residents,hidden_cells,status
2024,N01,HOST,Y0-14,F,1958,0,
2024,N01,HOST,Y0-14,M,unknown,0,
2024,N110,HOST,Y0-14,M,61,0,
2O24,N02,HOST,Y0-14,F,536,0,
"""


def load(people: People, organisations: Organisations) -> None:
    for file in FILES:
        bring_in(file, people, organisations)
    refuse_one(people, organisations)
    set_targets(people)
    worker.roll_up()
    if not Release.objects.exists():
        release = releases.start_release(note="Figures of the demonstration", by=people.steward)
        releases.make_releases()
        releases.approve_release(release=release, by=people.administrator)


def bring_in(file: FigureFile, people: People, organisations: Organisations) -> None:
    path = FIGURES / file.path
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    approved = ImportBatch.objects.filter(
        state=ImportBatch.State.APPROVED, mapping_name=file.mapping, checksum=checksum
    )
    if approved.exists():
        return
    first, second = (people.steward, people.manager) if file.authority else (people.administrator, people.administrator)
    with path.open("rb") as opened:
        batch = imports.ingest(
            mapping=SavedMapping.objects.get(name=file.mapping).definition,
            mapping_name=file.mapping,
            file=File(opened, name=path.name),
            authority=organisations[file.authority] if file.authority else None,
            by=first,
        )
    imports.store_import(batch=batch, by=first)
    quality.accept_findings(batch=batch, reason=file.reason, by=second)
    imports.approve_import(batch=batch, by=second)


def refuse_one(people: People, organisations: Organisations) -> None:
    """A file with faults, so that a steward sees how the portal says what is wrong."""
    name = "residents-2024-draft.csv"
    if not ImportBatch.objects.filter(file_name=name).exists():
        imports.ingest(
            mapping=SavedMapping.objects.get(name="barcelona_residents_by_birth").definition,
            mapping_name="barcelona_residents_by_birth",
            file=ContentFile(MISTAKEN.encode(), name=name),
            authority=organisations["city-council"],
            by=people.steward,
        )


def set_targets(people: People) -> None:
    """A target, so that the page of the city says how far it is."""
    indicator, territory = (
        Indicator.objects.get(code="C2"),
        Territory.objects.get(scheme__code="barcelona", code="080193"),
    )
    if not Target.objects.filter(indicator=indicator, territory=territory).exists():
        target = Target(
            indicator=indicator,
            territory=territory,
            year=2027,
            value=55_000,
            baseline_year=2021,
            baseline_value=81_104,
            source="A sample target of the demonstration",
        )
        target_actions.set_target(target=target, by=people.steward)
