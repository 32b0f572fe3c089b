"""The account of the last person who could act for an organisation is closed: those who answer for it hear of that, and it can be claimed."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from orgs.accounts import actions as accounts
from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import Organisation, Territory, User, Verification
from orgs.standing import measures
from orgs.verification.profiles import profile_of
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, ReviewerFactory, UserFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(city: Territory) -> Organisation:
    return OrganisationFactory(name="Ours", territory=city, published=True)


@pytest.fixture
def owner(organisation: Organisation) -> User:
    return MembershipFactory(organisation=organisation).user


@pytest.fixture
def administrator() -> User:
    return UserFactory(is_staff=True)


def letters() -> QuerySet[Email]:
    return Email.objects.filter(headers__contains={"X-Portal-Kind": "organisation_without_leader"})


def told() -> set[str]:
    return {address for mail in letters() for address in mail.to}


def test_reviewers_are_told_at_once_and_find_it_marked_in_their_list(
    client: Client, organisation: Organisation, owner: User, administrator: User, city: Territory
) -> None:
    reviewer = ReviewerFactory(territory=city)
    other = MembershipFactory(organisation=organisation).user
    accounts.close_account(user=other, by=administrator)
    assert (told(), Verification.objects.exists()) == (set(), False), "the other owner acts for it"
    accounts.close_account(user=owner, by=administrator)
    assert told() == {reviewer.email}
    client.force_login(reviewer)
    page = reverse("orgs:review_queue")
    assert "nobody acts for it" in words_of(client.get(page).content.decode())
    MembershipFactory(organisation=organisation)
    assert "nobody acts for it" not in words_of(client.get(page).content.decode())


def test_administrators_are_told_where_no_reviewer_is_appointed(owner: User, administrator: User) -> None:
    accounts.close_account(user=owner, by=administrator)
    assert told() == {administrator.email}


def test_administrators_alone_are_told_of_an_authority(administrator: User, city: Territory) -> None:
    ReviewerFactory(territory=city)
    manager = MembershipFactory(organisation=AuthorityFactory(territory=city), role="manager").user
    accounts.close_account(user=manager, by=administrator)
    assert told() == {administrator.email}
    assert not Verification.objects.exists(), "no reviewer decides about an authority"


def test_authority_in_other_hands_is_not_put_before_reviewers(administrator: User, city: Territory) -> None:
    authority = AuthorityFactory(territory=city)
    manager = MembershipFactory(organisation=authority, role="manager").user
    was_verified_with(manager, authority)
    accounts.close_account(user=manager, by=administrator)
    assert not Verification.objects.waiting().exists()


def test_suspended_one_is_put_before_reviewers_when_that_is_lifted_and_not_before(
    organisation: Organisation, owner: User, administrator: User, city: Territory
) -> None:
    was_verified_with(owner, organisation)
    reviewer = ReviewerFactory(territory=city)
    measure = measures.take_measure(organisation=organisation, kind="suspension", reasons="So", by=reviewer)
    accounts.close_account(user=owner, by=administrator)
    assert not Verification.objects.waiting().exists()
    letter = letters().get().message
    assert "It is suspended" in letter
    assert "stays verified" not in letter
    assert organisation.get_absolute_url() in letter
    measures.lift_measure(measure=measure, by=reviewer)
    assert Verification.objects.waiting().get().organisation == organisation


def test_withdrawn_one_is_put_before_reviewers_when_that_is_lifted_and_not_before(
    organisation: Organisation, owner: User, administrator: User, city: Territory
) -> None:
    was_verified_with(owner, organisation)
    reviewer = ReviewerFactory(territory=city)
    measure = measures.take_measure(organisation=organisation, kind="withdrawal", reasons="So", by=reviewer)
    accounts.close_account(user=owner, by=administrator)
    assert not Verification.objects.waiting().exists()
    letter = letters().get().message
    assert "Its verification has been withdrawn, so that its page is not public" in letter
    assert "suspended" not in letter
    measures.lift_measure(measure=measure, by=reviewer)
    assert Verification.objects.waiting().get().organisation == organisation


def test_withdrawn_one_in_other_hands_is_put_before_reviewers_when_that_is_lifted(
    organisation: Organisation, owner: User, city: Territory
) -> None:
    was_verified_with(owner, organisation)
    reviewer = ReviewerFactory(territory=city)
    measure = measures.take_measure(organisation=organisation, kind="withdrawal", reasons="So", by=reviewer)
    MembershipFactory(organisation=organisation)
    members.end_membership(membership=owner.memberships.get(), by=owner)
    measures.lift_measure(measure=measure, by=reviewer)
    assert Verification.objects.waiting().get().organisation == organisation
    assert told() == set(), "somebody leads it"


def test_letter_about_a_withdrawn_one_that_is_listed_says_that_its_page_stays(
    organisation: Organisation, owner: User, administrator: User, city: Territory
) -> None:
    Organisation.objects.update(is_listed=True)
    organisation.refresh_from_db()
    reviewer = ReviewerFactory(territory=city)
    measures.take_measure(organisation=organisation, kind="withdrawal", reasons="So", by=reviewer)
    accounts.close_account(user=owner, by=administrator)
    assert told() == {reviewer.email}
    assert "Its verification has been withdrawn, and its page stays public." in letters().get().message


def test_letter_about_one_whose_verification_has_lapsed_says_so(
    organisation: Organisation, owner: User, administrator: User
) -> None:
    Organisation.objects.update(holds_until="2026-01-01")
    accounts.close_account(user=owner, by=administrator)
    letter = letters().get().message
    assert "Its verification has lapsed" in letter
    assert "stays verified" not in letter
    assert reverse("orgs:review_queue") in letter


def was_verified_with(leader: User, organisation: Organisation) -> None:
    Verification.objects.create(
        organisation=organisation, state="verified", tier="contact", reviewer=UserFactory(), decided_at="2026-01-01T00:00Z",
        profile={"leaders": [leader.pk]},
    )  # fmt: skip


@pytest.mark.parametrize("state", [{"tier": "", "verified_at": None}, {"closed_on": "2026-01-01"}])
def test_nobody_is_told_of_what_is_not_verified_or_closed(
    organisation: Organisation, owner: User, administrator: User, state: dict[str, Any]
) -> None:
    Organisation.objects.update(**state)
    accounts.close_account(user=owner, by=administrator)
    assert (told(), Verification.objects.exists()) == (set(), False)


def test_page_can_be_claimed_again_at_once_and_whoever_does_leads_it(
    organisation: Organisation, owner: User, administrator: User, city: Territory, settings: Any
) -> None:
    settings.PUBLIC_PAGES_SECONDS = 900
    page = organisation.get_absolute_url()
    assert "This is us" not in Client().get(page).content.decode()
    accounts.close_account(user=owner, by=administrator)
    assert "This is us" in Client().get(page).content.decode(), "also of a page that was kept"
    request = listing.ask_to_join(organisation=organisation, said="I keep it now", by=UserFactory())
    listing.decide_join_request(request=request, is_accepted=True, by=ReviewerFactory(territory=city))
    assert organisation.memberships.get(user=request.user).role == "owner"
    assert "This is us" not in Client().get(page).content.decode()


def test_its_own_people_claim_it_and_one_of_them_leads_it_then(
    client: Client, organisation: Organisation, owner: User, administrator: User, city: Territory
) -> None:
    editor = MembershipFactory(organisation=organisation, role="editor").user
    form = reverse("orgs:join_add", args=[organisation.slug])
    client.force_login(editor)
    assert client.get(form).status_code == 403
    accounts.close_account(user=owner, by=administrator)
    assert form in client.get(organisation.get_absolute_url()).content.decode()
    client.post(form, {"said": "I keep it now"})
    listing.decide_join_request(
        request=organisation.join_requests.get(), is_accepted=True, by=ReviewerFactory(territory=city)
    )
    assert organisation.memberships.get(user=editor).role == "owner"
    assert client.get(form).status_code == 403


def test_its_own_people_claim_it_by_email_too(organisation: Organisation, owner: User, administrator: User) -> None:
    editor = MembershipFactory(organisation=organisation, role="editor").user
    accounts.close_account(user=owner, by=administrator)
    request = listing.ask_to_join_by_email(
        organisation=organisation, name="Ana", email=editor.email, said="Me", language="en"
    )
    assert listing.confirm_join_request(request=request)[0].user == editor


def test_organisation_is_in_other_hands_once_the_account_of_whoever_a_reviewer_knew_is_closed(
    organisation: Organisation, owner: User, administrator: User
) -> None:
    """A newcomer leads it beside whoever the reviewer knew, until that account is closed."""
    was_verified_with(owner, organisation)
    MembershipFactory(organisation=organisation)
    accounts.close_account(user=owner, by=administrator)
    assert Verification.objects.waiting().get().organisation == organisation
    assert told() == set()


def test_last_leader_with_an_open_account_cannot_leave(
    organisation: Organisation, owner: User, administrator: User
) -> None:
    closed = MembershipFactory(organisation=organisation).user
    accounts.close_account(user=closed, by=administrator)
    for leave in (members.end_membership, lambda **asked: members.change_role(role="viewer", **asked)):
        with pytest.raises(ValidationError, match="needs somebody who can act for it"):
            leave(membership=owner.memberships.get(), by=owner)
    members.end_membership(membership=closed.memberships.get(), by=owner)


def test_who_led_it_at_a_decision_are_those_with_an_open_account(
    organisation: Organisation, owner: User, administrator: User
) -> None:
    """Else each change of its members would put one that nobody leads before the reviewers again."""
    assert profile_of(organisation)["leaders"] == [owner.pk]
    accounts.close_account(user=owner, by=administrator)
    assert profile_of(organisation)["leaders"] == []


def test_page_says_to_each_what_is_true_for_them_where_nobody_leads_it(
    client: Client, organisation: Organisation, owner: User, administrator: User
) -> None:
    """An editor looks after the page, and reads how to lead the organisation too."""
    editor = MembershipFactory(organisation=organisation, role="editor").user
    reader = MembershipFactory(organisation=organisation, role="viewer").user
    accounts.close_account(user=owner, by=administrator)
    own = "You can change its page and its services. Only whoever leads it can invite members and decide on requests."
    takes_over = "To lead it, press “This is us”: a reviewer decides."
    read = {}
    for name, person in {"editor": editor, "reader": reader, "stranger": UserFactory()}.items():
        client.force_login(person)
        words = words_of(client.get(organisation.get_absolute_url()).content.decode())
        assert "Nobody leads this organisation on the portal at present." in words
        assert "looks after this page" not in words
        assert "This is us" in words
        read[name] = (own in words, takes_over in words)
    assert read == {"editor": (True, True), "reader": (False, True), "stranger": (False, False)}
