"""The authority's side of an assessment: a period, evidence from what the portal holds, and the claim that it
supports.
"""

import datetime
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import User
from partnerships import emails
from partnerships.agreements.actions import locked, refuse_unless
from partnerships.engagement import evidence as engagement_evidence
from partnerships.engagement.evidence import AnyRecord, Roles
from partnerships.engagement.levels import Derivation, Derivations, Ladder
from partnerships.models import (
    Activity,
    Assessment,
    AssessmentLevel,
    Contribution,
    Criterion,
    Document,
    Evidence,
    Level,
    Partnership,
    Scale,
)
from partnerships.vocabulary import OBSTACLE_WORDS, WITH_THE_AUTHORITY, AssessmentState, PartnershipState, Stage

State = AssessmentState


def locked_assessment(assessment: Assessment) -> Assessment:
    return (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("partnership", "scale", "promised", "claimed")
        .get(pk=assessment.pk)
    )


def refuse_unless_with_authority(assessment: Assessment) -> None:
    refuse_unless(
        assessment.state in WITH_THE_AUTHORITY,
        _("This assessment has been submitted. It can be changed again when a reviewer returns it."),
    )


@transaction.atomic
def begin_assessment(
    *, partnership: Partnership, starts_on: datetime.date, ends_on: datetime.date, by: User
) -> Assessment:
    """Opens the assessment of a period under the current scale, and asks the partners for their own view of it."""
    partnership = locked(partnership)
    refuse_unless(
        partnership.state in (PartnershipState.ACTIVE, PartnershipState.ENDED),
        _("A partnership is assessed once its partners have confirmed it."),
    )
    refuse_unless(ends_on <= timezone.localdate(), _("The period ends today or before."))
    refuse_unless(ends_on >= partnership.starts_on, _("The partnership had not begun in that period."))
    scale = Scale.objects.filter(is_current=True).first()
    if scale is None:
        raise ValidationError(_("No engagement scale is in use. Ask an administrator to load one."))
    assessment = Assessment(partnership=partnership, scale=scale, starts_on=starts_on, ends_on=ends_on, created_by=by)
    assessment.full_clean()
    assessment.save()
    emails.ask_for_experience(assessment)
    return assessment


@transaction.atomic
def put_forward_evidence(*, assessment: Assessment, criterion: Criterion, record: AnyRecord, by: User) -> Evidence:
    """Lets a record stand for a criterion. Doing so twice is the same as once; what a reviewer did not accept is put forward anew."""
    assessment = locked_assessment(assessment)
    refuse_unless_with_authority(assessment)
    refuse_unless(criterion.level.scale_id == assessment.scale_id, _("This criterion belongs to another scale."))
    refuse_unless(record.partnership_id == assessment.partnership_id, _("This record belongs to another partnership."))
    roles = Roles.of(assessment.partnership)
    found = engagement_evidence.obstacle(criterion, record, assessment, roles)
    if found is not None:
        raise ValidationError(
            _("“%(record)s” cannot stand for %(criterion)s: %(reason)s"),
            params={"record": record, "criterion": criterion, "reason": OBSTACLE_WORDS[found.value]},
        )
    named = {
        "assessment": assessment,
        "criterion": criterion,
        "activity": record if isinstance(record, Activity) else None,
        "contribution": record if isinstance(record, Contribution) else None,
        "document": record if isinstance(record, Document) else None,
    }
    Evidence.objects.filter(**named, is_accepted=False).delete()
    piece, _created = Evidence.objects.get_or_create(**named, defaults={"put_forward_by": by})
    return piece


@transaction.atomic
def withdraw_evidence(*, evidence: Evidence, by: User) -> None:
    """Takes a piece back. Doing so twice is the same as once."""
    refuse_unless_with_authority(locked_assessment(evidence.assessment))
    Evidence.objects.filter(pk=evidence.pk).delete()


def refuse_claim_above(
    ladder: Ladder, finding: Derivation, claimed: Level, criteria: Mapping[str, Criterion], where: str
) -> None:
    """Refuses a claim that its evidence does not carry, and names what is missing for it."""
    if ladder.height(claimed.code) <= ladder.height(finding.level):
        return
    if finding.is_empty:
        raise ValidationError(
            _("%(where)s: no evidence of this stage was put forward, so no level can be claimed for it."),
            params={"where": where},
            code="unsupported",
        )
    missing = ladder.missing_for(claimed.code, finding.met)
    raise ValidationError(
        _("%(where)s: the evidence does not support “%(level)s” yet. Missing: %(criteria)s."),
        params={
            "where": where,
            "level": claimed.name,
            "criteria": ", ".join(str(criteria[code]) for code in missing),
        },
        code="unsupported",
    )


def check_claims(
    ladder: Ladder,
    findings: Derivations,
    claimed: Level,
    stage_levels: Mapping[str, Level],
    criteria: Mapping[str, Criterion],
) -> None:
    refuse_claim_above(ladder, findings.overall, claimed, criteria, _("Overall"))
    for stage, level in stage_levels.items():
        refuse_claim_above(ladder, findings.stages[stage], level, criteria, str(Stage(stage).label).capitalize())


@transaction.atomic
def submit_assessment(
    *,
    assessment: Assessment,
    claimed: Level,
    stage_levels: Mapping[str, Level] | None = None,
    statement: str = "",
    by: User,
) -> Assessment:
    """Hands the claim to the reviewers. It may not exceed what the evidence put forward supports; the missing
    criterion is named.

    From now on the claim can be read, and so can what the partners experienced.
    """
    assessment = locked_assessment(assessment)
    refuse_unless(assessment.state != State.SUBMITTED, _("This assessment has already been submitted."))
    refuse_unless_with_authority(assessment)
    stage_levels = stage_levels or {}
    refuse_unless(
        all(level.scale_id == assessment.scale_id for level in [claimed, *stage_levels.values()]),
        _("This level belongs to another scale."),
    )
    criteria = engagement_evidence.criteria_of(assessment.scale)
    ladder = engagement_evidence.ladder_of(assessment.scale, criteria)
    counting = engagement_evidence.counting(engagement_evidence.evidence_of(assessment))
    findings = engagement_evidence.findings_of(assessment, counting)
    check_claims(ladder, findings, claimed, stage_levels, {criterion.code: criterion for criterion in criteria})
    assessment.claimed = claimed
    assessment.promised = promise_of(assessment)
    assessment.statement = statement
    assessment.state = State.SUBMITTED
    assessment.submitted_by, assessment.submitted_at = by, timezone.now()
    assessment.version += 1
    assessment.full_clean()
    assessment.save()
    AssessmentLevel.objects.filter(assessment=assessment).delete()
    for stage, level in stage_levels.items():
        AssessmentLevel.objects.create(assessment=assessment, stage=stage, claimed=level)
    emails.ask_for_experience(assessment)
    return assessment


def promise_of(assessment: Assessment) -> Level | None:
    """The partnership's promise in the words of the assessment's scale; None where that scale has no such level."""
    promised = assessment.partnership.promised
    return Level.objects.filter(scale=assessment.scale, code=promised.code).first()


@transaction.atomic
def discard_assessment(*, assessment: Assessment, by: User) -> None:
    """Drops a draft that was never submitted, so that another period can be taken."""
    assessment = locked_assessment(assessment)
    refuse_unless(assessment.state == State.DRAFT, _("Only a draft can be discarded."))
    refuse_unless(
        not assessment.experiences.exists(), _("A partner has already given its view of this period, so it stays.")
    )
    assessment.delete()
