from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.ladders import standing
from orgs.mail.emails import queue_email_to
from orgs.models import Organisation, User, Verification, VerificationAnswer
from orgs.permissions import can_edit_organisation, can_review_verification, leaders_of
from orgs.verification.checklist import LADDER, QUESTIONS, Answer, profile_of

State = Verification.State


@transaction.atomic
def submit_for_verification(*, organisation: Organisation, by: User) -> Verification:
    """Into the reviewers' queue: at first, again after a return, or for a higher tier."""
    if not can_edit_organisation(by, organisation):
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_on is not None:
        raise ValidationError(_("A closed organisation is not reviewed."))
    verification = Verification(organisation=organisation)
    verification.full_clean()  # One that waits already is refused here.
    verification.save()
    return verification


@transaction.atomic
def decide_verification(
    *, verification: Verification, outcome: str, answers: Mapping[str, Answer], reasons: str = "", by: User
) -> Verification:
    """Verifies an organisation at the tier that the answers carry, or returns it with reasons. What is not answered is not met."""
    verification = Verification.objects.select_for_update().get(pk=verification.pk)
    if verification.state != State.SUBMITTED:
        raise ValidationError(
            _("%(reviewer)s has already decided this: %(state)s. Your decision was not stored."),
            params={"reviewer": verification.reviewer, "state": verification.get_state_display()},
        )
    if not can_review_verification(by, verification):
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=verification.organisation_id)
    tier = tier_for(answers) if outcome == State.VERIFIED else ""
    if outcome == State.RETURNED and not reasons.strip():
        raise ValidationError({"reasons": _("Say why you send it back, so that they can correct it.")})
    verification.state, verification.tier, verification.reasons = State(outcome), tier, reasons.strip()
    verification.reviewer, verification.decided_at = by, timezone.now()
    verification.profile = profile_of(organisation)
    verification.full_clean()
    verification.save()
    VerificationAnswer.objects.bulk_create(
        VerificationAnswer(verification=verification, question=question, is_met=answer.is_met, comment=answer.comment)
        for question, answer in answers.items()
    )
    if tier:
        Organisation.objects.filter(pk=organisation.pk).update(tier=tier, verified_at=verification.decided_at)
        organisation.refresh_from_db()
    for leader in leaders_of(organisation):
        queue_email_to(leader, f"organisation_{outcome}", {"organisation": organisation, "verification": verification})
    return verification


def tier_for(answers: Mapping[str, Answer]) -> str:
    held = standing(LADDER, {question for question, answer in answers.items() if answer.is_met})
    if held.level is None:
        raise ValidationError(
            _("It cannot be verified yet: %(missing)s Send it back with reasons, or correct the answers."),
            params={"missing": " ".join(str(QUESTIONS[question].text) for question in held.missing)},
        )
    return held.level
