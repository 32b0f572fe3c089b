"""Something is wrong here: said on a public page, told to who keeps it, answered once."""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import queue_email, write_to
from orgs.models import Organisation, Remark, Territory, User
from orgs.permissions import can_judge_remark, leaders_of


@transaction.atomic
def make_remark(
    *,
    page: str,
    words: str,
    language: str,
    email: str = "",
    organisation: Organisation | None,
    territory: Territory | None,
) -> Remark:
    """Who leads the organisation that keeps the page hears of it at once; reviewers find it in their list, and in their daily e-mail."""
    remark = Remark(
        page=page, words=words.strip(), language=language, email=email, organisation=organisation, territory=territory
    )
    remark.full_clean()
    remark.save()
    if organisation is not None:
        write_to(leaders_of(organisation), "remark_made", {"remark": remark, "organisation": organisation})
    return remark


@transaction.atomic
def answer_remark(*, remark: Remark, answer: str, by: User) -> Remark:
    """To whoever left an address, by e-mail; the address is then forgotten. The first answer counts. That of a reviewer or an administrator
    closes it for all, and needs no words where nobody gets them; that of its keeper is put before the reviewers.
    """
    if not Remark.objects.visible_to(by).filter(pk=remark.pk).exists():
        raise PermissionDenied
    remark = Remark.objects.select_for_update(of=("self",)).get(pk=remark.pk)
    if remark.closed_at is not None:
        raise ValidationError(_("Somebody has answered this already."))
    email = remark.email
    if email and not answer.strip():
        raise ValidationError(
            {"answer": _("Somebody left an address for your answer. Say what you have changed, or why it is right.")}
        )
    remark.answer, remark.closed_at, remark.closed_by, remark.email = answer.strip(), timezone.now(), by, ""
    if can_judge_remark(by, remark):
        remark.seen_at, remark.seen_by = remark.closed_at, by
    remark.full_clean()
    remark.save()
    if email:
        queue_email("remark_answered", to=email, language=remark.language, context={"remark": remark})
    return remark


def forget_addresses(*, now: datetime.datetime) -> int:
    """Nobody's address waits for ever: that of a remark without an answer goes after `Remark.DAYS_EMAIL_KEPT` days. The remark stays."""
    last = now - datetime.timedelta(days=Remark.DAYS_EMAIL_KEPT)
    return Remark.objects.open().filter(said_at__lt=last).exclude(email="").update(email="")


@transaction.atomic
def mark_remark_seen(*, remark: Remark, by: User) -> Remark:
    """By a reviewer, who has read what its keeper answered. Seen once is seen."""
    if not can_judge_remark(by, remark):
        raise PermissionDenied
    remark = Remark.objects.select_for_update(of=("self",)).get(pk=remark.pk)
    if remark.closed_at is None:
        raise ValidationError(_("Nobody has answered it yet. Answer it, and it is closed."))
    if remark.seen_at is None:
        remark.seen_at, remark.seen_by = timezone.now(), by
        remark.full_clean()
        remark.save()
    return remark
