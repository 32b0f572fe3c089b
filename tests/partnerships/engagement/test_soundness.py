"""What a criterion may ask for, and which scales could derive a level: held against what the records of the portal really say."""

import datetime
from dataclasses import fields

import pytest

from partnerships.engagement.evidence import Roles, facts_of
from partnerships.engagement.levels import Period, Requirement, Rule, is_met
from partnerships.engagement.soundness import (
    ASKABLE,
    DEFAULTS,
    FAMILIES,
    faults_of,
    faults_of_criterion,
    known_kinds,
    stated_rule,
)
from partnerships.engagement.wording import RULE_WORDS, evidence_words, rule_words
from partnerships.models import Activity, Contribution, Criterion, Document, Level, Scale
from partnerships.vocabulary import Stage

DAY = datetime.date(2025, 3, 1)
YEAR = Period(datetime.date(2025, 1, 1), datetime.date(2025, 12, 31))
AUTHORITY, PARTNER = 1, 2
RULES = {"stages": 2, **dict.fromkeys(RULE_WORDS, True)}


def records(family: str) -> list[Activity | Contribution | Document]:
    """Of every stage, and with all that a record of the family can say."""
    later = DAY + datetime.timedelta(days=30)
    found: list[Activity | Contribution | Document] = []
    for number, stage in enumerate(Stage, 1):
        if family == "activity":
            found.append(
                Activity(pk=number, kind="meeting", stage=stage, held_on=DAY, languages="ca", decision_on=later)
            )
        elif family == "contribution":
            found.append(Contribution(pk=number, kind="money", given_on=DAY, giver_id=AUTHORITY, receiver_id=PARTNER))
        else:
            found.append(
                Document(
                    pk=number,
                    kind="plan",
                    stage=stage,
                    dated_on=DAY,
                    language="ca",
                    decision_on=later,
                    signed_by_all=True,
                )
            )
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", RULES)
def test_what_can_be_asked_of_a_record_is_what_it_can_say(family: str, name: str) -> None:
    requirement = Requirement("X", "inform", frozenset({f"{family}:*"}), Rule.from_json({name: RULES[name]}))
    facts = [facts_of(record, Roles(AUTHORITY, frozenset({PARTNER}))) for record in records(family)]
    assert is_met(requirement, facts, YEAR) is (name in ASKABLE[family])
    assert bool(faults_of_criterion([f"{family}:*"], {name: RULES[name]})) is (name not in ASKABLE[family])


def test_every_part_of_a_rule_has_words() -> None:
    assert {field.name for field in fields(Rule)} == {"stages", *RULE_WORDS} == set(DEFAULTS)
    assert set(ASKABLE) == set(FAMILIES)
    for name, value in RULES.items():
        assert len(rule_words({name: value})) == 1, name
    assert rule_words({}) == rule_words({"stages": 1}) == []
    assert rule_words({"stages": 4}) == ["There is such a record in each of the four stages."]


def test_evidence_is_named_by_family_and_in_words() -> None:
    assert evidence_words(["activity:hearing", "document:*", "activity:survey"]) == [
        ("Activities", "hearing or consultation, survey or request for data"),
        ("Documents", "any document"),
    ]
    assert evidence_words(["telegram:urgent"]) == [("Unknown", "telegram:urgent")]
    assert {"activity:*", "document:minutes", "contribution:money"} <= known_kinds()


def test_what_asks_for_nothing_is_not_stored() -> None:
    assert stated_rule(stages=1, language_stated=False, from_authority=True) == {"from_authority": True}


@pytest.mark.parametrize(
    ("kinds", "rule", "fault"),
    [
        ([], {}, "Choose at least one kind"),
        (["activity:telegram"], {}, "knows no evidence of the kind “activity:telegram”"),
        (["document:*"], {"signed_in_blood": True}, "does not know"),
        (["document:*"], {"stages": 5}, "does not know"),
        (["document:*"], {"stages": 0}, "does not know"),
        (["document:*"], {"stages": True}, "does not know"),
        (["document:*"], {"signed_by_all": "yes"}, "does not know"),
        (["document:*", "contribution:*"], {"signed_by_all": True, "from_authority": True}, "No record of these kinds"),
    ],
)
def test_criterion_that_nothing_could_meet_says_why(kinds: list[str], rule: dict[str, object], fault: str) -> None:
    (said,) = faults_of_criterion(kinds, rule)
    assert fault in said


def test_scale_that_comes_with_the_portal_is_sound(scale: Scale) -> None:
    assert faults_of(scale) == []


def test_scale_says_all_that_is_missing(scale: Scale) -> None:
    assert faults_of(Scale.objects.create(code="bare", name="Bare")) == ["The scale has no level."]
    consult, inform = (Level.objects.get(scale=scale, code=code) for code in ("consult", "inform"))
    consult.criteria.all().delete()
    Criterion.objects.filter(level=inform, code="I1").update(evidence_kinds=[])
    Criterion.objects.filter(level__code="involve", code="V1").update(code="I2")
    assert faults_of(scale) == [
        f"“{consult.name}” has no criterion, so that every partnership would reach it.",
        "Criterion I1: Choose at least one kind of evidence.",
        "Several criteria have the code I2. Each needs one of its own.",
    ]
