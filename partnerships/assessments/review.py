"""The reviewer's side of an assessment."""

import datetime
from collections.abc import Mapping
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import User
from partnerships import emails
from partnerships.agreements.actions import refuse_unless
from partnerships.assessments.actions import locked_assessment
from partnerships.engagement.evidence import evidence_of, findings_of
from partnerships.models import Assessment, AssessmentDecision, AssessmentLevel, Evidence, Level
from partnerships.permissions import can_review_assessment
from partnerships.vocabulary import AssessmentState

Outcome = AssessmentDecision.Outcome
YEARS_CONFIRMED = 2


class Verdict(NamedTuple):
    """What the reviewer makes of one piece of evidence."""

    is_accepted: bool
    comment: str = ""


def years_after(date: datetime.date, years: int) -> datetime.date:
    """The day before the anniversary, so that a level of two years holds for two years and not a day more."""
    try:
        anniversary = date.replace(year=date.year + years)
    except ValueError:  # 29 February
        anniversary = date.replace(year=date.year + years, month=3, day=1)
    return anniversary - datetime.timedelta(days=1)


@transaction.atomic
def decide_assessment(
    *, assessment: Assessment, verdicts: Mapping[int, Verdict], outcome: str, reasons: str, by: User
) -> AssessmentDecision:
    """Confirms the level that the accepted evidence carries, or returns the claim; with reasons, to both sides.

    `verdicts` are by primary key of the evidence. The reviewer judges the pieces, never the level. A confirmed level
    holds two years.
    """
    assessment = locked_assessment(assessment)
    if not can_review_assessment(by, assessment):
        raise PermissionDenied(
            "nobody reviews a partnership of their own, or outside the territories they are appointed for"
        )
    refuse_unless(assessment.state == AssessmentState.SUBMITTED, _("This assessment does not need a decision."))
    reasons = reasons.strip()
    refuse_unless(bool(reasons), _("Give your reasons."))
    evidence = judge(assessment, verdicts, must_be_complete=outcome == Outcome.CONFIRMED)
    if outcome == Outcome.CONFIRMED:
        decision = confirm(assessment, evidence, reasons, by)
    elif outcome == Outcome.RETURNED:
        assessment.state = AssessmentState.RETURNED
        decision = AssessmentDecision(assessment=assessment, outcome=outcome, reasons=reasons, decided_by=by)
    else:
        raise ValidationError(_("Confirm the level or return the claim."))
    assessment.version += 1
    assessment.full_clean()
    assessment.save()
    decision.full_clean()
    decision.save()
    emails.email_decision(decision)
    return decision


def judge(assessment: Assessment, verdicts: Mapping[int, Verdict], *, must_be_complete: bool) -> list[Evidence]:
    """Writes the verdicts onto the evidence; a return may leave some pieces unjudged."""
    evidence = evidence_of(assessment)
    unjudged = [piece for piece in evidence if piece.pk not in verdicts]
    if unjudged and must_be_complete:
        raise ValidationError(
            _("Accept or reject each piece of evidence. Not judged yet: %(piece)s."), params={"piece": unjudged[0]}
        )
    for piece in evidence:
        verdict = verdicts.get(piece.pk)
        piece.is_accepted = verdict.is_accepted if verdict else None
        piece.comment = verdict.comment.strip() if verdict else ""
        piece.save(update_fields=["is_accepted", "comment"])
    return evidence


def confirm(assessment: Assessment, evidence: list[Evidence], reasons: str, by: User) -> AssessmentDecision:
    accepted = [piece for piece in evidence if piece.is_accepted]
    findings = findings_of(assessment, accepted)
    levels = {level.code: level for level in Level.objects.filter(scale=assessment.scale)}
    if findings.overall.level is None:
        raise ValidationError(
            _(
                "The accepted evidence supports no level. Missing for the lowest: %(criteria)s. Return the claim instead."
            ),
            params={"criteria": ", ".join(findings.overall.missing)},
        )
    today = timezone.localdate()
    level = levels[findings.overall.level]
    assessment.state = AssessmentState.CONFIRMED
    assessment.confirmed = level
    assessment.confirmed_from = today
    assessment.confirmed_until = years_after(today, YEARS_CONFIRMED)
    for row in AssessmentLevel.objects.filter(assessment=assessment):
        supported = findings.stages[row.stage].level
        row.confirmed = levels[supported] if supported else None
        row.save(update_fields=["confirmed"])
    return AssessmentDecision(
        assessment=assessment, outcome=Outcome.CONFIRMED, level=level, reasons=reasons, decided_by=by
    )
