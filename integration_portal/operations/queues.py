"""The work that stands in the database: how much of each kind, how old it is, and whether there is a worker to do it."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask
from post_office.models import STATUS

from indicators.models import DirtyMark, ImportBatch, Release, ReleaseFile, Slice
from orgs.mail.actions import unsent
from orgs.models import Measure, Organisation, VerificationRules, WorkerTask
from orgs.review_queues import queues
from orgs.reviewers.workload import places_without_reviewer

QUICK = datetime.timedelta(minutes=15)
"""A worker takes what is there within a minute; what is older than this is stuck, or large."""
SILENT = datetime.timedelta(minutes=10)
"""Of a worker that is not at work, and of beat: something is done every half minute, and beat writes it down every three."""
AT_WORK = datetime.timedelta(minutes=30)
"""Longer than any task may take."""


@dataclass(frozen=True)
class WorkQueue:
    """A line of the page."""

    title: str | Promise
    count: int
    oldest: datetime.datetime | None
    url: str = ""
    late_after: datetime.timedelta | None = None
    is_fault: bool = False
    """Nothing should ever be in it."""

    @property
    def tone(self) -> str:
        if not self.count:
            return "success"
        if self.is_fault:
            return "danger"
        is_late = self.late_after is not None and self.oldest and self.oldest < timezone.now() - self.late_after
        return "warning" if is_late else "neutral"


def line(title: str | Promise, rows: QuerySet[Any], since: str, **options: Any) -> WorkQueue:
    """One query. Where a day says until when, something is to be done from its end on."""
    found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
    oldest = found["oldest"]
    if oldest is not None and not isinstance(oldest, datetime.datetime):
        oldest = timezone.make_aware(datetime.datetime.combine(oldest + datetime.timedelta(days=1), datetime.time.min))
    return WorkQueue(title, found["count"], oldest, **options)


def work_queues() -> list[tuple[str, list[WorkQueue]]]:
    """By who does it: the workers, or people."""
    imports, releases = reverse("indicators:import_list"), reverse("indicators:release_list")
    runs, mail = reverse("indicators:run_list"), reverse("mail_list")
    review = datetime.timedelta(days=VerificationRules.objects.current().days_until_overdue)
    places = places_without_reviewer()
    run_out = f"{reverse('orgs:registry_list')}?state=run_out"
    lapsed = Organisation.objects.filter(closed_on=None, holds_until__lt=timezone.localdate()).exclude(tier="")
    state, preview = ImportBatch.State, Release.State.PREVIEW
    files = ReleaseFile.objects.filter(state=ReleaseFile.State.WAITING)
    return [
        (
            _("For the workers"),
            [
                line(_("Large imports at work"), ImportBatch.objects.filter(state__in=ImportBatch.WITH_WORKER), "created_at", url=imports, late_after=QUICK),
                WorkQueue(_("Places whose figures are to be added up"), DirtyMark.objects.count(), None, url=runs),
                line(_("Figures that could not be added up"), Slice.objects.exclude(parked_at=None), "parked_at", url=runs, is_fault=True),
                line(_("Releases being prepared"), Release.objects.filter(state=Release.State.DRAFT), "created_at", url=releases, late_after=QUICK),
                line(_("Files of releases to be made"), files, "asked_at", url=releases, late_after=QUICK),
                line(_("E-mails to be sent"), unsent().exclude(status=STATUS.failed), "created", url=mail, late_after=QUICK),
                line(_("E-mails that could not be sent"), unsent().filter(status=STATUS.failed), "created", url=mail, is_fault=True),
            ],
        ),
        (
            _("For people"),
            [
                *(line(queue.label, queue.rows, queue.since, url=reverse(queue.url_name), late_after=review) for queue in queues()),
                WorkQueue(_("Matters that no reviewer may decide"), sum(place.number for place in places),
                          min((place.oldest for place in places), default=None), url=reverse("orgs:appointment_list"), is_fault=True),
                line(_("Appeals that nobody may decide"), Measure.objects.without_judge(), "appealed_at", url=reverse("orgs:appeal_queue"), is_fault=True),
                line(_("Verification lapsed"), lapsed, "holds_until", url=run_out, late_after=datetime.timedelta()),
                line(_("Imports to be approved"), ImportBatch.objects.filter(state=state.STORED), "created_at", url=imports),
                line(_("Releases to be approved"), Release.objects.filter(state=preview), "created_at", url=releases),
                line(_("Releases that could not be made"), Release.objects.filter(state=Release.State.FAILED), "created_at", url=releases, is_fault=True),
            ],
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class Pulse:
    """What was heard of the workers and of beat last."""

    worker: str
    heard_at: datetime.datetime | None
    """When a task began or ended."""
    busy_with: WorkerTask | None
    asked_at: datetime.datetime | None
    """When beat asked for a task last."""
    now: datetime.datetime

    @property
    def has_worker(self) -> bool:
        patience = AT_WORK if self.busy_with else SILENT
        return self.heard_at is not None and self.heard_at > self.now - patience

    @property
    def has_beat(self) -> bool:
        """A worker that does the tasks was asked for them."""
        return self.has_worker or (self.asked_at is not None and self.asked_at > self.now - SILENT)


def pulse() -> Pulse:
    """Two queries."""
    records = list(WorkerTask.objects.all())
    times = [(at, one) for one in records for at in (one.started_at, one.finished_at, one.failed_at) if at]
    heard_at, last = max(times, key=lambda heard: heard[0], default=(None, None))
    running = [one for one in records if one.is_running]
    asked = PeriodicTask.objects.aggregate(at=Max("last_run_at"))["at"]
    busy = max(running, key=lambda one: one.started_at, default=None)
    return Pulse(last.worker if last else "", heard_at, busy, asked, timezone.now())
