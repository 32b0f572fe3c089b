"""What nobody reads is not kept for ever: words of a voiced need, and the address that somebody left with a remark."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.models import Remark, ServiceType, VoicedNeed
from orgs.tasks import forget_what_nobody_read, send_reviewer_digests
from tests.clock import Clock
from tests.factories import DomainFactory, ReviewerFactory, TerritoryFactory, UserFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    return Clock(lambda now: monkeypatch.setattr("django.utils.timezone.now", now))


@pytest.fixture
def city():
    return TerritoryFactory(kind="municipality", name="Quagga city")


def said(city, days, **fields):
    return VoicedNeed.objects.create(
        territory=city, said_at=timezone.now() - datetime.timedelta(days=days), **{"words": "A choir", **fields}
    )


def test_words_that_nobody_read_for_90_days_go_and_the_codes_stay_and_count(city):
    childcare = ServiceType.objects.create(code="childcare", domain=DomainFactory(order=903), order=1, name="Childcare")
    old = said(city, 91, type=childcare, language="ur")
    said(city, 91)
    young = said(city, 89, type=childcare)
    assert [forget_what_nobody_read() for _ in range(2)] == [2, 0]
    old.refresh_from_db()
    assert (old.words, old.language, old.read_by) == ("", "ur", None)
    assert list(VoicedNeed.objects.counted()) == [old]
    assert list(VoicedNeed.objects.to_read()) == [young], "of words alone nothing is left to count"
    assert VoicedNeed.objects.count() == 2


def test_address_of_a_remark_that_nobody_answered_for_180_days_is_forgotten_and_the_remark_stays():
    now = timezone.now()
    for days in (181, 179):
        at = now - datetime.timedelta(days=days)
        Remark.objects.create(page="/a/", words="Wrong", language="en", email=f"a{days}@person.example", said_at=at)
    assert [forget_what_nobody_read() for _ in range(2)] == [1, 0]
    assert list(Remark.objects.unseen().values_list("email", flat=True)) == ["", "a179@person.example"]


def test_administrators_are_told_30_days_before_words_go_unread(city, clock):
    administrator, reviewer = UserFactory(is_staff=True), ReviewerFactory(territory=city)
    said(city, 0)
    assert send_reviewer_digests() == 1
    told, before = [], 0
    for day in (1, 30, *range(58, 92)):
        clock.move(days=day - before)
        before = day
        send_reviewer_digests()
        found = Email.objects.filter(to=administrator.email)
        if found.exists():
            told.append(day)
            message = found.get().message
            found.delete()
            assert "Nobody has read the following for 60 days" in message
            assert "after 90 days" in message
            assert "Needs to read: 1" in message
            assert reverse("orgs:need_queue") in message
        forget_what_nobody_read()
    assert told == [60, 67, 74, 81, 88], "once it is that old, and each week until it is gone"
    assert not VoicedNeed.objects.exists()
    assert Email.objects.filter(to=reviewer.email, message__contains="Nobody has read").count() == 0


def test_words_that_grow_old_where_no_reviewer_may_read_them_stand_once(city, clock):
    administrator = UserFactory(is_staff=True)
    said(city, VoicedNeed.DAYS_UNREAD + 1)
    assert send_reviewer_digests() == 1
    message = Email.objects.get(to=administrator.email).message
    assert message.count("Needs to read: 1") == 1
    assert "Nobody has read the following for 60 days" in message
    clock.move(days=1)
    said(city, 0)
    Email.objects.all().delete()
    assert send_reviewer_digests() == 1
    assert Email.objects.get().message.count("Needs to read: 1") == 2, "one that is old, and another that is new"


def test_pages_on_which_words_and_addresses_are_left_say_how_long_they_are_kept(client, city):
    needs, remarks = f"{VoicedNeed.DAYS_KEPT} days", f"{Remark.DAYS_EMAIL_KEPT} days"
    privacy = words_of(client.get(reverse("privacy")).content.decode())
    assert re.search(rf"in your own words: [^.]*{needs}", privacy)
    assert re.search(rf"something is wrong: [^.]*{remarks}", privacy)
    assert needs in client.get(reverse("orgs:need_add")).content.decode()
    assert remarks in client.get(reverse("remark_add")).content.decode()
    client.force_login(UserFactory(is_staff=True))
    assert needs in client.get(reverse("orgs:need_queue")).content.decode()
