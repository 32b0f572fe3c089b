"""Of where a shelter was before, no row of the database keeps anything below the municipality, however it came in."""

import pytest
from django.db import connection

from orgs.models import (
    ImportedOrganisation,
    Organisation,
    OrganisationImport,
    OrganisationMerge,
    ProposedChange,
    Remark,
    ReviewedProfile,
    Service,
)
from orgs.organisations import actions as organisations
from orgs.verification import actions as verification
from orgs.verification import proposals, unreviewed
from orgs.verification.checklist import CHECKLIST, Answer
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db
KEY = 987_654_321
"""Of the quarter, like no other number of a row."""


@pytest.fixture
def quarter(city):
    return TerritoryFactory(pk=KEY, kind="neighbourhood", name="Quokka quarter", parent=city)


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


@pytest.fixture
def house(quarter, reviewer, city):
    """Verified where it is, with an owner, a service at its door, and all that keeps what was said of it before."""
    house = OrganisationFactory(territory=quarter, address="Quokka lane 1", address_is_public=True)
    house.works_in.set([quarter])
    owner = MembershipFactory(organisation=house).user
    ServiceFactory(organisation=house, title="Beds", address="Quokka door 1").territories.set([quarter])
    answers = {question.code: Answer(True) for question in CHECKLIST}
    waiting = VerificationFactory(organisation=house)
    verification.decide_verification(verification=waiting, outcome="verified", answers=answers, by=reviewer)
    decide(propose(house, owner, "Quokka lane 2"), reviewer, "accepted")
    decide(propose(house, owner, "Quokka lane 3"), reviewer, "returned")
    beds = {"title": "Beds", "address": "Quokka door 0", "territories": [quarter.pk], "type": ""}
    facts = {"address": "Quokka lane 0", "territory": quarter.pk, "works_in": [quarter.pk], "name": house.name}
    facts["services"] = [beds, {"title": "Walk", "territories": [quarter.parent_id, quarter.pk]}]
    batch = OrganisationImport.objects.create(file_name="list.csv", size=1, state="received", created_by=reviewer)
    ImportedOrganisation.objects.create(batch=batch, organisation=house, line=2, before=facts, after=facts)
    Remark.objects.create(page=house.get_absolute_url(), words="Moved.", organisation=house, territory=quarter)
    OrganisationMerge.objects.create(
        gone=OrganisationFactory(),
        kept=house,
        merged_by=reviewer,
        places={f"seat:{house.pk}": [[city.pk, True], [quarter.pk, True]]},
    )
    return Organisation.objects.get(pk=house.pk)


def propose(house, owner, address):
    organisations.update_organisation(organisation=Organisation.objects.get(pk=house.pk), address=address, by=owner)
    return ProposedChange.objects.get(state="open")


def decide(change, reviewer, outcome):
    proposals.decide_change(change=change, outcome=outcome, reasons="Because", by=reviewer)


def open_shelter(house):
    service = house.services.get()
    service.is_shelter, service.address = True, ""
    service.save()


def tables_with(text):
    """{table: rows} of those in which a text stands, of all tables that are not about places themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'orgs_territory%%'"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" r WHERE r::text ILIKE %s', [f"%{text}%"])
            found[table] = cursor.fetchone()[0]
    return {table: rows for table, rows in found.items() if rows}


def test_what_a_shelter_was_before_is_in_no_row(house, city):
    before = {*tables_with(KEY), *tables_with("quokka")}
    assert before >= {
        "orgs_organisation", "orgs_organisationevent", "orgs_proposedchange", "orgs_importedorganisation", "orgs_verificationevent",
        "orgs_organisationmerge", "orgs_remark", "orgs_reviewedprofile",
    }  # fmt: skip
    open_shelter(house)
    assert tables_with(KEY) == {}
    # Its private address stays, and what its people can still propose anew.
    assert tables_with("quokka") == {"orgs_organisation": 1, "orgs_proposedchange": 1}
    assert ProposedChange.objects.get(facts__icontains="quokka").state == "returned"
    done = ImportedOrganisation.objects.get()
    beds = {"title": "Beds", "territories": [city.pk], "type": ""}
    services = [beds, {"title": "Walk", "territories": [city.pk]}]
    facts = {"territory": city.pk, "works_in": [city.pk], "name": house.name, "services": services}
    assert done.after == done.before == facts


def test_shelter_that_passes_to_another_organisation_takes_its_history_too(house):
    shelter = ServiceFactory(is_shelter=True)
    house.services.all().delete()
    Service.objects.filter(pk=shelter.pk).update(organisation=house)
    assert tables_with(KEY) == {}
    assert tables_with("quokka") == {"orgs_organisation": 1, "orgs_proposedchange": 1}


def test_what_changes_of_a_shelter_later_is_not_kept_either(house, quarter, city, reviewer):
    open_shelter(house)
    owner = house.memberships.get().user
    change = propose(house, owner, "Quokka lane 4")
    assert change.facts == {"address": ["Quokka lane 2", "Quokka lane 4"]}
    decide(change, reviewer, "accepted")
    Organisation.objects.filter(pk=house.pk).update(territory=quarter, address="Quokka lane 5")
    VerificationFactory(organisation=house, profile={"address": "Quokka lane 5", "name": house.name})
    assert tables_with("quokka") == {"orgs_organisation": 1}
    assert tables_with(KEY) == {}


def test_move_within_the_municipality_is_no_change_of_a_shelter(house, city):
    owner = house.memberships.get().user
    ProposedChange.objects.filter(state="returned").delete()
    moved = ProposedChange.objects.create(
        organisation=house, proposed_by=owner, facts={"territory": [KEY, city.pk], "name": [house.name, "Haven"]}
    )
    open_shelter(house)
    moved.refresh_from_db()
    assert (moved.state, moved.facts) == ("open", {"name": [house.name, "Haven"]})
    moved.delete()
    alone = ProposedChange.objects.create(organisation=house, proposed_by=owner, facts={"territory": [KEY, city.pk]})
    alone.refresh_from_db()
    assert alone.state == "withdrawn"


def test_decided_change_of_the_address_of_a_shelter_says_that_it_is_not_kept(client, house, reviewer):
    accepted = ProposedChange.objects.get(state="accepted")
    open_shelter(house)
    client.force_login(reviewer)
    page = client.get(accepted.get_absolute_url()).content.decode()
    assert "no longer kept" in page
    assert "Quokka lane" not in page


def test_proposed_address_is_for_those_who_may_see_the_one_of_today(client, house, reviewer):
    owner = house.memberships.get().user
    viewer = MembershipFactory(organisation=house, role="viewer").user
    Organisation.objects.filter(pk=house.pk).update(address_is_public=False)
    shown = {}
    for person in (owner, viewer):
        client.force_login(person)
        shown[person] = client.get(house.get_absolute_url()).content.decode()
    assert "Quokka lane 3" in shown[owner]
    assert "Quokka lane" not in shown[viewer]


def test_accepted_change_of_a_shelter_is_all_that_its_reviewer_has_to_see(house, reviewer):
    open_shelter(house)
    seen = ReviewedProfile.objects.get(organisation=house)
    unreviewed.mark_seen(reviewed=seen, version=seen.version, by=reviewer)
    decide(propose(house, house.memberships.get().user, "Quokka lane 4"), reviewer, "accepted")
    assert not ReviewedProfile.objects.changed().exists()
