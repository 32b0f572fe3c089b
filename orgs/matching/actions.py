"""Asking another organisation for what it offers, or offering it what it needs; answering; and saying that it is done."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email_to, write_to
from orgs.matching.suggestions import counterparts
from orgs.models import Capacity, CapacityMatch, Organisation, User
from orgs.permissions import can_edit_organisation, leaders_of
from orgs.vocabulary import CapacitySide

State = CapacityMatch.State


@transaction.atomic
def ask(*, own: Capacity, other: Capacity, words: str = "", by: User) -> CapacityMatch:
    """Whoever leads the other organisation hears of it. They see the name of the person who asks, and get the address only if they agree."""
    if not can_edit_organisation(by, own.organisation):
        raise PermissionDenied
    Organisation.objects.select_for_update().get(pk=min(own.organisation_id, other.organisation_id))
    if not own.organisation.is_verified or not counterparts(own).filter(pk=other.pk).exists():
        raise ValidationError(_("These two do not meet any more, or one of them has asked already."))
    need, offer = (own, other) if own.side == CapacitySide.NEED else (other, own)
    match = CapacityMatch(need=need, offer=offer, asked_by=own.organisation, asker=by, words=words.strip())
    match.full_clean()
    match.save()
    context = {"match": match, "organisation": own.organisation, "other": other.organisation}
    write_to(leaders_of(other.organisation), "match_asked", context)
    return match


@transaction.atomic
def answer(*, match: CapacityMatch, is_agreed: bool, by: User) -> CapacityMatch:
    """By the one that was asked. Once they agree, each of the two people gets the e-mail address of the other."""
    match = locked(match)
    if not can_edit_organisation(by, match.answering):
        raise PermissionDenied
    if match.state != State.ASKED:
        raise ValidationError(_("This has been answered already."))
    match.state = State.AGREED if is_agreed else State.DECLINED
    match.answerer, match.answered_at = by, timezone.now()
    match.full_clean()
    match.save()
    context = {"match": match, "organisation": match.answering}
    queue_email_to(match.asker, f"match_{match.state}", {**context, "person": by})
    if is_agreed and by != match.asker:
        queue_email_to(by, "match_agreed", {**context, "organisation": match.asked_by, "person": match.asker})
    return match


@transaction.atomic
def finish(*, match: CapacityMatch, by: User) -> CapacityMatch:
    """Either of the two says that it was done."""
    match = locked(match)
    if not any(can_edit_organisation(by, side) for side in (match.asked_by, match.answering)):
        raise PermissionDenied
    if match.state != State.AGREED:
        raise ValidationError(_("Only what was agreed can be done."))
    match.state = State.DONE
    match.save()
    return match


def locked(match: CapacityMatch) -> CapacityMatch:
    matches = CapacityMatch.objects.select_for_update(of=("self",))
    return matches.select_related("need__organisation", "offer__organisation", "asked_by", "asker").get(pk=match.pk)
