"""Organisations that staff list: claimed by their own people, or taken off at their word."""

import re

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.inbox import tasks_of
from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import JoinRequest, Listing, Membership, Organisation, ReviewedProfile
from orgs.organisations import actions as organisations
from orgs.standing import measures
from orgs.verification import actions as verification
from orgs.verification.checklist import CHECKLIST, Answer
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.pages import unmarked

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def council(city):
    return AuthorityFactory(name="City council", territory=city)


@pytest.fixture
def officer(council):
    return MembershipFactory(organisation=council, role=Role.OFFICER).user


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


@pytest.fixture
def unclaimed(raval, officer, council):
    return listing.list_organisation(
        name="Sewing circle",
        kind="association",
        territory=raval,
        listed_for=council,
        email="hello@sewing.example",
        by=officer,
    )


def form(**changes):
    return {
        "name": "Sewing circle",
        "kind": "association",
        "territory": "el Raval",
        "source": "Register of associations",
        "email": "hello@sewing.example",
        "language": "es",
        **changes,
    }


def links_in(mail):
    return re.findall(r"https?://[^/\s]+(/\S+)", mail.message)


def as_owner(client, organisation):
    user = UserFactory()
    members.add_member(organisation=organisation, user=user, role=Role.OWNER, by=None)
    client.force_login(user)
    return user


# --- Listing -----------------------------------------------------------------------------------------------------------------


def test_officer_lists_one_and_its_people_are_asked_in_their_language(client, officer, raval):
    client.force_login(officer)
    answer = client.post(reverse("orgs:listing_add"), form())
    organisation = Organisation.objects.get(name="Sewing circle")
    assert answer.url == organisation.get_absolute_url()
    assert (organisation.tier, organisation.is_published, organisation.is_verified) == ("", True, False)
    assert (organisation.public_email, organisation.contacts.count()) == ("", 0), "the address is nobody's to read"
    mail = Email.objects.get()
    assert mail.to == ["hello@sewing.example"]
    assert "City council" in mail.message
    assert len(links_in(mail)) == 3, "to claim it, its page, and to have it taken off"
    client.logout()
    body = client.get(organisation.get_absolute_url()).content.decode()
    for words in (
        "Nobody of this organisation has confirmed this page",
        "Listed by City council",
        "Register of associations",
    ):
        assert words in unmarked(body)
    assert "hello@sewing.example" not in body
    listed = client.get(reverse("orgs:organisation_list")).content.decode()
    assert "Sewing circle" in listed
    assert "Unclaimed" in listed


def test_who_lists_nothing_is_turned_away(client, unclaimed, raval, city):
    for user in (
        UserFactory(),
        MembershipFactory(organisation=OrganisationFactory()).user,
        ReviewerFactory(territory=city),
    ):
        client.force_login(user)
        assert client.get(reverse("orgs:listing_add")).status_code == 403
        assert client.get(reverse("orgs:listing_invite", args=[unclaimed.slug])).status_code == 403
        with pytest.raises(PermissionDenied):
            listing.list_organisation(name="X", kind="association", territory=raval, by=user)
        with pytest.raises(PermissionDenied):
            listing.invite_to_claim(organisation=unclaimed, email="mine@example.org", by=user)


def test_authority_is_not_listed(client, officer, raval):
    client.force_login(officer)
    assert "Select a valid choice" in client.post(reverse("orgs:listing_add"), form(kind="authority")).content.decode()
    with pytest.raises(PermissionDenied):
        listing.list_organisation(name="Town hall", kind="public_agency", territory=raval, by=officer)


def test_what_may_be_the_same_is_shown_first_but_nothing_that_the_officer_may_not_see(client, officer, raval):
    OrganisationFactory(name="Sewing Circle", territory=raval, published=True)
    hidden = OrganisationFactory(name="Sewing club", territory=raval)
    organisations.set_contact(organisation=hidden, name="P", email="p@sewing.example", by=UserFactory())
    client.force_login(officer)
    body = client.post(reverse("orgs:listing_add"), form()).content.decode()
    assert "Is it one of these?" in body
    assert body.count("the same name") == 1
    assert hidden.slug not in body
    assert Organisation.objects.count() == 3  # With the council.
    assert client.post(reverse("orgs:listing_add"), form(is_another="on")).status_code == 302
    assert Organisation.objects.count() == 4


WAITS = "A reviewer decides whether it gets one"
SUSPENDED = {"published": True, "suspended_on": "2026-01-01"}


@pytest.mark.parametrize("state", [{}, SUSPENDED], ids=["not verified", "suspended"])
@pytest.mark.parametrize(
    "typed",
    [
        {"name": "SEWING circle"},
        {"name": "Other", "website": "http://sewing.example/contact"},
        {"name": "Other", "email": "Us@sewing.example"},
    ],
    ids=["name", "website", "public address"],
)
def test_what_waits_for_a_reviewer_is_not_listed_anew_and_nothing_is_said_of_it(
    client, officer, city, raval, state, typed
):
    hidden = OrganisationFactory(
        name="Sewing Circle", territory=city, website="https://www.sewing.example", public_email="us@sewing.example",
        description="Words of its own", **state,
    )  # fmt: skip
    client.force_login(officer)
    before = Organisation.objects.count()
    for is_another in ("", "on"):
        body = client.post(
            reverse("orgs:listing_add"), form(**{"email": "", "is_another": is_another, **typed})
        ).content.decode()
        assert WAITS in body
        for told in (hidden.slug, hidden.reference, "Words of its own", "suspended", "not verified"):
            assert told not in body
    with pytest.raises(ValidationError, match="known here"):
        listing.list_organisation(name="sewing circle", kind="association", territory=city, by=officer)
    assert Organisation.objects.count() == before
    assert not Email.objects.exists()


def test_both_states_are_told_in_the_same_words(client, officer, city):
    client.force_login(officer)
    seen = set()
    for state in ({}, SUSPENDED):
        hidden = OrganisationFactory(name="Sewing Circle", territory=city, **state)
        body = client.post(reverse("orgs:listing_add"), form(territory="Barcelona")).content.decode()
        seen.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body))
        hidden.delete()
    assert len(seen) == 1


def test_private_address_or_another_municipality_tells_nothing(client, officer, city, raval):
    hidden = OrganisationFactory(name="Sewing Circle", territory=city)
    organisations.set_contact(organisation=hidden, name="P", email="p@sewing.example", by=UserFactory())
    elsewhere = TerritoryFactory(name="Girona", kind="municipality")
    client.force_login(officer)
    assert client.post(reverse("orgs:listing_add"), form(name="Choir", email="p@sewing.example")).status_code == 302
    assert listing.list_organisation(name="Sewing Circle", kind="association", territory=elsewhere, by=officer)


def test_who_sees_what_waits_decides_whether_it_is_another_one(client, city, raval):
    hidden = OrganisationFactory(name="Sewing Circle", territory=city)
    client.force_login(UserFactory(is_staff=True))
    assert hidden.get_absolute_url() in client.post(reverse("orgs:listing_add"), form()).content.decode()
    assert client.post(reverse("orgs:listing_add"), form(is_another="on")).status_code == 302
    assert Organisation.objects.filter(name="Sewing circle", is_listed=True).exists()


def test_same_form_sent_twice_lists_one(client, officer, raval):
    client.force_login(officer)
    page = client.get(reverse("orgs:listing_add")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    for _ in range(2):
        client.post(reverse("orgs:listing_add"), form(csrfmiddlewaretoken=token))
    assert Organisation.objects.filter(name="Sewing circle").count() == 1


def test_invitation_is_sent_again_to_another_address(client, officer, unclaimed):
    client.force_login(officer)
    client.post(
        reverse("orgs:listing_invite", args=[unclaimed.slug]), {"email": "other@sewing.example", "language": "es"}
    )
    mail = Email.objects.order_by("pk").last()
    assert mail.to == ["other@sewing.example"]
    assert mail.subject.startswith("Sewing circle figura"), "in the language that was chosen"
    assert any("take-off" in link for link in links_in(mail))


# --- Claimed by invitation, or taken off ------------------------------------------------------------------------------------------


def test_whoever_reads_its_mail_claims_it_and_it_stays_public(client, unclaimed):
    claim = next(link for link in links_in(Email.objects.get()) if "invitations" in link)
    client.post(claim, {"name": "Sample Person"})
    owner = unclaimed.memberships.get()
    assert (owner.role, owner.user.email) == (Role.OWNER, "hello@sewing.example")
    assert Listing.objects.get().claimed_at is not None
    client.logout()
    body = client.get(unclaimed.get_absolute_url()).content.decode()
    assert "Nobody has verified it so far" in body
    assert "Nobody of this organisation" not in body


def test_claim_puts_it_before_the_reviewers_since_its_people_write_in_public_from_then_on(client, unclaimed, reviewer):
    owner = as_owner(client, unclaimed)
    waiting = unclaimed.verifications.waiting().get()
    assert "With the reviewers since" in client.get(unclaimed.get_absolute_url()).content.decode()
    assert [task.url for task in tasks_of(reviewer)] == [waiting.get_absolute_url()]
    members.add_member(organisation=unclaimed, user=UserFactory(), role=Role.EDITOR, by=owner)
    assert unclaimed.verifications.count() == 1, "once"


def test_claim_of_what_waits_already_or_stands_under_a_measure_is_not_refused(unclaimed, reviewer):
    measure = measures.take_measure(
        organisation=unclaimed, kind="suspension", reasons="It asks for money.", by=reviewer
    )
    members.add_member(organisation=unclaimed, user=UserFactory(), role=Role.OWNER, by=None)
    assert not unclaimed.verifications.waiting().exists()
    measures.lift_measure(measure=measure, by=reviewer)
    assert unclaimed.verifications.waiting().exists()


def test_listed_one_whose_verification_was_withdrawn_says_so_and_not_that_nobody_verified_it(
    client, unclaimed, reviewer
):
    as_owner(client, unclaimed)
    answers = {question.code: Answer(True) for question in CHECKLIST}
    waiting = unclaimed.verifications.waiting().get()
    verification.decide_verification(verification=waiting, outcome="verified", answers=answers, by=reviewer)
    measure = measures.take_measure(
        organisation=unclaimed, kind="withdrawal", reasons="It asks for money.", by=reviewer
    )
    client.logout()
    body = client.get(unclaimed.get_absolute_url()).content.decode()
    assert "The verification of this organisation was withdrawn on" in body
    assert "Nobody has verified it so far" not in body
    assert "It asks for money." not in body
    assert "Verification withdrawn" in client.get(reverse("orgs:organisation_list")).content.decode()
    client.force_login(UserFactory(is_staff=True))
    registry = client.get(reverse("orgs:registry_list"), {"state": "withdrawn"}).content.decode()
    assert "Sewing circle" in registry
    measures.lift_measure(measure=measure, by=reviewer)
    client.logout()
    assert "withdrawn" not in client.get(unclaimed.get_absolute_url()).content.decode()


def test_officer_loses_the_invitation_with_the_right_to_list(client, unclaimed, officer):
    claim = next(link for link in links_in(Email.objects.get()) if "invitations" in link)
    officer.memberships.update(ended_at=timezone.now())
    assert client.post(claim, {"name": "Sample Person"}).status_code == 404
    assert not unclaimed.memberships.exists()


def test_one_press_takes_it_off_and_nobody_lists_it_again(client, unclaimed, officer, raval):
    ServiceFactory(organisation=unclaimed)
    Organisation.objects.filter(pk=unclaimed.pk).update(description="Written by somebody else", public_phone="600")
    ReviewedProfile.objects.create(organisation=unclaimed, profile={"public_phone": "600"}, seen_by=officer)
    off = next(link for link in links_in(Email.objects.get()) if "take-off" in link)
    assert "Take it off" in client.get(off).content.decode()
    assert Organisation.objects.get(pk=unclaimed.pk).is_published, "following the address alone does nothing"
    for _ in range(2):
        assert "It has been taken off" in client.post(off).content.decode()
    gone = Organisation.objects.get(pk=unclaimed.pk)
    assert (gone.is_published, gone.description, gone.public_phone, gone.services.count()) == (False, "", "", 0)
    history = apps.get_model("orgs", "OrganisationEvent").objects.filter(pgh_obj=unclaimed)
    assert history.exists()
    assert not history.exclude(description="", public_phone="").exists(), "nor is it kept in its history"
    assert not ReviewedProfile.objects.exists()
    assert client.get(unclaimed.get_absolute_url()).status_code == 404
    claim = next(link for link in links_in(Email.objects.get()) if "invitations" in link)
    client.post(claim, {"name": "Sample Person"})
    assert not unclaimed.memberships.exists()
    client.force_login(officer)
    body = client.post(reverse("orgs:listing_add"), form(name="SEWING Circle", is_another="on")).content.decode()
    assert "has asked not to be listed" in body
    assert client.get(reverse("orgs:listing_opt_out", args=["nonsense"])).status_code == 404


def test_claimed_one_is_not_taken_off_by_the_old_letter(client, unclaimed):
    off = next(link for link in links_in(Email.objects.get()) if "take-off" in link)
    members.add_member(organisation=unclaimed, user=UserFactory(), role=Role.OWNER, by=None)
    assert "has claimed it meanwhile" in client.post(off).content.decode()
    assert Organisation.objects.get(pk=unclaimed.pk).is_published


# --- This is us, and ask to join --------------------------------------------------------------------------------------------------


def ask(client, organisation, said="I keep the books."):
    return client.post(reverse("orgs:join_add", args=[organisation.slug]), {"said": said})


def test_this_is_us_is_decided_by_a_reviewer_and_makes_the_owner(client, unclaimed, reviewer):
    person = UserFactory(email="keeper@sewing.example")
    client.force_login(person)
    Email.objects.all().delete()
    assert ask(client, unclaimed).url == unclaimed.get_absolute_url()
    asked = JoinRequest.objects.get()
    assert [mail.to for mail in Email.objects.all()] == [[reviewer.email]]
    assert client.get(asked.get_absolute_url()).status_code == 404, "who asks does not decide"
    client.force_login(reviewer)
    assert "Claims of organisations (1)" in client.get(reverse("orgs:review_queue")).content.decode()
    assert "Sewing circle" in client.get(reverse("orgs:join_queue")).content.decode()
    body = client.get(asked.get_absolute_url()).content.decode()
    assert "I keep the books." in body
    assert 'name="role"' not in body
    assert client.post(asked.get_absolute_url(), {"outcome": "accept"}).url == reverse("orgs:join_queue")
    owner = unclaimed.memberships.get()
    assert (owner.user, owner.role) == (person, Role.OWNER)
    assert Listing.objects.get().claimed_at is not None
    assert Email.objects.order_by("pk").last().to == [person.email]


def test_reviewer_who_belonged_to_it_or_reviews_elsewhere_decides_nothing(client, unclaimed, reviewer):
    asked = listing.ask_to_join(organisation=unclaimed, said="Me", by=UserFactory())
    strangers = [ReviewerFactory(), UserFactory(), MembershipFactory().user]
    former = ReviewerFactory(territory=unclaimed.territory)
    membership = MembershipFactory(organisation=unclaimed, user=former, role=Role.VIEWER)
    members.end_membership(membership=membership, by=former)
    for person in [*strangers, former]:
        client.force_login(person)
        assert client.get(asked.get_absolute_url()).status_code == 404
        with pytest.raises(PermissionDenied):
            listing.decide_join_request(request=asked, is_accepted=True, by=person)
    with pytest.raises(PermissionDenied):
        listing.decide_join_request(request=asked, is_accepted=True, by=asked.user)


def test_owner_decides_who_joins_and_as_what(client, raval, reviewer):
    organisation = OrganisationFactory(published=True, territory=raval)
    person = UserFactory()
    owner = as_owner(client, organisation)
    asked = listing.ask_to_join(organisation=organisation, said="I teach.", by=person)
    assert Email.objects.order_by("pk").last().to == [owner.email]
    assert str(person) in client.get(reverse("orgs:member_list", args=[organisation.slug])).content.decode()
    assert "Select" in client.post(asked.get_absolute_url(), {"outcome": "accept", "role": "manager"}).content.decode()
    assert "required" in client.post(asked.get_absolute_url(), {"outcome": "accept"}).content.decode()
    client.force_login(reviewer)
    assert client.get(asked.get_absolute_url()).status_code == 404, "it is led: its owners decide"
    client.force_login(owner)
    client.post(asked.get_absolute_url(), {"outcome": "accept", "role": "viewer"})
    assert organisation.memberships.get(user=person).role == Role.VIEWER
    with pytest.raises(ValidationError, match="decided or withdrawn"):
        listing.decide_join_request(request=asked, is_accepted=True, by=owner)


def test_refusal_has_reasons_which_the_person_reads(client, raval):
    organisation = OrganisationFactory(published=True, territory=raval)
    person = UserFactory()
    as_owner(client, organisation)
    asked = listing.ask_to_join(organisation=organisation, said="I teach.", by=person)
    assert "Say why you refuse it" in client.post(asked.get_absolute_url(), {"outcome": "refuse"}).content.decode()
    client.post(asked.get_absolute_url(), {"outcome": "refuse", "reasons": "We do not know you."})
    mail = Email.objects.order_by("pk").last()
    assert mail.to == [person.email]
    assert "We do not know you." in mail.message
    assert not organisation.memberships.filter(user=person).exists()


def test_asking_twice_is_asking_once_and_it_can_be_withdrawn(client, unclaimed):
    client.force_login(UserFactory())
    ask(client, unclaimed)
    assert "already asked" in ask(client, unclaimed).content.decode()
    asked = JoinRequest.objects.get()
    body = client.get(reverse("orgs:join_add", args=[unclaimed.slug])).content.decode()
    assert "Your request has been sent" in body
    client.post(reverse("orgs:join_withdraw", args=[unclaimed.slug, asked.pk]))
    asked.refresh_from_db()
    assert asked.state == JoinRequest.State.WITHDRAWN
    other = listing.ask_to_join(organisation=unclaimed, said="Me too", by=UserFactory())
    assert client.post(reverse("orgs:join_withdraw", args=[unclaimed.slug, other.pk])).status_code == 404


def test_members_authorities_and_closed_ones_are_not_asked(client, council, raval):
    owned = OrganisationFactory(published=True, territory=raval)
    as_owner(client, owned)
    assert ask(client, owned).status_code == 403
    assert ask(client, council).status_code == 403
    closed = OrganisationFactory(published=True, territory=raval, closed_on="2026-01-01")
    assert ask(client, closed).status_code == 404


def test_request_stands_in_the_inbox_of_who_decides(unclaimed, reviewer, raval):
    from orgs.inbox import tasks_of

    listing.ask_to_join(organisation=unclaimed, said="Me", by=UserFactory())
    assert [str(task.kind) for task in tasks_of(reviewer)] == ["Claim of an organisation"]
    led = OrganisationFactory(published=True, territory=raval)
    owner = MembershipFactory(organisation=led).user
    listing.ask_to_join(organisation=led, said="Me", by=UserFactory())
    assert len(tasks_of(owner)) == 1
    assert len(tasks_of(reviewer)) == 1, "what is led is its owners' to decide"


def test_request_that_no_reviewer_could_decide_goes_to_the_administrators(client, unclaimed):
    administrator = UserFactory(is_staff=True)
    Email.objects.all().delete()
    asked = listing.ask_to_join(organisation=unclaimed, said="Me", by=UserFactory())
    assert [mail.to for mail in Email.objects.all()] == [[administrator.email]]
    client.force_login(administrator)
    client.post(asked.get_absolute_url(), {"outcome": "accept"})
    assert unclaimed.memberships.get().user == asked.user


def test_search_says_that_nobody_has_confirmed_it(client, unclaimed):
    assert "Unclaimed" in client.get(reverse("search"), {"q": "sewing"}).content.decode()
