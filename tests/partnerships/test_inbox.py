import datetime

import pytest
from django.utils import timezone

from partnerships.assessments.experience import give_experience
from partnerships.inbox import tasks_of
from partnerships.models import Assessment
from partnerships.vocabulary import PartnershipState
from tests.factories_partnerships import AssessmentFactory, level
from tests.pages import unmarked


def texts(person):
    return [unmarked(item.title) for item in tasks_of(person)]


def confirmed(partnership, days_left, **fields):
    today = timezone.localdate()
    return AssessmentFactory(
        partnership=partnership,
        state="confirmed",
        claimed=level("inform"),
        confirmed=level("inform"),
        submitted_at=timezone.now(),
        confirmed_from=today - datetime.timedelta(days=400),
        confirmed_until=today + datetime.timedelta(days=days_left),
        **fields,
    )


def test_nothing_waits_for_a_stranger(world):
    for state in PartnershipState:
        world.partnership(state=state)
    assert tasks_of(world.outsider) == []
    assert tasks_of(world.other_officer) == []
    assert tasks_of(world.administrator) == []


def test_partner_is_asked_to_answer(world):
    world.partnership(state=PartnershipState.PROPOSED, title="Desk")
    for person in (world.owner, world.editor):
        [item] = tasks_of(person)
        assert unmarked(item.title) == "Is this right? “Desk”, as logged by the authority"
        assert item.url.endswith(f"/answer/{world.partner.slug}/")
    assert tasks_of(world.partner_viewer) == []


def test_draft_waits_for_its_officers_and_for_no_partner(world):
    world.partnership(state=PartnershipState.DRAFT, title="Desk")
    assert texts(world.officer) == ["Draft: the partners of “Desk” have not been asked yet"]
    assert texts(world.owner) == []
    assert texts(world.steward) == []


def test_dispute_waits_for_the_officers(world):
    world.partnership(state=PartnershipState.DISPUTED, title="Desk")
    assert "Disputed: a partner says that “Desk” is not right" in texts(world.manager)


def test_partner_is_asked_for_its_view_until_it_has_given_it(world):
    draft = AssessmentFactory(partnership=world.partnership(title="Desk"))
    assert texts(world.owner) == ["How was it for you? Your view of “Desk”"]
    give_experience(assessment=draft, party=world.party(draft.partnership), level=level("inform"), by=world.owner)
    assert texts(world.editor) == []


def test_claim_waits_for_its_reviewers_alone(world):
    AssessmentFactory(
        partnership=world.partnership(title="Desk"),
        state="submitted",
        claimed=level("inform"),
        submitted_at=timezone.now(),
    )
    assert texts(world.reviewer) == ["Review the claim for “Desk”"]
    assert texts(world.own_reviewer) == []
    assert texts(world.far_reviewer) == []


def test_returned_claim_waits_for_the_officers(world):
    claim = AssessmentFactory(
        partnership=world.partnership(title="Desk"),
        state="returned",
        claimed=level("inform"),
        submitted_at=timezone.now(),
    )
    claim.decisions.create(outcome="returned", reasons="More, please.", decided_by=world.reviewer)
    [item] = tasks_of(world.officer)
    assert unmarked(item.title) == "Returned with reasons: the claim for “Desk”"
    assert item.since == claim.decisions.get().decided_at


@pytest.mark.parametrize(("days_left", "is_told"), [(61, False), (60, True), (0, True), (-1, False)])
def test_level_that_lapses_within_sixty_days(world, days_left, is_told):
    confirmed(world.partnership(title="Desk"), days_left)
    assert any("lapses on" in text for text in texts(world.officer)) == is_told


def test_level_that_lapses_is_not_told_when_a_newer_assessment_is_under_way(world):
    partnership = world.partnership()
    confirmed(partnership, 30)
    AssessmentFactory(partnership=partnership, starts_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2026, 6, 30))
    assert texts(world.officer) == []


def test_level_that_lapses_has_waited_since_it_was_first_told(world):
    world.partnership(state=PartnershipState.DISPUTED, title="Later")
    confirmed(world.partnership(title="Earlier"), 0)
    assert "Earlier" in min(tasks_of(world.officer), key=lambda task: task.since).title
    assert Assessment.objects.count() == 1
