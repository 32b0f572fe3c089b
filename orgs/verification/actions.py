import calendar
import datetime
from collections.abc import Collection, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.ladders import standing
from orgs.mail.emails import queue_email_to, write_to
from orgs.models import Organisation, User, Verification, VerificationAnswer, VerificationRules
from orgs.permissions import can_edit_organisation, can_review_verification, leaders_of, reviewers_or_administrators
from orgs.verification.checklist import Answer, ladder_of
from orgs.verification.profiles import is_in_other_hands, leading, profile_of
from orgs.verification.unreviewed import lock_reviewed, note_seen
from orgs.vocabulary import Tier, VerificationCriterion

State = Verification.State


@transaction.atomic
def submit_for_verification(*, organisation: Organisation, by: User) -> Verification:
    """Into the reviewers' queue: at first, again after a return, or for a higher tier."""
    if not can_edit_organisation(by, organisation):
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.closed_on is not None:
        raise ValidationError(_("A closed organisation is not reviewed."))
    refuse_under_measure(organisation)
    verification = Verification(organisation=organisation)
    verification.full_clean()  # One that waits already is refused here.
    verification.save()
    return verification


def review_other_hands(organisation: Organisation) -> None:
    """Once nobody leads a verified organisation any more who did when it was verified, a reviewer looks; of an authority administrators answer
    for that. Of one whose verification is withdrawn, once that is lifted. The organisation is locked."""
    if organisation.is_authority:
        return
    last = organisation.verifications.filter(state=State.VERIFIED).order_by("-decided_at").first()
    if last is None or not organisation.holds_or_may_regain_tier:
        return
    if is_in_other_hands(last.profile, leading(organisation)):
        put_before_reviewers(organisation)


def tell_that_nobody_leads(organisation: Organisation) -> None:
    """Where nobody can act for a verified organisation from now on: a reviewer looks, and hears of it at once; of an authority administrators
    do, as of all that its rights rest on. The organisation is locked."""
    if not organisation.holds_or_may_regain_tier or organisation.closed_on is not None:
        return
    if leaders_of(organisation).exists():
        return
    if organisation.is_authority:
        told = User.objects.administrators().filter(is_active=True)
    else:
        put_before_reviewers(organisation)
        told = reviewers_or_administrators(organisation)
    write_to(told, "organisation_without_leader", {"organisation": organisation})


def put_before_reviewers(organisation: Organisation) -> None:
    """Where it is not there already, and without asking anybody of it: what is public has come into other hands. The organisation is locked."""
    if not organisation.verifications.filter(state=State.SUBMITTED).exists():
        Verification.objects.create(organisation=organisation)


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
    if organisation.closed_on is not None:
        raise ValidationError(_("A closed organisation is not reviewed."))
    refuse_under_measure(organisation)
    rules = VerificationRules.objects.current()
    tier = tier_for(answers, rules) if outcome == State.VERIFIED else ""
    if outcome == State.RETURNED and not reasons.strip():
        raise ValidationError({"reasons": _("Say why you send it back, so that they can correct it.")})
    verification.state, verification.tier, verification.reasons = State(outcome), tier, reasons.strip()
    verification.reviewer, verification.decided_at = by, timezone.now()
    lock_reviewed(organisation)
    verification.profile = profile_of(organisation)
    if tier:
        verification.rules, verification.holds_until = under(rules)
    verification.full_clean()
    verification.save()
    VerificationAnswer.objects.bulk_create(
        VerificationAnswer(verification=verification, question=question, is_met=answer.is_met, comment=answer.comment)
        for question, answer in answers.items()
    )
    if tier:
        Organisation.objects.filter(pk=organisation.pk).update(
            tier=tier, verified_at=verification.decided_at, holds_until=verification.holds_until
        )
        organisation.refresh_from_db()
        note_seen(organisation, verification.profile, by)
    for leader in leaders_of(organisation):
        queue_email_to(leader, f"organisation_{outcome}", {"organisation": organisation, "verification": verification})
    return verification


def refuse_under_measure(organisation: Organisation) -> None:
    """Whatever was sent before the measure: no review ends it."""
    if organisation.is_under_measure:
        raise ValidationError(_("Before it is reviewed, the measure against it has to be lifted."))


def tier_for(answers: Mapping[str, Answer], rules: VerificationRules) -> str:
    held = standing(ladder_of(rules), {question for question, answer in answers.items() if answer.is_met})
    if held.level is None:
        raise ValidationError(
            _("It cannot be verified yet: %(missing)s Send it back with reasons, or correct the answers."),
            params={"missing": " ".join(str(VerificationCriterion(code).label) for code in held.missing)},
        )
    return held.level


def under(rules: VerificationRules) -> tuple[VerificationRules | None, datetime.date]:
    """What a verification of today keeps of the rules: their version, and the last day on which it holds."""
    return (rules if rules.pk else None), months_later(timezone.localdate(), rules.months_valid)


def months_later(day: datetime.date, months: int) -> datetime.date:
    """The same day of the month, or its last one where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


@transaction.atomic
def set_verification_rules(
    *,
    criteria: Mapping[str, Collection[str]],
    months_valid: int,
    days_until_overdue: int,
    months_until_look: int = 36,
    note: str = "",
    by: User,
) -> VerificationRules:
    """A new version for all decisions from now on; what was decided before stays as it is. Saying the same again makes none."""
    if not by.is_staff:
        raise PermissionDenied
    chosen = {tier: [code for code in VerificationCriterion.values if code in criteria.get(tier, ())] for tier in Tier}
    rules = VerificationRules(
        contact=chosen[Tier.CONTACT],
        documented=chosen[Tier.DOCUMENTED],
        established=chosen[Tier.ESTABLISHED],
        months_valid=months_valid,
        days_until_overdue=days_until_overdue,
        months_until_look=months_until_look,
        note=note,
        made_by=by,
    )
    current = VerificationRules.objects.current()
    if what_they_say(rules) == what_they_say(current):
        return current
    for tier, codes in chosen.items():
        if not codes:
            raise ValidationError(_("“%(tier)s” needs at least one criterion of its own."), params={"tier": tier.label})
    rules.full_clean()
    rules.save()
    return rules


def what_they_say(rules: VerificationRules) -> tuple[object, ...]:
    times = rules.months_valid, rules.days_until_overdue, rules.months_until_look
    return [sorted(codes) for codes in rules.criteria.values()], times
