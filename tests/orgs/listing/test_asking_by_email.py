"""Somebody without an account says “this is us”, or asks to join: by an address that a letter confirms."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.inbox import tasks_of
from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import JoinRequest, Membership, Organisation, User
from orgs.tasks import remove_stale_drafts
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, ReviewerFactory, UserFactory
from tests.posts import token_on

pytestmark = pytest.mark.django_db
Role, State = Membership.Role, JoinRequest.State
TYPED = {"name": "Ana Sample", "email": "Ana@Sewing.example", "said": "I keep the books."}


@pytest.fixture
def officer(city):
    return MembershipFactory(organisation=AuthorityFactory(territory=city), role=Role.OFFICER).user


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


@pytest.fixture
def unclaimed(raval, officer):
    return listing.list_organisation(name="Sewing circle", kind="association", territory=raval, by=officer)


@pytest.fixture
def led(raval):
    return MembershipFactory(organisation=OrganisationFactory(published=True, territory=raval), role=Role.OWNER)


def form_of(organisation):
    return reverse("orgs:join_add", args=[organisation.slug])


def ask(client, organisation, **changes):
    return client.post(form_of(organisation), {**TYPED, **changes})


def letter(email="ana@sewing.example"):
    return re.search(r"https?://[^/\s]+(/join/\S+)", Email.objects.filter(to=email).last().message)[1]


def text_of(response):
    return response.content.decode()


def asked_by_email(organisation, **changes):
    return listing.ask_to_join_by_email(organisation=organisation, language="en", **{**TYPED, **changes})


# --- The way -----------------------------------------------------------------------------------------------------------------


def test_visitor_claims_an_unclaimed_one_and_a_reviewer_decides(client, unclaimed, reviewer):
    there = text_of(client.get(unclaimed.get_absolute_url()))
    assert f'href="{form_of(unclaimed)}"' in there
    page = text_of(client.get(form_of(unclaimed)))
    assert "This is us" in page
    assert all(f'name="{name}"' in page for name in TYPED)
    sent = client.post(form_of(unclaimed), TYPED)
    assert sent.url == reverse("orgs:join_sent", args=[unclaimed.slug])
    assert "confirm your address" in text_of(client.get(sent.url))

    # Before the address is confirmed there is no account, and nobody else hears of it.
    asked = JoinRequest.objects.get()
    assert (asked.state, asked.user, User.objects.filter(email="ana@sewing.example").count()) == (
        State.UNCONFIRMED,
        None,
        0,
    )
    assert [mail.to for mail in Email.objects.all()] == [["ana@sewing.example"]]
    assert "Ana Sample" not in Email.objects.get().message, "no word of a stranger is mailed to a stranger"
    assert tasks_of(reviewer) == []
    client.force_login(reviewer)
    assert client.get(asked.get_absolute_url()).status_code == 404
    assert "Sewing circle" not in text_of(client.get(reverse("orgs:join_queue")))
    client.logout()

    opened = text_of(client.get(letter()))
    assert "I keep the books." in opened
    assert not User.objects.filter(email="ana@sewing.example").exists(), "following the address alone does nothing"
    assert "Your request has been sent" in text_of(client.post(letter(), follow=True))
    person = User.objects.get(email="ana@sewing.example")
    assert (person.name, person.has_usable_password()) == ("Ana Sample", False)
    assert EmailAddress.objects.get(user=person).verified
    assert int(client.session["_auth_user_id"]) == person.pk, "a new account is logged in"
    asked.refresh_from_db()
    assert (asked.state, asked.user, asked.name, asked.email) == (State.OPEN, person, "", "")
    assert Email.objects.order_by("pk").last().to == [reviewer.email]

    client.force_login(reviewer)
    assert "I keep the books." in text_of(client.get(asked.get_absolute_url()))
    client.post(asked.get_absolute_url(), {"outcome": "accept"})
    assert unclaimed.memberships.get().user == person
    assert Organisation.objects.get(pk=unclaimed.pk).listing.claimed_at is not None
    assert Email.objects.order_by("pk").last().to == [person.email]


def test_visitor_asks_to_join_one_that_has_people_and_these_decide(client, led):
    organisation, owner = led.organisation, led.user
    assert f'href="{form_of(organisation)}"' in text_of(client.get(organisation.get_absolute_url()))
    assert "Ask to join" in text_of(client.get(form_of(organisation)))
    ask(client, organisation)
    assert tasks_of(owner) == []
    client.force_login(owner)
    members_page = reverse("orgs:member_list", args=[organisation.slug])
    assert "Ana Sample" not in text_of(client.get(members_page))
    client.logout()
    client.post(letter())
    assert Email.objects.order_by("pk").last().to == [owner.email]
    client.force_login(owner)
    assert "Ana Sample" in text_of(client.get(members_page))
    client.post(JoinRequest.objects.get().get_absolute_url(), {"outcome": "accept", "role": "viewer"})
    assert organisation.memberships.get(user__email="ana@sewing.example").role == Role.VIEWER


def test_in_spanish_from_the_form_to_the_answer(client, unclaimed):
    spanish = {"headers": {"accept-language": "es"}}
    page = text_of(client.get(form_of(unclaimed), **spanish))
    for words in ("No necesita ninguna cuenta", "Le enviamos un correo para que la confirme", "Enviar la solicitud"):
        assert words in page
    client.post(form_of(unclaimed), TYPED, **spanish)
    assert "confirme su dirección" in text_of(client.get(reverse("orgs:join_sent", args=[unclaimed.slug]), **spanish))
    assert Email.objects.get().subject.startswith("Confirme")
    assert "Confirmar la solicitud" in text_of(client.get(letter(), **spanish))
    client.post(letter(), **spanish)
    assert User.objects.get(email="ana@sewing.example").language == "es"


# --- Who has an account ----------------------------------------------------------------------------------------------------------


def test_known_and_unknown_addresses_get_the_same_answer_and_the_same_letter(client, unclaimed, led):
    """Whether somebody has an account, belongs to it or has asked already is told to whoever reads their mail alone."""
    UserFactory(email="known@sewing.example")
    member = MembershipFactory(organisation=unclaimed, role=Role.VIEWER).user
    asking = UserFactory(email="asking@sewing.example")
    listing.ask_to_join(organisation=unclaimed, said="Me", by=asking)
    seen = set()
    for email in ("known@sewing.example", member.email, asking.email, "new@sewing.example"):
        client.cookies.clear()
        answer = ask(client, unclaimed, email=email)
        page = text_of(client.get(answer.url))
        mail = Email.objects.filter(to=email).last()
        opened = text_of(client.get(letter(email)))
        told = f"{answer.status_code}{answer.url}{page}{mail.subject}{mail.message}{opened}".replace(email, "E")
        seen.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"|\w+(:|%3A)[\w-]{6}(:|%3A)[\w-]{43}', "", told))
    assert len(seen) == 1


def test_request_becomes_that_of_the_account_that_is_there(client, unclaimed, reviewer):
    person = UserFactory(email="ana@sewing.example", name="As she is called")
    ask(client, unclaimed)
    done = text_of(client.post(letter(), follow=True))
    assert reverse("account_login") in done
    assert "_auth_user_id" not in client.session, "a letter logs nobody in to an account that has its own ways"
    asked = JoinRequest.objects.get()
    person.refresh_from_db()
    assert (asked.user, asked.state, person.name) == (person, State.OPEN, "As she is called")
    client.force_login(person)
    assert "Withdraw the request" in text_of(client.get(form_of(unclaimed)))


@pytest.mark.parametrize("case", ["member", "asked", "account closed", "closed", "taken off", "suspended"])
def test_who_cannot_ask_is_told_by_the_letter_alone_and_nothing_changes(client, unclaimed, reviewer, case):
    person = None
    if case in ("member", "asked", "account closed"):
        person = UserFactory(email="ana@sewing.example", is_active=case != "account closed")
    if case == "asked":
        listing.ask_to_join(organisation=unclaimed, said="Me", by=person)
    if case == "member":
        MembershipFactory(organisation=unclaimed)
        MembershipFactory(organisation=unclaimed, user=person, role=Role.VIEWER)
    ask(client, unclaimed)
    address = letter()
    if case == "closed":
        Organisation.objects.filter(pk=unclaimed.pk).update(closed_on=timezone.localdate())
    if case == "suspended":
        Organisation.objects.filter(pk=unclaimed.pk).update(suspended_on=timezone.localdate())
    if case == "taken off":
        listing.opt_out(listing=unclaimed.listing)
    before = (User.objects.count(), Email.objects.count(), JoinRequest.objects.open().count())
    answer = client.post(address)
    assert (User.objects.count(), Email.objects.count(), JoinRequest.objects.open().count()) == before
    if case == "taken off":
        assert (answer.status_code, JoinRequest.objects.unconfirmed().count()) == (404, 0)
        return
    reason = {
        "member": "You belong to this organisation already",
        "asked": "You have already asked",
        "account closed": "This account is closed",
    }
    assert reason.get(case, "This organisation is no longer here") in text_of(answer)
    assert "_auth_user_id" not in client.session


# --- Once, and not for ever -------------------------------------------------------------------------------------------------------


def test_form_sent_twice_sends_one_letter(client, unclaimed):
    token = token_on(client, form_of(unclaimed))
    for _press in range(2):
        assert ask(client, unclaimed, csrfmiddlewaretoken=token).url == reverse("orgs:join_sent", args=[unclaimed.slug])
    assert (JoinRequest.objects.count(), Email.objects.count()) == (1, 1)


def test_confirming_twice_asks_once_and_settles_every_letter_of_that_address(client, unclaimed, reviewer):
    ask(client, unclaimed)
    first = letter()
    ask(client, unclaimed, said="I teach.")
    second = letter()
    assert JoinRequest.objects.unconfirmed().count() == 2
    for address in (first, first):
        assert "Your request has been sent" in text_of(client.post(address, follow=True))
    assert [asked.said for asked in JoinRequest.objects.all()] == ["I keep the books."]
    assert client.get(second).status_code == 404
    assert Email.objects.filter(to=reviewer.email).count() == 1
    client.logout()
    stale = JoinRequest(pk=10**9, organisation=unclaimed, state=State.UNCONFIRMED)
    with pytest.raises(ValidationError, match="already asked"):
        listing.confirm_join_request(request=stale)


def test_what_nobody_confirms_goes_after_seven_days_and_its_letter_with_it(client, unclaimed):
    asked = asked_by_email(unclaimed)
    kept = asked_by_email(unclaimed, email="later@sewing.example")
    open_one = listing.ask_to_join(organisation=unclaimed, said="Me", by=UserFactory())
    long_ago = timezone.now() - datetime.timedelta(days=JoinRequest.DAYS_UNCONFIRMED, minutes=1)
    JoinRequest.objects.filter(pk__in=[asked.pk, open_one.pk]).update(asked_at=long_ago)
    for answer in (client.get(letter()), client.post(letter())):
        assert answer.status_code == 404
        assert "7 days" in text_of(answer)
    assert not User.objects.filter(email="ana@sewing.example").exists()
    assert [remove_stale_drafts(), remove_stale_drafts()] == [1, 0]
    assert set(JoinRequest.objects.all()) == {kept, open_one}


def test_letters_are_limited_by_address_and_by_connection(client, unclaimed, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "ask_to_join": "3/h/ip,2/h/key"}
    for _time in range(2):
        assert ask(client, unclaimed, email="limited@sewing.example").status_code == 302
    refused = text_of(ask(client, unclaimed, email="Limited@sewing.example"))
    assert "Too many e-mails" in refused
    assert "I keep the books." in refused, "what was typed stays"
    ask(client, unclaimed, email="other@sewing.example")
    assert "Too many e-mails" in text_of(ask(client, unclaimed, email="third@sewing.example"))
    assert (Email.objects.count(), JoinRequest.objects.count()) == (3, 3)


def test_address_in_a_letter_cannot_be_made_up(client, unclaimed):
    asked_by_email(unclaimed)
    address = letter()
    forged = address[:-3] + ("aa/" if address[-3:] != "aa/" else "bb/")
    for wrong in (reverse("orgs:join_confirm", args=["nonsense"]), forged):
        assert client.post(wrong).status_code == 404
    assert JoinRequest.objects.get().state == State.UNCONFIRMED


def test_authorities_and_what_is_not_public_are_not_asked(client, raval, officer):
    authority = officer.memberships.get().organisation
    assert ask(client, authority).status_code == 403
    hidden = OrganisationFactory(territory=raval)
    assert ask(client, hidden).status_code == 404
    assert client.get(reverse("orgs:join_sent", args=[hidden.slug])).status_code == 404
    assert not JoinRequest.objects.exists()


def test_what_is_left_empty_or_is_no_address_is_asked_back(client, unclaimed):
    body = ask(client, unclaimed, name=" ", email="ana@")
    assert set(body.context["form"].errors) == {"name", "email"}
    assert (JoinRequest.objects.count(), Email.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "facts",
    [
        {"state": State.OPEN},
        {"state": State.UNCONFIRMED},
        {"state": State.UNCONFIRMED, "name": "Ana", "email": "Ana@sewing.example"},
        {"state": State.UNCONFIRMED, "name": "", "email": "ana@sewing.example"},
    ],
)
def test_request_is_that_of_an_account_or_unconfirmed(unclaimed, facts):
    with pytest.raises(IntegrityError, match="join_request_by_an_account_or_unconfirmed"), transaction.atomic():
        JoinRequest.objects.create(organisation=unclaimed, said="Me", **facts)
    with pytest.raises(IntegrityError, match="join_request_by_an_account_or_unconfirmed"), transaction.atomic():
        JoinRequest.objects.create(
            organisation=unclaimed, said="Me", user=UserFactory(), **{**facts, "email": "ana@sewing.example"}
        )


# --- Where one is led to it ---------------------------------------------------------------------------------------------------------


def test_letter_about_a_listing_leads_to_it_also_when_it_is_too_old(client, unclaimed, officer):
    listing.invite_to_claim(organisation=unclaimed, email="hello@sewing.example", language="en", by=officer)
    mail = Email.objects.get(to="hello@sewing.example")
    assert "you need no account" in mail.message
    assert unclaimed.get_absolute_url() in mail.message
    invitation = unclaimed.invitations.get()
    invitation.created_at -= datetime.timedelta(days=invitation.DAYS_VALID + 1)
    invitation.save()
    gone = client.get(members.invitation_path(invitation))
    assert gone.status_code == 404
    assert f'href="{form_of(unclaimed)}"' in text_of(gone)
    listing.opt_out(listing=unclaimed.listing)
    assert form_of(unclaimed) not in text_of(client.get(members.invitation_path(invitation)))


def test_log_in_page_leads_to_the_directory_too(client):
    page = text_of(client.get(reverse("account_login")))
    assert "you need no account for that" in re.sub(r"\s+", " ", page)
    assert f'href="{reverse("orgs:organisation_list")}"' in page
