"""Asking for a vouching, giving one, declining, and taking it back."""

import datetime
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import people_with_role, write_to
from orgs.models import Organisation, User, Vouching
from orgs.models.refusals import refused_in_words
from orgs.models.support import VOUCHING_ROLES, could_vouch_for
from orgs.permissions import can_edit_organisation, can_vouch_for, leaders_of, reviewers_or_administrators
from orgs.support.refusals import REFUSALS
from orgs.vocabulary import Kind

State = Vouching.State
MOST_ASKED = 6
"""At one time, so that no group writes to the whole directory."""
ASKED_FOR = datetime.timedelta(days=30)
"""So long a request without an answer keeps the group from asking others."""
DECLINED_FOR = datetime.timedelta(days=90)
"""So long nobody who declined is asked again."""


@transaction.atomic
def ask_to_vouch(*, group: Organisation, vouchers: Sequence[Organisation], by: User) -> list[Vouching]:
    """Those who may vouch in the name of each of them hear of it."""
    if not can_edit_organisation(by, group):
        raise PermissionDenied
    group = Organisation.objects.select_for_update().get(pk=group.pk)
    if group.kind != Kind.INFORMAL_GROUP or group.closed_on is not None:
        raise ValidationError(_("Others vouch for informal groups alone, and for none that is closed."))
    now = timezone.now()
    verified = Organisation.objects.verified().values("pk")
    open_ones = group.vouchings.filter(state=State.ASKED, asked_at__gte=now - ASKED_FOR, voucher__in=verified)
    if open_ones.count() + len(vouchers) > MOST_ASKED:
        raise ValidationError(
            _("Ask at most %(limit)s at one time, and others once these have answered.") % {"limit": MOST_ASKED}
        )
    asked = []
    able = set(could_vouch_for(group).filter(pk__in=[voucher.pk for voucher in vouchers]).values_list("pk", flat=True))
    for voucher in vouchers:
        if voucher.pk not in able:
            refusal = _(
                "“%(text)s” cannot vouch for you: its documents were not seen, or people of your group lead it."
            )
            raise ValidationError(refusal % {"text": voucher})
        there = group.vouchings.filter(voucher=voucher)
        if there.filter(state__in=[State.ASKED, State.GIVEN]).exists():
            raise ValidationError(_("%(name)s has been asked already, or vouches for you already.") % {"name": voucher})
        if there.filter(state=State.DECLINED, ended_at__gte=now - DECLINED_FOR).exists():
            raise ValidationError(_("%(name)s has declined a short time ago. Ask somebody else.") % {"name": voucher})
        vouching = Vouching(group=group, voucher=voucher, asked_by=by, asked_at=now)
        vouching.full_clean()
        vouching.save()
        write_to(people_with_role(voucher, VOUCHING_ROLES), "vouching_asked", {"vouching": vouching})
        asked.append(vouching)
    return asked


@transaction.atomic
def vouch(*, group: Organisation, voucher: Organisation, words: str, by: User) -> Vouching:
    """In the name of the voucher, who was asked or not. The group hears of it."""
    if not can_vouch_for(by, voucher):
        raise PermissionDenied
    group = Organisation.objects.select_for_update().get(pk=group.pk)
    asked = group.vouchings.select_for_update().filter(voucher=voucher, state=State.ASKED).first()
    vouching = asked or Vouching(group=group, voucher=voucher)
    vouching.state, vouching.words = State.GIVEN, words.strip()
    vouching.given_by, vouching.given_at = by, timezone.now()
    vouching.full_clean()
    with refused_in_words(REFUSALS):
        vouching.save()
    write_to(leaders_of(group), "vouching_given", {"vouching": vouching})
    return vouching


@transaction.atomic
def decline_to_vouch(*, vouching: Vouching, by: User) -> Vouching:
    return ended(vouching, State.ASKED, State.DECLINED, by)


@transaction.atomic
def withdraw_vouching(*, vouching: Vouching, by: User) -> Vouching:
    """By anybody who may vouch in that name. What it was good for until then stays; the next review counts without it."""
    return ended(vouching, State.GIVEN, State.WITHDRAWN, by)


def ended(vouching: Vouching, before: str, after: str, by: User) -> Vouching:
    if not can_vouch_for(by, vouching.voucher):
        raise PermissionDenied
    vouching = Vouching.objects.select_for_update(of=("self",)).select_related("group", "voucher").get(pk=vouching.pk)
    if vouching.state == after:
        return vouching
    if vouching.state != before:
        raise ValidationError(_("This has been answered already."))
    vouching.state, vouching.ended_by, vouching.ended_at = after, by, timezone.now()
    vouching.full_clean()
    vouching.save()
    # Who decides about the group has to hear that somebody does not stand by it any more.
    told = (
        leaders_of(vouching.group)
        if after == State.DECLINED
        else {*leaders_of(vouching.group), *reviewers_or_administrators(vouching.group)}
    )
    write_to(told, f"vouching_{after}", {"vouching": vouching})
    return vouching
