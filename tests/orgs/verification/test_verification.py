import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.ladders import Rung, standing
from orgs.models import Membership, Organisation, OrganisationContact, Verification
from orgs.permissions import can_review_verification
from orgs.verification import actions as verification_actions
from orgs.verification.checklist import CHECKLIST, LADDER, Answer
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)

FIRST_TIER = {"reachable", "purpose", "territory"}


def answers(*met, comment=""):
    return {question.code: Answer(question.code in met, comment) for question in CHECKLIST}


def typed(*met, outcome="verified", reasons="", seen=""):
    data = {"outcome": outcome, "reasons": reasons, "seen": seen}
    for question in CHECKLIST:
        data[f"answer_{question.code}"] = "yes" if question.code in met else "no"
        data[f"comment_{question.code}"] = f"about {question.code}"
    return data


@pytest.fixture
def waiting(raval):
    verification = VerificationFactory(organisation__territory=raval, organisation__name="Waiting")
    MembershipFactory(organisation=verification.organisation)
    return verification


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


def seen(client, verification):
    """What the form carries of what its reader saw."""
    return client.get(page(verification)).context["form"]["seen"].value()


def page(verification):
    return reverse("orgs:verification_review", args=[verification.pk])


def test_standing_names_what_caps_it():
    ladder = [Rung("low", ["a", "b"]), Rung("high", ["c"])]
    assert standing(ladder, {"a"}) == (None, ["b"])
    assert standing(ladder, {"a", "b"}) == ("low", ["c"])
    assert standing(ladder, {"c"}) == (None, ["a", "b"]), "a higher rung does not stand without the lower"
    assert standing(ladder, {"a", "b", "c"}) == ("high", [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("met", "tier"),
    [
        (FIRST_TIER, "contact"),
        (FIRST_TIER | {"two_years", "accounts"}, "contact"),
        (FIRST_TIER | {"documented"}, "documented"),
        (FIRST_TIER | {"documented", "two_years"}, "documented"),
        (FIRST_TIER | {"documented", "two_years", "accounts"}, "established"),
    ],
)
def test_tier_follows_from_the_answers(waiting, reviewer, met, tier):
    verification_actions.decide_verification(
        verification=waiting, outcome="verified", answers=answers(*met), by=reviewer
    )
    waiting.refresh_from_db()
    organisation = waiting.organisation
    organisation.refresh_from_db()
    assert (waiting.state, waiting.tier, waiting.reviewer) == ("verified", tier, reviewer)
    assert (organisation.tier, organisation.verified_at) == (tier, waiting.decided_at)
    assert organisation in Organisation.objects.published()
    assert {answer.question for answer in waiting.answers.filter(is_met=True)} == met
    email = Email.objects.get()
    assert email.to == [organisation.memberships.get().user.email]
    assert "Waiting is verified" in email.subject


@pytest.mark.django_db
def test_without_the_first_tier_nothing_is_verified(waiting, reviewer):
    with pytest.raises(ValidationError, match="The contact given was reached"):
        verification_actions.decide_verification(
            verification=waiting, outcome="verified", answers=answers("purpose", "territory", "documented"), by=reviewer
        )
    assert not waiting.answers.exists()


@pytest.mark.django_db
def test_return_needs_reasons_and_reaches_the_owner(client, waiting, reviewer):
    with pytest.raises(ValidationError):
        verification_actions.decide_verification(
            verification=waiting, outcome="returned", answers={}, reasons=" ", by=reviewer
        )
    client.force_login(reviewer)
    body = client.post(page(waiting), typed(outcome="returned", seen=seen(client, waiting))).content.decode()
    assert "Say why you send it back" in body
    assert (
        client.post(
            page(waiting), typed(outcome="returned", reasons="Say what you do & where.", seen=seen(client, waiting))
        ).status_code
        == 302
    )
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reasons) == ("returned", "Say what you do & where.")
    assert "Say what you do & where." in Email.objects.get().message
    assert not Organisation.objects.published().exists()

    owner = waiting.organisation.memberships.get().user
    client.force_login(owner)
    organisation_page = waiting.organisation.get_absolute_url()
    assert "Say what you do &amp; where." in client.get(organisation_page).content.decode()
    edit = reverse("orgs:organisation_edit", args=[waiting.organisation.slug])
    profile = {
        "name": "Waiting",
        "kind": "association",
        "territory": "el Raval",
        "description": "Now said.",
        "version": "1",
    }
    assert client.post(edit, profile).status_code == 302
    client.post(reverse("orgs:organisation_submit", args=[waiting.organisation.slug]))
    again = Verification.objects.waiting().get()
    assert again.organisation == waiting.organisation

    client.force_login(reviewer)
    body = client.get(page(again)).content.decode()
    assert "Say what you do &amp; where." in body, "the last decision"
    assert "Now said." in body
    assert "–</del>" in body, "and what has changed since"
    client.post(page(again), typed(*FIRST_TIER, seen=seen(client, again)))
    assert Organisation.objects.published().get() == waiting.organisation


@pytest.mark.django_db
def test_sending_twice_is_refused_in_words(waiting):
    owner = waiting.organisation.memberships.get().user
    with pytest.raises(ValidationError, match="already being reviewed"):
        verification_actions.submit_for_verification(organisation=waiting.organisation, by=owner)
    assert Verification.objects.count() == 1


@pytest.mark.django_db
def test_outsider_cannot_send(waiting):
    with pytest.raises(PermissionDenied):
        verification_actions.submit_for_verification(organisation=OrganisationFactory(), by=UserFactory())


@pytest.mark.django_db
@pytest.mark.parametrize("has_left", [False, True])
@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_nobody_reviews_an_own_organisation(client, waiting, reviewer, role, has_left):
    """Neither in the list, nor by the predicate, nor by the page, nor by the action; and leaving it does not help."""
    membership = MembershipFactory(organisation=waiting.organisation, user=reviewer, role=role)
    if has_left:
        Membership.objects.filter(pk=membership.pk).update(ended_at=timezone.now())
    assert not Verification.objects.reviewable_by(reviewer).exists()
    assert not can_review_verification(reviewer, waiting)
    client.force_login(reviewer)
    assert client.get(page(waiting)).status_code == 404
    assert client.post(page(waiting), typed(*FIRST_TIER)).status_code == 404
    assert "Waiting" not in client.get(reverse("orgs:review_queue")).content.decode()
    with pytest.raises(PermissionDenied):
        verification_actions.decide_verification(
            verification=waiting, outcome="verified", answers=answers(*FIRST_TIER), by=reviewer
        )
    waiting.refresh_from_db()
    assert waiting.state == Verification.State.SUBMITTED


@pytest.mark.django_db
def test_reviewer_of_another_place_or_of_the_past_decides_nothing(client, waiting, city):
    elsewhere = ReviewerFactory(territory=TerritoryFactory())
    former = UserFactory()
    ReviewerAppointmentFactory(
        user=former, territory=city, starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now()
    )
    for user in (elsewhere, former, UserFactory()):
        with pytest.raises(PermissionDenied):
            verification_actions.decide_verification(
                verification=waiting, outcome="verified", answers=answers(*FIRST_TIER), by=user
            )
    client.force_login(elsewhere)
    assert client.get(page(waiting)).status_code == 404


@pytest.mark.django_db
def test_administrator_reads_and_does_not_decide(client, waiting):
    client.force_login(UserFactory(is_staff=True))
    body = client.get(page(waiting)).content.decode()
    assert "A reviewer of its territory" in body
    assert client.post(page(waiting), typed(*FIRST_TIER)).status_code == 403


@pytest.mark.django_db
def test_queue_is_oldest_first_and_for_reviewers(client, waiting, reviewer, raval):
    newer = VerificationFactory(organisation__territory=raval, organisation__name="Newer")
    Verification.objects.filter(pk=waiting.pk).update(submitted_at=timezone.now() - timedelta(days=20))
    VerificationFactory(organisation__name="Elsewhere")
    client.force_login(reviewer)
    body = client.get(reverse("orgs:review_queue")).content.decode()
    assert body.index("Waiting") < body.index(newer.organisation.name)
    assert "20 days ago" in body
    assert "Elsewhere" not in body
    client.force_login(UserFactory())
    assert client.get(reverse("orgs:review_queue")).status_code == 403


@pytest.mark.django_db
def test_queue_costs_the_same_for_many(client, reviewer, raval, django_assert_max_num_queries):
    client.force_login(reviewer)
    VerificationFactory(organisation__territory=raval)
    with django_assert_max_num_queries(40) as one:
        client.get(reverse("orgs:review_queue"))
    for _ in range(20):
        VerificationFactory(organisation__territory=raval)
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("orgs:review_queue"))


@pytest.mark.django_db
def test_second_reviewer_is_told(client, waiting, reviewer, city):
    first = ReviewerFactory(territory=city, name="The first")
    verification_actions.decide_verification(
        verification=waiting, outcome="verified", answers=answers(*FIRST_TIER), by=first
    )
    with pytest.raises(ValidationError, match="The first has already decided this"):
        verification_actions.decide_verification(
            verification=waiting, outcome="returned", answers={}, reasons="No", by=reviewer
        )
    client.force_login(reviewer)
    body = client.post(
        page(waiting), typed(outcome="returned", reasons="My reasons", seen=seen(client, waiting))
    ).content.decode()
    assert "The first has already decided this" in body
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reviewer) == ("verified", first)


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_one_decision():
    territory = TerritoryFactory()
    verification = VerificationFactory(organisation__territory=territory)
    reviewers = [ReviewerFactory(territory=territory) for _ in range(2)]
    start, refusals = threading.Barrier(2), []

    def decide(reviewer):
        try:
            start.wait()
            verification_actions.decide_verification(
                verification=verification, outcome="verified", answers=answers(*FIRST_TIER), by=reviewer
            )
        except ValidationError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[reviewer]) for reviewer in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    verification.refresh_from_db()
    assert verification.state == "verified"
    assert verification.answers.count() == len(CHECKLIST)


@pytest.mark.django_db
def test_reviewer_sees_the_claim_the_contact_and_what_may_be_the_same(client, waiting, reviewer, raval):
    organisation = waiting.organisation
    OrganisationContact.objects.create(organisation=organisation, name="Ana", email="ana@house.example", phone="600")
    ServiceFactory(organisation=organisation, title="Meals")
    same_name = OrganisationFactory(name="wáiting", published=True)
    alike = OrganisationFactory(name="Waitings", territory=raval)
    same_house = OrganisationFactory(public_email="info@house.example", published=True)
    elsewhere = OrganisationFactory(name="Waitings", public_email="me@house.example")
    private = OrganisationFactory(name="Others", published=True)
    OrganisationContact.objects.create(organisation=private, name="Eve", email="eve@house.example")
    unlike = OrganisationFactory(public_email="x@gmail.com", name="Something else")
    client.force_login(reviewer)
    body = client.get(page(waiting)).content.decode()
    for shown in ("Ana", "ana@house.example", "Meals", same_name.slug, alike.slug, same_house.slug):
        assert shown in body
    assert unlike.slug not in body
    assert elsewhere.slug not in body, "a stranger to the reviewer, which nobody has published"
    assert private.slug not in body, "its contact is not the reviewer's to read"


@pytest.mark.django_db
def test_verified_organisation_asks_for_a_higher_tier_and_stays_published(waiting, reviewer):
    owner = waiting.organisation.memberships.get().user
    verification_actions.decide_verification(
        verification=waiting, outcome="verified", answers=answers(*FIRST_TIER), by=reviewer
    )
    again = verification_actions.submit_for_verification(organisation=waiting.organisation, by=owner)
    assert Organisation.objects.published().exists()
    verification_actions.decide_verification(
        verification=again, outcome="returned", answers={}, reasons="No statutes.", by=reviewer
    )
    assert Organisation.objects.published().get().tier == "contact"


def test_ladder_asks_each_question_once():
    assert sorted(code for rung in LADDER for code in rung.criteria) == sorted(question.code for question in CHECKLIST)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["name", "service", "contact"])
def test_reviewer_decides_on_what_was_on_the_page(client, waiting, reviewer, change):
    client.force_login(reviewer)
    opened = seen(client, waiting)
    organisation = waiting.organisation
    if change == "name":
        Organisation.objects.filter(pk=organisation.pk).update(name="Another name")
    elif change == "service":
        ServiceFactory(organisation=organisation, title="Another service")
    else:
        OrganisationContact.objects.create(organisation=organisation, name="Another", email="another@example.org")
    body = client.post(page(waiting), typed(*FIRST_TIER, seen=opened)).content.decode()
    assert "has changed what it says since you opened this page" in body
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    client.post(page(waiting), typed(*FIRST_TIER, seen=seen(client, waiting)))
    waiting.refresh_from_db()
    assert waiting.state == "verified"


@pytest.mark.django_db
def test_reviewer_sees_every_fact_that_is_protected_from_then_on(client, waiting, reviewer):
    facts = {
        "public_email": "seen@example.org",
        "public_phone": "600 111 222",
        "address": "Seen street 1",
        "website": "https://seen.example",
        "acronym": "SEEN",
    }
    Organisation.objects.filter(pk=waiting.organisation_id).update(**facts)
    client.force_login(reviewer)
    body = client.get(page(waiting)).content.decode()
    assert [fact for fact, value in facts.items() if value not in body] == []
