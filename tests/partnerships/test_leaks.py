"""What must not be read: drafts, draft claims, hidden views, private papers, notes. Each test makes the thing that could leak."""

import pytest
from django.urls import reverse

from partnerships.assessments.actions import put_forward_evidence, submit_assessment
from partnerships.assessments.experience import give_experience
from partnerships.models import Assessment, Experience, Partnership, PartnershipParty
from partnerships.vocabulary import PartnershipState, PartyAnswer
from tests.factories_partnerships import (
    ActivityFactory,
    AssessmentFactory,
    PartyFactory,
    criterion,
    level,
    make_document,
)
from tests.partnerships.briefings import IN_TIME

OTHERS = ["manager", "officer", "steward", "authority_viewer", "own_reviewer", "reviewer", "administrator", "outsider"]
PARTNERS = ["owner", "editor", "partner_viewer"]
SECRET = "We were never asked about xylophones"


@pytest.fixture
def secret(world):
    """A draft of the authority, of which the partner has already given its view."""
    partnership = world.partnership(title="Known to all")
    draft = AssessmentFactory(partnership=partnership, statement="Our unfinished quagga statement")
    briefing = ActivityFactory(partnership=partnership, title="Briefing", **IN_TIME)
    for code in ("I1", "I2"):
        put_forward_evidence(assessment=draft, criterion=criterion(code), record=briefing, by=world.officer)
    give_experience(
        assessment=draft,
        party=world.party(partnership),
        level=level("empower"),
        stage_levels={"planning": level("collaborate")},
        comment=SECRET,
        by=world.owner,
    )
    return draft


def pages_of(assessment):
    partnership = assessment.partnership
    organisation = partnership.parties.partners().first().organisation
    return [
        reverse("home"),
        reverse("partnerships:partnership_list"),
        partnership.get_absolute_url(),
        assessment.get_absolute_url(),
        reverse("partnerships:assessment_review", args=[assessment.pk]),
        reverse("partnerships:assessment_queue"),
        reverse("partnerships:experience_edit", args=[assessment.pk, organisation.slug]),
        reverse("partnerships:organisation_partnerships", args=[organisation.slug]),
        organisation.get_absolute_url(),
        partnership.territory.get_absolute_url(),
    ]


def read(client, person, urls):
    client.logout()
    if person is not None:
        client.force_login(person)
    return {url: client.get(url).content.decode() for url in urls}


@pytest.mark.parametrize("name", OTHERS)
def test_view_of_a_partner_is_hidden_until_the_claim_is_in(client, world, secret, name):
    person = world.people()[name]
    assert not Experience.objects.visible_to(person).exists()
    for url, page in read(client, person, pages_of(secret)).items():
        assert SECRET not in page, url
        assert "xylophones" not in page, url
        # The level itself is a secret, too: "Empower" stands in the page only where the scale is explained.
        assert "experienced 4 levels more" not in page, url


def test_view_is_hidden_from_the_public_until_the_claim_is_in(client, world, secret):
    for url, page in read(client, None, pages_of(secret)).items():
        assert SECRET not in page, url


@pytest.mark.parametrize("name", PARTNERS)
def test_own_people_read_their_view_at_once(world, secret, name):
    assert Experience.objects.visible_to(world.people()[name]).get().comment == SECRET


def test_view_of_another_partner_is_hidden_from_a_partner(client, world, secret):
    """Two organisations speak without hearing each other."""
    PartyFactory(partnership=secret.partnership, organisation=world.other, answer=PartyAnswer.CONFIRMED)
    assert not Experience.objects.visible_to(world.outsider).exists()
    for url, page in read(client, world.outsider, pages_of(secret)).items():
        assert SECRET not in page, url


def test_view_is_for_everybody_once_the_claim_is_in(client, world, secret):
    submit_assessment(assessment=secret, claimed=level("inform"), by=world.officer)
    url = secret.partnership.get_absolute_url()
    for person in (None, world.officer, world.outsider, world.reviewer):
        page = read(client, person, [url])[url]
        assert SECRET in page
        assert "Open Door experienced 4 levels more than the authority claims." in page


@pytest.mark.parametrize("name", [*PARTNERS, "reviewer", "outsider", None])
def test_draft_claim_is_the_authority_s_alone(client, world, secret, name):
    person = world.people()[name] if name else None
    if person is not None:
        assert not Assessment.objects.visible_to(person).exists()
    for url, page in read(client, person, pages_of(secret)).items():
        assert "quagga" not in page, url
        assert f"/partnerships/assessments/{secret.pk}/evidence" not in page, url


def test_draft_claim_does_not_show_in_the_four_voices(client, world, secret):
    Assessment.objects.filter(pk=secret.pk).update(claimed=level("inform"))
    url = secret.partnership.get_absolute_url()
    for person in (None, world.owner, world.reviewer):
        page = read(client, person, [url])[url]
        assert "Nothing has been claimed yet" in page


@pytest.mark.parametrize("state", [PartnershipState.DRAFT, PartnershipState.PROPOSED, PartnershipState.DISPUTED])
def test_unconfirmed_partnership_is_not_public(client, world, state):
    partnership = world.partnership(state=state, title="Secret okapi plan")
    make_document(partnership, is_public=True, title="Okapi paper")
    ActivityFactory(partnership=partnership, title="Okapi day")
    assessment = AssessmentFactory(partnership=partnership)
    for person in (None, world.outsider, world.other_officer, world.far_reviewer):
        if person:
            assert not Partnership.objects.visible_to(person).filter(pk=partnership.pk).exists()
        for url, page in read(client, person, pages_of(assessment)).items():
            assert "kapi" not in page, url


def test_draft_partnership_is_hidden_from_partner_and_reviewer(client, world):
    partnership = world.partnership(state=PartnershipState.DRAFT, title="Secret okapi plan")
    assessment = AssessmentFactory(partnership=partnership)
    for name in [*PARTNERS, "reviewer"]:
        for url, page in read(client, world.people()[name], pages_of(assessment)).items():
            assert "okapi" not in page, (name, url)


def test_partner_who_has_not_confirmed_is_not_shown_in_public(client, world):
    """A newcomer to a running partnership is nobody's partner before it says so."""
    partnership = world.partnership()
    PartyFactory(partnership=partnership, organisation=world.other)
    urls = [
        partnership.get_absolute_url(),
        reverse("partnerships:partnership_list"),
        reverse("partnerships:organisation_partnerships", args=[world.other.slug]),
    ]
    pages = read(client, None, urls)
    assert "Far Shore" not in pages[urls[0]]
    assert "Far Shore" not in pages[urls[1]]
    assert partnership.title not in pages[urls[2]]
    assert partnership.title in read(client, world.outsider, urls)[urls[2]]
    found = client.get(reverse("partnerships:partnership_list"), {"q": "Far Shore"})
    assert partnership not in found.context["page_obj"].object_list


def test_notes_of_the_parties_stay_among_them(client, world):
    partnership = world.partnership()
    PartnershipParty.objects.filter(partnership=partnership, organisation=world.partner).update(note="Nudibranch note")
    url = partnership.get_absolute_url()
    for person in (None, world.outsider, world.other_officer, world.far_reviewer):
        assert "Nudibranch" not in read(client, person, [url])[url]
    for name in ("officer", "owner", "reviewer", "administrator"):
        assert "Nudibranch" in read(client, world.people()[name], [url])[url]


def test_private_papers_are_not_even_named_in_public(client, world):
    partnership = world.partnership()
    make_document(partnership, title="Private pangolin paper")
    make_document(partnership, title="Public paper", is_public=True)
    url = partnership.get_absolute_url()
    for person in (None, world.outsider):
        page = read(client, person, [url])[url]
        assert "pangolin" not in page
        assert "Public paper" in page
    assert "pangolin" in read(client, world.owner, [url])[url]


def test_reasons_of_a_return_are_for_the_two_sides(client, world, secret):
    submit_assessment(assessment=secret, claimed=level("inform"), by=world.officer)
    secret.refresh_from_db()
    secret.decisions.create(outcome="returned", reasons="Axolotl reasons", decided_by=world.reviewer)
    Assessment.objects.filter(pk=secret.pk).update(state="returned")
    url = secret.partnership.get_absolute_url()
    assert "Axolotl" not in read(client, None, [url])[url]
    assert "Axolotl" in read(client, world.officer, [url])[url]
    for name in ("owner", "reviewer"):
        detail = secret.get_absolute_url()
        assert "Axolotl" in read(client, world.people()[name], [detail])[detail]


def test_reviewer_who_is_a_party_finds_nothing_to_review(client, world, secret):
    submit_assessment(assessment=secret, claimed=level("inform"), by=world.officer)
    assert not Assessment.objects.reviewable_by(world.own_reviewer).exists()
    assert Assessment.objects.reviewable_by(world.reviewer).get() == secret
    queue = reverse("partnerships:assessment_queue")
    assert "Known to all" not in read(client, world.own_reviewer, [queue])[queue]
    assert "Known to all" in read(client, world.reviewer, [queue])[queue]
    world.reviewer.memberships.create(organisation=world.partner, role="viewer")
    assert not Assessment.objects.reviewable_by(world.reviewer).exists()
