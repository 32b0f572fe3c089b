"""What verified organisations change without a reviewer: listed until one has seen it, whichever way it was changed."""

import datetime
import importlib
import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from post_office.models import Email

from integration_portal.operations.queues import work_queues
from orgs.inbox import tasks_of
from orgs.members import actions as members
from orgs.models import (
    Capacity,
    Membership,
    Organisation,
    ReviewedProfile,
    Service,
    ServiceType,
    VolunteerOpportunity,
)
from orgs.organisations import actions as organisations
from orgs.services import actions as services
from orgs.services.actions import Hours
from orgs.standing import measures
from orgs.tasks import send_reviewer_digests
from orgs.verification import actions as verification
from orgs.verification import profiles, proposals, unreviewed
from orgs.verification.checklist import CHECKLIST, Answer
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db
LIST = reverse("orgs:unreviewed_list")


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city, name="Rita")


def verified(territory, reviewer, name="Ours"):
    """With an owner and a service, as a reviewer saw it."""
    organisation = OrganisationFactory(name=name, territory=territory)
    MembershipFactory(organisation=organisation)
    ServiceFactory(organisation=organisation, title="Language café", telephone="600 000 000")
    answers = {question.code: Answer(True) for question in CHECKLIST}
    waiting = VerificationFactory(organisation=organisation)
    verification.decide_verification(verification=waiting, outcome="verified", answers=answers, by=reviewer)
    return Organisation.objects.get(pk=organisation.pk)


@pytest.fixture
def organisation(raval, reviewer):
    return verified(raval, reviewer)


@pytest.fixture
def owner(organisation):
    return organisation.memberships.get().user


def body_for(client, person):
    """Without the marks of people's own words, which stand in the middle of what is looked for."""
    client.force_login(person)
    return re.sub(r"</?bdi[^>]*>", "", client.get(LIST).content.decode())


def listed():
    return set(ReviewedProfile.objects.changed().values_list("organisation__name", flat=True))


def press_seen(client, body):
    url = re.search(r'action="([^"]+/seen/)"', body)[1]
    return client.post(url, {"version": re.search(r'name="version" value="(\d+)"', body)[1]}, follow=True)


def save(service, owner, **facts):
    for fact, value in facts.items():
        setattr(service, fact, value)
    services.save_service(service=service, territories=None, by=owner)


def test_new_contact_of_a_service_goes_live_and_is_before_the_reviewer_at_once(client, organisation, owner, reviewer):
    assert "You have nothing to do" in body_for(client, reviewer)
    save(organisation.services.get(), owner, telephone="611 111 111", email="new@house.example")
    body = body_for(client, reviewer)
    assert "Language café · telephone" in body
    assert "600 000 000</del>" in body
    assert "611 111 111</ins>" in body
    assert "new@house.example</ins>" in body
    assert "Last seen by Rita" in body
    assert [(str(task.kind), strip_tags(task.title)) for task in tasks_of(reviewer)] == [
        ("Change without review", "Look at what Ours has changed")
    ]
    assert "Changed without review (1)" in client.get(reverse("orgs:review_queue")).content.decode()
    assert {str(one.title): one.count for _part, lines in work_queues() for one in lines}["Changed without review"] == 1
    Email.objects.all().delete()
    assert send_reviewer_digests() == 1
    assert "Changed without review: 1" in Email.objects.get().message
    assert "Seen. It comes back" in press_seen(client, body).content.decode()
    assert "You have nothing to do" in body_for(client, reviewer)
    assert tasks_of(reviewer) == []
    save(organisation.services.get(), owner, telephone="622 222 222")
    body = body_for(client, reviewer)
    assert "611 111 111</del>" in body, "against what was seen last, not what was verified"
    assert "600 000 000" not in body


def add_capacity(organisation, owner):
    Capacity.objects.create(organisation=organisation, side="offer", kind="space", note="A hall")


def add_opportunity(organisation, owner):
    VolunteerOpportunity.objects.create(
        organisation=organisation, kind="regular", title="Partner", form="https://elsewhere.example"
    )


def describe(organisation, owner):
    organisations.update_organisation(organisation=organisation, description="We sell visas.", by=owner)


def open_hours(organisation, owner):
    service = organisation.services.get()
    week = {"MO": [(datetime.time(9), datetime.time(13))]}
    services.save_service(service=service, hours=Hours(week), by=owner)


def move_service(organisation, owner):
    save(organisation.services.get(), owner, address="Lane 7", walks_in=True)


def retype(organisation, owner):
    domain = DomainFactory(code="D7", name="Law")
    kind = ServiceType.objects.create(code="legal-advice", domain=domain, order=1, name="Legal advice")
    save(organisation.services.get(), owner, type=kind)


def remove(organisation, owner):
    services.remove_service(service=organisation.services.get(), by=owner)


def by_hand(organisation, owner):
    """Whatever the way: a statement in the database."""
    Service.objects.filter(organisation=organisation).update(form="https://elsewhere.example")


def new_owner(organisation, owner):
    MembershipFactory(organisation=organisation, user=UserFactory(name="Xavi Stranger"))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (add_capacity, ["Offer: Space", "A hall"]),
        (add_opportunity, ["Volunteer opportunity", "Partner", "https://elsewhere.example"]),
        (describe, ["What it does", "We sell visas."]),
        (open_hours, ["Language café · opening times", "Monday 09:00–13:00"]),
        (move_service, ["Language café · address of the service", "Lane 7", "people may come without an appointment"]),
        (retype, ["Language café · what it is", "Legal advice", "Law"]),
        (remove, ["Service", "telephone: 600 000 000"]),
        (by_hand, ["Language café · web form", "https://elsewhere.example"]),
        (new_owner, ["People who lead it", "Xavi Stranger"]),
    ],
)
def test_every_kind_of_change_is_listed_with_its_difference(client, organisation, owner, reviewer, change, shown):
    change(organisation, owner)
    body = body_for(client, reviewer)
    for words in shown:
        assert words in body


def test_what_says_nothing_new_is_not_listed(organisation, owner, reviewer):
    service = organisation.services.get()
    save(service, owner)
    services.save_service(service=service, hours=Hours(), by=owner)
    services.confirm_services(organisation=organisation)
    organisations.update_organisation(organisation=organisation, by=owner)
    MembershipFactory(organisation=organisation, role=Membership.Role.EDITOR)
    assert listed() == set()


def test_changed_back_is_said_so(client, organisation, owner, reviewer):
    for number in ("611 111 111", "600 000 000"):
        save(organisation.services.get(), owner, telephone=number)
    assert "changed and changed back" in body_for(client, reviewer)


def test_accepted_change_is_no_change_without_review_but_what_was_beside_it_stays(organisation, owner, reviewer):
    organisations.update_organisation(organisation=organisation, website="https://new.example", by=owner)
    assert listed() == set(), "proposed, it is not public"
    proposals.decide_change(change=organisation.proposed_changes.get(), outcome="accepted", by=reviewer)
    assert Organisation.objects.get().website == "https://new.example"
    assert listed() == set()
    organisation = Organisation.objects.get()
    organisations.update_organisation(
        organisation=organisation, website="https://newer.example", description="Now said.", by=owner
    )
    proposals.decide_change(change=organisation.proposed_changes.get(state="open"), outcome="accepted", by=reviewer)
    reviewed = ReviewedProfile.objects.changed().get()
    assert (reviewed.profile["website"], reviewed.profile["description"]) == ("https://newer.example", "")


def test_administrator_who_changes_what_was_verified_is_listed_too(client, organisation, reviewer):
    said = {
        "name": "Theirs",
        "names": {"es": "Suyos"},
        "identifiers": {"ES-NIF": "G58277534"},
        "marks": ["migrant"],
        "languages": ["ca"],
        "communities": ["MA"],
        "founded_year": 1999,
        "address_is_public": True,
    }
    domain = DomainFactory(code="D8", name="Housing")
    organisations.update_organisation(
        organisation=organisation,
        fields_of_work={domain: 2001},
        works_in=[organisation.territory],
        by=UserFactory(is_staff=True),
        **said,
    )
    body = body_for(client, reviewer)
    for words in ("Spanish: Suyos", "G58277534", "català", "Morocco", "1999", "Housing (2001)", "el Raval</ins>"):
        assert words in body
    assert "Ours</del>" in body
    assert "Theirs</ins>" in body


def test_look_at_all_of_it_takes_it_off(organisation, owner, reviewer):
    save(organisation.services.get(), owner, telephone="611 111 111")
    assert listed() == {"Ours"}
    look = verification.submit_for_verification(organisation=organisation, by=owner)
    answers = {question.code: Answer(True) for question in CHECKLIST}
    verification.decide_verification(verification=look, outcome="verified", answers=answers, by=reviewer)
    assert listed() == set()


def test_seen_takes_off_nothing_that_came_after_the_page_was_opened(client, organisation, owner, reviewer):
    save(organisation.services.get(), owner, telephone="611 111 111")
    body = body_for(client, reviewer)
    save(organisation.services.get(), owner, telephone="622 222 222")
    assert "It has changed again since you opened this page" in press_seen(client, body).content.decode()
    assert listed() == {"Ours"}
    press_seen(client, body_for(client, reviewer))
    assert listed() == set()


def test_nobody_takes_off_their_own_nor_what_lies_elsewhere(client, organisation, owner, reviewer, city):
    save(organisation.services.get(), owner, telephone="611 111 111")
    former, elsewhere = ReviewerFactory(territory=city), ReviewerFactory()
    membership = MembershipFactory(organisation=organisation, user=former, role=Membership.Role.VIEWER)
    membership.ended_at = membership.created_at
    membership.save()
    reviewed = ReviewedProfile.objects.get()
    url = reverse("orgs:unreviewed_seen", args=[reviewed.pk])
    for person, status in ((former, 404), (elsewhere, 404), (owner, 403), (UserFactory(is_staff=True), 403)):
        client.force_login(person)
        assert client.post(url, {"version": reviewed.version}).status_code == status
        with pytest.raises(PermissionDenied):
            unreviewed.mark_seen(reviewed=reviewed, version=reviewed.version, by=person)
    for person in (former, elsewhere):
        assert "You have nothing to do" in body_for(client, person)
    body = body_for(client, UserFactory(is_staff=True))
    assert "611 111 111" in body
    assert "/seen/" not in body, "an administrator reads it"
    assert listed() == {"Ours"}


def test_what_is_not_public_waits(organisation, owner, reviewer):
    measure = measures.take_measure(organisation=organisation, kind="suspension", reasons="So", by=reviewer)
    save(organisation.services.get(), owner, telephone="611 111 111")
    assert listed() == set()
    measures.lift_measure(measure=measure, by=reviewer)
    assert listed() == {"Ours"}


def test_who_leads_a_listed_one_is_looked_at_after_its_verification_was_withdrawn(
    client, organisation, owner, reviewer
):
    """Its page stays public, and no verification is looked at under a measure."""
    Organisation.objects.update(is_listed=True)
    organisation.refresh_from_db()
    measures.take_measure(organisation=organisation, kind="withdrawal", reasons="So", by=reviewer)
    assert listed() == set()
    newcomer = MembershipFactory(organisation=organisation, user__name="Nova Nobody").user
    members.end_membership(membership=owner.memberships.get(), by=owner)
    assert listed() == {"Ours"}
    body = body_for(client, reviewer)
    assert newcomer.name in body
    assert "Verification withdrawn" in body
    press_seen(client, body)
    assert listed() == set()


def test_what_nobody_has_verified_is_no_change_without_review(raval, reviewer):
    service = ServiceFactory(organisation=OrganisationFactory(territory=raval, is_listed=True))
    save(service, MembershipFactory(organisation=service.organisation).user, telephone="611 111 111")
    assert listed() == set()


def test_list_costs_the_same_for_one_and_for_many_and_shows_the_latest_first(client, raval, reviewer):
    for number in range(4):
        save(verified(raval, reviewer, name=f"Club {number}").services.get(), reviewer, telephone="611 111 111")
        if number == 0:
            body_for(client, reviewer)
            with CaptureQueriesContext(connection) as one:
                client.get(LIST)
    add_capacity(Organisation.objects.get(name="Club 0"), reviewer)
    with CaptureQueriesContext(connection) as many:
        body = client.get(LIST).content.decode()
    assert len(many) == len(one)
    places = [body.index(f">{name}<") for name in ("Club 0", "Club 3", "Club 2", "Club 1")]
    assert places == sorted(places)


def test_reviewer_reads_how_to_reach_each_service_and_all_else_that_is_public(client, organisation, owner, reviewer):
    save(organisation.services.get(), owner, form="https://form.example")
    add_capacity(organisation, owner)
    add_opportunity(organisation, owner)
    look = verification.submit_for_verification(organisation=organisation, by=owner)
    client.force_login(reviewer)
    body = client.get(look.get_absolute_url()).content.decode()
    for words in ("600 000 000", "https://form.example", "A hall", "Partner", "https://elsewhere.example"):
        assert words in body


def test_every_column_is_part_of_the_profile_or_says_nothing():
    """What the triggers note the list can show."""
    watched = importlib.import_module("orgs.migrations.0008_changes_of_profiles").WATCHED
    apart = {"id", "organisation", "territory", "type", "domain", "branch_of"}
    for model, facts in (
        (Organisation, profiles.PLAIN_FACTS),
        (Service, profiles.SERVICE_FACTS),
        (Capacity, profiles.CAPACITY_FACTS),
        (VolunteerOpportunity, profiles.OPPORTUNITY_FACTS),
    ):
        silent = set(watched[model._meta.db_table][1].split())
        gone = {"ended_on"} if model is Capacity else set()  # One that is taken off is no part of it any more.
        assert {field.name for field in model._meta.concrete_fields} - silent - apart - gone == set(facts), model


def test_seen_twice_is_seen_once(organisation, owner, reviewer):
    save(organisation.services.get(), owner, telephone="611 111 111")
    reviewed = ReviewedProfile.objects.get()
    unreviewed.mark_seen(reviewed=reviewed, version=reviewed.version, by=reviewer)
    unreviewed.mark_seen(reviewed=reviewed, version=reviewed.version, by=reviewer)
    save(organisation.services.get(), owner, telephone="622 222 222")
    with pytest.raises(ValidationError, match="changed again"):
        unreviewed.mark_seen(reviewed=reviewed, version=reviewed.version, by=reviewer)


def test_of_where_a_shelter_was_before_what_was_seen_keeps_nothing(client, organisation, owner, reviewer):
    organisations.update_organisation(organisation=organisation, works_in=[organisation.territory], by=owner)
    reviewed = ReviewedProfile.objects.get()
    unreviewed.mark_seen(reviewed=reviewed, version=reviewed.version, by=reviewer)
    assert "el Raval" in str(ReviewedProfile.objects.get().profile)
    save(organisation.services.get(), owner, is_shelter=True)
    assert "el Raval" not in str(ReviewedProfile.objects.get().profile)
    assert "el Raval" not in str(organisation.verifications.get().profile)
    body = body_for(client, reviewer)
    assert "Language café · shelter" in body
    assert "el Raval" not in body.split("<main")[1].split("</main>")[0]
