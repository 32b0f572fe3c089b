"""What has come in for a reviewer, once a day and only where something has; for administrators what no reviewer may decide."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone

from orgs.accounts.oversight import RightsEvent
from orgs.mail.emails import queue_email_to
from orgs.models import ReviewerAppointment, ReviewerDigest, User, VerificationRules, VoicedNeed
from orgs.review_queues import queues, remarks, voiced_needs

AGAIN = datetime.timedelta(days=7)
"""After which a reviewer is told once more of what is overdue, though nothing new has come in."""


def send_digests() -> int:
    """To each reviewer who has something new to decide, or something overdue, and to administrators where nobody has been appointed who may
    and of the portal's own pages, and of words that are soon deleted unread; the number sent. Asked for twice in a day, it sends one."""
    told = User.objects.filter(
        Q(pk__in=ReviewerAppointment.objects.acting().values("user"))
        | Q(pk__in=User.objects.administrators().filter(is_active=True).values("pk"))
    ).order_by("pk")
    return sum(send_digest(person) for person in told.iterator(chunk_size=500))


@transaction.atomic
def send_digest(person: User) -> bool:
    User.objects.select_for_update().get(pk=person.pk)
    now = timezone.now()
    last = person.digests.order_by("-sent_at").first()
    if last is not None and last.sent_at > now - datetime.timedelta(hours=20):
        return False
    overdue = now - datetime.timedelta(days=VerificationRules.objects.current().days_until_overdue)
    lines: list[dict[str, Any]] = []
    is_news = is_overdue = False
    unread = datetime.timedelta(days=VoicedNeed.DAYS_UNREAD)
    piles = [(queue, queue.of(person), "reviewer") for queue in queues()]
    if person.is_staff:
        piles.append((remarks(), remarks().rows.filter(territory=None), "portal"))
        too_old = VoicedNeed.objects.unread_since(now - unread)
        piles.append((voiced_needs(), too_old, "unread"))
        for queue in queues():
            rows = queue.rows.without_reviewer().exclude(decided_in=None)
            if queue.rows.model is VoicedNeed:  # Each once: what stands above is more urgent.
                rows = rows.exclude(pk__in=too_old.values("pk"))
            piles.append((queue, rows, "nobody"))
    for queue, rows, whose in piles:
        count = rows.count()
        if not count:
            continue
        oldest = rows.aggregate(oldest=Min(queue.since))["oldest"]
        until_news = unread if whose == "unread" else datetime.timedelta()
        is_news = is_news or last is None or rows.filter(**{f"{queue.since}__gt": last.sent_at - until_news}).exists()
        if whose == "nobody" and last is not None:  # What a reviewer could decide until the other day is news, too.
            is_news = is_news or reviewer_has_stopped(last.sent_at)
        is_overdue = is_overdue or oldest < overdue
        said = {"label": queue.label, "count": count, "oldest": oldest, "path": reverse(queue.url_name)}
        lines.append({**said, "whose": whose})
    is_due_again = is_overdue and (last is None or last.sent_at < now - AGAIN)
    if not (is_news or is_due_again):
        return False
    ReviewerDigest.objects.create(user=person, sent_at=now)
    days = {"days_unread": VoicedNeed.DAYS_UNREAD, "days_kept": VoicedNeed.DAYS_KEPT}
    queue_email_to(person, "reviewer_digest", {"lines": lines, **days})
    return True


def reviewer_has_stopped(since: datetime.datetime) -> bool:
    """An appointment has ended, or the account of somebody who is still appointed was closed."""
    closed = RightsEvent.objects.filter(is_active=False, pgh_created_at__gt=since).values("pgh_obj")
    stopped = Q(ends_at__gt=since, ends_at__lte=timezone.now()) | Q(user__in=closed, user__is_active=False)
    return ReviewerAppointment.objects.filter(stopped).exists()
