"""Residents say which services are missing; nobody learns who said it, and what they wrote is read by one person and deleted."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from orgs.coverage.counting import FEWEST
from orgs.models import ServiceType, VoicedNeed
from orgs.needs import actions as needs
from tests.clock import on_the
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SAY = reverse("orgs:need_add")
COVERAGE = reverse("orgs:coverage")


@pytest.fixture
def city():
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def childcare():
    return ServiceType.objects.create(code="childcare", domain=DomainFactory(order=903), order=1, name="Childcare")


@pytest.fixture
def reviewer(city):
    return ReviewerAppointmentFactory(territory=city).user


def test_need_in_codes_counts_at_once_and_says_nothing_of_who_voiced_it(client, city, childcare):
    answer = client.post(
        SAY, {"type": childcare.pk, "territory": "Quagga city", "language": "ur", "target_group": "women"}
    )
    assert answer.url == reverse("orgs:need_said")
    need = VoicedNeed.objects.get()
    assert (need.type, need.territory, need.language, need.target_group) == (childcare, city, "ur", "women")
    assert list(VoicedNeed.objects.counted()) == [need]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orgs_voicedneed")
        kept = str(cursor.fetchall())
    assert "127.0.0.1" not in kept


def test_words_are_read_by_a_reviewer_of_the_place_and_then_deleted(client, city, childcare, reviewer):
    client.post(SAY, {"territory": "Quagga city", "words": "Somewhere for my three children."})
    need = VoicedNeed.objects.get()
    assert not VoicedNeed.objects.counted().exists()
    client.force_login(reviewer)
    assert "Read what somebody says is missing" in client.get(reverse("home")).content.decode()
    assert need.get_absolute_url() in client.get(reverse("orgs:need_queue")).content.decode()
    assert "three children" in client.get(need.get_absolute_url()).content.decode()
    client.post(need.get_absolute_url(), {"type": childcare.pk})
    need.refresh_from_db()
    assert (need.type, need.words, need.read_by) == (childcare, "", reviewer)
    assert VoicedNeed.objects.counted().exists()
    assert client.get(need.get_absolute_url()).status_code == 404, "it is read once"


def test_what_says_nothing_is_dropped_whole(client, city, reviewer):
    need = needs.voice_need(service_type=None, territory=city, words="Buy my watches.")
    client.force_login(reviewer)
    page = client.post(need.get_absolute_url(), {}).content.decode()
    assert "Choose what it is, or drop it." in page
    client.post(need.get_absolute_url(), {"is_dropped": "on"})
    assert not VoicedNeed.objects.exists()


def test_words_stand_on_no_page_for_others(client, city):
    needs.voice_need(service_type=None, territory=city, words="Okapi words.")
    elsewhere = ReviewerAppointmentFactory().user
    owner = MembershipFactory(organisation=OrganisationFactory(published=True, territory=city)).user
    for person in (None, owner, elsewhere):
        if person:
            client.force_login(person)
        for page in (COVERAGE, reverse("orgs:service_search"), reverse("home"), reverse("orgs:need_queue")):
            assert "Okapi" not in client.get(page).content.decode()


def test_reviewer_does_not_read_the_words_of_the_own_organisation(city, reviewer):
    own = MembershipFactory(user=reviewer, organisation=OrganisationFactory(territory=city)).organisation
    needs.voice_need(service_type=None, territory=city, words="A room.", organisation=own)
    assert not VoicedNeed.objects.visible_to(reviewer).exists()


def test_nothing_said_is_asked_back(client, city, childcare):
    page = client.post(SAY, {"territory": "Quagga city"}).content.decode()
    assert "Choose what is missing, or say it in your own words." in page
    assert not VoicedNeed.objects.exists()
    for wrong in ({}, {"type": childcare, "words": "x", "read_by": UserFactory()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            VoicedNeed.objects.create(territory=city, **wrong)


def test_one_address_does_not_say_it_all(client, city, childcare, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "voice_need": "2/h/ip"}
    said = {"type": childcare.pk, "territory": "Quagga city"}
    for _number in range(2):
        assert client.post(SAY, said).status_code == 302
    assert "Try again in an hour" in client.post(SAY, said).content.decode()


def test_same_from_one_connection_counts_once_a_day_and_another_way_of_saying_it_too(client, city, childcare):
    other = ServiceType.objects.create(code="bed", domain=childcare.domain, order=2, name="Bed for the night")
    said = {"type": childcare.pk, "territory": "Quagga city"}
    for facts in ({}, {}, {"language": "ur"}, {"target_group": "women"}):
        assert client.post(SAY, {**said, **facts}).url == reverse("orgs:need_said"), "nobody is told what is counted"
    assert VoicedNeed.objects.count() == 1
    client.post(SAY, {**said, "type": other.pk})
    client.post(SAY, said, headers={"x-forwarded-for": "203.0.113.9"}, REMOTE_ADDR="203.0.113.9")
    assert VoicedNeed.objects.count() == 3
    with on_the(timezone.now() + datetime.timedelta(days=1)):
        client.post(SAY, said)
    assert VoicedNeed.objects.count() == 4


def test_sign_of_one_day_says_nothing_on_another(city, childcare):
    signs = set()
    for day in range(2):
        with on_the(timezone.now() + datetime.timedelta(days=day)):
            signs.add(needs.sign_of([childcare.pk, city.pk], None, "203.0.113.9"))
    assert len(signs) == 2
    assert all("203" not in sign or len(sign) == 64 for sign in signs)


def test_organisation_says_it_in_its_own_name_once_a_month(client, city, childcare):
    editor = MembershipFactory(organisation=OrganisationFactory(published=True, territory=city), role="editor")
    other = OrganisationFactory(published=True)
    client.force_login(editor.user)
    assert "In whose name?" in client.get(SAY).content.decode()
    said = {"type": childcare.pk, "territory": "Quagga city"}
    for _number in range(2):
        client.post(SAY, {**said, "organisation": editor.organisation.pk})
    assert VoicedNeed.objects.get().organisation == editor.organisation
    client.post(SAY, {**said, "organisation": other.pk})
    assert VoicedNeed.objects.count() == 1, "nobody speaks for others"
    client.logout()
    assert "In whose name?" not in client.get(SAY).content.decode()


def test_coverage_tells_a_band_and_no_number(client, city, childcare):
    for number, told in ((3, "3"), (4, "3"), (5, "5"), (9, "5"), (10, "10"), (73, "50")):
        VoicedNeed.objects.all().delete()
        VoicedNeed.objects.bulk_create(VoicedNeed(territory=city, type=childcare) for _person in range(number))
        assert f"at least {told} people" in client.get(COVERAGE).content.decode()


class TestGaps:
    def voice(self, city, childcare, times: int, **facts) -> None:
        for _number in range(times):
            VoicedNeed.objects.create(territory=city, type=childcare, **facts)

    def test_gaps_are_ordered_by_how_many_miss_them(self, client, city, childcare):
        other = ServiceType.objects.create(code="bed", domain=childcare.domain, order=2, name="Bed for the night")
        offered = ServiceType.objects.create(code="offered", domain=childcare.domain, order=3, name="Quagga care")
        ServiceFactory(organisation__territory=city, type=offered, domain=offered.domain)
        quarter = TerritoryFactory(parent=city)
        self.voice(city, childcare, FEWEST)
        self.voice(quarter, other, 5)
        self.voice(city, offered, 9)
        page = client.get(COVERAGE, {"territory": "Quagga city"}).content.decode()
        start = page.index("Asked for, and nobody offers it")
        listed = page[start : page.index("</ol>", start)]
        assert listed.index("Bed for the night") < listed.index("Childcare")
        assert "Quagga care" not in listed

    def test_what_few_or_old_voices_say_is_not_told(self, client, city, childcare):
        self.voice(city, childcare, FEWEST - 1)
        self.voice(city, childcare, 5, said_at=timezone.now() - datetime.timedelta(days=370))
        self.voice(city, childcare, 5, words="unread")
        assert "Asked for, and nobody offers it" not in client.get(COVERAGE).content.decode()
