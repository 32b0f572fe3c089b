"""An assessment as its authority works on it: criteria, evidence, and what is still missing."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise, cached_property

from partnerships.engagement import levels
from partnerships.engagement.evidence import (
    AnyRecord,
    Roles,
    counting,
    criteria_of,
    date_of,
    evidence_of,
    facts_of,
    key_of,
    ladder_of,
    measure_of,
    period_of,
    pieces_of,
    records_of,
)
from partnerships.engagement.levels import Derivations, Shortfall
from partnerships.models import (
    Assessment,
    Contribution,
    Criterion,
    Document,
    Evidence,
    Level,
)
from partnerships.vocabulary import OBSTACLE_WORDS, Stage


@dataclass(frozen=True)
class Option:
    """A record of the partnership that can stand for a criterion, or nearly."""

    value: str
    record: AnyRecord
    kind: str
    date: Any
    stage: str
    url: str
    evidence: Evidence | None
    edit_url: str
    hindrance: str | Promise = ""
    """What would have to be mended before it can."""

    @property
    def is_refused(self) -> bool:
        """A reviewer did not accept it."""
        return self.evidence is not None and self.evidence.is_accepted is False


@dataclass(frozen=True)
class CriterionRow:
    criterion: Criterion
    options: list[Option]
    near: list[Option]
    is_met: bool
    counts_stages: bool

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.evidence]

    @property
    def is_refused(self) -> bool:
        """Something was put forward, and none of it was accepted."""
        return bool(self.chosen) and all(option.is_refused for option in self.chosen)


@dataclass(frozen=True)
class StageStanding:
    label: str | Promise
    level: Level | None
    missing: list[Criterion]
    is_empty: bool


@dataclass(frozen=True)
class Standing:
    """The level that follows from the evidence, in objects that a template can name."""

    level: Level | None
    missing: list[Criterion]
    stages: list[StageStanding]


class Sheet:
    """An assessment laid out by criterion, with every record that can serve it."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.roles = Roles.of(assessment.partnership)
        self.criteria = criteria_of(assessment.scale)
        self.ladder = ladder_of(assessment.scale, self.criteria)
        self.levels = {level.code: level for level in Level.objects.filter(scale=assessment.scale)}

    @cached_property
    def evidence(self) -> list[Evidence]:
        return evidence_of(self.assessment)

    @cached_property
    def records(self) -> list[AnyRecord]:
        return records_of(self.assessment.partnership)

    def findings(self, evidence: list[Evidence]) -> Derivations:
        return levels.derive(self.ladder, pieces_of(evidence, self.roles), period_of(self.assessment))

    def standing(self, evidence: list[Evidence]) -> Standing:
        findings = self.findings(evidence)
        by_code = {criterion.code: criterion for criterion in self.criteria}
        stages = [
            StageStanding(
                label=Stage(stage).label,
                level=self.levels.get(finding.level or ""),
                missing=[by_code[code] for code in finding.missing],
                is_empty=finding.is_empty,
            )
            for stage, finding in findings.stages.items()
        ]
        overall = findings.overall
        missing = [by_code[code] for code in overall.missing]
        return Standing(self.levels.get(overall.level or ""), missing, stages)

    def rows(self) -> list[CriterionRow]:
        met = self.findings(counting(self.evidence)).overall.met
        standing_for = {(piece.criterion_id, key_of(piece.record)): piece for piece in self.evidence}
        rows = []
        for criterion in self.criteria:
            options, near = [], []
            for record in self.records:
                option, is_able = self.option(criterion, record, standing_for.get((criterion.pk, key_of(record))))
                if is_able:
                    options.append(option)
                elif option.hindrance:
                    near.append(option)
            rule = measure_of(criterion).rule
            rows.append(CriterionRow(criterion, options, near, criterion.code in met, rule.stages > 1))
        return rows

    def option(self, criterion: Criterion, record: AnyRecord, evidence: Evidence | None) -> tuple[Option, bool]:
        found = levels.obstacle(measure_of(criterion), facts_of(record, self.roles), period_of(self.assessment))
        # Of another kind or another time is no near miss, only another record.
        is_near = found not in (None, Shortfall.KIND, Shortfall.PERIOD)
        return Option(
            value=f"{criterion.pk}:{key_of(record)}",
            record=record,
            kind=record.get_kind_display(),
            date=date_of(record),
            stage="" if isinstance(record, Contribution) else record.get_stage_display(),
            url=record.get_absolute_url() if isinstance(record, Document) else "",
            evidence=evidence,
            edit_url=reverse(
                "partnerships:record_edit",
                args=[self.assessment.partnership.reference, record._meta.model_name, record.pk],
            ),
            hindrance=OBSTACLE_WORDS[found.value] if found is not None and is_near else "",
        ), found is None
