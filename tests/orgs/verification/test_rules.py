"""What administrators decide about verification: by versions, each of which stays as it is, for every decision from then on."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from orgs.ladders import standing
from orgs.models import Organisation, Verification, VerificationRules
from orgs.verification import actions as verification_actions
from orgs.verification.actions import months_later
from orgs.verification.checklist import Answer, checklist_of, ladder_of, meaning_of
from orgs.vocabulary import Tier, VerificationCriterion
from tests.factories import ReviewerFactory, UserFactory, VerificationFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db
PAGE = reverse("orgs:verification_rules")
TIERS = [*Tier.values, ""]


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True, name="Ada Admin")
    client.force_login(user)
    return user


def typed(**changes):
    tiers = {f"tier_{code}": tier for tier, codes in VerificationRules().criteria.items() for code in codes}
    return {
        **tiers,
        "months_valid": "12",
        "days_until_overdue": "14",
        "months_until_look": "36",
        "note": "",
        "seen": "first",
    } | changes


@given(
    some.lists(some.sampled_from(TIERS), min_size=6, max_size=6),
    some.sets(some.sampled_from(VerificationCriterion.values)),
)
def test_ladder_holds_what_the_rules_ask_and_nothing_else(tiers, met):
    """Against the sentence that an administrator reads: a tier holds when all its criteria and those below are met."""
    asked = dict(zip(VerificationCriterion.values, tiers, strict=True))
    rules = VerificationRules(**{tier: [code for code in asked if asked[code] == tier] for tier in Tier.values})
    held = None
    for number, tier in enumerate(Tier.values):
        needed = {code for code in asked if asked[code] in Tier.values[: number + 1]}
        if needed <= met:
            held = tier
    assert standing(ladder_of(rules), met).level == held
    assert {question.code: str(question.tier) for question in checklist_of(rules)} == {
        code: tier for code, tier in asked.items() if tier
    }


@given(some.dates(datetime.date(2000, 1, 1), datetime.date(2090, 1, 1)), some.integers(3, 60))
def test_months_later_is_the_same_day_or_the_last_one(day, months):
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + datetime.timedelta(days=1)).day == 1)


def test_rules_are_a_version_and_decisions_keep_theirs(client, administrator, city):
    reviewer = ReviewerFactory(territory=city)
    before = VerificationFactory(organisation__territory=city, organisation__name="Before")
    first_tier = {code: Answer(True) for code in ("reachable", "purpose", "territory")}
    before = verification_actions.decide_verification(
        verification=before, outcome="verified", answers=first_tier, by=reviewer
    )
    assert before.rules is None, "decided by what the portal comes with"
    change = typed(tier_documented="contact", tier_territory="none", tier_accounts="documented", note="Papers first.")
    assert client.post(PAGE, change).status_code == 302
    rules = VerificationRules.objects.get()
    assert rules.criteria == {
        "contact": ["reachable", "purpose", "documented"],
        "documented": ["accounts"],
        "established": ["two_years"],
    }
    assert (rules.made_by, rules.note) == (administrator, "Papers first.")

    after = VerificationFactory(organisation__territory=city, organisation__name="After")
    with pytest.raises(ValidationError, match="registration or statutes were seen"):
        verification_actions.decide_verification(
            verification=after, outcome="verified", answers=first_tier, by=reviewer
        )
    client.force_login(reviewer)
    review = client.get(reverse("orgs:verification_review", args=[after.pk])).content.decode()
    assert "It works in the territory that it names" not in review, "what no tier needs is not asked"
    answers = {code: Answer(True) for code in ("reachable", "purpose", "documented")}
    after = verification_actions.decide_verification(
        verification=after, outcome="verified", answers=answers, by=reviewer
    )
    assert (after.tier, after.rules) == ("contact", rules)
    before.refresh_from_db()
    assert (before.tier, before.rules) == ("contact", None)
    client.logout()
    pages = {
        name: client.get(Organisation.objects.get(name=name).get_absolute_url()).content.decode()
        for name in ("Before", "After")
    }
    assert "It works in the territory that it names" in pages["Before"], "what it was asked then"
    assert "It works in the territory that it names" not in pages["After"]
    assert "registration or statutes were seen" in pages["After"]


def test_page_shows_who_changed_what(client, administrator):
    client.post(PAGE, typed(months_valid="18", note="Fewer looks."))
    words = words_of(client.get(PAGE).content.decode())
    assert "Ada Admin: Fewer looks." in words
    assert 'value="18"' in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tier_documented": "none"}, "“documents seen” needs at least one criterion of its own"),
        ({"tier_documented": "established"}, "“documents seen” needs at least one criterion of its own"),
        ({"months_valid": "2"}, "greater than or equal to 3"),
        ({"months_valid": "61"}, "less than or equal to 60"),
        ({"days_until_overdue": "many"}, "whole number"),
        ({"tier_reachable": ""}, "This field is required"),
        ({"tier_reachable": "golden"}, "Select a valid choice"),
        ({"seen": "7"}, "Somebody else saved this"),
    ],
)
def test_wrong_rules_are_refused_in_words(client, administrator, wrong, said):
    assert said in client.post(PAGE, typed(**wrong)).content.decode()
    assert not VerificationRules.objects.exists()


def test_second_of_two_administrators_is_told(client, administrator):
    client.post(PAGE, typed(months_valid="18"))
    assert "Somebody else saved this" in client.post(PAGE, typed(months_valid="24")).content.decode()
    assert VerificationRules.objects.get().months_valid == 18


def test_saying_the_same_makes_no_version(client, administrator):
    client.post(PAGE, typed())
    assert not VerificationRules.objects.exists()


def test_nobody_else_sets_rules():
    with pytest.raises(PermissionDenied):
        verification_actions.set_verification_rules(
            criteria=VerificationRules().criteria, months_valid=60, days_until_overdue=1, by=UserFactory()
        )


def rules_row(by, **changes):
    return VerificationRules.objects.create(made_by=by, **changes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"contact": []},
        {"contact": ["reachable", "documented"]},
        {"contact": ["golden"]},
        {"months_valid": 2},
        {"days_until_overdue": 0},
    ],
)
def test_database_holds_what_rules_are(administrator, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        rules_row(administrator, **wrong)


def test_version_is_never_changed(administrator):
    rules = rules_row(administrator)
    with pytest.raises(Error), transaction.atomic():
        VerificationRules.objects.filter(pk=rules.pk).update(months_valid=60)


def test_only_what_was_verified_holds(administrator):
    with pytest.raises(IntegrityError), transaction.atomic():
        VerificationFactory(holds_until="2030-01-01")


@pytest.mark.parametrize("days", [10, 30])
def test_queue_marks_what_is_overdue_by_the_rules(client, administrator, city, days):
    verification_actions.set_verification_rules(
        criteria=VerificationRules().criteria, months_valid=12, days_until_overdue=20, by=administrator
    )
    verification = VerificationFactory(organisation__territory=city)
    Verification.objects.filter(pk=verification.pk).update(submitted_at=timezone.now() - datetime.timedelta(days=days))
    cards = client.get(reverse("orgs:review_queue")).context["cards"]
    assert [card["is_overdue"] for card in cards] == [days >= 20]


def test_queue_asks_for_the_rules_once(client, administrator, city):
    for _number in range(5):
        VerificationFactory(organisation__territory=city)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("orgs:review_queue"))
    assert len([query for query in captured if 'FROM "orgs_verificationrules"' in query["sql"]]) == 1


def test_meaning_of_a_tier_includes_those_below():
    rules = VerificationRules()
    meanings = [meaning_of(tier, rules) for tier in Tier.values]
    assert meanings[0] in meanings[1]
    assert meanings[1] in meanings[2]
    assert meaning_of("", rules) == ""
