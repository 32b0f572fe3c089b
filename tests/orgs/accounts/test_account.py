"""An account does not change hands behind its owner's back, and those who decide for others have a second step."""

import datetime
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.accounts import actions as accounts
from orgs.models import User
from orgs.permissions import must_have_second_step
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
EMAIL = reverse("account_email")
STEP = reverse("second_step")


def person(**fields: Any) -> User:
    user: User = UserFactory(email="old@example.org", **fields)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def log_in(client: Client, user: User) -> Any:
    return client.post(reverse("account_login"), {"login": user.email, "password": "password"})


def ask(client: Client) -> Any:
    return client.post(EMAIL, {"email": "new@example.org", "action_add": ""})


# --- The address ---------------------------------------------------------------------------------------------------------


def test_address_is_changed_only_by_who_gives_the_password_again() -> None:
    user = person()
    client = logged_in(user)
    response = ask(client)
    assert response.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    assert not Email.objects.exists()
    assert client.post(response.headers["Location"], {"password": "wrong"}).status_code == 200
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    client.post(response.headers["Location"], {"password": "password"})
    assert EmailAddress.objects.filter(email="new@example.org", verified=False).exists()


def test_old_address_is_told_in_its_owners_language_when_it_is_asked_and_when_it_is_done() -> None:
    user = person(language="es")
    client = Client(headers={"accept-language": "fr"})
    log_in(client, user)
    client.post(ask(client).headers["Location"], {"password": "password"})
    to_old, to_new = Email.objects.get(to="old@example.org"), Email.objects.get(to="new@example.org")
    assert "new@example.org" in to_old.message
    assert reverse("account_reset_password") in to_old.message
    address = re.search(r"/accounts/confirm-email/\S+", to_new.message)
    assert address
    client.post(address[0])
    user.refresh_from_db()
    assert user.email == "new@example.org"
    emails = Email.objects.filter(to="old@example.org").order_by("pk")
    assert len(emails) == 2
    assert "new@example.org" in emails[1].message
    for email in emails:
        assert re.search(r"\d+ de \w+ de \d{4}", email.message), "the day is not written as in Spanish"


def test_password_change_is_told() -> None:
    client = Client()
    user = person()
    log_in(client, user)
    new = {"oldpassword": "password", "password1": "a longer secret 7", "password2": "a longer secret 7"}
    assert client.post(reverse("account_change_password"), new).status_code == 302
    assert "password" in Email.objects.get(to=user.email).subject


@pytest.mark.parametrize("name", ["account_email", "account_set_password"])
def test_who_has_no_password_logs_in_anew_before_the_account_changes(name: str) -> None:
    """Otherwise a computer left open for a minute would be enough."""
    user = person()
    user.set_unusable_password()
    user.save()
    client = logged_in(user)
    response = client.post(
        reverse(name),
        {
            "email": "new@example.org",
            "action_add": "",
            "password1": "a longer secret 7",
            "password2": "a longer secret 7",
        },
    )
    assert response.headers["Location"].startswith(reverse("account_login"))
    assert settings.SESSION_COOKIE_NAME not in client.cookies or "_auth_user_id" not in client.session
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_who_has_just_logged_in_by_code_changes_the_address() -> None:
    user = person()
    user.set_unusable_password()
    user.save()
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    code = re.search(r"^([0-9A-Z-]{6,12})$", Email.objects.get().message, re.MULTILINE)
    assert code
    assert client.post(reverse("account_confirm_login_code"), {"code": code[1]}).status_code == 302
    ask(client)
    assert EmailAddress.objects.filter(email="new@example.org").exists()


# --- The second step -----------------------------------------------------------------------------------------------------


@pytest.fixture
def production(settings: Any) -> None:
    settings.SECOND_STEP_REQUIRED = True


def give_role(user: User, role: str) -> None:
    if role == "reviewer":
        ReviewerAppointmentFactory(user=user)
    elif role == "administrator":
        User.objects.filter(pk=user.pk).update(is_staff=True)
    elif role != "nobody":
        organisation = OrganisationFactory() if role in ("owner", "editor") else AuthorityFactory()
        MembershipFactory(user=user, organisation=organisation, role=role)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("role", "must"),
    [
        ("reviewer", True),
        ("steward", True),
        ("manager", True),
        ("administrator", True),
        ("officer", False),
        ("owner", False),
        ("editor", False),
        ("nobody", False),
    ],
)
def test_who_decides_for_others_is_led_to_a_second_step(role: str, must: bool) -> None:
    user = person()
    give_role(user, role)
    client = Client()
    assert log_in(client, user).status_code == 302
    for path in (reverse("home"), reverse("orgs:my_organisations") + "?page=1", reverse("admin:index")):
        response = client.get(path)
        is_led = response.status_code == 302 and response.headers["Location"].startswith(STEP)
        assert is_led is must, path
    if must:
        page = client.get(f"{STEP}?next={reverse('orgs:my_organisations')}").content.decode()
        assert "Your role lets you decide what others see" in page
        assert reverse("mfa_activate_totp") in page
        assert client.get(reverse("mfa_activate_totp")).status_code == 302  # To the password, once more.


@pytest.mark.usefixtures("production")
def test_role_of_today_ends_in_the_page_that_was_asked_for(django_capture_on_commit_callbacks: Any) -> None:
    """From the letter of appointment to the work: a password, a code, and on."""
    user = person()
    client = Client()
    log_in(client, user)
    assert client.get(reverse("home")).status_code == 200
    ReviewerAppointmentFactory(user=user)
    wanted = reverse("orgs:review_queue")
    led = client.get(wanted).headers["Location"]
    assert client.post(wanted).headers["Location"].startswith(STEP)
    assert client.get(led).status_code == 200
    asked = client.get(reverse("mfa_activate_totp")).headers["Location"]
    client.post(asked, {"password": "password"})
    form = client.get(reverse("mfa_activate_totp")).context["form"]
    code = format_hotp_value(hotp_value(form.secret, next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert not must_have_second_step(user)
    assert client.get(led).headers["Location"] == wanted
    assert client.get(wanted).status_code == 200
    client.post(reverse("account_logout"))
    assert log_in(client, user).headers["Location"] == reverse("mfa_authenticate")
    assert client.get(wanted).status_code == 302
    assert Email.objects.filter(to=user.email, subject__icontains="authenticator").exists()


@pytest.mark.usefixtures("production")
def test_recovery_codes_alone_are_no_second_step() -> None:
    user = person()
    give_role(user, "steward")
    RecoveryCodes.activate(user)
    assert must_have_second_step(user)
    TOTP.activate(user, generate_totp_secret())
    assert not must_have_second_step(user)


def test_demo_and_laptop_ask_for_none() -> None:
    user = person(is_staff=True)
    client = logged_in(user)
    assert not settings.SECOND_STEP_REQUIRED
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(STEP).status_code == 200


def test_page_leads_nowhere_else() -> None:
    user = person()
    TOTP.activate(user, generate_totp_secret())
    client = logged_in(user)
    for following in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", ""):
        assert client.get(STEP, {"next": following}).headers["Location"] == reverse("home")


@pytest.mark.usefixtures("production")
def test_lost_device_is_taken_away_by_an_administrator_or_on_the_server() -> None:
    user = person()
    give_role(user, "reviewer")
    for way in ("administration", "command"):
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        Email.objects.all().delete()
        if way == "administration":
            administrator = UserFactory(is_staff=True)
            TOTP.activate(administrator, generate_totp_secret())
            chosen = {"action": "remove_second_step", "_selected_action": [user.pk]}
            logged_in(administrator).post(reverse("admin:orgs_user_changelist"), chosen)
        else:
            call_command("remove_second_step", "OLD@example.org")
        assert not Authenticator.objects.filter(user=user).exists()
        assert Email.objects.get(to="old@example.org").subject == "Two-step login was removed from your account"
    with pytest.raises(CommandError, match="no second step"):
        call_command("remove_second_step", "old@example.org")
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_step", "nobody@example.org")


def test_sessions_end_with_the_second_step() -> None:
    user = person()
    client = Client()
    log_in(client, user)
    client.get(reverse("home"))
    TOTP.activate(user, generate_totp_secret())
    assert accounts.remove_second_step(user=user)
    assert client.get(reverse("orgs:my_organisations")).headers["Location"].startswith(reverse("account_login"))


# --- Where somebody is logged in -----------------------------------------------------------------------------------------


def pages_seen_at(
    client: Client, moments: list[datetime.datetime], monkeypatch: pytest.MonkeyPatch
) -> list[datetime.datetime]:
    """When the person was last seen, as it stands after a page at each of the moments."""
    seen = []
    for moment in moments:
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        client.get(reverse("about"))
        seen.append(UserSession.objects.get().last_seen_at)
    return seen


def test_last_seen_is_written_down_every_few_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(person())
    begun = timezone.now()
    first, soon, later = pages_seen_at(
        client, [begun + datetime.timedelta(minutes=minutes) for minutes in (0, 4, 6)], monkeypatch
    )
    assert soon == first
    assert later == begun + datetime.timedelta(minutes=6)


def test_page_soon_after_another_writes_nothing() -> None:
    client = logged_in(person())
    client.get(reverse("about"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("about"))
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_session_that_is_used_from_elsewhere_is_told_of_at_once() -> None:
    client = logged_in(person())
    client.get(reverse("about"), REMOTE_ADDR="192.0.2.1", headers={"user-agent": "Own"})
    client.get(reverse("about"), REMOTE_ADDR="192.0.2.1", headers={"user-agent": "Stranger"})
    assert UserSession.objects.get().user_agent == "Stranger"
    client.get(reverse("about"), REMOTE_ADDR="192.0.2.9", headers={"user-agent": "Stranger"})
    assert UserSession.objects.get().ip == "192.0.2.9"


def test_session_that_goes_on_under_another_key_is_in_the_list() -> None:
    client = logged_in(person())
    client.get(reverse("about"))
    session = client.session
    session.cycle_key()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    client.get(reverse("about"))
    assert UserSession.objects.filter(session_key=session.session_key).exists()
