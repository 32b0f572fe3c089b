"""A form that is sent several times acts once: by a double press, four times at once, and without a script."""

import datetime
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from post_office.models import Email

from indicators.catalogue.target_views import TargetDeleteView
from indicators.catalogue.views import (
    DefinitionCheckView,
    IndicatorRestoreView,
    IndicatorRetireView,
    ProtectionDecisionView,
)
from indicators.imports.views import ImportDecisionView
from indicators.reports.entry_views import EntryView
from indicators.reports.views import ReportStepView, ReportUploadView, RequestWithdrawView
from indicators.rollup.views import SliceRetryView
from integration_portal.operations import views as operations
from integration_portal.views import LogInView
from orgs.accounts import views as account
from orgs.affiliations import views as affiliations
from orgs.exchange.imports.views import OrganisationImportStoreView, OrganisationImportUndoView
from orgs.forms import passing
from orgs.listing import views as listing
from orgs.matching import views as matching
from orgs.members import views as members
from orgs.members.actions import invite_member
from orgs.mixins import ActionMixin
from orgs.models import Capacity, Invitation, Organisation, SentForm, Service, User
from orgs.organisations import views as organisations
from orgs.oversight import views as oversight
from orgs.registration import actions as registration_actions
from orgs.registration import views as registration
from orgs.remarks import views as remarks
from orgs.reviewers import views as reviewers
from orgs.service_types import views as types
from orgs.services import editing as service_editing
from orgs.standing import views as standing
from orgs.support import views as support
from orgs.territories.imports.views import TerritoryImportStoreView
from orgs.verification import unreviewed_views as unreviewed
from orgs.volunteering import views as volunteering
from partnerships.agreements.views import PartnershipDeleteView, PartnershipProposeView
from partnerships.assessments.views import AssessmentDiscardView, AssessmentEvidenceView
from partnerships.models import CoordinationTable, Practice
from partnerships.records.views import RecordDeleteView
from tests.factories import AuthorityFactory, DomainFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.posts import token_on, views_that_take_a_post


def browser(user: User) -> Client:
    """A browser that asks for the token as a real one would be asked."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user)
    return client


def same_browser(client: Client) -> Client:
    other = Client(enforce_csrf_checks=True, raise_request_exception=False)
    other.cookies = client.cookies.copy()  # type: ignore[assignment]
    return other


def sent_at_once(client: Client, url: str, data: dict[str, Any], times: int = 4) -> list[Any]:
    barrier = threading.Barrier(times)
    answers: list[Any] = [None] * times

    def send(place: int, tab: Client) -> None:
        try:
            barrier.wait(30)
            answers[place] = tab.post(url, data)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(place, same_browser(client))) for place in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


@pytest.fixture
def owner(transactional_db: None) -> User:
    cache.clear()  # How often somebody was invited is no row that is removed after a test, and counts in the next run on this database.
    return MembershipFactory(organisation=OrganisationFactory(published=True, name="Ours"), role="owner").user


@pytest.fixture
def officer(transactional_db: None) -> User:
    return MembershipFactory(organisation=AuthorityFactory(name="Town hall"), role="officer").user


def of(user: User) -> Organisation:
    organisation: Organisation = user.memberships.get().organisation
    return organisation


def assert_led_alike(answers: list[HttpResponse]) -> None:
    assert [answer.status_code for answer in answers] == [302] * len(answers)
    assert len({answer["Location"] for answer in answers}) == 1


def test_service_sent_four_times_at_once_is_one_service(owner: User) -> None:
    client, url = browser(owner), reverse("orgs:service_add", args=[of(owner).slug])
    data = {"title": "Language café", "domain": DomainFactory().pk, "csrfmiddlewaretoken": token_on(client, url)}
    assert_led_alike(sent_at_once(client, url, data))
    assert Service.objects.count() == 1


def test_invitation_sent_four_times_at_once_is_one_letter(owner: User) -> None:
    client, url = browser(owner), reverse("orgs:member_invite", args=[of(owner).slug])
    data = {"email": "guest@example.org", "role": "editor", "csrfmiddlewaretoken": token_on(client, url)}
    assert_led_alike(sent_at_once(client, url, data))
    assert (Invitation.objects.count(), Email.objects.count()) == (1, 1)


def test_table_that_may_be_there_once_is_founded_and_nobody_sees_an_error(officer: User) -> None:
    client, url = browser(officer), reverse("partnerships:table_add")
    authority = of(officer)
    data = {
        "name": "Table for housing",
        "territory": authority.territory.name,
        "convenor": authority.pk,
        "csrfmiddlewaretoken": token_on(client, url),
    }
    assert_led_alike(sent_at_once(client, url, data))
    assert CoordinationTable.objects.count() == 1


def test_what_two_pages_say_at_once_ends_in_no_error_page(owner: User) -> None:
    """Not one sending, and so no key: the database lets one in, the other is told."""
    client, url = browser(owner), reverse("orgs:capacity_list", args=[of(owner).slug])
    answers = sent_at_once(client, url, {"side": "need", "kind": "space", "csrfmiddlewaretoken": token_on(client, url)})
    assert {answer.status_code for answer in answers} == {302}
    assert Capacity.objects.count() == 1


@pytest.mark.django_db
def test_double_press_is_led_to_what_the_first_one_made() -> None:
    """Also where the second one would be refused since the first one is there."""
    officer = MembershipFactory(organisation=AuthorityFactory(), role="officer").user
    client, url = browser(officer), reverse("partnerships:practice_add")
    data = {"name": "Mediators", "summary": "They mediate.", "domains": [DomainFactory().pk]}
    data["csrfmiddlewaretoken"] = token_on(client, url)
    first, second = client.post(url, data), client.post(url, data)
    practice = Practice.objects.get()
    assert first["Location"] == second["Location"] == practice.get_absolute_url()


@pytest.mark.django_db
def test_who_goes_back_and_sends_something_else_means_something_else() -> None:
    owner = MembershipFactory(organisation=OrganisationFactory(published=True), role="owner").user
    client, url = browser(owner), reverse("orgs:service_add", args=[of(owner).slug])
    data = {"title": "Language café", "domain": DomainFactory().pk, "csrfmiddlewaretoken": token_on(client, url)}
    client.post(url, data)
    client.post(url, data | {"title": "Legal advice"})
    client.post(url, data | {"csrfmiddlewaretoken": token_on(client, url)})
    assert sorted(Service.objects.values_list("title", flat=True)) == ["Language café", "Language café", "Legal advice"]


@pytest.mark.django_db
def test_what_was_refused_may_be_sent_again_from_the_same_page() -> None:
    owner = MembershipFactory(organisation=OrganisationFactory(published=True), role="owner").user
    client, url = browser(owner), reverse("orgs:service_add", args=[of(owner).slug])
    data = {"title": "", "domain": DomainFactory().pk, "csrfmiddlewaretoken": token_on(client, url)}
    assert client.post(url, data).status_code == 200
    assert not SentForm.objects.exists()
    assert client.post(url, data | {"title": "Language café"}).status_code == 302
    assert Service.objects.count() == 1


@pytest.mark.django_db
def test_two_people_never_share_a_key() -> None:
    """Of one browser, with one token and one text."""
    url, domain = reverse("partnerships:practice_add"), DomainFactory().pk
    first, second = (MembershipFactory(organisation=AuthorityFactory(), role="officer").user for _person in range(2))
    client = browser(first)
    data = {"name": "Mediators", "summary": "They mediate.", "domains": [domain]}
    data["csrfmiddlewaretoken"] = token_on(client, url)
    client.post(url, data)
    cookie = client.cookies["csrftoken"].value
    client.force_login(second)
    client.cookies["csrftoken"] = cookie
    assert "already a good practice of that name" in client.post(url, data).content.decode()


@pytest.mark.django_db
def test_keys_go_after_two_days() -> None:
    SentForm.objects.create(key="a")
    now = timezone.now()
    assert passing.forget_forms(now=now) == 0
    assert passing.forget_forms(now=now + datetime.timedelta(days=3)) == 1
    assert passing.forget_forms(now=now + datetime.timedelta(days=3)) == 0


# --- Every form -----------------------------------------------------------------------------------------------------------

# Takes a POST, and why it needs no key.
HARMLESS_TWICE = {
    registration.StartView: "an empty draft, which its own browser alone sees and which goes by itself",
    registration.PageView: "writes the draft as it stands",
    registration.CheckView: "send_registration sends one letter, however often",
    registration.DiscardView: "gone is gone",
    registration.ConfirmView: "confirm_registration does it once, under a lock",
    members.InvitationDetailView: "accept_invitation does it once, under a lock",
    members.WithdrawView: "gone is gone",
    members.EndMembershipView: "ended is ended",
    reviewers.EndAppointmentView: "ended is ended",
    reviewers.WithdrawReviewInvitationView: "gone is gone",
    operations.ScheduleSwitchView: "sets a state",
    types.ServiceTypeRestoreView: "sets a state",
    operations.MailRetryView: "sets a state",
    operations.MailGiveUpView: "gone is gone",
    organisations.SubmitView: "submit_for_verification has one open at a time",
    service_editing.ServiceDeleteView: "gone is gone",
    volunteering.OpportunityDeleteView: "gone is gone",
    matching.CapacityDeleteView: "gone is gone",
    matching.MatchWithdrawView: "withdrawn is withdrawn",
    organisations.ChangeWithdrawView: "withdrawn is withdrawn",
    listing.OptOutView: "taken off is taken off",
    matching.MatchDoneView: "done is done",
    support.VouchingWithdrawView: "withdrawn is withdrawn",
    support.SponsorshipEndView: "ended is ended",
    service_editing.ServicesConfirmView: "confirmed is confirmed",
    service_editing.StillRightView: "confirmed is confirmed",
    listing.JoinConfirmView: "confirm_join_request does it once, under a lock",
    listing.JoinWithdrawView: "withdrawn is withdrawn",
    oversight.MergeUndoView: "undone is undone",
    standing.MeasureLiftView: "lifted is lifted",
    unreviewed.UnreviewedSeenView: "seen is seen",
    remarks.RemarkSeenView: "seen is seen",
    TargetDeleteView: "gone is gone",
    SliceRetryView: "sets a state",
    IndicatorRetireView: "sets a state",
    IndicatorRestoreView: "sets a state",
    DefinitionCheckView: "sets a state",
    ProtectionDecisionView: "decides what is open, under a lock",
    ReportUploadView: "writes the draft of a report, by its version",
    RequestWithdrawView: "withdrawn is withdrawn",
    RecordDeleteView: "gone is gone",
    PartnershipProposeView: "checks the state it starts from",
    PartnershipDeleteView: "gone is gone",
    AssessmentDiscardView: "gone is gone",
    AssessmentEvidenceView: "writes the ticks as they stand",
    LogInView: "no second session by it",
    account.ChangeEmailView: "an address that already stands there is refused",
    account.SetPasswordView: "sets a state",
}
# Checks the state it starts from, under a lock.
STEPS = (
    ImportDecisionView,
    ReportStepView,
    TerritoryImportStoreView,
    OrganisationImportStoreView,
    OrganisationImportUndoView,
)
# Have the key, though no form view of Django's.
BY_THEMSELVES = {
    EntryView,
    registration.SentView,
    standing.RenewView,
    affiliations.AffiliationAnswerView,
    affiliations.AffiliationEndView,
    members.ResendView,
    reviewers.ResendReviewInvitationView,
}


def test_every_view_that_makes_something_acts_once() -> None:
    views = views_that_take_a_post(get_resolver())
    assert len(views) > 40
    bare = {
        view.__name__
        for view in views
        if not issubclass(view, (ActionMixin, *STEPS)) and view not in HARMLESS_TWICE and view not in BY_THEMSELVES
    }
    assert bare == set()


@pytest.mark.django_db
def test_invitation_sent_again_goes_once_for_each_page() -> None:
    owner = MembershipFactory(organisation=OrganisationFactory(published=True), role="owner").user
    invitation = invite_member(organisation=of(owner), email="new@person.example", role="viewer", by=owner)
    client, page = browser(owner), reverse("orgs:member_list", args=[of(owner).slug])
    url = reverse("orgs:invitation_resend", args=[of(owner).slug, invitation.pk])
    data = {"csrfmiddlewaretoken": token_on(client, page)}
    for _press in range(3):
        assert client.post(url, data).headers["Location"] == page
    assert Email.objects.count() == 2
    client.post(url, {"csrfmiddlewaretoken": token_on(client, page)})
    assert Email.objects.count() == 3


@pytest.mark.django_db
def test_letter_asked_for_once_more_goes_once_for_each_page() -> None:
    draft = registration_actions.begin_registration(language="en", by=None)
    draft.answers = {
        "who": {"typed": {}, "facts": {"name": "Ours"}},
        "contact": {"typed": {}, "facts": {"contact_name": "Ana", "email": "ana@example.org"}},
    }
    draft.sent_at, draft.sent_to, draft.reference = timezone.now(), "ana@example.org", "ORG-AAAAAA"
    client, url = Client(enforce_csrf_checks=True), reverse("orgs:registration_sent")
    person = UserFactory()
    draft.begun_by = person
    draft.save()
    client.force_login(person)
    data = {"csrfmiddlewaretoken": token_on(client, url)}
    for _press in range(3):
        assert client.post(url, data).status_code == 200
    assert Email.objects.count() == 1
    client.post(url, {"csrfmiddlewaretoken": token_on(client, url)})
    assert Email.objects.count() == 2
