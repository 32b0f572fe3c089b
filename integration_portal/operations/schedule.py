"""The schedule in plain words: what runs when, when it ran last, and whether it failed."""

import datetime
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from orgs.models import WorkerTask

GRACE = datetime.timedelta(minutes=10)
"""By so much a task may be late before somebody should look: beat writes down what it did every few minutes."""


class Words(NamedTuple):
    title: str | Promise
    text: str | Promise
    without: str | Promise
    """What follows where it is switched off."""


TASKS = {
    "indicators.tasks.roll_up": Words(
        gettext_lazy("Add up figures"),
        gettext_lazy("Approved figures are added up over places and years."),
        gettext_lazy("Figures are added up only at the moment when they are approved."),
    ),
    "indicators.tasks.work_on_imports": Words(
        gettext_lazy("Work on large imports"),
        gettext_lazy("Large files are checked, stored, approved and undone."),
        gettext_lazy("A large import that was interrupted stays where it is."),
    ),
    "indicators.tasks.audit_figures": Words(
        gettext_lazy("Check the figures"),
        gettext_lazy("All figures are computed anew and compared with those that are stored."),
        gettext_lazy("Nobody is told when stored figures differ from their sources."),
    ),
    "indicators.tasks.make_releases": Words(
        gettext_lazy("Prepare releases"),
        gettext_lazy("Releases that a steward has asked for are prepared, with small groups protected."),
        gettext_lazy("A release that was interrupted stays where it is."),
    ),
    "indicators.tasks.make_release_files": Words(
        gettext_lazy("Make the files of releases"),
        gettext_lazy("The files that readers download are made once and kept."),
        gettext_lazy("Files of a new release may be missing."),
    ),
    "orgs.tasks.send_reviewer_digests": Words(
        gettext_lazy("Tell reviewers"),
        gettext_lazy(
            "Reviewers get an e-mail when something has come in for them, and each week while something is overdue."
        ),
        gettext_lazy("Reviewers have to look by themselves whether there is something to do."),
    ),
    "orgs.tasks.ask_whether_services_are_still_right": Words(
        gettext_lazy("Ask whether services are still right"),
        gettext_lazy("Organisations are asked once a year whether what their services say is still right."),
        gettext_lazy("Nobody is asked, and services grow old unnoticed."),
    ),
    "orgs.tasks.tell_of_matching_needs_and_offers": Words(
        gettext_lazy("Tell of needs and offers that meet"),
        gettext_lazy(
            "Organisations are told, once a week at most, of new needs and offers of others that meet theirs."
        ),
        gettext_lazy("Needs and offers meet only where somebody looks."),
    ),
    "orgs.tasks.send_renewal_reminders": Words(
        gettext_lazy("Remind of renewals"),
        gettext_lazy("Organisations are told 60, 30 and 7 days before their verification lapses, and when it has."),
        gettext_lazy("Nobody is reminded, and verifications lapse unnoticed."),
    ),
    "orgs.tasks.remove_stale_territory_files": Words(
        gettext_lazy("Remove files of territories"),
        gettext_lazy("Files of places that were checked and never stored are removed after some days."),
        gettext_lazy("Files that nobody needs are kept."),
    ),
    "orgs.tasks.work_on_organisation_files": Words(
        gettext_lazy("Check and store files of organisations"),
        gettext_lazy(
            "Large files of organisations are checked and stored, and those that a worker left are taken up again."
        ),
        gettext_lazy("Large files of organisations are neither checked nor stored."),
    ),
    "orgs.tasks.tell_listed_organisations": Words(
        gettext_lazy("Write to listed organisations"),
        gettext_lazy(
            "Organisations from a file are told of their entry, where an administrator wanted it and an address is known."
        ),
        gettext_lazy("Listed organisations are not told of their entry."),
    ),
    "orgs.tasks.remove_stale_organisation_files": Words(
        gettext_lazy("Remove files of organisations"),
        gettext_lazy("Files of organisations that were checked and never stored are removed after some days."),
        gettext_lazy("Files that nobody needs are kept."),
    ),
    "orgs.tasks.send_queued_mail": Words(
        gettext_lazy("Send e-mails"),
        gettext_lazy("E-mails are sent, and those that failed are tried again."),
        gettext_lazy("E-mails that failed once are not tried again: log-in codes and invitations may not arrive."),
    ),
    "indicators.tasks.send_reminders": Words(
        gettext_lazy("Remind of reports"),
        gettext_lazy("Organisations that still have to report figures are reminded."),
        gettext_lazy("Nobody is reminded of a report."),
    ),
    "indicators.tasks.remove_old_files": Words(
        gettext_lazy("Remove old import files"),
        gettext_lazy("Files from which no figures came, and files of earlier releases, are removed."),
        gettext_lazy("Old files are kept for longer than they are needed."),
    ),
    "orgs.tasks.remove_stale_drafts": Words(
        gettext_lazy("Remove old drafts of registrations"),
        gettext_lazy(
            "Drafts that nobody touched for two months are removed, and requests to act for an organisation that nobody confirmed within a week."
        ),
        gettext_lazy("Personal data in drafts is kept for longer than it is needed."),
    ),
    "orgs.tasks.forget_what_nobody_read": Words(
        gettext_lazy("Delete what nobody has read"),
        gettext_lazy(
            "Words in which somebody says what is missing are deleted after 90 days unread, and addresses left with a remark after 180 days unanswered."
        ),
        gettext_lazy("People’s words and addresses are kept for longer than it was promised."),
    ),
    "orgs.tasks.remove_orphaned_files": Words(
        gettext_lazy("Remove files that nothing refers to"),
        gettext_lazy("What is left over after uploads that failed is removed."),
        gettext_lazy("The disk fills up slowly."),
    ),
    "orgs.tasks.remove_public_pages": Words(
        gettext_lazy("Clear stored public pages"),
        gettext_lazy("Copies of public pages that are out of date are removed."),
        gettext_lazy("The database grows. Readers still get current pages."),
    ),
    "orgs.tasks.forget_forms": Words(
        gettext_lazy("Clear forms that were kept"),
        gettext_lazy("What somebody typed when a session ended is removed after an hour."),
        gettext_lazy("What people typed is kept for longer than it is needed."),
    ),
    "orgs.tasks.remove_old_mail": Words(
        gettext_lazy("Remove old e-mails"),
        gettext_lazy("E-mails that were sent two months ago are removed."),
        gettext_lazy("E-mails are kept for longer than they are needed."),
    ),
}


@dataclass(frozen=True)
class ScheduledTask:
    """A task as its row on the page shows it."""

    task: PeriodicTask
    record: WorkerTask | None
    now: datetime.datetime

    @property
    def words(self) -> Words:
        return TASKS.get(self.task.task, Words(self.task.name, "", _("What it does is not done.")))

    @property
    def when(self) -> str:
        return when_words(self.task)

    @property
    def last_run(self) -> datetime.datetime | None:
        """As beat wrote it down, or the worker: whichever is later."""
        return max(filter(None, (self.task.last_run_at, self.record and self.record.started_at)), default=None)

    @property
    def next_run(self) -> datetime.datetime | None:
        if not self.task.enabled or self.task.scheduler is None:
            return None
        schedule = self.task.schedule
        last = self.last_run or self.task.date_changed or self.now
        remaining: datetime.timedelta = schedule.remaining_estimate(schedule.maybe_make_aware(last))
        moment = self.now + remaining + datetime.timedelta(milliseconds=500)
        return moment.replace(microsecond=0)  # To the nearest second, so that half past two is not shown as 2:29.

    @property
    def state(self) -> str:
        """One of: off, failed, running, late, done, new."""
        if not self.task.enabled:
            return "off"
        if self.record is not None and self.record.has_failed:
            return "failed"
        if self.record is not None and self.record.is_running:
            return "running"
        if self.next_run is not None and self.next_run < self.now - GRACE:
            return "late"
        return "done" if self.record is not None else "new"


def scheduled_tasks(tasks: Any) -> list[ScheduledTask]:
    """With what is known of each; two queries for all of them."""
    tasks = list(tasks)
    records = {record.name: record for record in WorkerTask.objects.filter(name__in=[task.task for task in tasks])}
    now = timezone.now()
    return [ScheduledTask(task, records.get(task.task), now) for task in tasks]


def when_words(task: PeriodicTask) -> str:
    if task.crontab is not None:
        crontab = task.crontab
        is_daily = (crontab.day_of_week, crontab.day_of_month, crontab.month_of_year) == ("*", "*", "*")
        if is_daily and crontab.hour.isdigit() and crontab.minute.isdigit():
            at = datetime.time(int(crontab.hour), int(crontab.minute))
            return _("Every day at %(time)s") % {"time": formats.time_format(at, "TIME_FORMAT")}
        return str(crontab.human_readable)
    if task.interval is not None:
        return interval_words(*largest_unit(task.interval.every, task.interval.period))
    return str(task.scheduler or "")


SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


def largest_unit(every: int, unit: str) -> tuple[int, str]:
    """86,400 seconds are a day."""
    if unit not in SECONDS:
        return every, unit
    seconds = every * SECONDS[unit]
    return next((seconds // SECONDS[name], name) for name in reversed(SECONDS) if seconds % SECONDS[name] == 0)


def interval_words(every: int, unit: str) -> str:
    if unit == IntervalSchedule.DAYS:
        words = ngettext("Every day", "Every %(number)s days", every)
    elif unit == IntervalSchedule.HOURS:
        words = ngettext("Every hour", "Every %(number)s hours", every)
    elif unit == IntervalSchedule.MINUTES:
        words = ngettext("Every minute", "Every %(number)s minutes", every)
    else:
        words = ngettext("Every second", "Every %(number)s seconds", every)
    return words % {"number": every}
