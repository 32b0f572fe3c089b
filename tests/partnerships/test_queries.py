"""As many queries for many rows as for one; of the lists tests/test_queries_of_lists.py asks that."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from partnerships.assessments.actions import put_forward_evidence, submit_assessment
from partnerships.assessments.experience import give_experience
from partnerships.models import Assessment
from partnerships.overview.territory import partnerships_of
from tests.factories import DomainFactory, OrganisationFactory
from tests.factories_partnerships import (
    ActivityFactory,
    AssessmentFactory,
    ContributionFactory,
    CoordinationTableFactory,
    PartyFactory,
    criterion,
    level,
    make_document,
    person_in,
)
from tests.partnerships.briefings import IN_TIME


def claimed_partnership(world, **fields):
    """With records, evidence, a claim and a view of a second partner."""
    second = OrganisationFactory(published=True)
    speaker = person_in(second, "owner")
    partnership = world.partnership(
        partners=[world.partner, second], domains=[DomainFactory(), DomainFactory()], **fields
    )
    add_records(partnership)
    draft = AssessmentFactory(partnership=partnership)
    briefing = ActivityFactory(partnership=partnership, **IN_TIME)
    for code in ("I1", "I2"):
        put_forward_evidence(assessment=draft, criterion=criterion(code), record=briefing, by=world.officer)
    party = partnership.parties.get(organisation=second)
    give_experience(assessment=draft, party=party, level=level("inform"), by=speaker)
    return submit_assessment(assessment=draft, claimed=level("inform"), by=world.officer)


def add_records(partnership):
    ActivityFactory(partnership=partnership)
    ContributionFactory(partnership=partnership)
    make_document(partnership, is_public=True)


def confirm(assessment):
    today = timezone.localdate()
    Assessment.objects.filter(pk=assessment.pk).update(
        state="confirmed",
        confirmed=assessment.claimed,
        confirmed_from=today,
        confirmed_until=today + datetime.timedelta(days=700),
    )


def queries(ask):
    ask()  # what is kept for the next time (content types, icons) is not counted
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask()
    return len(captured)


@pytest.mark.parametrize("who", [None, "officer", "owner", "reviewer"])
def test_detail(client, world, who):
    if who:
        client.force_login(world.people()[who])
    assessment = claimed_partnership(world)
    url = assessment.partnership.get_absolute_url()
    one = queries(lambda: client.get(url))
    for _number in range(4):
        add_records(assessment.partnership)
        organisation = OrganisationFactory(published=True)
        party = PartyFactory(partnership=assessment.partnership, organisation=organisation, answer="confirmed")
        give_experience(assessment=assessment, party=party, level=level("consult"), by=person_in(organisation, "owner"))
    assert queries(lambda: client.get(url)) == one


def test_desk_and_review(client, world):
    assessment = claimed_partnership(world)
    review = reverse("partnerships:assessment_review", args=[assessment.pk])
    client.force_login(world.reviewer)
    reviewed = queries(lambda: client.get(review))
    client.force_login(world.officer)
    read = queries(lambda: client.get(assessment.get_absolute_url()))
    for _number in range(4):
        add_records(assessment.partnership)
        briefing = ActivityFactory(partnership=assessment.partnership, **IN_TIME)
        assessment.evidence.create(criterion=criterion("I1"), activity=briefing)
    assert queries(lambda: client.get(assessment.get_absolute_url())) == read
    client.force_login(world.reviewer)
    assert queries(lambda: client.get(review)) == reviewed


def test_table(client, world):
    table = CoordinationTableFactory(territory=world.city, convenor=world.authority)
    table.seats.create(organisation=OrganisationFactory(published=True))
    url = table.get_absolute_url()
    one = queries(lambda: client.get(url))
    for _number in range(4):
        table.seats.create(organisation=OrganisationFactory(published=True))
    assert queries(lambda: client.get(url)) == one


def test_territory_block(world):
    confirm(claimed_partnership(world))
    today = timezone.localdate()
    one = queries(lambda: partnerships_of(world.city, world.officer, today))
    for _number in range(4):
        confirm(claimed_partnership(world))
    assert queries(lambda: partnerships_of(world.city, world.officer, today)) == one
