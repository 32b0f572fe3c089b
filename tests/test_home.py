"""The first page, the search, and the pages that bring the apps together."""

import datetime
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from indicators.models import Release
from integration_portal.home import city_of, inbox_of
from integration_portal.search import search
from orgs.models import Verification
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, UserFactory, VerificationFactory
from tests.factories_indicators import RateFactory, released
from tests.factories_partnerships import PracticeFactory
from tests.pages import unmarked
from tests.world import World

pytestmark = pytest.mark.django_db


def page_of(client: Client, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(world: World, name: str) -> list[str]:
    return [unmarked(item.title) for item in inbox_of(world.user(name))]


class TestFirstPage:
    def test_visitor_sees_the_city_with_its_figures(self, client: Client, world: World) -> None:
        page = page_of(client)
        assert f'href="{world.city.get_absolute_url()}"' in page
        assert "2,016" in page  # Of 2022: twice 102 + 202 + 302 + 402.
        assert "Involve" in page

    def test_visitor_finds_partnerships_and_tables_in_the_menu_and_on_the_page(
        self, client: Client, world: World
    ) -> None:
        html = client.get(reverse("home")).content.decode()
        menu = re.search(r'<nav class="site-nav".*?</nav>', html, re.DOTALL)
        assert menu
        assert re.findall(r"<span>([^<]+)</span>", menu[0]) == [
            "Find",
            "My city",
            "Partnerships",
            "Indicators",
            "Practices",
        ]
        assert world.partnership.get_absolute_url() in html
        assert reverse("partnerships:table_list") in html
        assert world.proposed.get_absolute_url() not in html

    def test_administrator_and_reviewer_are_led_to_queues_that_are_open_to_them(self, world: World) -> None:
        visitor, queue = Client(), reverse("partnerships:assessment_queue")
        for name in ("admin", "reviewer"):
            visitor.force_login(world.user(name))
            assert queue in visitor.get(reverse("orgs:review_queue")).content.decode()
            assert visitor.get(queue).status_code == 200

    def test_every_card_has_its_unit_and_none_is_of_few_or_of_a_part(self, client: Client, world: World) -> None:
        """The first card once said "33.3": of what, and of how many of those who were asked, nobody could tell."""
        release, year = Release.objects.current(), str(timezone.localdate().year - 1)
        assert release is not None
        units = {"percent": "40.1%", "count": "4,010 people", "per_1000": "4.1 per 1,000", "days": "41.1 days"}
        domain = DomainFactory()
        small, part = RateFactory(domain=domain, order=1), RateFactory(domain=domain, order=2)
        released(release, small, world.city, year, numerator=9, denominator=31)
        released(release, part, world.city, year, "77.7", reporters=1, expected=4)
        shown = []
        for unit, words in units.items():
            value = words.split(" ")[0].strip("%").replace(",", "")
            decimals = 0 if unit == "count" else 1
            one = RateFactory(unit=unit, decimals=decimals, domain=DomainFactory())
            released(release, one, world.city, year, value)
            shown.append((one, words))
        city = city_of(world.city, AnonymousUser())
        cards = [card for _view, card in city.figures]
        assert cards == [card for card in cards if card.is_judged]
        page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page_of(client)))
        assert "29.0" not in page
        assert "77.7" not in page
        assert len(cards) == 3
        for one, words in shown[:3]:
            assert one in [card.indicator for card in cards]
            assert words in page

    def test_visitor_is_told_of_nobody_that_is_hidden(self, client: Client, world: World) -> None:
        page = page_of(client)
        for private in (world.hidden.name, world.draft.title, "private@example.org"):
            assert private not in page

    def test_person_without_any_part_is_shown_where_to_go(self, client: Client) -> None:
        client.force_login(UserFactory())
        page = page_of(client)
        assert "You have nothing to do" in page
        assert reverse("orgs:registration_start") in page


class TestInbox:
    def test_owner_is_asked_for_answer_and_experience(self, world: World) -> None:
        waiting = "\n".join(titles(world, "owner"))
        assert world.proposed.title in waiting
        assert world.partnership.title in waiting
        assert world.claim.partnership.title not in waiting  # That view is given already.

    def test_viewer_is_asked_for_nothing(self, world: World) -> None:
        assert titles(world, "viewer") == []
        assert titles(world, "reader") == []

    def test_reviewer_is_asked_to_verify_and_review(self, world: World) -> None:
        waiting = "\n".join(titles(world, "reviewer"))
        assert world.hidden.name in waiting
        assert world.association.name in waiting
        assert world.claim.partnership.title in waiting

    def test_reviewer_is_not_asked_about_what_is_their_own(self, world: World) -> None:
        waiting = "\n".join(titles(world, "partial"))
        assert world.hidden.name in waiting
        assert world.association.name not in waiting
        assert world.claim.partnership.title not in waiting

    def test_steward_is_asked_to_approve_and_told_of_refusals(self, world: World) -> None:
        waiting = "\n".join(titles(world, "steward"))
        assert "stored.csv" in waiting
        assert "refused.csv" in waiting
        assert "checked.csv" not in waiting
        assert "stored.csv" not in "\n".join(titles(world, "foreign"))

    def test_returned_organisation_waits_for_its_owner(self, world: World) -> None:
        Verification.objects.filter(organisation=world.association).update(
            state="returned", reasons="Whose?", decided_at=timezone.now(), reviewer=world.user("reviewer")
        )
        returned = [item for item in inbox_of(world.user("owner")) if item.text == "Whose?"]
        assert [item.url for item in returned] == [world.association.get_absolute_url()]
        assert not [item for item in inbox_of(world.user("viewer")) if item.text == "Whose?"]

    def test_oldest_comes_first(self, world: World) -> None:
        Verification.objects.filter(pk=world.things["own_verification"].pk).update(
            submitted_at=timezone.now() - datetime.timedelta(days=400)
        )
        assert world.association.name in titles(world, "reviewer")[0]

    def test_more_of_a_kind_cost_no_more_queries(
        self, world: World, client: Client, django_assert_max_num_queries
    ) -> None:
        client.force_login(world.user("reviewer"))
        page_of(client)
        for _ in range(5):
            VerificationFactory(organisation=OrganisationFactory(territory=world.city))
        with django_assert_max_num_queries(45):
            page_of(client)


class TestSearch:
    def found(self, words: str, user) -> list[str]:
        return [hit.title for group in search(words, user) for hit in group.hits]

    def test_accents_and_capitals_do_not_matter(self, world: World) -> None:
        OrganisationFactory(name="Associació Àfrica", published=True)
        PracticeFactory(name="Círculo de diálogo")
        ServiceFactory(title="Càtering d'inserció")
        outsider = world.user("outsider")
        assert self.found("africa ASSOCIACIO", outsider) == ["Associació Àfrica"]
        assert self.found("dialogo circulo", outsider) == ["Círculo de diálogo"]
        assert self.found("catering", outsider) == ["Càtering d'inserció"]

    def test_finds_things_of_every_kind(self, world: World) -> None:
        outsider = world.user("outsider")
        practice, table = world.things["practice"].name, world.things["table"].name
        for words in (world.association.name, "CITY", world.claim.partnership.title, "PEOPLE", practice, table):
            assert words in self.found(words, outsider), words

    @pytest.mark.parametrize(
        ("words", "may", "may_not"),
        [("Hidden group", "reviewer", "owner"), ("Drafted", "officer", "owner"), ("Proposed", "owner", "outsider")],
    )
    def test_finds_only_what_exists_for_the_person(self, world: World, words: str, may: str, may_not: str) -> None:
        assert self.found(words, world.user(may)) == [words]
        assert self.found(words, world.user(may_not)) == []

    def test_long_list_is_cut_and_leads_on(self, world: World, client: Client) -> None:
        for number in range(9):
            OrganisationFactory(name=f"Choir {number}", published=True)
        page = page_of(client, "/search/?q=choir")
        assert page.count("link-list-title") == 6
        assert f"{reverse('orgs:organisation_list')}?q=choir" in page

    def test_first_page_finds_a_service_and_how_to_reach_it(self, world: World, client: Client) -> None:
        ServiceFactory(title="Advice of quaggas", telephone="600 111 222")
        home = page_of(client, "/")
        form = home[home.index('class="hero-search"') :]
        assert form.startswith(
            f'class="hero-search" role="search" action="{reverse("orgs:service_search")}" method="get"'
        )
        assert 'name="q"' in form[: form.index("</form>")]
        found = page_of(client, f"{reverse('orgs:service_search')}?q=quaggas")
        assert 'href="tel:600111222"' in found
        nothing = page_of(client, f"{reverse('orgs:service_search')}?q=Association+of")
        assert f'href="{reverse("search")}?q=Association%20of"' in nothing, "where names of organisations are found"

    def test_services_come_first_and_say_how_to_reach_them(self, world: World, client: Client) -> None:
        OrganisationFactory(name="Choir of quaggas", published=True)
        ServiceFactory(title="Choir practice", telephone="600 111 222")
        groups = search("choir", world.user("outsider"))
        assert [str(group.title) for group in groups] == ["Services", "Organisations"]
        assert 'href="tel:600111222"' in page_of(client, "/search/?q=choir")

    def test_nothing_found_says_what_to_do_next(self, client: Client) -> None:
        page = page_of(client, "/search/?q=%3Cb%3Enothing%3C/b%3E")
        assert "&lt;b&gt;nothing" in page
        assert reverse("orgs:organisation_list") in page
        assert "What are you looking for?" in page_of(client, "/search/")

    def test_costs_the_same_for_one_and_many(self, world: World, client: Client, django_assert_max_num_queries) -> None:
        for number in range(12):
            ServiceFactory(title=f"City tour {number}")
        page_of(client, "/search/?q=city")
        with django_assert_max_num_queries(16):
            page_of(client, "/search/?q=city")


class TestCompletedPages:
    def test_territory_shows_its_partnerships(self, client: Client, world: World) -> None:
        page = page_of(client, world.city.get_absolute_url())
        assert world.claim.partnership.title in page
        assert world.draft.title not in page

    def test_organisation_shows_its_partnerships(self, client: Client, world: World) -> None:
        page = page_of(client, world.association.get_absolute_url())
        assert world.claim.partnership.title in page
        assert world.proposed.title not in page

    def test_words_that_stand_for_pages_are_no_organisations(self, client: Client) -> None:
        assert "Register an organisation" in page_of(client, "/organisations/register/")
        assert client.get("/organisations/register-of-deeds/").status_code == 404


def test_sources_and_licences_are_named(client: Client, world: World) -> None:
    page = page_of(client, reverse("data_licence"))
    assert "Test office" in page
    assert "CC BY 4.0" in page


def test_robots_leave_filters_and_log_in_alone(client: Client) -> None:
    assert "Disallow: /search/" in page_of(client, "/robots.txt")
