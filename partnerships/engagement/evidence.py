"""From the records that the portal holds to what the engagement engine reads: nothing is typed again to become
evidence.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from partnerships.engagement import levels as engagement_levels
from partnerships.engagement.levels import EvidenceItem, Ladder, Period, Record, Requirement, Rule, Shortfall
from partnerships.models import (
    Activity,
    Assessment,
    Contribution,
    Criterion,
    Document,
    Evidence,
    Level,
    Partnership,
    PartnershipParty,
    Scale,
)
from partnerships.vocabulary import PartyRole

AnyRecord = Activity | Contribution | Document


@dataclass(frozen=True)
class Roles:
    """Who is who in a partnership, for telling which way a contribution went."""

    authority: int
    partners: frozenset[int]

    @classmethod
    def of(cls, partnership: Partnership) -> "Roles":
        rows = PartnershipParty.objects.filter(partnership=partnership).values_list("role", "organisation")
        return cls(
            authority=next(organisation for role, organisation in rows if role == PartyRole.AUTHORITY),
            partners=frozenset(organisation for role, organisation in rows if role == PartyRole.PARTNER),
        )


def key_of(record: AnyRecord) -> str:
    return f"{record._meta.model_name}:{record.pk}"


def facts_of(record: AnyRecord, roles: Roles) -> Record:
    match record:
        case Activity():
            return Record(
                key=key_of(record),
                kind=f"activity:{record.kind}",
                dated_on=record.held_on,
                stage=record.stage,
                states_language=bool(record.languages.strip()),
                decision_on=record.decision_on,
            )
        case Contribution():
            return Record(
                key=key_of(record),
                kind=f"contribution:{record.kind}",
                dated_on=record.given_on,
                is_from_authority=record.giver_id == roles.authority and record.receiver_id in roles.partners,
            )
        case Document():
            return Record(
                key=key_of(record),
                kind=f"document:{record.kind}",
                dated_on=record.dated_on,
                stage=record.stage,
                states_language=bool(record.language),
                decision_on=record.decision_on,
                is_signed_by_all=record.signed_by_all,
            )


def measure_of(criterion: Criterion) -> Requirement:
    return Requirement(
        code=criterion.code,
        level=criterion.level.code,
        kinds=frozenset(criterion.evidence_kinds),
        rule=Rule.from_json(criterion.rule),
    )


def criteria_of(scale: Scale) -> list[Criterion]:
    return list(Criterion.objects.filter(level__scale=scale).select_related("level"))


def ladder_of(scale: Scale, criteria: Iterable[Criterion] | None = None) -> Ladder:
    levels = Level.objects.filter(scale=scale).order_by("order").values_list("code", flat=True)
    known = criteria_of(scale) if criteria is None else criteria
    return Ladder(levels=tuple(levels), measures=tuple(measure_of(criterion) for criterion in known))


def period_of(assessment: Assessment) -> Period:
    return Period(assessment.starts_on, assessment.ends_on)


def records_of(partnership: Partnership) -> list[AnyRecord]:
    """Everything that could be evidence, newest first."""
    found: list[AnyRecord] = [
        *Activity.objects.filter(partnership=partnership),
        *Contribution.objects.filter(partnership=partnership).select_related("giver", "receiver"),
        *Document.objects.filter(partnership=partnership),
    ]
    for record in found:
        record.partnership = partnership  # at hand, so that nothing asks for it row by row
    return sorted(found, key=date_of, reverse=True)


def date_of(record: AnyRecord) -> datetime.date:
    match record:
        case Activity():
            return record.held_on
        case Contribution():
            return record.given_on
        case Document():
            return record.dated_on


def evidence_of(assessment: Assessment) -> list[Evidence]:
    return list(
        Evidence.objects.filter(assessment=assessment).select_related(
            "criterion__level", "activity", "contribution__giver", "contribution__receiver", "document"
        )
    )


def counting(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Those that may carry a claim. What a reviewer did not accept carries nothing until it is put forward anew."""
    return [row for row in evidence if row.is_accepted is not False]


def pieces_of(evidence: Iterable[Evidence], roles: Roles) -> list[EvidenceItem]:
    return [EvidenceItem(row.criterion.code, facts_of(row.record, roles)) for row in evidence]


def findings_of(assessment: Assessment, evidence: Iterable[Evidence]) -> engagement_levels.Derivations:
    """What these pieces of an assessment support; the caller says which: all of them, or those accepted."""
    roles = Roles.of(assessment.partnership)
    return engagement_levels.derive(ladder_of(assessment.scale), pieces_of(evidence, roles), period_of(assessment))


def obstacle(criterion: Criterion, record: AnyRecord, assessment: Assessment, roles: Roles) -> Shortfall | None:
    return engagement_levels.obstacle(measure_of(criterion), facts_of(record, roles), period_of(assessment))
