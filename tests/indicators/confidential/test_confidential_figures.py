"""Confidential figures: for those who may, for a reason, for half an hour, and on record. Nobody else sees them anywhere."""

import datetime

import pgtrigger
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from indicators.confidential import actions as confidential
from indicators.models import ConfidentialAccess, ConfidentialViewing, Indicator, Release
from indicators.releases import actions as releases
from indicators.rollup import worker
from orgs.models import Membership
from tests.factories import TerritoryFactory, UserFactory
from tests.factories_indicators import FROZEN, StewardFactory
from tests.indicators.land import Land

REASON = "Checked against the register"
TRUE = 9173
"""The figure that must not be seen. Large, so that it is like no other number on a page."""


@pytest.fixture
def secret(land: Land) -> Land:
    """The figure of N1 is suppressed, and nothing that is shown adds up with it."""
    Indicator.objects.filter(code="PEOPLE").update(threshold=5, rounding=5)
    land.observe("N1", "2020", TRUE)
    land.observe("N2", "2020", 20_111)
    for place in ("N3", "N4"):
        land.observe(place, "2020", 30_000)
    worker.roll_up()
    hidden = releases.publish_release().figures.filter(territory__code__in=["N1", "N2"])
    with pgtrigger.ignore(*FROZEN):  # As if they were small.
        hidden.update(state="suppressed", numerator=None, value=None, step=None)
    return land


def person(place, role=Membership.Role.STEWARD):
    return StewardFactory(organisation__territory=place, role=role).user


def figure_url(place="N1", period="2020"):
    return reverse("indicators:figure_detail", args=["PEOPLE", "test-land", place, period])


def gate(place="N1"):
    return reverse("indicators:confidential_access", args=["PEOPLE", "test-land", place])


def test_reason_opens_the_figure_and_the_look_is_on_record(client, secret):
    steward = person(secret.territories["CITY"])
    client.force_login(steward)
    before = client.get(figure_url())
    assert b"9173" not in before.content
    assert b"9,173" not in before.content
    assert gate() in before.content.decode()
    assert not ConfidentialViewing.objects.exists()
    after = client.post(gate(), {"reason": REASON, "next": figure_url()}, follow=True)
    assert after.redirect_chain == [(figure_url(), 302)]
    assert b"9,173" in after.content
    assert "no-store" in after["Cache-Control"]
    viewing = ConfidentialViewing.objects.get()
    assert (viewing.access.user, viewing.access.reason, viewing.territory.code) == (steward, REASON, "N1")
    assert (viewing.period.code, viewing.breakdown.key) == ("2020", "")


@pytest.mark.parametrize("reason", ["", "   ", "because"])
def test_no_confidential_figure_without_a_reason(client, secret, reason):
    client.force_login(person(secret.territories["CITY"]))
    response = client.post(gate(), {"reason": reason})
    assert "why you need the figure" in response.content.decode()
    assert not ConfidentialAccess.objects.exists()


def test_access_ends_by_itself(client, secret):
    steward = person(secret.territories["CITY"])
    confidential.open_confidential_figures(
        territory=secret.territories["N1"], indicator=secret.indicators["PEOPLE"], reason=REASON, by=steward
    )
    now = timezone.now()
    ConfidentialAccess.objects.create(
        user=steward,
        territory=secret.territories["N2"],
        indicator=secret.indicators["PEOPLE"],
        reason=REASON,
        opened_at=now - datetime.timedelta(hours=2),
        expires_at=now - datetime.timedelta(hours=1),
    )
    client.force_login(steward)
    assert b"9,173" in client.get(figure_url("N1")).content
    assert b"20,111" not in client.get(figure_url("N2")).content


def test_access_holds_for_the_territory_and_below_and_for_one_indicator(secret):
    steward = person(secret.territories["CITY"])
    cell = {"indicator": secret.indicators["PEOPLE"], "by": steward}
    confidential.open_confidential_figures(territory=secret.territories["D1"], reason=REASON, **cell)
    assert confidential.use_confidential_access(territory=secret.territories["N1"], **cell)
    assert not confidential.use_confidential_access(territory=secret.territories["D2"], **cell)
    assert not confidential.use_confidential_access(territory=secret.territories["CITY"], **cell)
    cell["indicator"] = secret.indicators["RATE"]
    assert not confidential.use_confidential_access(territory=secret.territories["N1"], **cell)


def test_who_lost_the_right_sees_nothing_more(client, secret):
    steward = person(secret.territories["CITY"])
    cell = {"territory": secret.territories["N1"], "indicator": secret.indicators["PEOPLE"], "by": steward}
    confidential.open_confidential_figures(reason=REASON, **cell)
    steward.memberships.update(role=Membership.Role.OFFICER)
    assert confidential.use_confidential_access(**cell) is None
    client.force_login(steward)
    assert b"9,173" not in client.get(figure_url()).content


@pytest.mark.parametrize("role", ["officer", "viewer"])
def test_others_of_the_authority_cannot_open_them(client, secret, role):
    other = person(secret.territories["CITY"], role)
    with pytest.raises(PermissionDenied):
        confidential.open_confidential_figures(
            territory=secret.territories["N1"], indicator=secret.indicators["PEOPLE"], reason=REASON, by=other
        )
    client.force_login(other)
    assert client.post(gate(), {"reason": REASON}).status_code == 403
    assert not ConfidentialAccess.objects.exists()


def test_gate_leads_on_within_the_portal_only(client, secret):
    client.force_login(person(secret.territories["CITY"]))
    response = client.post(gate(), {"reason": REASON, "next": "https://elsewhere.example/"})
    assert response["Location"].startswith("/indicators/PEOPLE/")


def everything_public(land, release):
    """Every address at which the figure could be: pages, outlines, files, and what goes wrong."""
    yield from (reverse("territory_detail", args=["test-land", code]) for code in land.territories)
    yield from (reverse("indicators:territory_outlines", args=["test-land", code]) for code in ("CITY", "D1", "N1"))
    for code in land.territories:
        yield reverse("indicators:indicator_detail", args=["PEOPLE"]) + f"?territory=test-land:{code}"
        yield figure_url(code)
    yield figure_url("N1", "2021")
    yield from (reverse(f"indicators:{name}") for name in ("indicator_list", "territory_list", "release_list"))
    yield release.get_absolute_url()
    for ending in ("csv", "xlsx", "sdmx.csv", "json"):
        for query in ("", "?territory=test-land:N1", "?indicator=PEOPLE&period=2020"):
            yield reverse("indicators:release_download", args=[release.pk, ending]) + query
    yield gate()
    yield reverse("home")


@pytest.mark.parametrize("who", ["nobody", "somebody", "officer", "steward elsewhere", "steward without a reason"])
def test_confidential_figure_is_nowhere(client, secret, who):
    city = secret.territories["CITY"]
    people = {
        "nobody": lambda: None,
        "somebody": UserFactory,
        "officer": lambda: person(city, "officer"),
        "steward elsewhere": lambda: person(TerritoryFactory()),
        "steward without a reason": lambda: person(city),
    }
    user = people[who]()
    if user:
        client.force_login(user)
    release = Release.objects.get()
    seen = 0
    for url in everything_public(secret, release):
        response = client.get(url)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"9173" not in content, url
        assert "9,173" not in content.decode(errors="replace"), url
        seen += b"30000" in content or b"30,000" in content
    assert seen > 5  # What may be seen was there to be seen.


# --- The record ---------------------------------------------------------------------------------------------------


def look(secret, user, place="N1"):
    cell = {"territory": secret.territories[place], "indicator": secret.indicators["PEOPLE"], "by": user}
    confidential.open_confidential_figures(reason=REASON, **cell)
    return confidential.use_confidential_access(**cell)


def test_record_is_read_by_managers_of_the_place_and_administrators(client, secret):
    url = reverse("indicators:confidential_viewing_list")
    steward = person(secret.territories["CITY"])
    look(secret, steward)
    for reader, sees in [
        (person(secret.territories["CITY"], "manager"), True),
        (UserFactory(is_staff=True), True),
        (person(TerritoryFactory(), "manager"), False),
    ]:
        client.force_login(reader)
        assert (REASON in client.get(url).content.decode()) is sees
    for other in (steward, UserFactory(), person(secret.territories["CITY"], "officer")):
        client.force_login(other)
        assert client.get(url).status_code == 403


def test_record_is_never_changed(secret):
    look(secret, person(secret.territories["CITY"]))
    for change in (
        lambda: ConfidentialViewing.objects.update(viewed_at=timezone.now()),
        lambda: ConfidentialViewing.objects.all().delete(),
        lambda: ConfidentialAccess.objects.update(reason="Something else"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_record_takes_as_many_queries_for_many_as_for_one(client, secret, django_assert_num_queries):
    client.force_login(UserFactory(is_staff=True))
    url = reverse("indicators:confidential_viewing_list")
    steward = person(secret.territories["CITY"])
    look(secret, steward)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for place in ("N1", "N2", "D1"):
        look(secret, steward, place)
    with django_assert_num_queries(len(one)):
        client.get(url)


def test_reason_is_a_sentence(secret):
    with pytest.raises(ValidationError):
        confidential.open_confidential_figures(
            territory=secret.territories["N1"],
            indicator=secret.indicators["PEOPLE"],
            reason="   x   ",
            by=person(secret.territories["CITY"]),
        )
