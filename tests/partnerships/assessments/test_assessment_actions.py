import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.models import Membership
from partnerships.assessments.actions import (
    begin_assessment,
    discard_assessment,
    put_forward_evidence,
    submit_assessment,
    withdraw_evidence,
)
from partnerships.assessments.experience import give_experience
from partnerships.assessments.review import Verdict, decide_assessment, years_after
from partnerships.models import Assessment, AssessmentDecision, Evidence, Experience
from partnerships.permissions import can_review_assessment
from partnerships.records.actions import remove_record, revise_record
from partnerships.vocabulary import AssessmentState, PartnershipState, PartyAnswer
from tests.factories import MembershipFactory
from tests.factories_partnerships import (
    ActivityFactory,
    ContributionFactory,
    PartyFactory,
    criterion,
    level,
    make_document,
)
from tests.partnerships.briefings import IN_TIME
from tests.partnerships.conftest import PERIOD

State, Outcome = AssessmentState, AssessmentDecision.Outcome


def stored(assessment):
    return Assessment.objects.get(pk=assessment.pk)


def put(assessment, code, record, by):
    return put_forward_evidence(assessment=assessment, criterion=criterion(code), record=record, by=by)


@pytest.fixture
def draft(world):
    return begin_assessment(partnership=world.partnership(), by=world.officer, **PERIOD)


@pytest.fixture
def informing(draft, world):
    """A draft whose evidence supports "inform"."""
    briefing = ActivityFactory(partnership=draft.partnership, **IN_TIME)
    put(draft, "I1", briefing, world.officer)
    put(draft, "I2", briefing, world.officer)
    return draft


@pytest.fixture
def consulting(informing, world):
    """A draft whose evidence supports "consult"."""
    put(informing, "C1", ActivityFactory(partnership=informing.partnership, kind="hearing"), world.officer)
    put(informing, "C2", make_document(informing.partnership, kind="written_answer"), world.officer)
    return informing


@pytest.fixture
def submitted(consulting, world):
    return submit_assessment(assessment=consulting, claimed=level("consult"), by=world.officer)


def verdicts(assessment, **rejected):
    return {
        piece.pk: Verdict(piece.criterion.code not in rejected, rejected.get(piece.criterion.code, ""))
        for piece in assessment.evidence.all()
    }


def decide(assessment, by, outcome=Outcome.CONFIRMED, reasons="Checked.", **rejected):
    return decide_assessment(
        assessment=assessment, verdicts=verdicts(assessment, **rejected), outcome=outcome, reasons=reasons, by=by
    )


# Beginning


def test_begun_assessment_asks_the_partners_for_their_view(draft, world):
    assert (draft.state, draft.scale.code, draft.claimed) == (State.DRAFT, "gfmd-2017", None)
    emails = Email.objects.filter(subject__startswith="How was it for you?")
    assert sorted(emails.values_list("to", flat=True)) == sorted([[world.owner.email], [world.editor.email]])


def test_one_assessment_is_open_at_a_time(draft, world):
    with pytest.raises(ValidationError, match="being assessed already"):
        begin_assessment(
            partnership=draft.partnership,
            starts_on=datetime.date(2025, 2, 1),
            ends_on=datetime.date(2025, 3, 1),
            by=world.officer,
        )


@pytest.mark.parametrize("state", [PartnershipState.DRAFT, PartnershipState.PROPOSED, PartnershipState.DISPUTED])
def test_what_is_not_confirmed_is_not_assessed(world, state):
    with pytest.raises(ValidationError, match="once its partners have confirmed"):
        begin_assessment(partnership=world.partnership(state=state), by=world.officer, **PERIOD)


def test_period_lies_in_the_past_and_within_the_partnership(world):
    partnership = world.partnership()
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    with pytest.raises(ValidationError, match="today or before"):
        begin_assessment(partnership=partnership, starts_on=PERIOD["starts_on"], ends_on=tomorrow, by=world.officer)
    with pytest.raises(ValidationError, match="had not begun"):
        begin_assessment(
            partnership=partnership,
            starts_on=datetime.date(2023, 1, 1),
            ends_on=datetime.date(2023, 12, 31),
            by=world.officer,
        )
    with pytest.raises(ValidationError, match="ends after it starts"):
        begin_assessment(
            partnership=partnership,
            starts_on=datetime.date(2025, 5, 1),
            ends_on=datetime.date(2025, 5, 1),
            by=world.officer,
        )


# Evidence


def test_evidence_put_forward_twice_stands_once(draft, world):
    briefing = ActivityFactory(partnership=draft.partnership)
    assert put(draft, "I1", briefing, world.officer) == put(draft, "I1", briefing, world.officer)
    assert draft.evidence.count() == 1


def test_evidence_withdrawn_twice_is_gone_once(draft, world):
    piece = put(draft, "I1", ActivityFactory(partnership=draft.partnership), world.officer)
    withdraw_evidence(evidence=Evidence.objects.get(pk=piece.pk), by=world.officer)
    withdraw_evidence(evidence=piece, by=world.officer)
    assert not draft.evidence.exists()


def test_record_that_cannot_serve_is_refused_with_the_reason(draft, world):
    partnership = draft.partnership
    cases = [
        ("I1", ActivityFactory(partnership=partnership, kind="survey"), "not of the right kind"),
        (
            "I1",
            ActivityFactory(partnership=partnership, held_on=datetime.date(2024, 1, 1)),
            "outside the assessed period",
        ),
        ("I2", ActivityFactory(partnership=partnership), "in which language"),
        ("I2", ActivityFactory(partnership=partnership, languages="Arabic"), "later date of the decision"),
        ("L1", make_document(partnership, kind="agreement"), "signed by all"),
        (
            "E1",
            ContributionFactory(
                partnership=partnership, kind="money", amount=100, giver=world.partner, receiver=world.authority
            ),
            "not given by the authority",
        ),
    ]
    for code, record, reason in cases:
        with pytest.raises(ValidationError, match=reason):
            put(draft, code, record, world.officer)
    assert not draft.evidence.exists()


def test_money_between_partners_is_no_support_of_the_authority(draft, world):
    PartyFactory(partnership=draft.partnership, organisation=world.other, answer=PartyAnswer.CONFIRMED)
    gift = ContributionFactory(
        partnership=draft.partnership, kind="money", amount=10, giver=world.other, receiver=world.partner
    )
    with pytest.raises(ValidationError, match="not given by the authority"):
        put(draft, "E1", gift, world.officer)


def test_evidence_of_another_partnership_is_refused(draft, world):
    with pytest.raises(ValidationError, match="another partnership"):
        put(draft, "I1", ActivityFactory(), world.officer)


def test_evidence_is_fixed_once_submitted(submitted, world):
    piece = submitted.evidence.first()
    with pytest.raises(ValidationError, match="has been submitted"):
        withdraw_evidence(evidence=piece, by=world.officer)
    with pytest.raises(ValidationError, match="has been submitted"):
        put(submitted, "I1", ActivityFactory(partnership=submitted.partnership), world.officer)
    with pytest.raises(ValidationError, match="stays as it is"):
        revise_record(record=piece.record, by=world.officer)


def test_record_that_is_evidence_cannot_be_removed(informing, world):
    with pytest.raises(ValidationError, match="stands as evidence"):
        remove_record(record=informing.evidence.first().record, by=world.officer)


def test_mended_record_loses_the_verdict_of_an_earlier_round(submitted, world):
    decide(submitted, world.reviewer, outcome=Outcome.RETURNED)
    piece = submitted.evidence.get(criterion__code="C1")
    assert piece.is_accepted
    piece.record.title = "Another hearing"
    revise_record(record=piece.record, by=world.officer)
    assert submitted.evidence.get(criterion__code="C1").is_accepted is None


# The claim


def test_claim_above_its_evidence_is_refused_and_the_missing_criterion_is_named(informing, world):
    with pytest.raises(ValidationError, match=r"Missing: C1 .*, C2 Answer given"):
        submit_assessment(assessment=informing, claimed=level("consult"), by=world.officer)
    assert stored(informing).state == State.DRAFT


def test_claim_for_a_stage_is_held_by_the_same_rule(consulting, world):
    with pytest.raises(ValidationError, match=r"Planning: .*“Involve”.*V1 Direct work over time"):
        submit_assessment(
            assessment=consulting,
            claimed=level("consult"),
            stage_levels={"planning": level("involve")},
            by=world.officer,
        )
    with pytest.raises(ValidationError, match="Evaluation: no evidence of this stage"):
        submit_assessment(
            assessment=consulting,
            claimed=level("consult"),
            stage_levels={"evaluation": level("inform")},
            by=world.officer,
        )
    submit_assessment(
        assessment=consulting, claimed=level("consult"), stage_levels={"planning": level("consult")}, by=world.officer
    )
    assert consulting.stage_levels.get().claimed == level("consult")


def test_claim_below_its_evidence_is_taken(consulting, world):
    submit_assessment(assessment=consulting, claimed=level("inform"), statement="Modest.", by=world.officer)
    assessment = stored(consulting)
    assert (assessment.state, assessment.claimed.code, assessment.promised.code) == (
        State.SUBMITTED,
        "inform",
        "involve",
    )
    assert assessment.submitted_by == world.officer


def test_submitting_twice_is_refused(submitted, world):
    with pytest.raises(ValidationError, match="already been submitted"):
        submit_assessment(assessment=submitted, claimed=level("consult"), by=world.officer)


def test_draft_is_discarded_unless_a_partner_has_spoken(draft, world):
    give_experience(assessment=draft, party=world.party(draft.partnership), level=level("inform"), by=world.owner)
    with pytest.raises(ValidationError, match="already given its view"):
        discard_assessment(assessment=draft, by=world.officer)
    Experience.objects.all().delete()
    discard_assessment(assessment=draft, by=world.officer)
    assert not Assessment.objects.filter(pk=draft.pk).exists()


# The partner's view


def test_view_is_given_before_and_after_the_claim_and_can_be_changed(draft, world):
    party = world.party(draft.partnership)
    give_experience(
        assessment=draft,
        party=party,
        level=level("inform"),
        stage_levels={"planning": level("consult")},
        by=world.owner,
    )
    give_experience(assessment=draft, party=party, level=level("consult"), comment="Better.", by=world.editor)
    experience = Experience.objects.get()
    assert (experience.level.code, experience.comment, experience.given_by) == ("consult", "Better.", world.editor)
    assert not experience.stage_levels.exists()


def test_view_of_another_is_refused(draft, world):
    party = world.party(draft.partnership)
    for person in (world.partner_viewer, world.outsider, world.officer, world.reviewer, world.administrator):
        with pytest.raises(ValidationError, match="Only the organisation itself"):
            give_experience(assessment=draft, party=party, level=level("inform"), by=person)
    foreign = PartyFactory(answer=PartyAnswer.CONFIRMED)
    with pytest.raises(ValidationError, match="not a party"):
        give_experience(assessment=draft, party=foreign, level=level("inform"), by=world.owner)
    assert not Experience.objects.exists()


def test_views_are_closed_when_a_level_is_confirmed(submitted, world):
    decide(submitted, world.reviewer)
    with pytest.raises(ValidationError, match="Views are closed"):
        give_experience(
            assessment=submitted, party=world.party(submitted.partnership), level=level("inform"), by=world.owner
        )


# The decision


def test_level_follows_from_the_accepted_evidence_and_holds_two_years(submitted, world):
    Email.objects.all().delete()
    decision = decide(submitted, world.reviewer, C2="Says nothing of what was not taken up.")
    assessment = stored(submitted)
    today = timezone.localdate()
    assert (assessment.state, assessment.confirmed, decision.level) == (
        State.CONFIRMED,
        level("inform"),
        level("inform"),
    )
    assert (assessment.confirmed_from, assessment.confirmed_until) == (today, years_after(today, 2))
    rejected = assessment.evidence.get(criterion__code="C2")
    assert (rejected.is_accepted, rejected.comment) == (False, "Says nothing of what was not taken up.")
    told = {to for (to,) in Email.objects.values_list("to", flat=True)}
    assert {world.officer.email, world.manager.email, world.owner.email, world.editor.email} <= told
    assert world.steward.email not in told
    assert "Confirmed: Inform" in Email.objects.get(to=world.owner.email).subject


@pytest.mark.parametrize(
    ("date", "last_day"),
    [
        (datetime.date(2026, 11, 23), datetime.date(2028, 11, 22)),
        (datetime.date(2028, 2, 29), datetime.date(2030, 2, 28)),
        (datetime.date(2026, 1, 1), datetime.date(2027, 12, 31)),
    ],
)
def test_two_years_are_two_years(date, last_day):
    assert years_after(date, 2) == last_day


def test_confirmed_level_lapses_by_itself(submitted, world):
    decide(submitted, world.reviewer)
    today = timezone.localdate()
    last_day = years_after(today, 2)
    holding = Assessment.objects.confirmed_on
    assert list(holding(today)) == list(holding(last_day)) == [submitted]
    assert not holding(last_day + datetime.timedelta(days=1)).exists()
    assert not holding(today - datetime.timedelta(days=1)).exists()


def test_stage_levels_are_confirmed_from_the_accepted_evidence(consulting, world):
    submit_assessment(
        assessment=consulting, claimed=level("consult"), stage_levels={"planning": level("consult")}, by=world.officer
    )
    decide(consulting, world.reviewer, C2="No.")
    assert consulting.stage_levels.get().confirmed == level("inform")


def test_confirming_judges_every_piece(submitted, world):
    some = dict(list(verdicts(submitted).items())[:2])
    with pytest.raises(ValidationError, match="Not judged yet"):
        decide_assessment(
            assessment=submitted, verdicts=some, outcome=Outcome.CONFIRMED, reasons="Fine.", by=world.reviewer
        )
    assert stored(submitted).state == State.SUBMITTED


def test_nothing_accepted_cannot_be_confirmed(submitted, world):
    with pytest.raises(ValidationError, match="supports no level"):
        decide(submitted, world.reviewer, I1="No.", I2="No.")
    assert stored(submitted).state == State.SUBMITTED


def test_decision_has_reasons(submitted, world):
    with pytest.raises(ValidationError, match="Give your reasons"):
        decide(submitted, world.reviewer, reasons="  ")


def test_returned_with_reasons_then_resubmitted(submitted, world):
    decide(submitted, world.reviewer, outcome=Outcome.RETURNED, reasons="The answer is missing.")
    assert stored(submitted).state == State.RETURNED
    assert "The answer is missing." in Email.objects.filter(subject__startswith="Returned").first().message
    submit_assessment(assessment=submitted, claimed=level("inform"), by=world.officer)
    decide(submitted, world.reviewer)
    assert stored(submitted).confirmed.code == "consult"
    assert [decision.outcome for decision in submitted.decisions.all()] == ["confirmed", "returned"]


def test_deciding_twice_is_refused(submitted, world):
    decide(submitted, world.reviewer)
    with pytest.raises(ValidationError, match="does not need"):
        decide(submitted, world.reviewer)
    assert submitted.decisions.count() == 1


def test_nobody_decides_on_their_own_or_elsewhere(submitted, world):
    for person in (
        world.own_reviewer,
        world.far_reviewer,
        world.administrator,
        world.officer,
        world.owner,
        world.outsider,
    ):
        with pytest.raises(PermissionDenied):
            decide(submitted, person)
    assert stored(submitted).state == State.SUBMITTED


@pytest.mark.parametrize("side", ["authority", "partner"])
@pytest.mark.parametrize("part", ["had left before", "leaves for a minute", "joins afterwards"])
def test_whoever_ever_belonged_to_a_party_decides_nothing(client, submitted, world, side, part):
    """Neither by list, predicate, page nor action; and what only its reviewers read, they read no more."""
    organisation, reviewer = getattr(world, side), world.reviewer
    client.force_login(reviewer)
    if part == "joins afterwards":
        assert client.get(reverse("partnerships:assessment_review", args=[submitted.pk])).status_code == 200
    membership = MembershipFactory(user=reviewer, organisation=organisation, role=Membership.Role.VIEWER)
    if part != "joins afterwards":
        Membership.objects.filter(pk=membership.pk).update(ended_at=timezone.now())
    assert not Assessment.objects.reviewable_by(reviewer).exists()
    assert not can_review_assessment(reviewer, submitted)
    assert client.get(reverse("partnerships:assessment_review", args=[submitted.pk])).status_code in (403, 404)
    assert submitted.partnership.title not in client.get(reverse("partnerships:assessment_queue")).content.decode()
    with pytest.raises(PermissionDenied):
        decide(submitted, reviewer)
    assert stored(submitted).state == State.SUBMITTED
    assert not submitted.decisions.exists()


def test_assessment_keeps_its_scale(submitted, world, scale):
    scale.is_current = False
    scale.save()
    decide(submitted, world.reviewer)
    assert stored(submitted).scale == scale
