"""Engagement levels: derived from evidence, never picked.

A level holds when all of its criteria and those of every level below are met, each by at least one piece of evidence
that is dated inside the assessed period. The first level with a missing criterion is not held, and that criterion is
named.

The same derivation answers two questions: what the evidence that is *put forward* supports (how high a claim may be),
and what the evidence that a reviewer *accepted* supports (the confirmed level). The caller chooses the pieces.

Nothing here knows a database or a particular scale: levels, criteria and their rules come in as data, so that an
assessment can be derived for ever under the version of the scale that it was made under. More evidence never lowers a
level, less never raises one.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from orgs.ladders import Rung, standing
from partnerships.vocabulary import Stage


class Shortfall(Enum):
    """Why a record cannot serve a criterion."""

    KIND = "kind"
    PERIOD = "period"
    LANGUAGE = "language"
    DECISION = "decision"
    SIGNATURES = "signatures"
    GIVER = "giver"


@dataclass(frozen=True)
class Rule:
    """What a criterion asks of its evidence beyond the right kind and a date in the period."""

    stages: int = 1
    """In how many of the four stages there must be a piece."""
    language_stated: bool = False
    before_decision: bool = False
    """The piece states the date of the decision it was about, and came earlier."""
    signed_by_all: bool = False
    from_authority: bool = False
    """Given by the leading authority to a partner."""

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> "Rule":
        """Raises ValueError for a word that this engine does not know: a rule must not be passed over in silence."""
        unknown = stated.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"unknown rule: {', '.join(sorted(unknown))}")
        return cls(**stated)


@dataclass(frozen=True)
class Requirement:
    """A criterion, as data. `kinds` are "activity:hearing" and the like, or a whole family: "document:*"."""

    code: str
    level: str
    kinds: frozenset[str]
    rule: Rule = Rule()


@dataclass(frozen=True)
class Record:
    """What the engine needs to know of an activity, a contribution or a document."""

    key: str
    """ "activity:12": family and primary key."""
    kind: str
    """ "activity:hearing": family and kind."""
    dated_on: datetime.date
    stage: str | None = None
    """None where it belongs to no stage, as money does."""
    states_language: bool = False
    decision_on: datetime.date | None = None
    is_signed_by_all: bool = False
    is_from_authority: bool = False

    @property
    def family(self) -> str:
        return self.kind.split(":", 1)[0]


@dataclass(frozen=True)
class EvidenceItem:
    """A record that stands for a criterion."""

    criterion: str
    record: Record


@dataclass(frozen=True)
class Period:
    starts_on: datetime.date
    ends_on: datetime.date
    """The last day, which belongs to it."""

    def __contains__(self, date: datetime.date) -> bool:
        return self.starts_on <= date <= self.ends_on


@dataclass(frozen=True)
class Ladder:
    levels: tuple[str, ...]
    """Codes, lowest first."""
    measures: tuple[Requirement, ...]

    def rungs(self) -> list[Rung]:
        return [
            Rung(level, [measure.code for measure in self.measures if measure.level == level]) for level in self.levels
        ]

    def missing_for(self, level: str, met: Collection[str]) -> list[str]:
        """Every unmet criterion up to and with `level`."""
        wanted = self.levels[: self.height(level)]
        return [measure.code for measure in self.measures if measure.level in wanted and measure.code not in met]

    def height(self, level: str | None) -> int:
        """0 for no level at all, 1 for the lowest."""
        return 0 if level is None else self.levels.index(level) + 1


@dataclass(frozen=True)
class Derivation:
    """What the evidence supports: overall, or as seen from one stage."""

    level: str | None
    missing: tuple[str, ...]
    """The unmet criteria of the next level: what caps it."""
    met: frozenset[str]
    is_empty: bool = False
    """A stage in which no piece lies."""


@dataclass(frozen=True)
class Derivations:
    overall: Derivation
    stages: Mapping[str, Derivation]


def obstacle(measure: Requirement, record: Record, period: Period) -> Shortfall | None:
    """Why `record` cannot serve the criterion in this period, or None when it can."""
    if record.kind not in measure.kinds and f"{record.family}:*" not in measure.kinds:
        return Shortfall.KIND
    if record.dated_on not in period:
        return Shortfall.PERIOD
    rule = measure.rule
    if rule.language_stated and not record.states_language:
        return Shortfall.LANGUAGE
    if rule.before_decision and not (record.decision_on and record.dated_on < record.decision_on):
        return Shortfall.DECISION
    if rule.signed_by_all and not record.is_signed_by_all:
        return Shortfall.SIGNATURES
    if rule.from_authority and not record.is_from_authority:
        return Shortfall.GIVER
    return None


def is_met(measure: Requirement, records: Iterable[Record], period: Period, stage: str | None = None) -> bool:
    """Whether the records put forward for the criterion meet it, in the whole partnership or as seen from one stage.

    What was announced, asked, answered, signed or given holds for the partnership as a whole, and so in each of its
    stages. A criterion that counts stages (direct work, all four stages) is met in a stage by a record of that stage.
    """
    serving = [record for record in records if obstacle(measure, record, period) is None]
    if measure.rule.stages == 1:
        return bool(serving)
    covered = {record.stage for record in serving if record.stage}
    return len(covered) >= measure.rule.stages if stage is None else stage in covered


def stages_covered(measure: Requirement, records: Iterable[Record], period: Period) -> list[str]:
    """The stages in which the records serve the criterion, in their own order."""
    found = {record.stage for record in records if obstacle(measure, record, period) is None}
    return [str(stage) for stage in Stage if stage in found]


def derive(ladder: Ladder, pieces: Collection[EvidenceItem], period: Period) -> Derivations:
    """The level that the pieces support, and the missing criteria of the next level, overall and per stage.

    A stage for which nothing was put forward has no level: silence is not engagement.
    """
    measures = ladder.measures
    records = {
        measure.code: [piece.record for piece in pieces if piece.criterion == measure.code] for measure in measures
    }
    active = {stage for measure in measures for stage in stages_covered(measure, records[measure.code], period)}

    def finding(stage: str | None) -> Derivation:
        is_empty = stage is not None and stage not in active
        met = frozenset(m.code for m in measures if not is_empty and is_met(m, records[m.code], period, stage))
        level, missing = standing(ladder.rungs(), met)
        return Derivation(level, tuple(missing), met, is_empty)

    return Derivations(overall=finding(None), stages={str(stage): finding(stage) for stage in Stage})
