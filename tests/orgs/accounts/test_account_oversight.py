"""Accounts as administrators look after them: found, closed, reopened, led back in, and never without an administrator."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from orgs.accounts import actions as accounts
from orgs.members import actions as members
from orgs.models import User
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    UserFactory,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("orgs:account_list"), reverse("orgs:account_add")
SENSITIVE = ("account_edit", "second_step_delete", "administrator_appoint")


@pytest.fixture
def administrator(client: Client) -> User:
    user: User = UserFactory(is_staff=True, name="Ada")
    client.post(reverse("account_login"), {"login": user.email, "password": "password"})
    return user


def at(name: str, user: User) -> str:
    return reverse(f"orgs:{name}", args=[user.pk])


def prove(client: Client, url: str) -> Any:
    """The password once more, as the page asks for it."""
    asked = client.get(url).headers["Location"]
    return client.post(asked, {"password": "password"})


def subjects_to(user: User) -> list[str]:
    return [email.subject for email in Email.objects.order_by("pk") if email.to == [user.email]]


def found(client: Client, **asked: str) -> set[str]:
    return {account.name for account in client.get(LIST, asked).context["page_obj"]}


# --- The list --------------------------------------------------------------------------------------------------------------


def test_accounts_are_found_by_name_address_rights_state_and_second_step(client: Client, administrator: User) -> None:
    closed = UserFactory(name="Clara", email="clara@example.org", is_active=False)
    reviewer = ReviewerAppointmentFactory(user__name="Rita").user
    MembershipFactory(user__name="Maria", user__email="maria.soler@example.org")
    TOTP.activate(reviewer, generate_totp_secret())
    assert found(client) >= {"Ada", "Clara", "Rita", "Maria"}
    assert found(client, q="soler maria") == {"Maria"}
    assert found(client, q="CLARA@") == {"Clara"}
    assert found(client, rights="administrator") == {"Ada"}
    assert found(client, rights="reviewer") == {"Rita"}
    assert "Maria" in found(client, rights="member")
    assert "Clara" not in found(client, rights="member")
    assert found(client, state="closed") == {closed.name}
    assert "Ada" not in found(client, state="never")
    assert found(client, second_step="with") == {"Rita"}
    assert found(client, second_step="without") >= {"Ada", "Clara", "Maria"}


# --- The page of one -------------------------------------------------------------------------------------------------------


def test_page_says_where_somebody_belongs_and_reviews(client: Client, administrator: User) -> None:
    town_hall = AuthorityFactory(name="Town hall")
    person = MembershipFactory(organisation=town_hall, role="steward").user
    ended = MembershipFactory(user=person, organisation__name="Old association", role="viewer")
    members.end_membership(membership=ended, by=administrator)
    appointment = ReviewerAppointmentFactory(user=person, territory=town_hall.territory)
    page = client.get(at("account_detail", person)).content.decode()
    words = words_of(page)
    assert "Town hall : steward of figures" in words
    assert re.search(r"Old association : viewer, since [^,]+, until ", words)
    assert town_hall.territory.name in words
    assert reverse("orgs:appointment_end", args=[appointment.pk]) in page
    assert at("account_close", person) in page
    assert at("administrator_appoint", person) in page
    assert at("second_step_delete", person) not in page, "there is none to remove"


def test_own_page_offers_nothing_that_another_has_to_do(client: Client, administrator: User) -> None:
    page = client.get(at("account_detail", administrator)).content.decode()
    assert "This is your own account" in page
    for name in ("account_close", "administrator_dismiss", "second_step_delete", "password_link"):
        assert at(name, administrator) not in page


def test_page_costs_the_same_for_many_memberships(client: Client, administrator: User) -> None:
    person = MembershipFactory().user
    ReviewerAppointmentFactory(user=person)
    client.post(at("account_close", person))
    client.get(at("account_detail", person))
    with CaptureQueriesContext(connection) as one:
        client.get(at("account_detail", person))
    for _ in range(5):
        MembershipFactory(user=person)
        ReviewerAppointmentFactory(user=person)
    client.post(at("account_reopen", person))
    client.post(at("account_close", person))
    client.get(at("account_detail", person))  # Which says once that this was done.
    with CaptureQueriesContext(connection) as many:
        client.get(at("account_detail", person))
    assert len(many) == len(one)


def test_page_says_who_gave_and_took_rights(client: Client, administrator: User) -> None:
    person = UserFactory(name="Eva")
    assert "History" not in words_of(client.get(at("account_detail", person)).content.decode())
    prove(client, at("administrator_appoint", person))
    client.post(at("administrator_appoint", person))
    client.post(at("administrator_dismiss", person))
    client.post(at("account_close", person))
    client.post(at("account_reopen", person))
    history = client.get(at("account_detail", person)).context["history"]
    assert [(str(change.what), str(change.by)) for change in history] == [
        ("Reopened", "Ada"),
        ("Closed", "Ada"),
        ("No longer an administrator", "Ada"),
        ("Made an administrator", "Ada"),
    ]


# --- Opening and changing --------------------------------------------------------------------------------------------------


def test_account_is_opened_without_a_password_and_its_owner_chooses_one(client: Client, administrator: User) -> None:
    assert client.post(ADD, {"name": "New", "email": "New@Example.org", "language": "es"}).status_code == 302
    account = User.objects.get(email="new@example.org")
    assert not account.has_usable_password()
    assert (account.language, account.is_staff) == ("es", False)
    assert EmailAddress.objects.get(user=account, verified=True, primary=True).email == "new@example.org"
    letter = Email.objects.get()
    assert letter.to == ["new@example.org"]
    address = re.search(r"/accounts/password/reset/key/\S+", letter.message)
    assert address
    own = Client()
    form = own.get(address[0], follow=True)
    chosen = {"password1": "a longer secret 7", "password2": "a longer secret 7"}
    own.post(form.redirect_chain[-1][0], chosen)
    account.refresh_from_db()
    assert account.check_password("a longer secret 7")


def test_address_of_somebody_else_is_refused(client: Client, administrator: User) -> None:
    EmailAddress.objects.create(user=UserFactory(), email="second@example.org", verified=False)
    for email in (UserFactory().email.upper(), "second@example.org"):
        body = client.post(ADD, {"name": "New", "email": email, "language": "en"}).content.decode()
        assert "There is already an account with this e-mail address." in body
    assert not User.objects.filter(name="New").exists()


def test_changed_address_counts_at_once_and_both_are_told(client: Client, administrator: User) -> None:
    person = UserFactory(email="old@example.org", name="Eva", language="en")
    prove(client, at("account_edit", person))
    typed = {"name": "Eva Mas", "email": "New@example.org", "language": "es"}
    assert client.post(at("account_edit", person), typed).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.email, person.language) == ("Eva Mas", "new@example.org", "es")
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary")) == [
        ("new@example.org", True, True)
    ]
    assert sorted(email.to[0] for email in Email.objects.all()) == ["new@example.org", "old@example.org"]
    assert all("old@example.org" in email.message for email in Email.objects.all())


def test_changed_name_tells_nobody(administrator: User) -> None:
    person = UserFactory()
    accounts.change_account(user=person, email=person.email, name="Other", language="en", by=administrator)
    assert User.objects.get(pk=person.pk).name == "Other"
    assert not Email.objects.exists()


# --- Closing and reopening -------------------------------------------------------------------------------------------------


def test_closing_says_first_what_follows(client: Client, administrator: User) -> None:
    led = OrganisationFactory(name="Led by one", published=True)
    shared = OrganisationFactory(name="Led by two", published=True)
    person = MembershipFactory(organisation=led, role="owner").user
    for user in (person, UserFactory()):
        MembershipFactory(organisation=shared, user=user, role="owner")
    ReviewerAppointmentFactory(user=person)
    members.invite_member(organisation=led, email="guest@example.org", role="editor", by=person)
    words = words_of(client.get(at("account_close", person)).content.decode())
    assert "Nobody else leads Led by one." in words
    assert "Led by two" not in words
    assert "They are a reviewer by 1 appointment" in words
    assert "1 invitation that they sent can no longer be accepted." in words
    assert "stay an administrator" not in words
    User.objects.filter(pk=person.pk).update(is_staff=True)
    assert "stay an administrator" in client.get(at("account_close", person)).content.decode()


def test_closed_account_is_logged_out_and_gets_in_no_more_until_it_is_reopened(
    client: Client, administrator: User
) -> None:
    person = UserFactory()
    theirs = Client()

    def logs_in() -> bool:
        theirs.post(reverse("account_login"), {"login": person.email, "password": "password"})
        return theirs.get(reverse("orgs:my_organisations")).status_code == 200

    assert logs_in()
    assert client.post(at("account_close", person)).status_code == 302
    assert theirs.get(reverse("orgs:my_organisations")).status_code == 302
    assert not logs_in()
    assert "This account is closed already." in client.post(at("account_close", person)).content.decode()
    assert client.post(at("account_reopen", person)).status_code == 302
    assert theirs.get(reverse("orgs:my_organisations")).status_code == 302, "an old session stays ended"
    assert logs_in()
    assert "This account is not closed." in client.post(at("account_reopen", person)).content.decode()
    assert subjects_to(person) == ["Your account has been closed", "Your account is open again"]


# --- Back in ---------------------------------------------------------------------------------------------------------------


def test_link_to_choose_a_password_goes_to_the_owner_alone(client: Client, administrator: User) -> None:
    person = UserFactory(language="es")
    response = client.post(at("password_link", person), follow=True)
    letter = Email.objects.get()
    assert letter.to == [person.email]
    assert "/accounts/password/reset/key/" in letter.message
    assert "/accounts/password/reset/key/" not in response.content.decode()
    accounts.close_account(user=person, by=administrator)
    assert "Reopen it first" in client.post(at("password_link", person)).content.decode()


def test_lost_second_step_is_removed_by_who_has_proved_who_they_are(client: Client, administrator: User) -> None:
    person = UserFactory()
    TOTP.activate(person, generate_totp_secret())
    url = at("second_step_delete", person)
    assert prove(client, url).headers["Location"] == url
    assert "recovery codes count no more" in client.get(url).content.decode()
    assert client.post(url).status_code == 302
    assert not Authenticator.objects.filter(user=person).exists()
    assert subjects_to(person) == ["Two-step login was removed from your account"]
    assert "This account has no two-step login." in client.post(url).content.decode()


@pytest.mark.parametrize("name", SENSITIVE)
def test_what_gives_power_over_accounts_asks_for_the_password_again(
    client: Client, administrator: User, name: str
) -> None:
    person = UserFactory()
    for response in (client.get(at(name, person)), client.post(at(name, person), {"name": "x"})):
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("name", SENSITIVE)
def test_administrator_without_a_password_logs_in_anew_for_it(client: Client, name: str) -> None:
    user = UserFactory(is_staff=True)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.get(at(name, UserFactory())).headers["Location"].startswith(reverse("account_login"))


# --- Administrators --------------------------------------------------------------------------------------------------------


def test_administrator_is_appointed_and_dismissed(client: Client, administrator: User) -> None:
    person = MembershipFactory().user
    theirs = Client()
    theirs.force_login(person)
    assert theirs.get(LIST).status_code == 403
    prove(client, at("administrator_appoint", person))
    assert "no two-step login yet" in client.get(at("administrator_appoint", person)).content.decode()
    assert client.post(at("administrator_appoint", person)).status_code == 302
    assert theirs.get(LIST).status_code == 200
    assert client.post(at("administrator_dismiss", person)).status_code == 302
    assert theirs.get(LIST).status_code == 403
    assert person.memberships.active().exists()
    assert subjects_to(person) == [
        "You are an administrator of Integration Portal",
        "You are no longer an administrator of Integration Portal",
    ]


def test_nobody_takes_their_own_rights_away(client: Client, administrator: User) -> None:
    UserFactory(is_staff=True)
    for name in ("account_close", "administrator_dismiss"):
        assert "You cannot do this to your own account" in client.post(at(name, administrator)).content.decode()
    with pytest.raises(ValidationError, match="own account"):
        accounts.remove_second_step(user=administrator, by=administrator)
    administrator.refresh_from_db()
    assert administrator.is_staff
    assert administrator.is_active


@pytest.mark.parametrize("take", [accounts.close_account, accounts.dismiss_administrator])
def test_of_two_who_dismiss_each_other_one_stays(take: Any) -> None:
    """The second one still holds what they were a moment ago."""
    first, second = UserFactory(is_staff=True), UserFactory(is_staff=True)
    take(user=second, by=first)
    with pytest.raises(PermissionDenied):
        take(user=first, by=second)
    assert list(User.objects.administrators().filter(is_active=True)) == [first]


def test_last_administrator_stays_though_a_sample_account_is_there() -> None:
    """Outside a demo a sample account does not log in, so that it counts for nobody."""
    last, sample = UserFactory(is_staff=True), UserFactory(is_staff=True, is_sample=True)
    for take in (accounts.close_account, accounts.dismiss_administrator):
        with pytest.raises(ValidationError, match="last administrator"):
            take(user=last, by=sample)
    last.refresh_from_db()
    assert last.is_staff
    assert last.is_active


def test_nobody_but_administrators_does_anything_to_an_account() -> None:
    person, other = UserFactory(), UserFactory(is_active=False)
    for act in (
        accounts.close_account,
        accounts.dismiss_administrator,
        accounts.appoint_administrator,
        accounts.remove_second_step,
        accounts.send_password_link,
    ):
        with pytest.raises(PermissionDenied):
            act(user=person, by=UserFactory())
    with pytest.raises(PermissionDenied):
        accounts.reopen_account(user=other, by=UserFactory())
    with pytest.raises(PermissionDenied):
        accounts.add_account(email="x@example.org", name="", language="en", by=UserFactory())
    with pytest.raises(PermissionDenied):
        accounts.change_account(user=person, email="x@example.org", name="", language="en", by=UserFactory())
    assert not Email.objects.exists()


# --- The same in Django's administration -------------------------------------------------------------------------------------


def test_administration_of_django_takes_the_same_actions(client: Client, administrator: User) -> None:
    person = UserFactory(email="eva@example.org", name="Eva")
    url = reverse("admin:orgs_user_change", args=[person.pk])

    def change(user: User, **fields: str) -> Any:
        typed = {"email": user.email, "name": user.name, "language": "en"}
        inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
        return client.post(reverse("admin:orgs_user_change", args=[user.pk]), typed | inline | fields)

    assert change(person, is_active="on", is_staff="on").status_code == 302
    assert change(person).status_code == 302
    person.refresh_from_db()
    assert (person.is_active, person.is_staff) == (False, False)
    assert subjects_to(person) == [
        "You are an administrator of Integration Portal",
        "You are no longer an administrator of Integration Portal",
        "Your account has been closed",
    ]
    assert "You cannot do this to your own account" in change(administrator, is_active="on").content.decode()
    taken = client.post(url, {"email": administrator.email, "name": "Eva", "language": "en"})
    assert "There is already an account with this e-mail address." in taken.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_staff
