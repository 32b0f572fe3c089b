"""A steward brings in the city's own files; a real worker rolls them up; everybody reads the number that the file adds up to."""

import csv
import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Browser, expect

from demo import vocabulary
from indicators.models import ImportBatch, Observation, SavedMapping
from indicators.quality import actions as quality
from orgs.models import Membership, Territory
from tests.browser.people import Person
from tests.factories import AuthorityFactory, MembershipFactory, UserFactory
from tests.processes import worker

FILES = Path(settings.BASE_DIR) / "indicators" / "data" / "barcelona"
SLOW = 180_000


@pytest.fixture
def barcelona(transactional_db):
    """The places, the catalogue and the saved mappings, and a council with a steward; no figure yet."""
    cache.clear()  # Rates are counted there.
    vocabulary.load()
    city = Territory.objects.get(scheme__code="barcelona", code="080193")
    council = AuthorityFactory(name="City council", territory=city)
    steward = UserFactory(email="steward@example.org")
    MembershipFactory(user=steward, organisation=council, role=Membership.Role.STEWARD)
    manager = UserFactory(email="manager@example.org")
    MembershipFactory(user=manager, organisation=council, role=Membership.Role.MANAGER)
    return city


def rows_of(name: str) -> Iterable[dict[str, str]]:
    with gzip.open(FILES / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def imports(steward: Person, name: str, mapping: str) -> None:
    steward.goes_to("/figures/")
    steward.follows("Import a file")
    steward.chooses("mapping", SavedMapping.objects.get(name=mapping).title)
    steward.attaches("file", FILES / name)
    steward.presses("Check the file")
    steward.reads("checked, nothing stored")
    assert Observation.objects.filter(batch__mapping_name=mapping).count() == 0, "a dry run stores nothing"
    steward.presses("Store and send for approval")
    batch = ImportBatch.objects.get(mapping_name=mapping)
    quality.accept_findings(batch=batch, reason="As the city publishes it", by=None)
    steward.goes_to(batch.get_absolute_url())
    steward.presses("Approve")
    expect(steward.page.get_by_text("The figures are rolled up")).to_be_visible(timeout=SLOW)
    assert ImportBatch.objects.get(mapping_name=mapping).state == ImportBatch.State.APPROVED


def test_figures_from_the_file_to_the_public_page(browser: Browser, base_url: str, barcelona) -> None:
    residents = next(int(row["01 ene 2025"]) for row in rows_of("residents.csv.gz") if row["Territorio"] == "Barcelona")
    unemployed = sum(
        int(row["Number"])
        for row in rows_of("unemployment.csv.gz")
        if (row["Year"], row["Month"], row["Demand_occupation"]) == ("2017", "December", "Registered unemployed")
    )
    steward = Person(browser, base_url)
    steward.page.set_default_timeout(20_000)
    manager = Person(browser, base_url)
    neighbour = Person(browser, base_url, width=360)

    steward.logs_in("steward@example.org")
    with worker():
        imports(steward, "residents.csv.gz", "barcelona_residents")
        imports(steward, "unemployment.csv.gz", "barcelona_unemployment")

    neighbour.goes_to(barcelona.get_absolute_url())
    neighbour.does_not_read(f"{residents:,}")  # Not before it is released.
    with worker():  # Only a large release is made by it; a small one is there at once.
        steward.goes_to("/figures/releases/new/")
        steward.fills("note", "Residents and registered unemployed")
        steward.presses("Prepare the release")
        manager.logs_in("manager@example.org")  # Nobody publishes alone.
        manager.goes_to(steward.page.url.removeprefix(base_url))
        manager.presses("Approve and publish")

    neighbour.goes_to("/territories/?q=barcelona")
    neighbour.follows("Barcelona")
    neighbour.reads_title("Barcelona")
    neighbour.reads(f"{residents:,}")
    neighbour.reads(f"{unemployed:,}")
    for person in (steward, manager, neighbour):
        person.leaves()
