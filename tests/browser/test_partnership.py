"""An officer logs a partnership; the organisation, the authority and a reviewer each have their say; everybody reads all four."""

import datetime

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, expect

from orgs.models import Membership
from partnerships.models import Assessment, Document, Partnership
from tests.browser.people import Person, email_to
from tests.factories import (
    AuthorityFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.factories_partnerships import PDF, current_scale

TITLE = "Language cafés"
TODAY = timezone.localdate()


@pytest.fixture
def city(transactional_db):
    """A council with an officer, a verified association with an owner, a reviewer who belongs to neither."""
    cache.clear()  # Rates are counted there.
    current_scale()
    city = TerritoryFactory(name="Barcelona", code="080193")
    council = AuthorityFactory(name="City council", territory=city)
    association = OrganisationFactory(name="Cosim Juntes", territory=city, published=True)
    for email, organisation, role in [
        ("officer@example.org", council, Membership.Role.OFFICER),
        ("owner@example.org", association, Membership.Role.OWNER),
    ]:
        MembershipFactory(user=UserFactory(email=email), organisation=organisation, role=role)
    ReviewerFactory(email="reviewer@example.org", territory=city)
    DomainFactory(name="Language")
    return city


def logs_the_partnership(officer: Person) -> None:
    officer.logs_in("officer@example.org")
    officer.follows("Log a partnership")
    officer.fills("title", TITLE)
    officer.fills("partners", "Cosim Juntes")
    officer.chooses("kind", "services")
    officer.chooses("domains", "Language")
    officer.chooses("promised", "Consult")
    officer.fills("starts_on", days_ago(300))
    officer.presses("Save and ask the partners")
    officer.reads_title(TITLE)


def adds_what_happened(officer: Person) -> None:
    officer.follows("Activity")
    officer.chooses("kind", "briefing")
    officer.fills("title", "Plan for the year presented")
    officer.fills("held_on", days_ago(200))
    officer.chooses("stage", "planning")
    officer.fills("languages", "Catalan, Urdu")
    officer.fills("decision_on", days_ago(100))
    officer.presses("Save")
    officer.follows("Contribution")
    officer.chooses("kind", "space")
    officer.fills("description", "A room in the library")
    officer.fills("given_on", days_ago(150))
    officer.presses("Save")
    officer.follows("Document")
    officer.chooses("kind", "notice")
    officer.fills("title", "Notice of the plan")
    officer.fills("dated_on", days_ago(190))
    officer.fills("decision_on", days_ago(100))
    officer.chooses("language", "ca")
    officer.chooses("stage", "planning")
    officer.attaches("file", {"name": "notice.pdf", "mimeType": "application/pdf", "buffer": PDF})
    officer.ticks("is_public")
    officer.presses("Save")
    officer.reads("Notice of the plan")


def claims_a_level(officer: Person) -> None:
    officer.follows("Assess the engagement")
    officer.fills("starts_on", days_ago(290))
    officer.fills("ends_on", days_ago(1))
    officer.presses("Begin")
    for piece in officer.page.get_by_role("checkbox", name="Plan for the year presented").all():
        piece.check()
    officer.presses("Save the evidence and show the level")
    officer.chooses("claimed", "Consult")
    officer.presses("Submit to a reviewer")
    officer.reads("C1")  # More than the evidence carries: the missing criterion is named.
    expect(officer.page.locator(".error-summary")).to_contain_text("C1")
    assert Assessment.objects.get().state == "draft"
    officer.chooses("claimed", "Inform")
    officer.fills("statement", "We told them our plan in time, in two languages.")
    officer.presses("Submit to a reviewer")


def days_ago(days: int) -> str:
    return (TODAY - datetime.timedelta(days=days)).isoformat()


def test_partnership_from_the_short_form_to_the_public_page(browser: Browser, base_url: str, city) -> None:
    officer = Person(browser, base_url)
    owner = Person(browser, base_url, width=360)
    reviewer = Person(browser, base_url)
    neighbour = Person(browser, base_url)

    logs_the_partnership(officer)
    assert TITLE in email_to("owner@example.org").message
    page = Partnership.objects.get().get_absolute_url()
    assert neighbour.page.goto(page).status == 404  # type: ignore[union-attr]
    neighbour.complaints.clear()

    owner.logs_in("owner@example.org")
    owner.follows("Is this right?")
    owner.chooses("answer", "confirmed")
    owner.presses("Send the answer")

    officer.goes_to(page)
    adds_what_happened(officer)
    claims_a_level(officer)

    owner.goes_to("/")
    owner.follows("How was it for you?")
    owner.chooses("level", "Consult")
    owner.fills("comment", "They also asked us about the opening hours.")
    owner.presses("Save your view")

    reviewer.logs_in("reviewer@example.org")
    reviewer.follows("Review the claim")
    reviewer.reads("We told them our plan in time, in two languages.")
    for accept in reviewer.page.get_by_label("Accept", exact=True).all():
        accept.check()
    reviewer.chooses("outcome", "confirmed")
    reviewer.fills("reasons", "Two languages, a hundred days before the vote.")
    reviewer.presses("Decide")
    assert "Inform" in email_to("officer@example.org").message

    neighbour.goes_to("/partnerships/")
    neighbour.follows(TITLE)
    neighbour.reads_title(TITLE)
    ladder = {
        row.locator("dt").inner_text().strip(): row.locator(".ladder-value").inner_text().split()[0]
        for row in neighbour.page.locator(".ladder-row").all()
    }
    assert ladder == {"Promised": "Consult", "Claimed": "Inform", "Experienced": "Consult", "Confirmed": "Inform"}
    for said in (
        "Two languages, a hundred days before the vote.",
        "They also asked us about the opening hours.",
        "A room in the library",
    ):
        neighbour.reads(said)
    with neighbour.page.expect_download() as download:
        neighbour.follows("Notice of the plan")
    assert download.value.path().read_bytes() == PDF
    assert Document.objects.get().is_public
    for person in (officer, owner, reviewer, neighbour):
        person.leaves()
