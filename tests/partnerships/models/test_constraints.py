"""One test for each rule that the database keeps, whoever writes."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from partnerships.models import AssessmentDecision, Evidence, Experience, Partnership, PartnershipParty, Scale
from partnerships.vocabulary import PartyAnswer, PartyRole
from tests.factories import AuthorityFactory
from tests.factories_partnerships import (
    ActivityFactory,
    AssessmentFactory,
    ContributionFactory,
    CoordinationTableFactory,
    EvidenceFactory,
    criterion,
    level,
    make_document,
)

DAY = datetime.timedelta(days=1)


def refused(name):
    return pytest.raises(IntegrityError, match=name)


def test_scale_one_current(scale):
    with refused("scale_one_current"):
        Scale.objects.create(code="next", name="Next", is_current=True)


@pytest.mark.parametrize(("name", "field"), [("level_order_unique", "order"), ("level_code_unique", "code")])
def test_level_unique(scale, name, field):
    first = level("inform")
    with refused(name):
        type(first).objects.filter(pk=level("consult").pk).update(**{field: getattr(first, field)})


def test_criterion_code_unique(scale):
    with refused("criterion_code_unique"):
        type(criterion("I1")).objects.filter(code="I2").update(code="I1")


def test_partnership_ends_after_start(world):
    partnership = world.partnership()
    with refused("partnership_ends_after_start"):
        Partnership.objects.filter(pk=partnership.pk).update(ends_on=partnership.starts_on - DAY)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("party_answer_is_dated", {"answer": PartyAnswer.CONFIRMED, "answered_at": None}),
        ("party_answer_is_dated", {"answer": PartyAnswer.WAITING, "answered_at": timezone.now()}),
        ("party_dispute_has_reason", {"answer": PartyAnswer.DISPUTED, "note": ""}),
    ],
)
def test_party_rules(world, name, fields):
    party = world.party(world.partnership())
    with refused(name):
        PartnershipParty.objects.filter(pk=party.pk).update(**fields)


def test_party_once_and_one_authority(world):
    partnership = world.partnership()
    with refused("party_once"), transaction.atomic():
        PartnershipParty.objects.create(partnership=partnership, organisation=world.partner, role=PartyRole.PARTNER)
    with refused("party_one_lead_authority"):
        PartnershipParty.objects.create(
            partnership=partnership,
            organisation=AuthorityFactory(),
            role=PartyRole.AUTHORITY,
            answer=PartyAnswer.CONFIRMED,
            answered_at=timezone.now(),
        )


def test_activity_people_add_up(world):
    partnership = world.partnership()
    ActivityFactory(partnership=partnership, women=2, participants=2)
    with refused("activity_people_add_up"):
        ActivityFactory(partnership=partnership, women=2, men=1, participants=2)


@pytest.mark.parametrize("amount", [None, 0, -5])
def test_contribution_money_has_amount(world, amount):
    partnership = world.partnership()
    with refused("contribution_money_has_amount"):
        ContributionFactory(partnership=partnership, kind="money", amount=amount)


def test_contribution_to_another(world):
    partnership = world.partnership()
    with refused("contribution_to_another"):
        ContributionFactory(partnership=partnership, giver=world.partner, receiver=world.partner)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("assessment_period_in_order", {"ends_on": datetime.date(2025, 1, 1)}),
        ("assessment_claim_when_submitted", {"state": "submitted"}),
        ("assessment_confirmed_with_dates", {"confirmed_from": datetime.date(2026, 1, 1)}),
    ],
)
def test_assessment_rules(world, name, fields):
    assessment = AssessmentFactory(partnership=world.partnership())
    with refused(name):
        type(assessment).objects.filter(pk=assessment.pk).update(**fields)


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"confirmed_from": datetime.date(2026, 1, 1)},
        {"confirmed_from": datetime.date(2026, 1, 1), "confirmed_until": datetime.date(2025, 1, 1)},
    ],
)
def test_assessment_confirmed_with_dates(world, dates):
    assessment = AssessmentFactory(partnership=world.partnership())
    with refused("assessment_confirmed_with_dates"):
        type(assessment).objects.filter(pk=assessment.pk).update(
            state="confirmed",
            claimed=level("inform"),
            confirmed=level("inform"),
            submitted_at=timezone.now(),
            **dates,
        )


def test_assessment_one_open_and_once_per_period(world):
    partnership = world.partnership()
    first = AssessmentFactory(partnership=partnership)
    with refused("assessment_one_open"), transaction.atomic():
        AssessmentFactory(partnership=partnership, ends_on=datetime.date(2025, 6, 30))
    today = timezone.localdate()
    type(first).objects.filter(pk=first.pk).update(
        state="confirmed",
        claimed=level("inform"),
        confirmed=level("inform"),
        submitted_at=timezone.now(),
        confirmed_from=today,
        confirmed_until=today + DAY,
    )
    with refused("assessment_once_per_period"):
        AssessmentFactory(partnership=partnership)


def test_stage_levels_once(world):
    assessment = AssessmentFactory(partnership=world.partnership())
    assessment.stage_levels.create(stage="planning", claimed=level("inform"))
    with refused("assessment_stage_once"):
        assessment.stage_levels.create(stage="planning", claimed=level("consult"))


def test_evidence_is_one_record_and_stands_once(world):
    partnership = world.partnership()
    assessment = AssessmentFactory(partnership=partnership)
    activity = ActivityFactory(partnership=partnership)
    EvidenceFactory(assessment=assessment, activity=activity)
    with refused("evidence_once"), transaction.atomic():
        EvidenceFactory(assessment=assessment, activity=activity)
    document = make_document(partnership)
    for records in ({}, {"activity": activity, "document": document}):
        with refused("evidence_is_one_record"), transaction.atomic():
            Evidence.objects.create(assessment=assessment, criterion=criterion("I2"), **records)


def test_experience_once(world):
    assessment = AssessmentFactory(partnership=world.partnership())
    party = world.party(assessment.partnership)
    given = Experience.objects.create(assessment=assessment, party=party, level=level("inform"))
    given.stage_levels.create(stage="planning", level=level("inform"))
    with refused("experience_stage_once"), transaction.atomic():
        given.stage_levels.create(stage="planning", level=level("inform"))
    with refused("experience_once"):
        Experience.objects.create(assessment=assessment, party=party, level=level("inform"))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("decision_has_reasons", {"reasons": "", "outcome": "returned"}),
        ("decision_confirms_a_level", {"reasons": "Yes", "outcome": "confirmed"}),
    ],
)
def test_decision_rules(world, name, fields):
    assessment = AssessmentFactory(partnership=world.partnership())
    with refused(name):
        AssessmentDecision.objects.create(assessment=assessment, decided_by=world.reviewer, **fields)


def test_returned_decision_names_no_level(world):
    assessment = AssessmentFactory(partnership=world.partnership())
    with refused("decision_confirms_a_level"):
        AssessmentDecision.objects.create(
            assessment=assessment,
            decided_by=world.reviewer,
            outcome="returned",
            reasons="No",
            level=level("inform"),
        )


def test_seat_once(world):
    table = CoordinationTableFactory()
    table.seats.create(organisation=world.partner)
    with refused("seat_once"):
        table.seats.create(organisation=world.partner)
