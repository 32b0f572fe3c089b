"""The engine by itself: no database. The ladder is read from the file of the scale, so that its rules are held too."""

import datetime
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerships.engagement.levels import (
    EvidenceItem,
    Ladder,
    Period,
    Record,
    Requirement,
    Rule,
    Shortfall,
    derive,
    obstacle,
)
from partnerships.engagement.loading import SCALE_FILE
from partnerships.vocabulary import Stage

YEAR = Period(datetime.date(2025, 1, 1), datetime.date(2025, 12, 31))
IN_MARCH = datetime.date(2025, 3, 1)
STAGES = [str(stage) for stage in Stage]


def read_ladder() -> Ladder:
    data = json.loads(SCALE_FILE.read_text(encoding="utf-8"))
    return Ladder(
        levels=tuple(row["code"] for row in sorted(data["levels"], key=lambda row: row["order"])),
        measures=tuple(
            Requirement(row["code"], row["level"], frozenset(row["evidence_kinds"]), Rule.from_json(row["rule"]))
            for row in data["criteria"]
        ),
    )


LADDER = read_ladder()
MEASURES = {measure.code: measure for measure in LADDER.measures}


def record(kind, dated_on=IN_MARCH, stage="planning", **fields):
    family = kind.split(":")[0]
    return Record(f"{family}:1", kind, dated_on, None if family == "contribution" else stage, **fields)


IN_TIME = {"states_language": True, "decision_on": datetime.date(2025, 4, 1)}
NOTICE = record("document:notice", **IN_TIME)
AGREEMENT = record("document:agreement", is_signed_by_all=True)
MONEY = record("contribution:money", is_from_authority=True)
SPACE = record("contribution:space", is_from_authority=True)

# What meets each criterion, each line enough by itself.
MEETS = {
    "I1": [
        [record("document:notice")],
        [record("document:plan")],
        [record("activity:briefing")],
        [record("activity:meeting")],
        [record("activity:event")],
    ],
    "I2": [[NOTICE], [record("activity:briefing", **IN_TIME)], [record("activity:meeting", **IN_TIME)]],
    "C1": [[record("document:call_for_comments")], [record("activity:survey")], [record("activity:hearing")]],
    "C2": [[record("document:written_answer")]],
    "V1": [
        [record("activity:joint_session"), record("activity:joint_session", stage="monitoring")],
        [record("activity:meeting", stage="evaluation"), record("activity:service", stage="implementation")],
    ],
    "V2": [[record("document:minutes")], [record("document:options_paper")]],
    "L1": [[AGREEMENT]],
    "L2": [
        [record("activity:meeting", stage=stage) for stage in STAGES],
        [
            record("document:report", stage="evaluation"),
            record("document:plan", stage="planning"),
            record("activity:service", stage="implementation"),
            record("activity:survey", stage="monitoring"),
        ],
    ],
    "E1": [[MONEY]],
    "E2": [
        [record(f"contribution:{kind}", is_from_authority=True)]
        for kind in ("training", "staff", "space", "equipment", "data")
    ],
}

# What does not, however near it comes.
FAILS = {
    "I1": [[], [record("document:minutes")], [record("activity:survey")], [MONEY]],
    "I2": [
        [record("document:notice", states_language=True)],
        [record("document:notice", decision_on=datetime.date(2025, 4, 1))],
        [record("document:notice", states_language=True, decision_on=datetime.date(2025, 2, 1))],
        [record("document:notice", states_language=True, decision_on=IN_MARCH)],
    ],
    "C1": [[record("activity:briefing")], [record("document:notice")]],
    "C2": [[record("document:minutes")], [record("activity:meeting")]],
    "V1": [
        [record("activity:joint_session")],
        [record("activity:joint_session"), record("activity:meeting")],
        [record("activity:joint_session"), record("document:minutes", stage="monitoring")],
        [record("activity:joint_session"), record("activity:briefing", stage="monitoring")],
    ],
    "V2": [[record("activity:meeting")], [record("document:report")]],
    "L1": [[record("document:agreement")], [record("document:plan", is_signed_by_all=True)]],
    "L2": [
        [record("activity:meeting", stage=stage) for stage in STAGES[:3]],
        [*[record("activity:meeting", stage=stage) for stage in STAGES[:3]], MONEY],
    ],
    "E1": [[record("contribution:money")], [SPACE]],
    "E2": [
        [record("contribution:training")],
        [MONEY],
        [record("contribution:volunteer_hours", is_from_authority=True)],
    ],
}


def met(code, records):
    return code in derive(LADDER, [EvidenceItem(code, one) for one in records], YEAR).overall.met


@pytest.mark.parametrize(("code", "records"), [(code, records) for code, cases in MEETS.items() for records in cases])
def test_criterion_met(code, records):
    assert met(code, records)


@pytest.mark.parametrize(("code", "records"), [(code, records) for code, cases in FAILS.items() for records in cases])
def test_criterion_not_met(code, records):
    assert not met(code, records)


@pytest.mark.parametrize("code", MEETS)
@pytest.mark.parametrize("dated_on", [datetime.date(2024, 12, 31), datetime.date(2026, 1, 1)])
def test_evidence_outside_the_period_never_counts(code, dated_on):
    for records in MEETS[code]:
        moved = [
            replace(one, dated_on=dated_on, decision_on=one.decision_on and datetime.date(2027, 1, 1))
            for one in records
        ]
        assert not met(code, moved)


@pytest.mark.parametrize("dated_on", [YEAR.starts_on, YEAR.ends_on])
def test_first_and_last_day_belong_to_the_period(dated_on):
    assert met("I1", [record("document:notice", dated_on=dated_on)])


def test_evidence_counts_for_the_criterion_that_it_stands_for_alone():
    findings = derive(LADDER, [EvidenceItem("I1", NOTICE)], YEAR)
    assert findings.overall.met == {"I1"}


ALL = [EvidenceItem(code, one) for code, cases in MEETS.items() for one in cases[0]]


@pytest.mark.parametrize(
    ("without", "level", "missing"),
    [
        ("I1", None, ("I1",)),
        ("I2", None, ("I2",)),
        ("C1", "inform", ("C1",)),
        ("C2", "inform", ("C2",)),
        ("V1", "consult", ("V1",)),
        ("V2", "consult", ("V2",)),
        ("L1", "involve", ("L1",)),
        ("L2", "involve", ("L2",)),
        ("E1", "collaborate", ("E1",)),
        ("E2", "collaborate", ("E2",)),
        ("", "empower", ()),
    ],
)
def test_missing_criterion_caps_the_level_and_is_named(without, level, missing):
    findings = derive(LADDER, [piece for piece in ALL if piece.criterion != without], YEAR)
    assert (findings.overall.level, findings.overall.missing) == (level, missing)


def test_level_above_a_gap_does_not_hold():
    """Money and space without an answer to anybody: empower is not reached by paying."""
    findings = derive(LADDER, [piece for piece in ALL if piece.criterion[0] in "IE"], YEAR)
    assert findings.overall.level == "inform"


def test_nothing_put_forward_is_no_level():
    findings = derive(LADDER, [], YEAR)
    assert findings.overall.level is None
    assert findings.overall.missing == ("I1", "I2")
    assert all(finding.is_empty and finding.level is None for finding in findings.stages.values())


def test_stage_without_its_own_records_has_no_level():
    pieces = [piece for piece in ALL if piece.record.stage in (None, "planning")]
    findings = derive(LADDER, pieces, YEAR)
    assert findings.overall.level == "consult"
    assert findings.stages["planning"].level == "empower"
    assert findings.stages["evaluation"].is_empty
    assert findings.stages["evaluation"].level is None


def test_stage_is_capped_by_the_work_done_in_it():
    """What was announced and answered holds in every stage; direct work counts where it was done."""
    findings = derive(LADDER, ALL, YEAR)
    assert {stage: finding.level for stage, finding in findings.stages.items()} == {
        "planning": "empower",
        "implementation": "consult",
        "monitoring": "empower",
        "evaluation": "consult",
    }
    assert findings.stages["evaluation"].missing == ("V1",)


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        ("I1", record("document:minutes"), Shortfall.KIND),
        ("I1", record("document:notice", dated_on=datetime.date(2024, 1, 1)), Shortfall.PERIOD),
        ("I2", record("document:notice"), Shortfall.LANGUAGE),
        ("I2", record("document:notice", states_language=True), Shortfall.DECISION),
        ("L1", record("document:agreement"), Shortfall.SIGNATURES),
        ("E1", record("contribution:money"), Shortfall.GIVER),
        ("I2", NOTICE, None),
    ],
)
def test_obstacle_says_why_a_record_cannot_serve(code, given, expected):
    assert obstacle(MEASURES[code], given, YEAR) is expected


def test_rule_with_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="moonlight"):
        Rule.from_json({"moonlight": True})


def test_missing_for_names_every_unmet_criterion_up_to_a_level():
    assert LADDER.missing_for("involve", {"I1", "C2"}) == ["I2", "C1", "V1", "V2"]


KINDS = sorted({kind for measure in LADDER.measures for kind in measure.kinds if "*" not in kind})
records = st.builds(
    Record,
    key=st.just("x:1"),
    kind=st.sampled_from(KINDS),
    dated_on=st.dates(datetime.date(2024, 6, 1), datetime.date(2026, 6, 1)),
    stage=st.sampled_from([*STAGES, None]),
    states_language=st.booleans(),
    decision_on=st.none() | st.dates(datetime.date(2024, 6, 1), datetime.date(2026, 6, 1)),
    is_signed_by_all=st.booleans(),
    is_from_authority=st.booleans(),
)
pieces = st.builds(EvidenceItem, criterion=st.sampled_from(sorted(MEASURES)), record=records)
# Starts from a full set, so that the higher levels are reached, and adds noise.
piece_lists = st.tuples(st.lists(st.sampled_from(ALL), max_size=20), st.lists(pieces, max_size=8)).map(
    lambda two: two[0] + two[1]
)


def heights(found):
    return [LADDER.height(one.level) for one in [found.overall, *found.stages.values()]]


@given(given_pieces=piece_lists, more=pieces | st.sampled_from(ALL))
def test_more_evidence_never_lowers_a_level(given_pieces, more):
    before = heights(derive(LADDER, given_pieces, YEAR))
    after = heights(derive(LADDER, [*given_pieces, more], YEAR))
    assert all(late >= early for early, late in zip(before, after, strict=True))


@given(given_pieces=piece_lists.filter(bool), data=st.data())
def test_less_evidence_never_raises_a_level(given_pieces, data):
    position = data.draw(st.integers(0, len(given_pieces) - 1))
    before = heights(derive(LADDER, given_pieces, YEAR))
    after = heights(derive(LADDER, given_pieces[:position] + given_pieces[position + 1 :], YEAR))
    assert all(late <= early for early, late in zip(before, after, strict=True))


@given(given_pieces=piece_lists)
def test_order_and_repetition_of_evidence_make_no_difference(given_pieces):
    once = derive(LADDER, given_pieces, YEAR)
    assert derive(LADDER, [*reversed(given_pieces), *given_pieces], YEAR) == once


@given(given_pieces=piece_lists)
def test_missing_is_empty_only_at_the_top(given_pieces):
    finding = derive(LADDER, given_pieces, YEAR).overall
    assert (finding.missing == ()) == (finding.level == LADDER.levels[-1])
    assert set(finding.missing).isdisjoint(finding.met)
