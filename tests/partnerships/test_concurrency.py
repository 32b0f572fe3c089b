"""Two people at the same moment, each in a transaction of their own."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from post_office.models import Email

from partnerships.agreements.actions import answer_partnership, propose_partnership
from partnerships.assessments.actions import put_forward_evidence, submit_assessment
from partnerships.assessments.review import Verdict, decide_assessment
from partnerships.models import Partnership
from partnerships.vocabulary import PartnershipState, PartyAnswer
from tests.factories import OrganisationFactory, ReviewerFactory
from tests.factories_partnerships import ActivityFactory, AssessmentFactory, criterion, level, person_in
from tests.partnerships.briefings import IN_TIME
from tests.partnerships.conftest import make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    """Which both people see."""
    return make_world()


def at_once(*acts):
    """Starts all of them together; what each returned or refused with."""
    barrier = threading.Barrier(len(acts))
    outcomes = [None] * len(acts)

    def run(number, act):
        try:
            barrier.wait(timeout=20)
            outcomes[number] = act()
        except ValidationError as refusal:
            outcomes[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def refusals(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, ValidationError)]


def test_two_reviewers_deciding_at_once_leave_one_decision(world):
    assessment = AssessmentFactory(partnership=world.partnership())
    briefing = ActivityFactory(partnership=assessment.partnership, **IN_TIME)
    for code in ("I1", "I2"):
        put_forward_evidence(assessment=assessment, criterion=criterion(code), record=briefing, by=world.officer)
    submit_assessment(assessment=assessment, claimed=level("inform"), by=world.officer)
    verdicts = {piece.pk: Verdict(True) for piece in assessment.evidence.all()}
    second = ReviewerFactory(territory=world.city)

    def decide(by, outcome):
        return lambda: decide_assessment(
            assessment=assessment, verdicts=verdicts, outcome=outcome, reasons="Checked.", by=by
        )

    outcomes = at_once(decide(world.reviewer, "confirmed"), decide(second, "returned"))
    assert len(refusals(outcomes)) == 1
    assert assessment.decisions.count() == 1


def test_two_officers_asking_at_once_write_one_letter_each(world):
    partnership = world.partnership(state=PartnershipState.DRAFT)

    def propose(by):
        return lambda: propose_partnership(partnership=partnership, by=by)

    assert len(refusals(at_once(propose(world.officer), propose(world.manager)))) == 1
    assert Email.objects.filter(to=world.owner.email).count() == 1


def test_last_two_partners_confirming_at_once_make_it_active(world):
    """Each sees the other's answer, whichever comes first."""
    second = OrganisationFactory(published=True)
    speaker = person_in(second, "owner")
    partnership = world.partnership(state=PartnershipState.PROPOSED, partners=[world.partner, second])

    def confirm(organisation, by):
        party = partnership.parties.get(organisation=organisation)
        return lambda: answer_partnership(party=party, answer=PartyAnswer.CONFIRMED, by=by)

    assert not refusals(at_once(confirm(world.partner, world.owner), confirm(second, speaker)))
    assert Partnership.objects.get(pk=partnership.pk).state == PartnershipState.ACTIVE


def test_same_evidence_put_forward_at_once_stands_once(world):
    assessment = AssessmentFactory(partnership=world.partnership())
    briefing = ActivityFactory(partnership=assessment.partnership)
    first = criterion("I1")

    def put(by):
        return lambda: put_forward_evidence(assessment=assessment, criterion=first, record=briefing, by=by)

    assert not refusals(at_once(put(world.officer), put(world.manager)))
    assert assessment.evidence.count() == 1
