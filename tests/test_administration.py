"""Where administrators begin: each step of setting up is read from the database."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration_portal import vocabulary
from integration_portal.administration import progress
from orgs.members import actions as members
from orgs.models import Membership, Organisation, Portal
from orgs.portal import actions as portals
from partnerships.models import Scale
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.factories_partnerships import current_scale
from tests.pages import words_of

pytestmark = pytest.mark.django_db
Role = Membership.Role


def status(step: progress.Step) -> str:
    return step.status


def test_portal_is_named_by_an_administrator() -> None:
    assert status(progress.naming()) == "not_started"
    assert "Integration Portal · English" in progress.naming().hint
    portal = Portal.objects.get()
    portal.name_es = "Casa"  # type: ignore[attr-defined]
    portals.update_portal(portal=portal, by=UserFactory(is_staff=True))
    assert status(progress.naming()) == "done"
    assert "Casa" in progress.naming().hint


def test_territories_are_there_once_a_scheme_has_places() -> None:
    assert status(progress.territories()) == "not_started"
    place = TerritoryFactory()
    assert (status(progress.territories()), progress.territories().hint) == ("done", "1 place")
    place.delete()
    assert status(progress.territories()) == "incomplete"


def authority_step() -> progress.Step:
    return progress.authorities(progress.first_authority())


def manager_step() -> progress.Step:
    return progress.managers(progress.first_authority())


def test_authority_needs_a_territory_and_a_manager() -> None:
    assert (status(authority_step()), status(manager_step())) == ("blocked", "blocked")
    city = TerritoryFactory(name="Far")
    OrganisationFactory(territory=city, published=True)
    AuthorityFactory(territory=city, closed_on=timezone.localdate())
    assert (status(authority_step()), status(manager_step())) == ("not_started", "blocked")
    authority = AuthorityFactory(territory=city, name="City council")
    assert (status(authority_step()), authority_step().hint) == ("done", "City council · Far")
    MembershipFactory(organisation=authority, role=Role.OFFICER)
    assert status(manager_step()) == "not_started"
    assert manager_step().url == reverse("orgs:member_invite", args=[authority.slug])
    administrator = UserFactory(is_staff=True)
    members.invite_member(organisation=authority, email="o@example.org", role=Role.OFFICER, by=administrator)
    assert status(manager_step()) == "not_started"
    members.invite_member(organisation=authority, email="m@example.org", role=Role.MANAGER, by=administrator)
    assert status(manager_step()) == "incomplete"
    AuthorityFactory(territory=city, name="A second one")
    assert status(manager_step()) == "incomplete"
    manager = MembershipFactory(organisation=authority, role=Role.MANAGER)
    assert status(manager_step()) == "done"
    manager.ended_at = timezone.now()
    manager.save()
    assert status(manager_step()) == "incomplete"


def test_reviewers_are_those_who_are_appointed_now() -> None:
    assert status(progress.reviewers()) == "not_started"
    appointment = ReviewerAppointmentFactory()
    ReviewerAppointmentFactory(user=appointment.user)
    assert (status(progress.reviewers()), progress.reviewers().hint) == ("done", "1 reviewer")
    type(appointment).objects.update(ends_at=timezone.now())
    assert status(progress.reviewers()) == "not_started"
    ReviewerAppointmentFactory(user__is_active=False)
    assert status(progress.reviewers()) == "not_started", "nobody reviews with an account that is closed"


def test_reviewers_are_complete_once_they_cover_the_place_of_every_authority() -> None:
    country = TerritoryFactory()
    covered, other = (
        AuthorityFactory(territory=TerritoryFactory(parent=country, name=name)) for name in ("Ash", "Oak")
    )
    AuthorityFactory(territory__name="Gone", closed_on="2026-01-01")
    ReviewerAppointmentFactory(territory=covered.territory)
    ReviewerAppointmentFactory(territory=TerritoryFactory(parent=other.territory))
    step = progress.reviewers()
    assert (status(step), step.hint) == ("incomplete", "No reviewer covers Oak.")
    assert step.url.endswith(f"?territory={other.territory.pk}")
    AuthorityFactory(territory__name="Elm")
    assert progress.reviewers().hint == "No reviewer covers Elm, Oak."
    Organisation.objects.filter(territory__name="Elm").update(closed_on="2026-01-01")
    ReviewerAppointmentFactory(territory=country)
    assert status(progress.reviewers()) == "done"


def test_vocabulary_is_there_once_it_is_prepared() -> None:
    assert (status(progress.domains()), status(progress.engagement_scale())) == ("not_started", "not_started")
    vocabulary.load()
    assert (status(progress.domains()), progress.domains().hint) == ("done", "11 domains")
    assert status(progress.engagement_scale()) == "done"
    Scale.objects.update(is_current=False)
    assert status(progress.engagement_scale()) == "not_started"


def test_only_the_link_for_emergencies_leads_to_the_administration_of_django() -> None:
    """Daily work needs neither that, nor a shell, nor JSON: a portal that is empty, and one that is set up."""
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    for is_set_up in (False, True):
        if is_set_up:
            AuthorityFactory()
            vocabulary.load()
        page = client.get(reverse("administration")).content.decode()
        main = page.partition("<main")[2].partition("</main>")[0]
        links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', main, re.DOTALL)
        assert len(links) > len(progress.DAILY)
        leading = [words_of(text).strip() for address, text in links if address.startswith(reverse("admin:index"))]
        assert leading == ["All tables"]


def test_every_step_and_every_page_of_daily_work_leads_somewhere() -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    AuthorityFactory()
    addresses = [line.url for line in progress.steps()] + [line.url for line in progress.DAILY]
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
    labels = {step.label for step in progress.steps()}
    assert {
        "Name, languages and time zone",
        "Manager of the authority",
        "Engagement scale",
        "Domains",
        "Verification rules",
    } <= labels


def test_page_tells_how_far_it_is_and_costs_the_same_for_many() -> None:
    current_scale()
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    client.get(reverse("administration"))
    counts = []
    for _ in range(2):
        for _ in range(5):
            MembershipFactory(organisation=AuthorityFactory(), role=Role.MANAGER)
            ReviewerAppointmentFactory()
        with CaptureQueriesContext(connection) as captured:
            answer: Any = client.get(reverse("administration"))
        counts.append(len(captured))
    assert counts[0] == counts[1] < 25
    words = words_of(answer.content.decode())
    done = sum(step.status == "done" for step in answer.context["steps"])
    assert f"{done} of {len(answer.context['steps'])} steps are done." in words
    assert words.count("Done") >= done


def test_menu_leads_administrators_there_and_nobody_else() -> None:
    for is_staff in (True, False):
        client = Client()
        client.force_login(UserFactory(is_staff=is_staff))
        html = client.get(reverse("about")).content.decode()
        assert (f'href="{reverse("administration")}"' in html) is is_staff
