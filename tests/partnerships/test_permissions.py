"""Who gets where: every page of the app × every kind of person. `test_access.py` holds the same for the portal as a whole."""

import pytest
from django.urls import get_resolver, reverse
from django.utils import timezone

from partnerships import urls
from partnerships.assessments.actions import put_forward_evidence, submit_assessment
from partnerships.models import Assessment, Criterion, Meeting
from partnerships.permissions import (
    can_answer,
    can_edit_partnership,
    can_edit_table,
    can_give_experience,
    can_log_partnerships,
    can_review_assessment,
)
from partnerships.scales.actions import begin_version
from partnerships.vocabulary import PartnershipState
from tests.factories_partnerships import (
    ActivityFactory,
    AssessmentFactory,
    CoordinationTableFactory,
    PracticeFactory,
    criterion,
    current_scale,
    level,
    make_document,
)
from tests.partnerships.briefings import IN_TIME
from tests.partnerships.conftest import content_of

EVERYBODY = {
    "anonymous",
    "manager",
    "officer",
    "steward",
    "authority_viewer",
    "owner",
    "editor",
    "partner_viewer",
    "outsider",
    "other_officer",
    "reviewer",
    "own_reviewer",
    "far_reviewer",
    "administrator",
}
ACTING = {"manager", "officer", "own_reviewer"}  # the last is an officer of the authority, too
AUTHORITY = {*ACTING, "steward", "authority_viewer"}
SPEAKING = {"owner", "editor"}
PARTNER = {*SPEAKING, "partner_viewer"}
INSIDE = {*AUTHORITY, *PARTNER, "reviewer", "administrator"}
OFFICERS = {*ACTING, "other_officer"}
REVIEWERS = {"reviewer", "own_reviewer", "far_reviewer"}

# Name of the URL, what it is asked of, who gets 200.
PAGES = [
    ("partnership_list", (), EVERYBODY),
    ("partnership_add", (), OFFICERS),
    ("isolated_organisations", (), OFFICERS),
    ("partnership_detail", ("active",), EVERYBODY),
    ("partnership_detail", ("proposed",), INSIDE),
    ("partnership_detail", ("disputed",), INSIDE),
    ("partnership_detail", ("draft",), {*AUTHORITY, "administrator"}),
    ("partnership_edit", ("active",), ACTING),
    ("partnership_edit", ("draft",), ACTING),
    ("partnership_end", ("active",), ACTING),
    ("partnership_answer", ("proposed", "partner"), SPEAKING),
    ("partnership_answer", ("active", "partner"), SPEAKING),
    ("partnership_answer", ("draft", "partner"), set()),
    ("activity_add", ("active",), ACTING),
    ("contribution_add", ("active",), ACTING),
    ("document_add", ("active",), ACTING),
    ("document_download", ("active", "document"), INSIDE),
    ("record_edit", ("active", "family", "activity"), ACTING),
    ("record_delete", ("active", "family", "activity"), ACTING),
    ("assessment_add", ("active",), ACTING),
    ("assessment_detail", ("draft_assessment",), {*AUTHORITY, "administrator"}),
    ("assessment_detail", ("submitted",), INSIDE),
    ("experience_edit", ("draft_assessment", "partner"), SPEAKING),
    ("experience_edit", ("submitted", "partner"), SPEAKING),
    ("organisation_partnerships", ("partner",), EVERYBODY),
    ("assessment_queue", (), {*REVIEWERS, "administrator"}),
    ("assessment_review", ("submitted",), {"reviewer"}),
    ("assessment_review", ("draft_assessment",), set()),
    ("practice_list", (), EVERYBODY),
    ("practice_detail", ("practice",), EVERYBODY),
    ("practice_add", (), {*OFFICERS, "administrator"}),
    ("practice_link", ("practice",), OFFICERS),
    ("practice_edit", ("practice",), {"administrator"}),
    ("practice_delete", ("practice",), {"administrator"}),
    ("scale_list", (), {"administrator"}),
    ("scale_detail", ("scale",), {"administrator"}),
    ("scale_edit", ("scale",), {"administrator"}),
    ("scale_copy", ("scale",), {"administrator"}),
    ("scale_use", ("draft_scale",), {"administrator"}),
    ("scale_delete", ("draft_scale",), {"administrator"}),
    ("level_edit", ("scale", "level"), {"administrator"}),
    ("level_add", ("draft_scale",), {"administrator"}),
    ("level_add", ("scale",), set()),
    ("level_delete", ("draft_scale", "level"), {"administrator"}),
    ("level_delete", ("scale", "level"), set()),
    ("criterion_edit", ("scale", "criterion"), {"administrator"}),
    ("criterion_add", ("draft_scale", "level"), {"administrator"}),
    ("criterion_add", ("scale", "level"), set()),
    ("criterion_delete", ("draft_scale", "draft_criterion"), {"administrator"}),
    ("criterion_delete", ("scale", "criterion"), set()),
    ("table_list", (), EVERYBODY),
    ("table_detail", ("table",), EVERYBODY),
    ("table_add", (), OFFICERS),
    ("seat_add", ("table",), ACTING),
    ("meeting_add", ("table",), ACTING),
    ("meeting_edit", ("table", "meeting"), ACTING),
]
# Those that only take a POST, and who is let through: anybody else is refused before anything happens.
BUTTONS = [
    ("partnership_propose", ("draft",), ACTING),
    ("partnership_delete", ("draft",), ACTING),
    ("assessment_evidence", ("draft_assessment",), ACTING),
    ("assessment_discard", ("draft_assessment",), ACTING),
    ("assessment_review", ("submitted",), {"reviewer"}),
]


def words(value):
    """Names of the cases. A set has no order, so it is left out of them."""
    return "" if isinstance(value, set) else value if isinstance(value, str) else "-".join(value)


@pytest.fixture
def things(world):
    """What the pages are about, by the words of the table."""
    partnerships = {state: world.partnership(state=state) for state in PartnershipState if state != "ended"}
    active = partnerships["active"]
    document = make_document(active)
    draft = AssessmentFactory(partnership=active)
    other = world.partnership()
    briefing = ActivityFactory(partnership=other, **IN_TIME)
    submitted = AssessmentFactory(partnership=other)
    for code in ("I1", "I2"):
        put_forward_evidence(assessment=submitted, criterion=criterion(code), record=briefing, by=world.officer)
    submit_assessment(assessment=submitted, claimed=level("inform"), by=world.officer)
    table = CoordinationTableFactory(convenor=world.authority)
    draft_scale = begin_version(scale=current_scale(), names={"name_en": "Next"}, by=world.administrator)
    return {
        **{state: one.reference for state, one in partnerships.items()},
        "partner": world.partner.slug,
        "document": document.pk,
        "family": "activity",
        "activity": ActivityFactory(partnership=active).pk,
        "draft_assessment": draft.pk,
        "submitted": submitted.pk,
        "practice": PracticeFactory().slug,
        "scale": current_scale().code,
        "level": "inform",
        "criterion": criterion("I1").pk,
        "draft_scale": draft_scale.code,
        "draft_criterion": Criterion.objects.get(level__scale=draft_scale, code="I1").pk,
        "table": table.slug,
        "meeting": Meeting.objects.create(table=table, held_on="2024-03-05", agenda="Housing").pk,
    }


def test_who_sees_which_page(client, world, things):
    """The whole table in one world: building it costs more than asking."""
    urls = {
        (name, about): reverse(f"partnerships:{name}", args=[things[word] for word in about])
        for name, about, _expected in PAGES
    }
    found = {key: set() for key in urls}
    for person in EVERYBODY:
        client.logout()
        if person != "anonymous":
            client.force_login(world.people()[person])
        for key, url in urls.items():
            response = client.get(url)
            if response.streaming:
                content_of(response)
            assert response.status_code in (200, 302, 403, 404), (person, key)
            if response.status_code == 302:
                assert person == "anonymous", (person, key)
                assert "/accounts/login/" in response["Location"]
            if response.status_code == 200:
                found[key].add(person)
    assert found == {(name, about): expected for name, about, expected in PAGES}


@pytest.mark.parametrize(("name", "about", "expected"), BUTTONS, ids=words)
def test_who_presses_a_button(client, world, things, name, about, expected, monkeypatch):
    url = reverse(f"partnerships:{name}", args=[things[word] for word in about])
    before = list(Assessment.objects.order_by("pk").values_list("pk", "state"))
    refused = EVERYBODY - expected
    for person in refused:
        client.logout()
        if person != "anonymous":
            client.force_login(world.people()[person])
        response = client.post(url)
        assert response.status_code in (302, 403, 404)
        assert response.status_code != 302 or "/accounts/login/" in response["Location"]
    assert list(Assessment.objects.order_by("pk").values_list("pk", "state")) == before
    client.force_login(world.people()[sorted(expected)[0]])
    assert client.post(url).status_code in (200, 302)


def test_every_url_is_in_the_tables():
    named = {pattern.name for pattern in get_resolver(urls).url_patterns}
    assert named == {name for name, _about, _expected in [*PAGES, *BUTTONS]}


PREDICATES = [
    (lambda world, things: can_log_partnerships, OFFICERS),
    (lambda world, things: lambda user: can_edit_partnership(user, things["partnership"]), ACTING),
    (lambda world, things: lambda user: can_answer(user, things["party"]), SPEAKING),
    (lambda world, things: lambda user: can_give_experience(user, things["party"]), SPEAKING),
    (lambda world, things: lambda user: can_review_assessment(user, things["assessment"]), {"reviewer"}),
    (lambda world, things: lambda user: can_edit_table(user, things["table"]), ACTING),
]


@pytest.mark.parametrize(("predicate", "expected"), PREDICATES)
def test_predicates(world, predicate, expected):
    partnership = world.partnership()
    things = {
        "partnership": partnership,
        "party": world.party(partnership),
        "assessment": AssessmentFactory(partnership=partnership),
        "table": CoordinationTableFactory(convenor=world.authority),
    }
    may = predicate(world, things)
    assert {name for name, person in world.people().items() if may(person)} == expected


def test_ended_membership_and_appointment_open_nothing(client, world, things):
    now = timezone.now()
    world.officer.memberships.update(ended_at=now)
    world.owner.memberships.update(ended_at=now)
    world.reviewer.reviewer_appointments.update(ends_at=now)
    partnership = world.partnership()
    assessment = AssessmentFactory(partnership=partnership)
    assert not can_edit_partnership(world.officer, partnership)
    assert not can_answer(world.owner, world.party(partnership))
    assert not can_review_assessment(world.reviewer, assessment)
    client.force_login(world.officer)
    assert client.get(reverse("partnerships:partnership_detail", args=[things["draft"]])).status_code == 404
