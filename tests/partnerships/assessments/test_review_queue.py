"""Engagement levels to review are among what reviewers are told of each day; where none of them may decide, administrators are."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.models import OrganisationMerge, ReviewerAppointment
from orgs.review_queues import queues
from orgs.reviewers.workload import places_without_reviewer, with_workload
from orgs.tasks import send_reviewer_digests
from tests.factories import MembershipFactory, OrganisationFactory
from tests.factories_partnerships import AssessmentFactory, level
from tests.pages import words_of

pytestmark = pytest.mark.django_db
QUEUE = reverse("partnerships:assessment_queue")


def claimed(world, **fields):
    return AssessmentFactory(
        partnership=world.partnership(title="Desk"),
        state="submitted",
        claimed=level("inform"),
        submitted_at=timezone.now() - datetime.timedelta(hours=1),
        **fields,
    )


def levels():
    [queue] = [queue for queue in queues() if queue.url_name == "partnerships:assessment_queue"]
    return queue


def told():
    """Whoever is told of a level to review."""
    send_reviewer_digests()
    return {mail.to[0] for mail in Email.objects.all() if "Engagement levels to review: 1" in mail.message}


def test_only_reviewers_who_belong_to_no_party_are_told_of_a_level_to_review(world):
    claimed(world)
    AssessmentFactory(partnership=world.partnership())
    assert told() == {world.reviewer.email}
    mail = Email.objects.get(to=world.reviewer.email)
    assert QUEUE in mail.message


@pytest.mark.parametrize("side", ["authority", "partner"])
@pytest.mark.parametrize("part", ["left", "merged"])
def test_administrators_are_told_where_every_reviewer_belongs_or_belonged_to_a_party(world, side, part):
    claimed(world)
    assert not levels().rows.without_reviewer().exists()
    party = getattr(world, side)
    was_of = OrganisationFactory() if part == "merged" else party
    MembershipFactory(user=world.reviewer, organisation=was_of, role="viewer")
    world.reviewer.memberships.update(ended_at=timezone.now())
    if part == "merged":
        OrganisationMerge.objects.create(kept=party, gone=was_of, reason="One", merged_by=world.administrator)
    assert levels().rows.without_reviewer().count() == 1
    assert {place.territory: place.number for place in places_without_reviewer()} == {world.district: 1}
    assert told() == {world.administrator.email}
    found = {one.user: one.to_review for one in with_workload(ReviewerAppointment.objects.select_related("user"))}
    assert set(found.values()) == {0}, "the workload knows it too"


def test_workload_counts_levels_to_review(world):
    claim = claimed(world)
    found = {one.user: one for one in with_workload(ReviewerAppointment.objects.select_related("user"))}
    assert {user: one.to_review for user, one in found.items() if one.to_review} == {world.reviewer: 1}
    assert found[world.reviewer].oldest == claim.submitted_at


def test_administrator_reads_the_queue_and_is_led_to_the_claim_and_not_to_a_decision(client, world):
    claim = claimed(world)
    client.force_login(world.administrator)
    assert QUEUE in client.get(reverse("orgs:review_queue")).content.decode()
    body = client.get(QUEUE).content.decode()
    assert claim.get_absolute_url() in body
    review = reverse("partnerships:assessment_review", args=[claim.pk])
    assert review not in body
    assert "Administrators see all of them" in words_of(body)
    client.force_login(world.reviewer)
    body = client.get(QUEUE).content.decode()
    assert review in body
    assert "Administrators see all of them" not in words_of(body)


def test_administrator_who_belongs_to_a_party_finds_nothing_of_it_in_the_queue(client, world):
    claim = claimed(world)
    MembershipFactory(user=world.administrator, organisation=world.partner, role="viewer")
    client.force_login(world.administrator)
    assert claim.get_absolute_url() not in client.get(QUEUE).content.decode()
