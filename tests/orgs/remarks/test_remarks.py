"""Something is wrong here: from the foot of a page to who keeps it, and an answer to whoever left an address."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.inbox import tasks_of
from orgs.models import Remark
from orgs.remarks import actions as remarks
from orgs.tasks import send_reviewer_digests
from tests.access import rows, things
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.pages import unmarked
from tests.world import make_world

pytestmark = pytest.mark.django_db
SAY = reverse("remark_add")


@pytest.fixture
def city():
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def owner(city):
    return MembershipFactory(organisation=OrganisationFactory(published=True, territory=city, name="Far"))


@pytest.fixture
def remark(owner):
    house = owner.organisation
    return remarks.make_remark(
        page=house.get_absolute_url(), words="It has moved.", language="es", email="visitor@example.org",
        organisation=house, territory=house.territory,
    )  # fmt: skip


def test_page_says_whose_it_is_and_its_people_are_told(client, owner):
    page = owner.organisation.get_absolute_url()
    assert f"{SAY}?page={page}" in client.get(page).content.decode()
    form = client.get(SAY, {"page": page}).content.decode()
    assert f'value="{page}"' in form
    client.post(SAY, {"page": page, "words": "It has moved.", "email": "visitor@example.org"})
    remark = Remark.objects.get()
    assert (remark.organisation, remark.territory) == (owner.organisation, owner.organisation.territory)
    email = Email.objects.get()
    assert email.to == [owner.user.email]
    assert "visitor@example.org" not in email.message
    assert "It has moved." in email.message
    client.force_login(owner.user)
    assert "Answer what somebody says is wrong on a page of Far" in unmarked(
        client.get(reverse("home")).content.decode()
    )


def test_page_says_before_the_answer_is_written_that_nobody_gets_it(client, owner, remark):
    page = reverse("orgs:remark_answer", args=[remark.pk])
    client.force_login(owner.user)
    assert "Nobody gets your answer" not in client.get(page).content.decode()
    remarks.forget_addresses(now=timezone.now() + datetime.timedelta(days=Remark.DAYS_EMAIL_KEPT + 1))
    text = client.get(page).content.decode()
    assert "Nobody gets your answer" in text
    assert "Only a reviewer reads it" in text
    assert client.post(page, {"answer": " "}).context["form"].errors
    remark.refresh_from_db()
    assert remark.closed_at is None, "a reviewer reads what those say about whom it is"


def test_reviewer_closes_without_a_word_what_nobody_would_get(client, city, remark):
    reviewer = ReviewerAppointmentFactory(territory=city).user
    page = reverse("orgs:remark_answer", args=[remark.pk])
    client.force_login(reviewer)
    assert client.post(page, {"answer": ""}).status_code == 200
    with pytest.raises(ValidationError, match="left an address"):
        remarks.answer_remark(remark=remark, answer=" ", by=reviewer)
    Remark.objects.update(email="")
    assert "you may close the remark without an answer" in client.get(page).content.decode()
    Email.objects.all().delete()
    assert client.post(page, {"answer": ""}).status_code == 302
    remark.refresh_from_db()
    assert (remark.answer, remark.closed_by, remark.seen_by) == ("", reviewer, reviewer)
    assert not Email.objects.exists()


def test_database_closes_no_remark_without_a_word_of_those_about_whom_it_is(owner, remark):
    said = {"closed_at": timezone.now(), "closed_by": owner.user, "email": ""}
    with pytest.raises(IntegrityError, match="remark_closed_with_an_answer"), transaction.atomic():
        Remark.objects.update(**said)
    Remark.objects.update(email="")
    with pytest.raises(ValidationError, match="A reviewer reads your answer"):
        remarks.answer_remark(remark=remark, answer="", by=owner.user)


def test_service_and_place_have_keepers_and_other_pages_the_administrators(client, owner, city):
    service = ServiceFactory(organisation=owner.organisation)
    pages = [service.get_absolute_url(), city.get_absolute_url(), reverse("about"), "/nowhere/"]
    for page in pages:
        client.post(SAY, {"page": page, "words": "Wrong."})
    kept = {remark.page: (remark.organisation, remark.territory) for remark in Remark.objects.all()}
    assert kept == {
        pages[0]: (owner.organisation, city),
        pages[1]: (None, city),
        pages[2]: (None, None),
        pages[3]: (None, None),
    }


def test_something_can_be_said_of_every_page_that_a_visitor_sees(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"make_remark": "1000/m/ip"}
    arguments = things(make_world())
    pages = {reverse(name, args=arguments[thing]) for name, thing, get, _post in rows() if get[0] == "P"}
    for page in pages:
        answer = client.post(SAY, {"page": page, "words": page})
        assert (answer.status_code, answer.url) == (302, reverse("remark_made")), page
    kept = dict(Remark.objects.filter(words__in=pages).values_list("page", "territory__name"))
    assert set(kept) == pages
    keepers = {page for page, place in kept.items() if place}
    assert {page for page in pages if page.startswith("/figures/C")} <= keepers
    assert {page for page in pages if page.endswith("/partnerships/") and page.startswith("/organisations/")} <= keepers


@pytest.mark.parametrize(
    "asked", ["https://elsewhere.example/x", "//elsewhere.example", "javascript:alert(1)", "x" * 400, ""]
)
def test_page_is_one_of_the_portal_whatever_is_asked(client, asked):
    client.post(SAY, {"page": asked[:300], "words": "Wrong."})
    assert all(remark.page.startswith("/") and not remark.page.startswith("//") for remark in Remark.objects.all())
    form = client.get(SAY, {"page": asked}).content.decode().split("<main")[1].split("</main>")[0]
    assert "elsewhere.example" not in form
    assert "javascript:" not in form


def test_words_and_addresses_are_seen_by_keepers_reviewers_and_administrators_alone(client, remark, owner, city):
    elsewhere = ReviewerAppointmentFactory().user
    stranger = MembershipFactory(organisation=OrganisationFactory(published=True, territory=city)).user
    viewer = MembershipFactory(organisation=owner.organisation, role="viewer").user
    for person in (elsewhere, stranger, viewer):
        client.force_login(person)
        assert client.get(remark.get_absolute_url()).status_code == 404
        assert (
            "Far" not in client.get(reverse("orgs:remark_list")).content.decode().split("<main")[1].split("</main>")[0]
        )
    for person in (owner.user, ReviewerAppointmentFactory(territory=city).user, UserFactory(is_staff=True)):
        client.force_login(person)
        page = client.get(remark.get_absolute_url()).content.decode()
        assert "It has moved." in page
        assert "visitor@example.org" not in page, "who answers does not learn to whom"


def test_answer_is_sent_once_in_the_language_of_the_page_and_the_address_forgotten(client, remark, owner):
    Email.objects.all().delete()
    client.force_login(owner.user)
    assert client.post(remark.get_absolute_url(), {"answer": "Corrected."}).url == reverse("orgs:remark_list")
    email = Email.objects.get()
    assert email.to == ["visitor@example.org"]
    assert "Corrected." in email.message
    assert "Hola" in email.message
    remark.refresh_from_db()
    assert (remark.email, remark.closed_by, remark.answer) == ("", owner.user, "Corrected.")
    with pytest.raises(ValidationError, match="already"):
        remarks.answer_remark(remark=remark, answer="Again.", by=owner.user)


def test_what_its_keeper_answers_stays_before_the_reviewers_until_one_has_seen_it(client, remark, owner, city):
    reviewer = ReviewerAppointmentFactory(territory=city).user
    client.force_login(owner.user)
    client.post(remark.get_absolute_url(), {"answer": "No."})
    assert client.get(remark.get_absolute_url()).status_code == 404, "its keeper has done what there is to do"
    assert [task.url for task in tasks_of(reviewer)] == [remark.get_absolute_url()]
    Email.objects.all().delete()
    assert send_reviewer_digests() == 1
    assert "Remarks on pages: 1" in Email.objects.get().message
    for person in (UserFactory(is_staff=True), reviewer):
        client.force_login(person)
        assert "Its keeper has answered" in client.get(reverse("orgs:remark_list")).content.decode()
        page = client.get(remark.get_absolute_url()).content.decode()
        assert "It has moved." in page
        assert "No." in page
        assert 'name="answer"' not in page
    url = reverse("orgs:remark_seen", args=[remark.pk])
    for _press in range(2):
        assert client.post(url).url == reverse("orgs:remark_list")
    remark.refresh_from_db()
    assert (remark.seen_by, remark.answer) == (reviewer, "No.")
    assert tasks_of(reviewer) == []
    assert "You have nothing to do" in client.get(reverse("orgs:remark_list")).content.decode()


def test_reviewers_answer_closes_it_for_both_sides(client, remark, owner, city):
    reviewer = ReviewerAppointmentFactory(territory=city).user
    client.force_login(reviewer)
    client.post(remark.get_absolute_url(), {"answer": "We have called them."})
    assert not Remark.objects.to_do_for(reviewer).exists()
    assert not Remark.objects.to_do_for(owner.user).exists()


def test_keeper_does_not_close_it_for_the_reviewers_be_they_an_administrator(client, remark, owner, city):
    own_administrator = UserFactory(is_staff=True)
    MembershipFactory(organisation=owner.organisation, user=own_administrator)
    outsider = UserFactory()
    remarks.answer_remark(remark=remark, answer="No.", by=own_administrator)
    for person in (owner.user, own_administrator, outsider):
        with pytest.raises(PermissionDenied):
            remarks.mark_remark_seen(remark=remark, by=person)
    assert Remark.objects.unseen().get() == remark


def test_what_nobody_answered_is_not_closed_by_seeing_it(remark, city):
    with pytest.raises(ValidationError, match="Nobody has answered it yet"):
        remarks.mark_remark_seen(remark=remark, by=ReviewerAppointmentFactory(territory=city).user)
    with pytest.raises(IntegrityError, match="remark_seen_with_its_answer"), transaction.atomic():
        Remark.objects.update(seen_at=timezone.now(), seen_by=UserFactory())


def test_reviewer_does_not_answer_for_the_own_organisation(remark, owner, city):
    reviewer = ReviewerAppointmentFactory(territory=city, user=owner.user).user
    assert not Remark.objects.reviewable_by(reviewer).exists()
    assert Remark.objects.kept_by(reviewer).exists()


def test_one_address_does_not_say_it_all(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "make_remark": "2/h/ip"}
    for _number in range(2):
        assert client.post(SAY, {"page": "/", "words": "Wrong."}).status_code == 302
    assert "Try again in an hour" in client.post(SAY, {"page": "/", "words": "Wrong."}).content.decode()
