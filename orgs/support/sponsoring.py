"""A sponsorship is offered, accepted or declined, and ended by either side."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import write_to
from orgs.models import Organisation, Sponsorship, User
from orgs.models.refusals import refused_in_words
from orgs.permissions import leaders_of, leads_organisation
from orgs.support.refusals import REFUSALS

State = Sponsorship.State


@transaction.atomic
def offer_sponsorship(
    *,
    sponsor: Organisation,
    sponsored: Organisation,
    gives: str,
    from_day: datetime.date,
    to_day: datetime.date | None = None,
    by: User,
) -> Sponsorship:
    if not leads_organisation(by, sponsor):
        raise PermissionDenied
    sponsorship = Sponsorship(
        sponsor=sponsor, sponsored=sponsored, gives=gives.strip(), from_day=from_day, to_day=to_day, offered_by=by
    )
    sponsorship.full_clean()
    with refused_in_words(REFUSALS):
        sponsorship.save()
    tell_both("sponsorship_offered", sponsorship)
    return sponsorship


@transaction.atomic
def answer_sponsorship(*, sponsorship: Sponsorship, is_accepted: bool, by: User) -> Sponsorship:
    sponsorship = locked(sponsorship)
    if not leads_organisation(by, sponsorship.sponsored):
        raise PermissionDenied
    if sponsorship.state != State.OFFERED:
        raise ValidationError(_("This has been answered already."))
    sponsorship.state = State.ACCEPTED if is_accepted else State.DECLINED
    sponsorship.answered_by, sponsorship.answered_at = by, timezone.now()
    sponsorship.full_clean()
    sponsorship.save()
    tell_both("sponsorship_answered", sponsorship)
    return sponsorship


@transaction.atomic
def end_sponsorship(*, sponsorship: Sponsorship, by: User) -> Sponsorship:
    """By either side; an offer that nobody has answered is taken back so."""
    sponsorship = locked(sponsorship)
    if not any(leads_organisation(by, side) for side in (sponsorship.sponsor, sponsorship.sponsored)):
        raise PermissionDenied
    if sponsorship.state == State.ENDED:
        return sponsorship
    if sponsorship.state == State.DECLINED:
        raise ValidationError(_("This has been answered already."))
    sponsorship.state, sponsorship.ended_by, sponsorship.ended_at = State.ENDED, by, timezone.now()
    sponsorship.full_clean()
    sponsorship.save()
    tell_both("sponsorship_ended", sponsorship)
    return sponsorship


def locked(sponsorship: Sponsorship) -> Sponsorship:
    rows = Sponsorship.objects.select_for_update(of=("self",))
    return rows.select_related("sponsor", "sponsored").get(pk=sponsorship.pk)


def tell_both(template: str, sponsorship: Sponsorship) -> None:
    for side in (sponsorship.sponsor, sponsorship.sponsored):
        write_to(leaders_of(side), template, {"sponsorship": sponsorship, "organisation": side})
