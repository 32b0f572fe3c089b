"""What a service says of itself: how to reach it, when it is open, for whom it is, and whether all that is still right."""

import datetime
import random
import re

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from post_office.models import Email

from orgs.models import Capacity, OpeningTime, Service, ServiceType
from orgs.services import actions as services
from orgs.services.actions import Hours
from orgs.services.hours import is_open_at, lines_of, read_stretches, written
from orgs.vocabulary import Weekday
from tests.clock import on_the
from tests.factories import DomainFactory, MembershipFactory, OrganisationFactory, ServiceFactory, TerritoryFactory
from tests.pages import unmarked

FIND = reverse("orgs:service_search")
T = datetime.time


def titles(client, **asked: str) -> list[str]:
    body = client.get(FIND, asked).content.decode()
    return [title.strip() for title in re.findall(r'class="link-list-title"[^>]*>([^<]*)</a>', body)]


def refuge_type() -> ServiceType:
    return ServiceType.objects.create(
        code="womens-refuge", domain=DomainFactory(), order=1, name="Women’s refuge", is_sheltering=True
    )


# --- Opening hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9-14", [(T(9), T(14))]),
        ("9:00–13:00, 16.30–19", [(T(9), T(13)), (T(16, 30), T(19))]),
        ("16h - 19h30; 9h-13h", [(T(9), T(13)), (T(16), T(19, 30))]),
        ("9 a 14 y 16 a 18", [(T(9), T(14)), (T(16), T(18))]),
        ("9 to 14 and 16 to 18", [(T(9), T(14)), (T(16), T(18))]),
        ("20:00-08:00", [(T(20), T(8))]),
        ("0-24", [(T(0), T(0))]),
        ("", []),
        ("de 9 a 14", [(T(9), T(14))]),
        ("de 9:00h a 14:00h y de 16h a 18.30h", [(T(9), T(14)), (T(16), T(18, 30))]),
        ("9am to 5pm", [(T(9), T(17))]),
        ("12 p.m. - 2 p.m.", [(T(12), T(14))]),
        ("9-12، 14-18", [(T(9), T(12)), (T(14), T(18))]),
        ("13pm-2pm", None),
        ("9" + " " * 20_000 + "x", None),
        ("25-26", None),
        ("9:75-10", None),
        ("9", None),
        ("9-12, 11-14", None),
        ("22-6, 23-5", None),
        ("mornings", None),
        ("1-2,3-4,5-6,7-8,9-10", None),
    ],
)
def test_hours_are_read_as_people_write_them(typed, read):
    if read is None:
        with pytest.raises(ValidationError):
            read_stretches(typed)
    else:
        assert read_stretches(typed) == read


minutes = st.integers(0, 24 * 12 - 1).map(lambda five: T(five // 12, five % 12 * 5))
stretches_of_a_day = st.lists(minutes, min_size=0, max_size=6, unique=True).map(
    lambda times: list(zip(*[iter(sorted(times)[: len(times) // 2 * 2])] * 2, strict=True))
)


@given(st.sampled_from(["en", "es", "fr", "ar"]), stretches_of_a_day)
def test_hours_that_are_shown_are_read_again(language, stretches):
    with translation.override(language):
        assert read_stretches(written(stretches)) == stretches


def test_days_that_follow_each_other_and_are_alike_are_one_line():
    morning, evening = [(T(9), T(13))], [(T(16), T(20))]
    week = dict.fromkeys(["MO", "TU", "WE", "FR"], morning) | {"TH": evening, "SU": morning}
    assert [tuple(line) for line in lines_of(Hours(week))] == [
        ("Monday to Wednesday", "9:00–13:00"),
        ("Thursday", "16:00–20:00"),
        ("Friday", "9:00–13:00"),
        ("Sunday", "9:00–13:00"),
    ]


@pytest.mark.django_db
class TestOpenNow:
    @pytest.fixture
    def service(self) -> Service:
        service = ServiceFactory(title="Desk")
        week = {"MO": [(T(9), T(13)), (T(16), T(18))], "SA": [(T(22), T(6))], "WE": [(T(0), T(0))]}
        closed = [(datetime.date(2026, 12, 7), datetime.date(2026, 12, 8))]
        services.set_hours(service, Hours(week, closed))
        return service

    @pytest.mark.parametrize(
        ("moment", "is_open"),
        [
            ("2026-11-30 08:59", False),  # A Monday.
            ("2026-11-30 09:00", True),
            ("2026-11-30 12:59", True),
            ("2026-11-30 13:00", False),
            ("2026-11-30 17:00", True),
            ("2026-12-01 10:00", False),
            ("2026-12-02 00:00", True),  # All Wednesday.
            ("2026-12-02 23:59", True),
            ("2026-12-03 00:00", False),
            ("2026-12-05 21:59", False),
            ("2026-12-05 22:00", True),
            ("2026-12-06 05:59", True),  # Since Saturday night.
            ("2026-12-06 06:00", False),
            ("2026-12-07 10:00", False),  # Closed.
            ("2026-12-14 10:00", True),
        ],
    )
    def test_by_the_clock_of_the_portal(self, service, moment, is_open):
        at = timezone.make_aware(datetime.datetime.fromisoformat(moment))
        assert Service.objects.open_at(at).exists() is is_open
        assert is_open_at(Hours.of(service), at) is is_open

    @pytest.mark.parametrize("seed", range(3))
    def test_one_and_many_say_the_same_in_every_hour(self, seed):
        chance = random.Random(seed)
        for _number in range(12):
            week = {
                day: [(T(chance.randrange(24)), T(chance.randrange(24), 30))]
                for day in Weekday.values
                if chance.random() < 0.6
            }
            first = datetime.date(2026, 11, 30) + datetime.timedelta(days=chance.randrange(9))
            services.set_hours(ServiceFactory(), Hours(week, [(first, first + datetime.timedelta(days=1))]))
        known = {one.pk: Hours.of(one) for one in Service.objects.prefetch_related("opening_times", "closed_days")}
        begins = datetime.datetime(2026, 11, 30, 0, 15, tzinfo=timezone.get_current_timezone())
        seen = set()
        for hour in range(0, 24 * 9, 5):
            moment = timezone.localtime(begins + datetime.timedelta(hours=hour))
            by_many = set(Service.objects.open_at(moment).values_list("pk", flat=True))
            assert by_many == {pk for pk, hours in known.items() if is_open_at(hours, moment)}
            seen |= by_many
        assert seen

    def test_it_is_said_on_its_page_and_asked_for_in_the_search(self, client, service):
        ServiceFactory(title="Never")
        with on_the(datetime.datetime(2026, 11, 30, 10, tzinfo=timezone.get_current_timezone())):
            assert "Open now" in client.get(service.get_absolute_url()).content.decode()
            assert titles(client, open="on") == ["Desk"]
        with on_the(datetime.datetime(2026, 11, 30, 14, tzinfo=timezone.get_current_timezone())):
            page = client.get(service.get_absolute_url()).content.decode()
            assert "Closed now" in page
            assert "9:00–13:00, 16:00–18:00" in page
            assert titles(client, open="on") == []

    def test_the_rule_is_that_of_icalendar(self, service):
        rules = {time.rule for time in OpeningTime.objects.all()}
        assert rules == {"FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=SA", "FREQ=WEEKLY;BYDAY=WE"}


# --- Who can reach it ----------------------------------------------------------------------------------------------------


WAYS = [
    ({"telephone": "600 000 000"}, {}, True),
    ({"whatsapp": "+34 600 000 000"}, {}, True),
    ({"email": "desk@example.org"}, {}, True),
    ({"form": "https://example.org/form"}, {}, True),
    ({}, {"public_email": "house@example.org"}, True),
    ({}, {"public_phone": "93 000 00 00"}, True),
    ({}, {"website": "https://example.org"}, True),
    ({"walks_in": True, "address": "Rambla 1"}, {}, True),
    ({"walks_in": True}, {"address": "Rambla 1", "address_is_public": True}, True),
    ({"walks_in": True, "delivery": ["address", "online"]}, {"address": "Rambla 1", "address_is_public": True}, True),
    ({"walks_in": True, "delivery": ["online"]}, {"address": "Rambla 1", "address_is_public": True}, False),
    ({"walks_in": True, "delivery": ["outreach"]}, {"address": "Rambla 1", "address_is_public": True}, False),
    ({"walks_in": True, "delivery": ["online"], "address": "Rambla 1"}, {}, True),
    ({"walks_in": True}, {"address": "Rambla 1"}, False),
    ({"address": "Rambla 1"}, {}, False),
    ({"walks_in": True, "is_shelter": True}, {"address": "Rambla 1", "address_is_public": True}, False),
    ({}, {}, False),
]


@pytest.mark.django_db
class TestReach:
    @pytest.mark.parametrize(("own", "house", "is_public"), WAYS)
    def test_it_is_public_only_where_somebody_can_reach_it(self, client, own, house, is_public):
        organisation = OrganisationFactory(published=True, **house)
        service = ServiceFactory(organisation=organisation, title="Quagga", **({"telephone": ""} | own))
        assert service.is_reachable is is_public
        assert Service.objects.public().exists() is is_public
        answer = client.get(service.get_absolute_url())
        assert answer.status_code == (200 if is_public else 404)
        if is_public:
            ways = answer.content.decode().partition('<ul class="reach">')[2].partition("</ul>")[0]
            assert "<li>" in ways, "what is public says how to reach it"
        assert titles(client) == (["Quagga"] if is_public else [])
        assert ("Quagga" in client.get(organisation.get_absolute_url()).content.decode()) is is_public

    def test_its_own_people_are_told_why_nobody_sees_it(self, client):
        owner = MembershipFactory(organisation=OrganisationFactory(published=True))
        service = ServiceFactory(organisation=owner.organisation, telephone="")
        client.force_login(owner.user)
        told = "Not public yet"
        assert told in client.get(reverse("orgs:service_list", args=[owner.organisation.slug])).content.decode()
        assert told in client.get(service.get_absolute_url()).content.decode()

    def test_it_is_something_to_do_until_somebody_can_reach_it(self, client):
        owner = MembershipFactory(organisation=OrganisationFactory(published=True, name="Far"))
        service = ServiceFactory(organisation=owner.organisation, telephone="", confirmed_on=timezone.localdate())
        client.force_login(owner.user)
        asked = "Say how people reach the services of Far"
        assert asked in unmarked(client.get(reverse("home")).content.decode())
        Service.objects.filter(pk=service.pk).update(telephone="600 000 000")
        assert asked not in unmarked(client.get(reverse("home")).content.decode())

    def test_address_of_a_shelter_is_nowhere(self, client):
        house = OrganisationFactory(published=True, address="Carrer Secret 3", address_is_public=True)
        service = ServiceFactory(organisation=house, is_shelter=True)
        for page in (service.get_absolute_url(), house.get_absolute_url(), FIND):
            assert "Carrer Secret" not in client.get(page).content.decode()
        with pytest.raises(IntegrityError, match="service_shelter_without_address"), transaction.atomic():
            Service.objects.filter(pk=service.pk).update(address="Carrer Secret 3")

    def test_of_where_a_shelter_is_nothing_below_the_municipality_is_kept(self, client):
        """By whichever way it is written, and in whichever order."""
        city = TerritoryFactory(kind="municipality", name="Quagga city")
        quarter = TerritoryFactory(kind="neighbourhood", name="Zebra quarter", parent=city)
        other = TerritoryFactory(kind="municipality", name="Okapi town")
        house = OrganisationFactory(published=True, territory=quarter, address="Hidden 1", address_is_public=True)
        house.works_in.set([quarter, other])
        desk = ServiceFactory(organisation=house)
        desk.territories.set([quarter])
        assert "Zebra quarter" in client.get(house.get_absolute_url()).content.decode()

        shelter = ServiceFactory(organisation=house, is_shelter=True)
        house.refresh_from_db()
        assert (house.territory, house.address_is_public, house.address) == (city, False, "Hidden 1")
        assert set(house.works_in.all()) == {city, other}
        assert list(desk.territories.all()) == [city]

        house.territory, house.address_is_public = quarter, True
        house.save()
        house.works_in.add(quarter)
        shelter.territories.add(quarter)
        house.refresh_from_db()
        assert (house.territory, house.address_is_public) == (city, False)
        assert set(house.works_in.all()) == {city, other}
        assert list(shelter.territories.all()) == [city]
        for page in (house.get_absolute_url(), shelter.get_absolute_url(), desk.get_absolute_url(), FIND):
            assert "Zebra quarter" not in client.get(page).content.decode()
        assert house not in OrganisationFactory._meta.model.objects.filter(territory=quarter)

    @pytest.mark.parametrize(
        ("kinds", "kept"),
        [
            (["country", "region", "district", "neighbourhood"], 1),  # A city that is a region.
            (["country", "province", "area", "neighbourhood"], 1),
            (["region", "neighbourhood"], 0),
            (["district", "area", "neighbourhood"], 0),  # Nothing that is surely larger than a municipality.
            (["country", "region", "municipality", "district", "neighbourhood"], 2),
            (["country", "region"], 1),
            (["neighbourhood"], 0),
        ],
    )
    def test_where_no_municipality_is_above_it_is_the_next_larger_place(self, client, kinds, kept):
        places = []
        for number, kind in enumerate(kinds):
            above = places[-1] if places else None
            places.append(TerritoryFactory(kind=kind, name=f"Zebra {number}", parent=above))
        house = OrganisationFactory(published=True, territory=places[-1])
        house.works_in.set([places[-1]])
        shelter = ServiceFactory(organisation=house, is_shelter=True)
        shelter.territories.set([places[-1]])
        need = Capacity.objects.create(organisation=house, side="need", kind="space", territory=places[-1])
        house.refresh_from_db()
        need.refresh_from_db()
        assert [house.territory, *house.works_in.all(), *shelter.territories.all(), need.territory] == [
            places[kept]
        ] * 4
        page = client.get(house.get_absolute_url()).content.decode()
        assert [f"Zebra {number}" in page for number in range(kept + 1, len(kinds))] == [False] * (
            len(kinds) - kept - 1
        )

    def test_shelter_that_passes_to_another_organisation_hides_that_too(self):
        city = TerritoryFactory(kind="municipality")
        quarter = TerritoryFactory(kind="neighbourhood", parent=city)
        house = OrganisationFactory(published=True, territory=quarter)
        shelter = ServiceFactory(is_shelter=True)
        Service.objects.filter(pk=shelter.pk).update(organisation=house)
        house.refresh_from_db()
        assert house.territory == city

    def test_refuge_is_a_shelter_whoever_writes_it_and_whatever_is_ticked(self):
        city, refuge = TerritoryFactory(kind="municipality"), refuge_type()
        houses = [
            OrganisationFactory(published=True, territory=TerritoryFactory(kind="neighbourhood", parent=city))
            for _house in range(2)
        ]
        made = ServiceFactory(organisation=houses[0], type=refuge, domain=refuge.domain)
        other = ServiceFactory(organisation=houses[1], domain=refuge.domain)
        Service.objects.filter(pk=other.pk).update(type=refuge)
        for house, service in zip(houses, (made, other), strict=True):
            house.refresh_from_db()
            service.refresh_from_db()
            assert (service.is_shelter, house.territory) == (True, city)
        Service.objects.filter(pk=made.pk).update(is_shelter=False)
        made.refresh_from_db()
        assert made.is_shelter

    def test_service_is_called_free_only_where_somebody_said_so(self, client):
        house = OrganisationFactory(published=True)
        for title, facts in {"Unsaid": {}, "Priced": {"cost": "5 euros"}, "Given": {"is_free": True}}.items():
            ServiceFactory(organisation=house, title=title, **facts)
        assert titles(client, free="on") == ["Given"]
        assert [
            client.get(one.get_absolute_url()).content.decode().count("Free</")
            for one in house.services.order_by("title")
        ] == [2, 0, 0]

    @pytest.mark.parametrize(
        ("facts", "constraint"),
        [
            ({"is_free": True, "cost": "5 euros"}, "service_free_costs_nothing"),
            ({"no_documents_required": True, "documents": "passport"}, "service_without_documents"),
            ({"walks_in": True, "by_referral": True}, "service_one_way_in"),
            ({"whatsapp": "600 000 000"}, "service_whatsapp_international"),
            ({"form": "javascript:alert(1)"}, "service_form_of_the_web"),
            ({"target_groups": ["martians"]}, "service_words_known"),
        ],
    )
    def test_what_contradicts_itself_is_not_stored(self, facts, constraint):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ServiceFactory(**facts)


@pytest.mark.django_db
class TestSearch:
    def test_place_leaves_out_what_is_for_people_of_other_places(self, client):
        city = TerritoryFactory(name="City")
        here, there = TerritoryFactory(parent=city, name="Here"), TerritoryFactory(parent=city, name="There")
        house = OrganisationFactory(published=True, territory=city)
        house.works_in.add(city)
        ServiceFactory(organisation=house, title="For all")
        for place in (here, there):
            ServiceFactory(organisation=house, title=f"For {place.name}").territories.add(place)
        assert sorted(titles(client, territory=here.name)) == ["For Here", "For all"]
        assert sorted(titles(client, territory=city.name)) == ["For Here", "For There", "For all"]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"walk_in": "on"}, ["Door"]),
            ({"step_free": "on"}, ["Ramp"]),
            ({"target_group": "women"}, ["Door", "Ramp", "Women"]),
            ({"target_group": "children"}, ["Door", "Ramp"]),
            ({"language": "hy"}, ["Ramp"]),
        ],
    )
    def test_filters(self, client, asked, expected):
        ServiceFactory(title="Door", walks_in=True)
        ServiceFactory(title="Ramp", accessibility=["step_free"], interpreter_on_request=True)
        ServiceFactory(title="Women", target_groups=["women"])
        assert sorted(titles(client, **asked)) == expected

    def test_what_nobody_confirmed_for_long_comes_last_and_is_marked(self, client):
        today = timezone.localdate()
        for title, days in (("Older", 500), ("A year", 370), ("Fresh", 10), ("Never", None)):
            confirmed = None if days is None else today - datetime.timedelta(days=days)
            ServiceFactory(title=title, confirmed_on=confirmed)
        assert titles(client) == ["Fresh", "A year", "Older", "Never"]
        assert client.get(FIND).content.decode().count("Not confirmed for a year") == 3


# --- The form --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestForm:
    @pytest.fixture
    def owner(self, client):
        membership = MembershipFactory(organisation=OrganisationFactory(published=True))
        client.force_login(membership.user)
        return membership

    def send(self, client, owner, **typed):
        url = reverse("orgs:service_add", args=[owner.organisation.slug])
        return client.post(url, {"title": "Desk", "domain": DomainFactory().pk, "is_free": "on", **typed})

    def test_refuge_has_no_address(self, client, owner):
        refuge = refuge_type()
        assert "address of a shelter" in self.send(client, owner, type=refuge.pk, address="Lane 7").content.decode()
        assert not owner.organisation.services.exists()
        self.send(client, owner, type=refuge.pk, telephone="600 000 000")
        assert owner.organisation.services.get().is_shelter

    def test_hours_and_closed_days_are_stored_and_come_back(self, client, owner):
        answer = self.send(
            client,
            owner,
            telephone="600 000 000",
            week_MO="9-14",
            week_TU="9:00–14:00",
            week_SA="10-13",
            closed_first_0="2026-12-24",
            closed_last_0="2027-01-06",
            closed_first_1="2026-12-08",
            closed_last_1="",
        )
        assert answer.status_code == 302
        service = Service.objects.get()
        times = service.opening_times.values_list("weekdays", "opens", "closes")
        assert sorted(times) == [(["MO", "TU"], T(9), T(14)), (["SA"], T(10), T(13))]
        assert [str(days) for days in service.closed_days.all()] == ["2026-12-08–2026-12-08", "2026-12-24–2027-01-06"]
        page = client.get(reverse("orgs:service_edit", args=[owner.organisation.slug, service.pk])).content.decode()
        assert page.count('value="9:00–14:00"') == 2
        assert 'value="2027-01-06"' in page

    def test_what_is_not_understood_is_asked_back_at_its_day_and_stays_typed(self, client, owner):
        page = self.send(client, owner, week_MO="9-14", week_TU="morning", closed_first_0="2026-12-24").content.decode()
        assert "Tuesday: “morning” was not understood" in page
        assert 'value="morning"' in page
        assert 'value="2026-12-24"' in page
        assert not Service.objects.exists()

    def test_days_the_wrong_way_round_are_asked_back(self, client, owner):
        page = self.send(client, owner, closed_first_0="2026-12-24", closed_last_0="2026-12-20").content.decode()
        assert "The last day lies before the first." in page
        assert not Service.objects.exists()


# --- Still right? ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestStillRight:
    @pytest.fixture
    def owner(self):
        return MembershipFactory(organisation=OrganisationFactory(published=True, name="Far"), user__language="es")

    @pytest.fixture
    def old(self, owner):
        confirmed = timezone.localdate() - datetime.timedelta(days=400)
        return ServiceFactory(organisation=owner.organisation, title="Old desk", confirmed_on=confirmed)

    def test_an_organisation_is_asked_once_in_a_month_until_somebody_answers(self, owner, old):
        ServiceFactory(organisation=owner.organisation, title="New desk", confirmed_on=timezone.localdate())
        assert services.ask_whether_still_right() == 1
        assert services.ask_whether_still_right() == 0
        email = Email.objects.get()
        assert email.to == [owner.user.email]
        assert "Old desk" in email.message
        assert "New desk" not in email.message
        with on_the(timezone.now() + datetime.timedelta(days=31)):
            assert services.ask_whether_still_right() == 1
        services.confirm_services(organisation=owner.organisation)
        with on_the(timezone.now() + datetime.timedelta(days=62)):
            assert services.ask_whether_still_right() == 0

    def test_one_press_without_an_account_confirms_all_of_them(self, client, owner, old):
        services.ask_whether_still_right()
        address = re.search(r"/services/still-right/\S+", Email.objects.get().message)
        assert address
        page = client.get(address[0])
        assert "Old desk" in page.content.decode()
        old.refresh_from_db()
        assert old.is_unconfirmed, "whoever only follows the link confirms nothing"
        assert "All services are confirmed" in client.post(address[0]).content.decode()
        old.refresh_from_db()
        assert old.confirmed_on == timezone.localdate()

    def test_it_is_something_to_do_until_somebody_says_so(self, client, owner, old):
        client.force_login(owner.user)
        asked = "Say whether the services of Far are still right"
        client.cookies["django_language"] = "en"
        assert asked in unmarked(client.get(reverse("home")).content.decode())
        services.confirm_services(organisation=owner.organisation)
        assert asked not in unmarked(client.get(reverse("home")).content.decode())

    def test_press_on_the_own_list_confirms_too(self, client, owner, old):
        client.force_login(owner.user)
        client.post(reverse("orgs:services_confirm", args=[owner.organisation.slug]))
        old.refresh_from_db()
        assert old.confirmed_on == timezone.localdate()

    def test_a_letter_that_is_old_or_made_up_confirms_nothing(self, client, owner, old):
        made_up = signing.dumps(owner.organisation.pk, salt="another")
        for token in (made_up, "nonsense"):
            assert client.post(reverse("orgs:services_still_right", args=[token])).status_code == 404
        token = services.token_of(owner.organisation)
        with on_the(timezone.now() + datetime.timedelta(days=61)):
            assert client.post(reverse("orgs:services_still_right", args=[token])).status_code == 404
        old.refresh_from_db()
        assert old.is_unconfirmed

    def test_closed_and_unclaimed_organisations_are_not_asked(self, owner, old):
        owner.organisation.closed_on = timezone.localdate()
        owner.organisation.save()
        ServiceFactory(confirmed_on=None)  # Of an organisation that has nobody.
        assert services.ask_whether_still_right() == 0
        assert not Email.objects.exists()
