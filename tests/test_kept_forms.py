"""What somebody typed whose session had ended comes back after log-in: to the same person, in the same browser, for an hour, unsaved."""

import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from indicators.models import ImportBatch, Observation
from orgs.forms import kept as forms_kept
from orgs.forms import passing
from orgs.models import KeptForm, Service, User
from tests.factories import DomainFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.posts import token_on, views_that_take_a_post
from tests.world import World

pytestmark = pytest.mark.django_db
LOGIN = reverse("account_login")
PASSWORD = "password"


def log_in(client: Client, user: User, after: str) -> Any:
    page = f"{LOGIN}?{urlencode({'next': after})}"
    data = {"login": user.email, "password": PASSWORD, "next": after, "csrfmiddlewaretoken": token_on(client, page)}
    return client.post(page, data, follow=True)


def end_sessions() -> None:
    Session.objects.all().delete()


def typed_and_logged_out(client: Client, user: User, url: str, data: dict[str, Any]) -> Any:
    """Opens the form, types, and presses when the session is over; what the browser shows after log-in."""
    client.force_login(user)
    token = token_on(client, url)
    end_sessions()
    sent = client.post(url, data | {"csrfmiddlewaretoken": token})
    assert sent.status_code == 302
    assert sent["Location"].startswith(LOGIN)
    return log_in(client, user, url)


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


FORMS = [
    (
        "owner",
        "orgs:service_add",
        "association",
        {"title": "Quagga café", "description": "Zebras & more"},
    ),
    ("owner", "orgs:organisation_edit", "association", {"name": "Quagga anew", "description": "Zebras"}),
    ("owner", "orgs:contact_edit", "association", {"name": "Quagga", "role": "Zebra", "email": "z@example.org"}),
    ("officer", "partnerships:partnership_add", "", {"title": "Quagga", "gender_note": "Zebras"}),
    ("officer", "partnerships:activity_add", "partnership", {"title": "Quagga", "description": "Zebras"}),
    ("officer", "partnerships:document_add", "partnership", {"title": "Quagga"}),
    ("officer", "partnerships:table_add", "", {"name": "Quagga", "mandate": "Zebras"}),
    ("officer", "partnerships:practice_add", "", {"name": "Quagga", "summary": "Zebras"}),
    ("steward", "indicators:indicator_add", "", {"code": "QUAGGA", "name_en": "Quagga"}),
    ("steward", "indicators:request_add", "", {"title": "Quagga", "note": "Zebras"}),
    ("steward", "indicators:import_add", "", {"mapping": "own", "definition": '{"source": "Quagga"}'}),
]


@pytest.mark.parametrize(("role", "name", "thing", "typed"), FORMS, ids=[name for _role, name, *_rest in FORMS])
def test_what_was_typed_comes_back(
    browser: Client, world: World, role: str, name: str, thing: str, typed: dict[str, Any]
) -> None:
    keys = {"association": [world.association.slug], "partnership": [world.partnership.reference], "": []}[thing]
    url = reverse(name, args=keys)
    services, imports = Service.objects.count(), ImportBatch.objects.count()
    response = typed_and_logged_out(browser, world.user(role), url, typed)
    assert response.status_code == 200
    html = response.content.decode()
    assert "You were logged out while you wrote" in html
    form = response.context["form"]
    for field, text in typed.items():
        assert form[field].value() == text
    assert "Quagga" in html or "QUAGGA" in html
    assert (Service.objects.count(), ImportBatch.objects.count()) == (services, imports)


def test_table_of_typed_figures_comes_back(browser: Client, world: World) -> None:
    choice = f"authority={world.authority.pk}&indicator=PEOPLE&territory=CITY&period=2017&with_parts="
    url = f"{reverse('indicators:entry')}?{choice}"
    user = world.user("steward")
    browser.force_login(user)
    page = browser.get(url)
    assert "form" in page.context
    number = next(name for name in page.context["form"].fields if name.startswith("n-"))
    html = typed_and_logged_out(browser, user, url, {number: "4711", "seen": "then"}).content.decode()
    assert 'value="4711"' in html
    assert 'name="seen" value="then"' in html
    assert not Observation.objects.filter(numerator=4711).exists()


def service_form() -> tuple[User, str, dict[str, Any]]:
    user = MembershipFactory(organisation=OrganisationFactory(published=True), role="owner").user
    url = reverse("orgs:service_add", args=[user.memberships.get().organisation.slug])
    return user, url, {"title": "Quagga café", "domain": DomainFactory().pk}


def test_it_is_saved_when_it_is_sent_again_and_then_forgotten(browser: Client) -> None:
    user, url, typed = service_form()
    response = typed_and_logged_out(browser, user, url, typed)
    assert KeptForm.objects.count() == 1
    browser.post(url, typed | {"csrfmiddlewaretoken": response.context["csrf_token"]})
    assert Service.objects.filter(title="Quagga café").count() == 1
    assert not KeptForm.objects.exists()
    assert "Quagga" not in browser.get(url).content.decode()


def test_it_stays_while_the_page_is_loaded_again_and_goes_when_it_is_not_wanted(browser: Client) -> None:
    user, url, typed = service_form()
    typed_and_logged_out(browser, user, url, typed)
    assert "Quagga" in browser.get(url).content.decode()
    assert "Quagga" not in browser.get(url, {"begin_again": 1}).content.decode()
    assert not KeptForm.objects.exists()
    assert "Quagga" not in browser.get(url).content.decode()


def test_somebody_else_who_logs_in_there_does_not_get_it(browser: Client) -> None:
    user, url, typed = service_form()
    other = MembershipFactory(organisation=user.memberships.get().organisation, role="editor").user
    browser.force_login(user)
    token = token_on(browser, url)
    end_sessions()
    browser.post(url, typed | {"csrfmiddlewaretoken": token})
    assert "Quagga" not in log_in(browser, other, url).content.decode()


def test_another_browser_does_not_get_it_and_the_row_alone_cannot_be_read(browser: Client) -> None:
    user, url, typed = service_form()
    typed_and_logged_out(browser, user, url, typed)
    kept = KeptForm.objects.get()
    assert b"Quagga" not in bytes(kept.sealed)
    assert str(user.pk) != kept.owner
    other = Client()
    other.force_login(user)
    assert "Quagga" not in other.get(url).content.decode()
    elsewhere = reverse("orgs:capacity_list", args=[user.memberships.get().organisation.slug])
    assert "You were logged out" not in browser.get(elsewhere).content.decode()


def test_after_an_hour_it_is_gone(browser: Client) -> None:
    user, url, typed = service_form()
    typed_and_logged_out(browser, user, url, typed)
    late = timezone.now() + datetime.timedelta(minutes=61)
    KeptForm.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=61))
    assert "Quagga" not in browser.get(url).content.decode()
    assert passing.forget_forms(now=late) >= 1
    assert not KeptForm.objects.exists()


def test_nothing_is_kept_of_who_was_never_logged_in_there(browser: Client) -> None:
    _user, url, typed = service_form()
    Client().post(url, typed)
    browser.cookies[forms_kept.WHO] = "made-up:signature"
    token = token_on(browser, LOGIN)
    browser.post(url, typed | {"csrfmiddlewaretoken": token})
    assert not KeptForm.objects.exists()


def test_a_visitor_gets_no_cookie_by_it() -> None:
    client = Client()
    client.get(reverse("home"))
    client.get(reverse("orgs:organisation_list"))
    assert forms_kept.WHO not in client.cookies
    assert forms_kept.KEPT not in client.cookies


def test_passwords_files_and_much_are_not_kept(browser: Client) -> None:
    user, url, typed = service_form()
    response = typed_and_logged_out(browser, user, url, typed | {"password": "hunter2", "new_password1": "hunter2"})
    assert "hunter2" not in response.context["request"].kept_form.urlencode()
    KeptForm.objects.all().delete()
    typed_and_logged_out(browser, user, url, typed | {"description": "x" * (forms_kept.LARGEST + 1)})
    assert not KeptForm.objects.exists()


def test_no_more_than_a_few_are_kept_of_one_person(browser: Client) -> None:
    user, url, typed = service_form()
    for _time in range(KeptForm.MOST + 2):
        typed_and_logged_out(browser, user, url, typed)
    assert KeptForm.objects.count() == KeptForm.MOST


def test_who_logged_in_again_in_another_tab_finds_what_was_typed(browser: Client) -> None:
    """The old page carries a token that the new session does not know."""
    user, url, typed = service_form()
    browser.force_login(user)
    token = token_on(browser, url)
    end_sessions()
    log_in(browser, user, reverse("home"))
    sent = browser.post(url, typed | {"csrfmiddlewaretoken": token})
    assert (sent.status_code, sent["Location"]) == (302, url)
    assert not Service.objects.filter(title="Quagga café").exists()
    assert browser.get(url).context["form"]["title"].value() == "Quagga café"


def test_a_forged_form_is_refused_as_ever(browser: Client) -> None:
    url = service_form()[1]
    browser.force_login(UserFactory())
    browser.cookies.pop(forms_kept.WHO, None)
    assert browser.post(url, {"title": "x", "csrfmiddlewaretoken": "forged"}).status_code == 403


# Registration is a draft that is kept on the server anyway, and needs no session; the others have three fields or fewer, or a file alone.
SHORT = {
    "VouchingWithdrawView", "SponsorshipEndView", "AffiliationAnswerView", "AffiliationEndView",
    "StartView", "PageView", "CheckView", "DiscardView", "ConfirmView", "SentView", "InvitationDetailView", "WithdrawView", "EndMembershipView",
    "SubmitView", "ServiceDeleteView", "CapacityDeleteView", "OpportunityDeleteView", "MatchWithdrawView", "TargetDeleteView", "SliceRetryView", "IndicatorRetireView",
    "IndicatorRestoreView", "ServiceTypeRestoreView", "DefinitionCheckView", "ReportUploadView", "RequestWithdrawView", "RecordDeleteView", "PartnershipProposeView",
    "PartnershipDeleteView", "AssessmentDiscardView", "ImportStoreView", "ImportApproveView", "ImportUndoView", "FindingsAcceptView",
    "MappingSaveView", "ReportApproveView", "ReportReturnView", "AssessmentEvidenceView", "LogInView",
    "ProtectionDecisionView", "ChangeEmailView", "SetPasswordView", "ResendView", "ResendReviewInvitationView", "WithdrawReviewInvitationView",
    "EndAppointmentView", "ScheduleSwitchView", "MailRetryView", "MailGiveUpView", "TerritoryImportStoreView", "ChangeWithdrawView",
    "OrganisationImportStoreView", "OrganisationImportUndoView",
    "OptOutView", "ServicesConfirmView", "MatchDoneView", "StillRightView", "JoinConfirmView",
    "JoinWithdrawView", "MergeUndoView", "MeasureLiftView", "RenewView",
    "RemarkSeenView", "UnreviewedSeenView",
}  # fmt: skip


def test_every_form_of_more_than_three_fields_brings_back_what_was_typed() -> None:
    bare = {
        view.__name__
        for view in views_that_take_a_post(get_resolver())
        if not getattr(view, "shows_kept_form", False) and view.__name__ not in SHORT
    }
    assert bare == set()
