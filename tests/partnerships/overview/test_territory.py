import datetime
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from orgs.vocabulary import Kind
from partnerships.models import Experience, Partnership
from partnerships.overview.isolation import isolated_organisations_for
from partnerships.overview.territory import partnerships_of, uncovered_domains
from partnerships.vocabulary import PartnershipState
from tests.factories import (
    AuthorityFactory,
    DomainFactory,
    OrganisationFactory,
    ServiceFactory,
    TerritoryFactory,
)
from tests.factories_partnerships import AssessmentFactory, level

NOBODY = AnonymousUser()


def confirm(partnership, code, *, days_left=700):
    today = timezone.localdate()
    return AssessmentFactory(
        partnership=partnership,
        state="confirmed",
        claimed=level(code),
        confirmed=level(code),
        submitted_at=timezone.now(),
        confirmed_from=today - datetime.timedelta(days=30),
        confirmed_until=today + datetime.timedelta(days=days_left),
    )


def block(world, user=NOBODY, territory=None):
    return partnerships_of(territory or world.city, user, timezone.localdate())


def test_counts_what_lies_in_the_territory_and_below(world):
    world.partnership()
    world.partnership(territory=world.city, state=PartnershipState.ENDED)
    world.partnership(territory=TerritoryFactory())
    found = block(world)
    assert (found.total, {row.code: row.count for row in found.states}) == (2, {"active": 1, "ended": 1})
    assert block(world, territory=world.district).total == 1


def test_public_counts_know_nothing_of_what_is_not_published(world):
    for state in PartnershipState:
        world.partnership(state=state)
    assert {row.code for row in block(world).states} == {"active", "ended"}
    assert {row.code for row in block(world, world.officer).states} == set(PartnershipState)
    assert all(one.is_published for one in block(world).partnerships)


def test_levels_are_a_distribution_of_what_holds_today(world):
    confirm(world.partnership(), "inform")
    confirm(world.partnership(), "empower")
    confirm(world.partnership(), "empower")
    confirm(world.partnership(), "involve", days_left=-1)
    confirm(world.partnership(state=PartnershipState.ENDED), "collaborate")
    world.partnership()
    found = block(world)
    assert [(row.code, row.count) for row in found.levels] == [
        ("inform", 1),
        ("consult", 0),
        ("involve", 0),
        ("collaborate", 0),
        ("empower", 2),
    ]
    assert (found.without_level, found.live) == (2, 5)
    html = draw("partnerships_of_territory territory", territory=world.city)
    assert re.findall(r'cell-bar-fill" width="([^"]+)"', html) == ["20.0", "0.0", "0.0", "0.0", "40.0", "40.0"]
    assert '<th scope="col" class="d-none d-sm-table-cell">Share</th>' in html


@pytest.mark.parametrize(
    ("kinds", "is_shown"),
    [
        ([Kind.ASSOCIATION] * 5, False),
        ([Kind.ASSOCIATION, Kind.ASSOCIATION, Kind.NETWORK, Kind.FOUNDATION], False),
        ([Kind.ASSOCIATION, Kind.ASSOCIATION, Kind.ASSOCIATION, Kind.NETWORK, Kind.FOUNDATION], True),
    ],
)
def test_what_was_experienced_is_told_from_five_answers_of_three_kinds(world, kinds, is_shown):
    for kind in kinds:
        partner = OrganisationFactory(published=True, kind=kind)
        assessment = confirm(world.partnership(partners=[partner]), "inform")
        party = assessment.partnership.parties.get(organisation=partner)
        Experience.objects.create(assessment=assessment, party=party, level=level("consult"))
    found = block(world).experienced
    assert (found is not None) == is_shown
    if found:
        assert {row.code: row.count for row in found if row.count} == {"consult": 5}


def draw(tag, user=NOBODY, **context):
    request = RequestFactory().get("/")
    request.user = user
    template = Template("{% load partnerships %}{% " + tag + " %}")
    return template.render(Context({"request": request, **context}))


def test_blocks_for_other_pages(world):
    partnership = world.partnership(title="Welcome desk")
    world.partnership(state=PartnershipState.PROPOSED, title="Unconfirmed")
    confirm(partnership, "consult")
    for html in (
        draw("partnerships_of_territory territory", territory=world.city),
        draw("partnerships_of_organisation organisation", organisation=world.partner),
    ):
        assert "Welcome desk" in html
        assert "Consult" in html
        assert "Unconfirmed" not in html
        assert "Log a partnership" not in html
    officer = draw("partnerships_of_organisation organisation", world.officer, organisation=world.partner)
    assert f"?partner={world.partner.slug}" in officer


def test_empty_blocks_say_so(world):
    assert "No partnership here yet" in draw("partnerships_of_territory territory", territory=world.city)
    assert "No partnership with an authority is listed yet" in draw(
        "partnerships_of_organisation organisation", organisation=world.other
    )


def test_isolated_organisations_have_no_live_partnership(world):
    world.partnership()
    ended = OrganisationFactory(name="Once", territory=world.district, published=True)
    world.partnership(partners=[ended], state=PartnershipState.ENDED)
    waiting = OrganisationFactory(name="Asked", territory=world.district, published=True)
    world.partnership(partners=[waiting], state=PartnershipState.PROPOSED)
    at_work = OrganisationFactory(name="From afar", published=True)
    at_work.works_in.add(world.district)
    OrganisationFactory(name="Unverified", territory=world.district)
    OrganisationFactory(name="Elsewhere", published=True)
    AuthorityFactory(name="Another office", territory=world.district)
    found = isolated_organisations_for(world.officer)
    assert {one.name for one in found} == {"Far Shore", "Once", "Asked", "From afar"}
    assert not isolated_organisations_for(world.steward).exists()
    assert Partnership.objects.live().count() == 1


def test_domains_in_which_nobody_is_at_work_are_named(world, django_assert_num_queries):
    offered, hidden, elsewhere, live, ended = (DomainFactory() for _ in range(5))
    for domain, published, place in (
        (offered, True, world.district),
        (hidden, False, world.city),
        (elsewhere, True, TerritoryFactory()),
    ):
        ServiceFactory(domain=domain, organisation=OrganisationFactory(published=published, territory=place))
    world.partnership(domains=[live])
    world.partnership(domains=[ended], state=PartnershipState.ENDED)
    with django_assert_num_queries(2):
        uncovered = uncovered_domains(world.city)
    assert offered not in uncovered.without_service
    assert {hidden, elsewhere, live} <= set(uncovered.without_service)
    assert live not in uncovered.without_partnership
    assert {offered, ended} <= set(uncovered.without_partnership)


def test_page_of_a_place_names_what_nobody_covers(client, world):
    served, unserved = DomainFactory(name="Served"), DomainFactory(name="Unserved")
    ServiceFactory(domain=served, organisation=OrganisationFactory(published=True, territory=world.district))
    world.partnership(domains=[unserved])
    body = client.get(world.city.get_absolute_url()).content.decode()
    section = body[body.index('id="uncovered"') :]
    without_service, without_partnership = re.findall(r'<ul class="badge-list[^"]*">(.*?)</ul>', section, re.DOTALL)[:2]
    assert (">Unserved<" in without_service, ">Served<" in without_service) == (True, False)
    assert (">Unserved<" in without_partnership, ">Served<" in without_partnership) == (False, True)
