"""What has come in for a reviewer, once a day and only where something has."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from orgs.mail.emails import queue_email_to
from orgs.models import ReviewerAppointment, ReviewerDigest, User, VerificationRules
from orgs.review_queues import queues

AGAIN = datetime.timedelta(days=7)
"""After which a reviewer is told once more of what is overdue, though nothing new has come in."""


def send_digests() -> int:
    """To each reviewer who has something new to decide, or something overdue; the number sent. Asked for twice in a day, it sends one."""
    reviewers = User.objects.filter(
        is_active=True, pk__in=ReviewerAppointment.objects.active().values("user")
    ).order_by("pk")
    return sum(send_digest(reviewer) for reviewer in reviewers.iterator(chunk_size=500))


@transaction.atomic
def send_digest(reviewer: User) -> bool:
    User.objects.select_for_update().get(pk=reviewer.pk)
    now = timezone.now()
    last = reviewer.digests.order_by("-sent_at").first()
    if last is not None and last.sent_at > now - datetime.timedelta(hours=20):
        return False
    overdue = now - datetime.timedelta(days=VerificationRules.objects.current().days_until_overdue)
    lines: list[dict[str, Any]] = []
    is_news = is_overdue = False
    for queue in queues():
        rows = queue.of(reviewer)
        count = rows.count()
        if not count:
            continue
        oldest = rows.aggregate(oldest=Min(queue.since))["oldest"]
        is_news = is_news or last is None or rows.filter(**{f"{queue.since}__gt": last.sent_at}).exists()
        is_overdue = is_overdue or oldest < overdue
        lines.append({"label": queue.label, "count": count, "oldest": oldest, "path": reverse(queue.url_name)})
    is_due_again = is_overdue and (last is None or last.sent_at < now - AGAIN)
    if not lines or not (is_news or is_due_again):
        return False
    ReviewerDigest.objects.create(user=reviewer, sent_at=now)
    queue_email_to(reviewer, "reviewer_digest", {"lines": lines})
    return True
