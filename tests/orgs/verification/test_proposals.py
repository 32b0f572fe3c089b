"""What was verified stays true: a verified organisation proposes another name, kind, place or public contact, and a reviewer decides."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs import review_queues
from orgs.inbox import tasks_of
from orgs.models import PROTECTED_FACTS, Membership, Organisation, ProposedChange
from orgs.organisations import actions as organisations
from orgs.standing import measures
from orgs.verification import proposals
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.pages import unmarked

pytestmark = pytest.mark.django_db
State = ProposedChange.State


@pytest.fixture
def organisation(raval):
    return OrganisationFactory(name="Ours", territory=raval, published=True, website="https://ours.example")


@pytest.fixture
def owner(organisation):
    return MembershipFactory(organisation=organisation).user


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


def propose(organisation: Organisation, by, **changes) -> ProposedChange:
    organisations.update_organisation(organisation=Organisation.objects.get(pk=organisation.pk), **changes, by=by)
    return organisation.proposed_changes.open().get()


def typed(organisation: Organisation, **changes) -> dict[str, object]:
    return {
        "name": organisation.name,
        "kind": organisation.kind,
        "territory": organisation.territory.name,
        "website": organisation.website,
        "version": str(organisation.version),
        **changes,
    }


def edit_page(organisation: Organisation) -> str:
    return reverse("orgs:organisation_edit", args=[organisation.slug])


def test_page_says_the_old_name_until_a_reviewer_accepts(client, organisation, owner, reviewer):
    client.force_login(owner)
    changes = {"name": "Theirs", "website": "theirs.example", "kind": "foundation", "description": "More than before"}
    assert client.post(edit_page(organisation), typed(organisation, **changes)).url == organisation.get_absolute_url()
    client.logout()
    body = client.get(organisation.get_absolute_url()).content.decode()
    assert "<h1><bdi>Ours</bdi></h1>" in body.replace(' dir="auto"', "").replace(' lang=""', "")
    assert "https://ours.example" in body
    assert "More than before" in body, "what nobody verified is public at once"
    assert "Theirs" not in body
    client.force_login(reviewer)
    change = ProposedChange.objects.get()
    page = client.get(change.get_absolute_url()).content.decode()
    for words in ("Theirs", "https://theirs.example", "Foundation"):
        assert words in page
    assert "More than before" not in page, "the difference alone"
    assert client.post(change.get_absolute_url(), {"outcome": "accepted"}).url == reverse("orgs:change_queue")
    now = Organisation.objects.get()
    assert (now.name, now.website, now.kind) == ("Theirs", "https://theirs.example", "foundation")
    assert (now.slug, now.tier, now.verified_at) == (organisation.slug, organisation.tier, organisation.verified_at)
    assert Email.objects.get(to=owner.email).subject == "The change of Theirs is public"


def test_each_protected_fact_is_proposed_and_nothing_else(organisation, owner, city):
    values = {
        "name": "Other", "acronym": "OT", "names": {"es": "Otra"}, "kind": "foundation", "territory": city, "website": "https://other.example",
        "public_email": "other@example.org", "public_phone": "600 000 000", "address": "Elsewhere 1",
        "identifiers": {"ES-NIF": "G1"},
    }  # fmt: skip
    assert set(values) == set(PROTECTED_FACTS)
    before = Organisation.objects.values(*PROTECTED_FACTS).get()
    change = propose(organisation, owner, **values, founded_year=1999)
    assert set(change.facts) == set(PROTECTED_FACTS)
    assert Organisation.objects.values(*PROTECTED_FACTS).get() == before
    assert Organisation.objects.get().founded_year == 1999


def test_form_shows_what_was_proposed_and_saving_it_again_proposes_nothing_new(client, organisation, owner):
    first = propose(organisation, owner, name="Theirs")
    client.force_login(owner)
    assert 'value="Theirs"' in client.get(edit_page(organisation)).content.decode()
    organisation.refresh_from_db()
    client.post(edit_page(organisation), typed(organisation, name="Theirs", description="Later"))
    assert list(ProposedChange.objects.all()) == [first]
    organisation.refresh_from_db()
    client.post(edit_page(organisation), typed(organisation, name="Ours"))
    first.refresh_from_db()
    assert first.state == State.WITHDRAWN, "it shall be as it is"
    assert not ProposedChange.objects.open().exists()


def test_another_change_replaces_the_first_and_keeps_what_it_does_not_speak_of(organisation, owner):
    first = propose(organisation, owner, name="Theirs")
    second = propose(organisation, owner, website="https://theirs.example")
    first.refresh_from_db()
    assert first.state == State.WITHDRAWN
    assert second.facts == {
        "name": ["Ours", "Theirs"],
        "website": ["https://ours.example", "https://theirs.example"],
    }


def test_reviewer_decides_only_what_was_on_the_screen(organisation, owner, reviewer):
    seen = propose(organisation, owner, name="Harmless")
    propose(organisation, owner, name="Town hall of Barcelona")
    with pytest.raises(ValidationError, match="withdrawn or replaced"):
        proposals.decide_change(change=seen, outcome="accepted", by=reviewer)
    assert Organisation.objects.get().name == "Ours"


def test_nothing_is_accepted_that_has_changed_since(organisation, owner, reviewer):
    change = propose(organisation, owner, name="Theirs")
    organisations.update_organisation(
        organisation=Organisation.objects.get(), name="Corrected", by=UserFactory(is_staff=True)
    )
    with pytest.raises(ValidationError, match="has changed since it was proposed: name"):
        proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    change.refresh_from_db()
    assert (change.state, Organisation.objects.get().name) == (State.OPEN, "Corrected")


def test_change_is_sent_back_with_reasons_which_its_people_read(client, organisation, owner, reviewer):
    change = propose(organisation, owner, name="Theirs")
    client.force_login(reviewer)
    refused = client.post(change.get_absolute_url(), {"outcome": "returned", "reasons": " "}).content.decode()
    assert "Say why you send it back" in refused
    assert [unmarked(task.title) for task in tasks_of(reviewer)] == ["Look at a change of Ours"]
    client.post(change.get_absolute_url(), {"outcome": "returned", "reasons": "Too like another one."})
    assert tasks_of(reviewer) == []
    assert [unmarked(task.title) for task in tasks_of(owner)] == ["Correct the change of Ours, or withdraw it"]
    client.force_login(owner)
    body = client.get(organisation.get_absolute_url()).content.decode()
    assert "Too like another one." in body
    assert "Theirs" in body
    client.post(reverse("orgs:change_withdraw", args=[organisation.slug, change.pk]))
    assert "Too like another one." not in client.get(organisation.get_absolute_url()).content.decode()
    assert tasks_of(owner) == []


@pytest.mark.parametrize("kind", ["stranger", "viewer", "other reviewer"])
def test_proposal_is_read_by_nobody_else(client, organisation, owner, kind):
    change = propose(organisation, owner, name="A name in confidence")
    reader = {
        "stranger": UserFactory,
        "viewer": lambda: MembershipFactory(role="owner").user,
        "other reviewer": lambda: ReviewerFactory(territory=TerritoryFactory()),
    }[kind]()
    client.force_login(reader)
    assert client.get(change.get_absolute_url()).status_code in (403, 404)
    addresses = [
        organisation.get_absolute_url(), reverse("orgs:organisation_list"), f"{reverse('search')}?q=confidence",
        f"{reverse('orgs:lookup_organisations')}?q=confidence", reverse("orgs:change_queue"),
    ]  # fmt: skip
    for address in addresses:
        assert "A name in confidence" not in client.get(address).content.decode(), address


def test_nobody_decides_on_their_own_organisation(organisation, owner, reviewer):
    change = propose(organisation, owner, name="Theirs")
    Membership.objects.create(organisation=organisation, user=reviewer, role="viewer")
    reviewer.memberships.update(ended_at=timezone.now())
    with pytest.raises(PermissionDenied):
        proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    with pytest.raises(PermissionDenied):
        proposals.decide_change(change=change, outcome="accepted", by=UserFactory(is_staff=True))


def test_decision_by_who_proposed_it_is_refused_by_the_database(organisation, owner):
    change = propose(organisation, owner, name="Theirs")
    with pytest.raises(IntegrityError, match="proposed_change_decision_is_signed"), transaction.atomic():
        ProposedChange.objects.filter(pk=change.pk).update(
            state="accepted", reviewer=owner, decided_at="2026-01-01T00:00Z"
        )


def test_administrator_and_unverified_organisation_change_at_once(organisation, owner, raval):
    unverified = OrganisationFactory(name="New", territory=raval)
    keeper = MembershipFactory(organisation=unverified).user
    organisations.update_organisation(organisation=unverified, name="Newer", by=keeper)
    organisations.update_organisation(organisation=organisation, name="Mended", by=UserFactory(is_staff=True))
    assert set(Organisation.objects.values_list("name", flat=True)) == {"Newer", "Mended"}
    assert not ProposedChange.objects.exists()


def test_nobody_becomes_an_authority_by_a_proposal(organisation, owner, raval):
    with pytest.raises(PermissionDenied):
        propose(organisation, owner, kind="authority", level_of_government="local")
    council = AuthorityFactory(territory=raval, published=True)
    manager = MembershipFactory(organisation=council, role="manager").user
    with pytest.raises(PermissionDenied):
        propose(council, manager, kind="association", level_of_government="")
    assert propose(council, manager, name="Renamed council").facts["name"][1] == "Renamed council"


def test_change_of_a_closed_organisation_is_not_to_review(organisation, owner, reviewer):
    propose(organisation, owner, name="Theirs")
    Organisation.objects.update(closed_on="2026-01-01")
    assert tasks_of(reviewer) == []
    Organisation.objects.update(closed_on=None)
    assert len(tasks_of(reviewer)) == 1


def test_address_can_be_hidden_at_once(client, organisation, owner):
    """A safe house cannot wait for a reviewer."""
    Organisation.objects.update(address="Hidden street 1", address_is_public=True)
    organisations.update_organisation(organisation=Organisation.objects.get(), address_is_public=False, by=owner)
    assert Organisation.objects.get().public_address == ""


def test_proposed_value_is_checked_when_it_is_typed(client, organisation, owner):
    client.force_login(owner)
    body = client.post(edit_page(organisation), typed(organisation, website="javascript:alert(1)")).content.decode()
    assert "Error:" in body
    assert not ProposedChange.objects.exists()


def test_administrator_who_corrects_something_else_publishes_no_proposal(client, organisation, owner):
    change = propose(organisation, owner, name="City Aid Office", public_phone="600 666 666")
    client.force_login(UserFactory(is_staff=True))
    page = client.get(edit_page(organisation))
    assert "City Aid Office" not in page.content.decode()
    organisation.refresh_from_db()
    client.post(edit_page(organisation), typed(organisation, founded_year="1999"))
    now = Organisation.objects.get()
    assert (now.name, now.public_phone, now.founded_year) == ("Ours", "", 1999)
    change.refresh_from_db()
    assert change.state == State.OPEN


def test_change_of_a_closed_organisation_is_not_decided_and_not_lost(organisation, owner, reviewer):
    change = propose(organisation, owner, name="Theirs")
    Organisation.objects.update(closed_on="2026-01-01")
    with pytest.raises(ValidationError, match="closed organisation"):
        proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    organisations.update_organisation(organisation=Organisation.objects.get(), description="Later", by=owner)
    change.refresh_from_db()
    assert change.state == State.OPEN


def test_what_was_sent_back_stays_when_something_else_is_saved(organisation, owner, reviewer):
    change = propose(organisation, owner, name="Theirs")
    version = Organisation.objects.get().version
    proposals.decide_change(change=change, outcome="returned", reasons="Why?", by=reviewer)
    assert Organisation.objects.get().version > version, "a form from before would propose it again"
    organisations.update_organisation(organisation=Organisation.objects.get(), description="Later", by=owner)
    change.refresh_from_db()
    assert change.state == State.RETURNED
    propose(organisation, owner, name="Others")
    change.refresh_from_db()
    assert change.state == State.WITHDRAWN


def test_move_is_decided_by_a_reviewer_of_the_new_place_and_those_of_the_old_one_are_told(
    client, organisation, owner, reviewer
):
    elsewhere = TerritoryFactory(name="Elsewhere")
    there = ReviewerFactory(territory=elsewhere)
    change = propose(organisation, owner, territory=elsewhere)
    assert [list(review_queues.changes().of(person)) for person in (reviewer, there)] == [[], [change]]
    with pytest.raises(PermissionDenied):
        proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    assert [task.text for task in tasks_of(there)] == ["Elsewhere"], "the place in which they review"
    client.force_login(there)
    assert "Elsewhere" in client.get(change.get_absolute_url()).content.decode()
    Email.objects.all().delete()
    proposals.decide_change(change=change, outcome="accepted", by=there)
    assert Organisation.objects.get().territory == elsewhere
    [told] = Email.objects.filter(to=reviewer.email)
    assert told.headers["X-Portal-Kind"] == "organisation_moved"
    assert "Elsewhere" in told.message
    assert not Email.objects.filter(to=there.email).exists()


def test_measure_is_lifted_before_the_seat_moves_to_other_reviewers(organisation, owner, reviewer):
    there = ReviewerFactory(territory=TerritoryFactory())
    change = propose(organisation, owner, territory=there.reviewer_appointments.get().territory)
    measures.take_measure(organisation=organisation, kind="suspension", reasons="It asks for money.", by=reviewer)
    with pytest.raises(ValidationError, match="the measure against it has to be lifted"):
        proposals.decide_change(change=change, outcome="accepted", by=there)
    proposals.decide_change(change=change, outcome="returned", reasons="Not now.", by=there)


def test_move_is_of_nobody_where_nobody_reviews_the_new_place(organisation, owner, reviewer):
    change = propose(organisation, owner, territory=TerritoryFactory())
    assert list(review_queues.changes().rows.without_reviewer()) == [change]
    own = ReviewerFactory(territory=change.wanted["territory"])
    MembershipFactory(organisation=organisation, user=own)
    assert list(review_queues.changes().rows.without_reviewer()) == [change], "nobody of the organisation decides"


def test_reviewer_of_both_places_decides_about_a_move_and_gets_no_letter(organisation, owner, reviewer, city):
    part = TerritoryFactory(parent=city)
    change = propose(organisation, owner, territory=part)
    Email.objects.all().delete()
    proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    assert Organisation.objects.get().territory == part
    assert not Email.objects.filter(to=reviewer.email).exists()


def test_move_to_a_place_that_was_deleted_is_sent_back_by_a_reviewer_of_today(organisation, owner, reviewer):
    gone = TerritoryFactory()
    change = propose(organisation, owner, territory=gone)
    gone.delete()
    assert list(review_queues.changes().of(reviewer)) == [change]
    proposals.decide_change(change=change, outcome="returned", reasons="It is no more", by=reviewer)


def test_page_survives_a_proposed_place_that_was_deleted(client, organisation, owner):
    gone = TerritoryFactory(name="Gone")
    propose(organisation, owner, territory=gone)
    gone.delete()
    client.force_login(owner)
    assert client.get(organisation.get_absolute_url()).status_code == 200
    assert client.get(edit_page(organisation)).status_code == 200


# --- Numbers in registers -----------------------------------------------------------------------------------------------


def test_number_in_a_register_is_typed_in_the_profile_and_proposed_once_verified(client, organisation, owner, reviewer):
    client.force_login(owner)
    asked_back = client.post(edit_page(organisation), typed(organisation, register="identificación fiscal", number="1"))
    assert "Número de Identificación Fiscal (ES-NIF)" in asked_back.content.decode()
    typed_number = {"register": "ES-NIF", "number": " G 123 45678 "}
    assert (
        client.post(edit_page(organisation), typed(organisation, **typed_number)).url == organisation.get_absolute_url()
    )
    organisation.refresh_from_db()
    assert organisation.identifiers == {}
    change = organisation.proposed_changes.open().get()
    assert change.wanted == {"identifiers": {"ES-NIF": "G12345678"}}
    client.force_login(reviewer)
    assert "Número de Identificación Fiscal (ES-NIF): G12345678" in unmarked(
        client.get(change.get_absolute_url()).content.decode()
    )
    proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    assert organisation.numbers.get().code == "G12345678"
    client.force_login(owner)
    organisation.refresh_from_db()
    body = client.get(edit_page(organisation)).content.decode()
    assert 'value="G12345678"' in body
    client.post(edit_page(organisation), typed(organisation, **{"number_ES-NIF": ""}))
    assert organisation.proposed_changes.open().get().wanted == {"identifiers": {}}


@pytest.mark.parametrize(
    ("typed_number", "said"),
    [
        ({"register": "ES-NIF"}, "Type the number that it has in this register."),
        ({"number": "123"}, "Say in which register it has this number."),
        ({"register": "no such register", "number": "123"}, "is not in the list"),
        ({"register": "GB-CHC", "number": "9"}, "Its number in this register is above."),
        ({"register": "ES-NIF", "number": "TAKEN"}, "Another organisation has this number"),
    ],
)
def test_number_that_cannot_be_is_asked_back(client, organisation, owner, typed_number, said):
    OrganisationFactory(identifiers={"ES-NIF": "TAKEN"})
    Organisation.objects.filter(pk=organisation.pk).update(identifiers={"GB-CHC": "1"})
    client.force_login(owner)
    sent = typed(organisation, **{"number_GB-CHC": "1", **typed_number})
    answer = client.post(edit_page(organisation), sent)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not organisation.proposed_changes.exists()


def test_number_that_somebody_took_meanwhile_is_not_accepted(organisation, owner, reviewer):
    change = propose(organisation, owner, identifiers={"ES-NIF": "G1"})
    OrganisationFactory(identifiers={"ES-NIF": "G1"})
    with pytest.raises(ValidationError, match="Another organisation"):
        proposals.decide_change(change=change, outcome="accepted", by=reviewer)


# --- Who stands behind it --------------------------------------------------------------------------------------------------------


ANA = {"name": "Ana Known", "email": "ana@ours.example"}
BEA = {"name": "Bea Stranger", "role": "chair", "email": "bea@elsewhere.example", "phone": "699"}


@pytest.fixture
def known_contact(organisation):
    return organisations.set_contact(organisation=organisation, **ANA, by=UserFactory(is_staff=True))


def contact_page(organisation: Organisation) -> str:
    return reverse("orgs:contact_edit", args=[organisation.slug])


def change_contact(client, organisation, owner, **said):
    client.force_login(owner)
    seen = client.get(contact_page(organisation)).context["form"]["seen"].value()
    return client.post(contact_page(organisation), {**said, "seen": seen}, follow=True).content.decode()


def names(contacts) -> list[str]:
    return sorted(contact.name for contact in contacts)


def test_another_private_contact_is_proposed_and_the_one_before_stays_until_a_reviewer_accepts(
    client, organisation, owner, reviewer, known_contact
):
    body = change_contact(client, organisation, owner, **BEA)
    assert "Until it is accepted the one before stays" in body
    assert "Bea Stranger" in body, "its people see what they proposed"
    assert names(organisation.contacts.standing()) == ["Ana Known"]
    change = organisation.proposed_changes.open().get()
    assert "Bea" not in str(change.facts), "the change itself keeps digests alone"
    assert [task.url for task in tasks_of(reviewer)] == [change.get_absolute_url()]
    client.force_login(reviewer)
    assert "Private contact" in client.get(reverse("orgs:change_queue")).content.decode()
    body = client.get(change.get_absolute_url()).content.decode()
    assert "Ana Known · ana@ours.example</del>" in body
    assert "Bea Stranger · chair · bea@elsewhere.example · 699</ins>" in body
    assert "Bea Stranger" not in client.get(contact_page(organisation)).content.decode()
    client.logout()
    assert "Bea" not in client.get(organisation.get_absolute_url()).content.decode()
    client.force_login(reviewer)
    client.post(change.get_absolute_url(), {"outcome": "accepted"})
    assert names(organisation.contacts.all()) == ["Bea Stranger"]
    assert not organisation.contacts.proposed().exists()
    body = client.get(change.get_absolute_url()).content.decode()
    assert "Ana Known" not in body, "of who was replaced nothing is kept"


def test_contact_that_is_sent_back_or_withdrawn_is_forgotten(client, organisation, owner, reviewer, known_contact):
    for end in ("returned", "withdrawn"):
        organisations.set_contact(organisation=organisation, **BEA, by=owner)
        change = organisation.proposed_changes.open().get()
        if end == "returned":
            proposals.decide_change(change=change, outcome="returned", reasons="Who is she?", by=reviewer)
        else:
            proposals.withdraw_change(change=change, by=owner)
        assert names(organisation.contacts.all()) == ["Ana Known"]
    client.force_login(owner)
    assert "Bea Stranger" not in client.get(organisation.get_absolute_url()).content.decode()


def test_contact_and_name_are_one_change_and_each_may_be_mended_after(organisation, owner, reviewer, known_contact):
    organisations.set_contact(organisation=organisation, **BEA, by=owner)
    change = propose(organisation, owner, name="Theirs")
    assert set(change.facts) == {"name", "contact"}
    organisations.set_contact(organisation=organisation, **{**BEA, "phone": "600"}, by=owner)
    organisations.set_contact(organisation=organisation, **ANA, by=owner)
    change = organisation.proposed_changes.open().get()
    assert set(change.facts) == {"name"}, "the known one again is no change"
    assert names(organisation.contacts.all()) == ["Ana Known"]
    proposals.decide_change(change=change, outcome="accepted", by=reviewer)
    assert names(organisation.contacts.standing()) == ["Ana Known"]


def test_first_contact_and_that_of_an_unverified_one_stand_at_once(organisation, owner):
    organisations.set_contact(organisation=organisation, **BEA, by=owner)
    assert names(organisation.contacts.standing()) == ["Bea Stranger"]
    unverified = OrganisationFactory()
    for said in (ANA, BEA):
        organisations.set_contact(organisation=unverified, **said, by=MembershipFactory(organisation=unverified).user)
    assert names(unverified.contacts.all()) == ["Bea Stranger"]
    assert not ProposedChange.objects.exists()


def test_administrator_sets_the_contact_at_once_in_place_of_what_is_proposed(organisation, owner, known_contact):
    organisations.set_contact(organisation=organisation, **BEA, by=owner)
    organisations.set_contact(
        organisation=organisation, name="Cai", email="cai@ours.example", by=UserFactory(is_staff=True)
    )
    assert names(organisation.contacts.all()) == ["Cai"]
    assert not organisation.proposed_changes.open().exists()


def test_database_keeps_one_proposed_contact(organisation, owner, known_contact):
    organisations.set_contact(organisation=organisation, **BEA, by=owner)
    with pytest.raises(IntegrityError, match="contact_one_proposed"), transaction.atomic():
        organisation.contacts.create(name="Cai", email="cai@ours.example", is_proposed=True)
