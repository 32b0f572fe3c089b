"""Partnerships and tables stay with the place that became of theirs."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration_portal.home import cities, city_of
from integration_portal.search import search
from orgs.models import Organisation, Territory
from orgs.territories import actions
from partnerships.agreements.actions import log_partnership
from partnerships.models import Partnership
from partnerships.overview.isolation import isolated_organisations_for
from partnerships.overview.territory import partnerships_of, uncovered_domains
from partnerships.tables.actions import found_table
from tests.clock import on_the
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, UserFactory
from tests.factories_partnerships import CoordinationTableFactory, level

A_DAY = datetime.timedelta(days=1)


@pytest.fixture
def tomorrow(world):
    """From tomorrow on the city has another name; its keys by code."""
    on = timezone.localdate() + A_DAY
    actions.rename_place(place=world.city, name="Newton", names={}, by=UserFactory(is_staff=True), on=on)
    world.city.refresh_from_db()
    return {place.code: place for place in Territory.objects.filter(valid_from=on)}


def shown(world, city: Territory, district: Territory) -> dict[str, object]:
    admin = Client()
    admin.force_login(world.administrator)
    found = partnerships_of(city, world.administrator, timezone.localdate())
    listed = admin.get(reverse("partnerships:partnership_list"), {"territory": city.label})
    return {
        "block": [str(one) for one in found.partnerships],
        "quarter": partnerships_of(district, world.administrator, timezone.localdate()).total,
        "list": [str(one) for one in listed.context["page_obj"]],
        "review": sorted(str(one) for one in Partnership.objects.in_review_of(world.reviewer)),
        "uncovered": {domain.slug for domain in uncovered_domains(city).without_partnership},
        "unserved": {domain.slug for domain in uncovered_domains(district).without_service},
        "isolated": sorted(str(one) for one in isolated_organisations_for(world.officer)),
        "home": (city_of(city, world.outsider).organisations, city_of(city, world.outsider).partnerships),
        "tables": [str(one) for one in city_of(city, world.outsider).tables],
        "at home": next((vars(one)["at_home"] for one in cities() if one == city), None),
    }


def test_place_of_today_has_the_partnerships_of_the_place_of_before(world, tomorrow):
    domain = DomainFactory()
    world.partnership(domains=[domain])
    world.partnership(territory=world.city)
    CoordinationTableFactory(territory=world.district)
    alone = OrganisationFactory(published=True, territory=world.district, name="Alone")
    service = ServiceFactory(organisation=alone)
    before = shown(world, world.city, world.district)
    assert (len(before["block"]), len(before["list"]), before["quarter"]) == (2, 2, 1)
    assert before["isolated"] == ["Alone", "Far Shore"]
    assert before["review"], "the reviewer of the city sees them"
    assert before["home"][0] >= 1
    assert before["tables"]
    assert domain.slug not in before["uncovered"]
    assert service.domain.slug not in before["unserved"]
    with on_the(timezone.now() + A_DAY):
        assert shown(world, tomorrow[world.city.code], tomorrow[world.district.code]) == before


def test_authority_acts_in_what_its_place_became(world, tomorrow):
    district = tomorrow[world.district.code]
    with on_the(timezone.now() + A_DAY):
        logged = log_partnership(
            authority=world.authority,
            partners=[world.partner],
            kind="services",
            title="Welcome desk",
            territory=district,
            domains=[DomainFactory()],
            promised=level("consult"),
            starts_on=datetime.date(2025, 1, 1),
            by=world.officer,
        )
        assert logged in Partnership.objects.within(tomorrow[world.city.code])
        table = found_table(name="Board", territory=district, convenor=world.authority, by=world.officer)
        assert table in city_of(tomorrow[world.city.code], world.outsider).tables


def test_number_on_the_page_of_a_place_leads_to_the_organisations_of_that_place(world, tomorrow):
    """A code alone fits both rows; the link names the place whole."""
    OrganisationFactory(published=True, territory=world.district, name="Alone")
    with on_the(timezone.now() + A_DAY):
        city = tomorrow[world.city.code]
        page = Client().get(city.get_absolute_url()).content.decode()
        start = page.index(f"{reverse('orgs:organisation_list')}?territory=")
        link = page[start : page.index('"', start)].replace("&amp;", "&")
        names = {one.name for one in Client().get(link).context["page_obj"]}
        assert "Alone" in names
        assert len(names) == Organisation.objects.verified().at_work_in(city).count()


def test_search_finds_the_place_of_today_before_that_of_before(world):
    actions.rename_place(
        place=world.city, name="Riverton on Sea", names={}, by=UserFactory(is_staff=True), on=datetime.date(2020, 1, 1)
    )
    [places] = [group for group in search("Riverton", world.outsider) if str(group.title) == "Places"]
    assert [hit.title for hit in places.hits] == ["Riverton on Sea", "Riverton"]
    assert "until 31 December 2019" in places.hits[1].meta
    assert "until" not in places.hits[0].meta
