"""What waits where no reviewer may decide: administrators are told, and see where somebody has to be appointed."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.accounts import actions as accounts
from orgs.accounts.oversight import RightsEvent
from orgs.listing import actions as listing
from orgs.models import Remark, ReviewedProfile, ReviewerDigest, User, Verification
from orgs.needs import actions as needs
from orgs.remarks import actions as remarks
from orgs.review_queues import queues
from orgs.reviewers.workload import places_without_reviewer
from orgs.standing import measures
from orgs.tasks import send_reviewer_digests
from tests.clock import Clock
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ProposedChangeFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.factories_partnerships import AssessmentFactory, PartnershipFactory, level
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("orgs:appointment_list"), reverse("orgs:appointment_add")


@pytest.fixture
def administrator():
    return UserFactory(is_staff=True, language="es")


@pytest.fixture
def clock(monkeypatch):
    return Clock(lambda now: monkeypatch.setattr("django.utils.timezone.now", now))


def one_of_each_kind(place):
    """Of everything that reviewers decide."""
    VerificationFactory(organisation__territory=place)
    ProposedChangeFactory(organisation=OrganisationFactory(territory=place, published=True))
    now, organisation = timezone.now(), OrganisationFactory(territory=place, published=True)
    ReviewedProfile.objects.create(organisation=organisation, seen_by=UserFactory(), unseen_since=now, changed_at=now)
    listing.ask_to_join(organisation=OrganisationFactory(territory=place, published=True), said="Me", by=UserFactory())
    owner = MembershipFactory(organisation=OrganisationFactory(territory=place, published=True))
    reviewer = ReviewerFactory(territory=place)
    measure = measures.take_measure(organisation=owner.organisation, kind="suspension", reasons="So", by=reviewer)
    reviewer.reviewer_appointments.all().delete()
    measures.appeal(measure=measure, text="No", by=owner.user)
    needs.voice_need(service_type=None, territory=place, words="A choir")
    remarks.make_remark(page="/about/", words="Wrong", language="en", organisation=None, territory=place)
    claim = {"state": "submitted", "claimed": level("inform"), "submitted_at": timezone.now()}
    AssessmentFactory(partnership=PartnershipFactory(territory=place), **claim)


def without_reviewer():
    return {queue.url_name: queue.rows.without_reviewer().count() for queue in queues()}


def test_every_kind_of_what_reviewers_decide_is_known_to_be_without_one_until_somebody_is_appointed(city, raval):
    one_of_each_kind(raval)
    assert without_reviewer() == {queue.url_name: 1 for queue in queues()}
    ReviewerFactory(territory=TerritoryFactory(parent=raval))
    closed = ReviewerFactory(territory=city, is_active=False)
    assert set(without_reviewer().values()) == {1}, "nobody reviews there by a part of it, or by a closed account"
    reviewer = ReviewerFactory(territory=city)
    assert set(without_reviewer().values()) == {0}
    assert [queue.of(reviewer).count() for queue in queues()] == [1] * len(queues()), "it is in their queue"
    assert closed.reviewer_appointments.exists()


def test_place_whose_reviewers_all_belong_to_the_organisation_has_none_for_it(city):
    reviewer = ReviewerFactory(territory=city)
    verification = VerificationFactory(organisation__territory=city)
    assert without_reviewer()["orgs:review_queue"] == 0
    MembershipFactory(organisation=verification.organisation, user=reviewer)
    reviewer.memberships.update(ended_at=timezone.now())
    assert without_reviewer()["orgs:review_queue"] == 1


def test_administrators_are_told_in_their_language_of_what_no_reviewer_may_decide(administrator, city):
    VerificationFactory(organisation__territory=city)
    remarks.make_remark(page="/about/", words="Wrong", language="en", organisation=None, territory=None)
    UserFactory(is_staff=True, is_active=False)
    assert [send_reviewer_digests() for _ in range(2)] == [1, 0]
    mail = Email.objects.get()
    assert mail.to == [administrator.email]
    assert "Organizaciones por verificar: 1" in mail.message
    assert reverse("orgs:remark_list") in mail.message
    assert LIST in mail.message


def test_remarks_on_the_portals_own_pages_are_for_administrators_and_ask_for_no_appointment(administrator):
    Remark.objects.create(page="/about/", words="Wrong", language="en")
    User.objects.update(language="en")
    assert send_reviewer_digests() == 1
    message = Email.objects.get().message
    assert reverse("orgs:remark_list") in message
    assert "pages of the portal itself" in message
    assert "Appoint a reviewer" not in message


def test_administrators_are_told_the_day_after_the_account_of_the_only_reviewer_was_closed(administrator, city):
    reviewer = ReviewerFactory(territory=city)
    VerificationFactory(organisation__territory=city)
    VerificationFactory()
    assert send_reviewer_digests() == 2
    ReviewerDigest.objects.update(sent_at=timezone.now() - datetime.timedelta(days=1))
    Verification.objects.update(submitted_at=timezone.now() - datetime.timedelta(days=2))
    ReviewerFactory(territory=city, is_active=False)
    RightsEvent.objects.update(pgh_created_at=timezone.now() - datetime.timedelta(days=2))
    assert send_reviewer_digests() == 0
    accounts.close_account(user=reviewer, by=administrator)
    assert send_reviewer_digests() == 1
    assert "Organizaciones por verificar: 2" in Email.objects.filter(to=administrator.email).latest("pk").message


def test_administrators_are_not_told_of_what_a_reviewer_may_decide(administrator, city):
    reviewer = ReviewerFactory(territory=city)
    VerificationFactory(organisation__territory=city)
    assert send_reviewer_digests() == 1
    assert Email.objects.get().to == [reviewer.email]


def test_administrators_are_told_the_day_after_the_last_reviewer_of_a_place_has_stopped(administrator, city, clock):
    """What waited for that reviewer is not new, and not overdue either."""
    reviewer = ReviewerFactory(territory=city)
    VerificationFactory(organisation__territory=city)
    VerificationFactory()
    assert send_reviewer_digests() == 2
    clock.move(days=1)
    assert send_reviewer_digests() == 0
    reviewer.reviewer_appointments.update(ends_at=timezone.now())
    clock.move(days=1)
    assert send_reviewer_digests() == 1
    assert "Organizaciones por verificar: 2" in Email.objects.filter(to=administrator.email).latest("pk").message
    clock.move(days=1)
    assert send_reviewer_digests() == 0


def test_administrator_who_reviews_too_gets_one_letter_with_both(administrator, city):
    ReviewerFactory(territory=TerritoryFactory())
    administrator.reviewer_appointments.create(territory=city)
    VerificationFactory(organisation__territory=city)
    VerificationFactory()
    assert send_reviewer_digests() == 1
    assert Email.objects.get(to=administrator.email).message.count("Organizaciones por verificar: 1") == 2


def test_reviewers_page_says_where_nobody_may_decide_and_leads_to_an_appointment(client, administrator, city, raval):
    client.force_login(administrator)
    assert "No reviewer covers" not in words_of(client.get(LIST).content.decode())
    one_of_each_kind(raval)
    VerificationFactory(organisation__territory=city)
    Remark.objects.create(page="/about/", words="Wrong", language="en")
    found = {place.territory.pk: place.number for place in places_without_reviewer()}
    assert found == {raval.pk: len(queues()), city.pk: 1}
    client.cookies["django_language"] = "en"
    body = client.get(LIST).content.decode()
    assert "No reviewer covers these places" in words_of(body)
    assert f"{ADD}?territory={raval.pk}" in body
    assert "administrators can decide on claims of organisations, appeals and remarks themselves" in words_of(body)
    form = client.get(ADD, {"territory": raval.pk}).content.decode()
    assert f'value="{raval.label}"' in form
    ReviewerFactory(territory=city)
    assert places_without_reviewer() == [], "what is wrong on the portal's own pages is for the administrators"


def test_appointment_form_opens_without_a_place_that_does_not_exist(client, administrator):
    client.force_login(administrator)
    for asked in ("0", "x"):
        assert client.get(ADD, {"territory": asked}).status_code == 200


def test_list_of_places_costs_the_same_for_many(client, administrator, django_assert_max_num_queries):
    client.force_login(administrator)
    VerificationFactory()
    client.get(LIST)
    with django_assert_max_num_queries(50) as one:
        client.get(LIST)
    for _number in range(8):
        VerificationFactory()
    with django_assert_max_num_queries(len(one)):
        client.get(LIST)
