"""Asking another organisation for what it offers, or offering it what it needs; answering; and saying that it is done, or is not to be."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email_to, write_to
from orgs.matching.suggestions import counterparts, suggestions_for
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
    tell_the_other(match, "match_done", by)
    return match


@transaction.atomic
def withdraw(*, match: CapacityMatch, by: User) -> CapacityMatch:
    """What was asked, by the one that asked; what was agreed is called off by either. The other hears of it."""
    match = locked(match)
    is_open = match.state in (State.ASKED, State.WITHDRAWN)
    sides = [match.asked_by] if is_open else [match.asked_by, match.answering]
    if not any(can_edit_organisation(by, side) for side in sides):
        raise PermissionDenied
    if match.state in (State.WITHDRAWN, State.CALLED_OFF):
        return match
    if match.state not in CapacityMatch.ALIVE:
        raise ValidationError(_("This has been answered already."))
    match.state = State.WITHDRAWN if is_open else State.CALLED_OFF
    match.full_clean()
    match.save()
    tell_the_other(match, "match_withdrawn", by)
    return match


def tell_the_other(match: CapacityMatch, template: str, by: User) -> None:
    """The people of the side for which the person does not act; of both, where they act for neither or both."""
    others = [side for side in (match.asked_by, match.answering) if not can_edit_organisation(by, side)]
    for side in others or [match.asked_by, match.answering]:
        context = {"match": match, "organisation": match.other_than(side), "other": side}
        write_to(leaders_of(side).exclude(pk=by.pk), template, context)


MEET_AGAIN = datetime.timedelta(days=7)
"""So often at most the people of an organisation are told of new needs and offers that meet theirs."""


def tell_of_meetings() -> int:
    """Writes to those whose needs or offers are met by ones that came in since they were last told; the number of organisations."""
    last = timezone.now() - MEET_AGAIN
    came_in = Q(created_at__gt=OuterRef("told_at")) | Q(organisation__verified_at__gt=OuterRef("told_at"))
    newer = Capacity.objects.current().filter(came_in, kind=OuterRef("kind"))
    own = (
        Capacity.objects.current()
        .filter(Exists(newer.exclude(side=OuterRef("side"))), told_at__lt=last)
        .filter(organisation__in=Organisation.objects.verified().values("pk"))
    )
    told = 0
    for pk in own.order_by("organisation").values_list("organisation", flat=True).distinct():
        with transaction.atomic():
            told += tell_of_new(Organisation.objects.select_for_update().get(pk=pk))
    return told


def came_in_at(capacity: Capacity) -> datetime.datetime:
    """When others could first be told of it."""
    return max(capacity.created_at, capacity.organisation.verified_at or capacity.created_at)


def tell_of_new(organisation: Organisation) -> int:
    """1 where there is something to tell. Twice is once."""
    new = [
        (capacity, [other for other in others if came_in_at(other) > capacity.told_at])
        for capacity, others in suggestions_for(organisation)
    ]
    met = [(capacity, others) for capacity, others in new if others]
    organisation.capacities.update(told_at=timezone.now())
    if met:
        write_to(leaders_of(organisation), "match_proposed", {"organisation": organisation, "met": met})
    return bool(met)


def locked(match: CapacityMatch) -> CapacityMatch:
    matches = CapacityMatch.objects.select_for_update(of=("self",))
    return matches.select_related("need__organisation", "offer__organisation", "asked_by", "asker").get(pk=match.pk)
