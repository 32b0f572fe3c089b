from celery import shared_task
from django.utils import timezone

from indicators.imports import actions as imports
from indicators.releases import actions as releases
from indicators.releases import file_actions as release_files
from indicators.reports import actions as reports
from indicators.rollup import actions as rollups
from indicators.rollup import worker


@shared_task
def roll_up() -> int:
    """The number of figures that changed. Beat asks for it every minute, an approval at once; doing it twice is harmless."""
    run = worker.roll_up()
    return run.figures if run else 0


@shared_task
def work_on_imports() -> int:
    """The number of large files that a worker took a step further. Beat asks for it every minute, a steward at once; doing it twice is harmless."""
    return imports.work_on_imports()


@shared_task
def remove_old_files() -> int:
    """The number of files that were removed: those of which no figures came, and those of earlier releases. Beat asks for it every day;
    doing it twice is harmless.
    """
    now = timezone.now()
    return imports.remove_old_files(now=now) + release_files.remove_old_release_files(now=now)


@shared_task
def audit_figures() -> int:
    """The number of figures that are not what their observations give. Beat asks for it every night."""
    audit = rollups.audit_figures()
    return audit.differences_count if audit else 0


@shared_task
def send_reminders() -> int:
    """To those who owe a report. Beat asks for it every day; doing it twice is harmless."""
    return reports.send_reminders(today=timezone.localdate())


@shared_task
def make_releases() -> int:
    """The number of drafts that became previews. Beat asks for it every minute, a steward at once; doing it twice is harmless."""
    return releases.make_releases()


@shared_task
def make_release_files() -> int:
    """The number of files that were made. Beat asks for it every minute, a publication at once; doing it twice is harmless."""
    return release_files.make_release_files()
