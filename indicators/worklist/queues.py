"""The worklist of stewards: what there is to do, in queues, the oldest first. The first page shows it too."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indicators.models import Finding, ImportBatch, ProtectionChange, Release, Report, Slice
from indicators.permissions import can_approve_release
from orgs.drawing.own_words import own_name, saying
from orgs.inbox import LONGEST, Task
from orgs.models import Membership, Organisation, User
from orgs.permissions import KEEPERS

REMEMBERED = datetime.timedelta(days=14)
"""A file of which nothing is stored is no longer news after that."""

FIGURES, REPORT, ROLLUP = gettext_lazy("Figures"), gettext_lazy("Report"), gettext_lazy("Rollup")


@dataclass(frozen=True)
class QueuePart:
    """The oldest of one kind, and how many there are."""

    items: list[Task]
    count: int


@dataclass(frozen=True)
class Queue:
    """What there is to do in one part of the worklist."""

    name: str
    title: str | Promise
    icon: str
    url: str
    """Its list, with what is done as well."""
    parts: list[QueuePart]

    @property
    def items(self) -> list[Task]:
        """The oldest first."""
        return sorted(self._all, key=lambda item: item.since)[:LONGEST]

    @property
    def pressing(self) -> list[Task]:
        """What is for the reader to do, the oldest first, however much else waits."""
        return sorted((item for item in self._all if item.is_pressing), key=lambda item: item.since)[:LONGEST]

    @property
    def _all(self) -> list[Task]:
        return [item for part in self.parts for item in part.items]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def more(self) -> int:
        """How many are not among the items."""
        return self.count - len(self.items)


def queues_of(user: User) -> list[Queue]:
    """As many queries, however much there is."""
    imports, reports = reverse("indicators:import_list"), reverse("indicators:report_list")
    releases, runs = reverse("indicators:release_list"), reverse("indicators:run_list")
    return [
        Queue(
            "imports",
            _("Imports"),
            "cloud-upload",
            imports,
            [unfinished_files(user), refused_files(user), imports_to_approve(user)],
        ),
        Queue(
            "findings",
            _("What the quality rules found"),
            "search",
            imports,
            [imports_with_findings(user), reports_with_findings(user)],
        ),
        Queue("reports", _("Reports"), "clipboard-data", reports, [reports_to_review(user), overdue_reports(user)]),
        Queue(
            "releases", _("Releases"), "megaphone", releases, [releases_to_publish(user), protections_to_agree(user)]
        ),
        Queue("parked", _("Rollup"), "arrow-repeat", runs, [parked_slices()]),
    ]


def queue_part(rows: QuerySet[Any], make: Callable[[Any], Task]) -> QueuePart:
    return QueuePart([make(row) for row in rows[:LONGEST]], rows.count())


# --- Imports ------------------------------------------------------------------------------------------------------------


def unfinished_files(user: User) -> QueuePart:
    """Files of late of which nothing is stored yet: their columns wait for a meaning, or what was found for a yes."""
    since = timezone.now() - REMEMBERED
    states = [ImportBatch.State.RECEIVED, ImportBatch.State.CHECKED]
    files = ImportBatch.objects.visible_to(user).filter(
        kind=ImportBatch.Kind.FILE, state__in=states, created_at__gte=since
    )

    def task_of_file(batch: ImportBatch) -> Task:
        is_described = batch.state == ImportBatch.State.CHECKED
        title = _("Store the figures of %(file)s") if is_described else _("Say what the columns in %(file)s mean")
        return Task(
            kind=FIGURES,
            title=title % {"file": batch.file_name},
            url=batch.get_absolute_url() if is_described else reverse("indicators:import_map", args=[batch.pk]),
            since=batch.created_at,
            text=cells_words(batch) if is_described else "",
            icon="file-earmark-check" if is_described else "table",
            status=_("Nothing is stored yet"),
        )

    return queue_part(files.order_by("created_at"), task_of_file)


def refused_files(user: User) -> QueuePart:
    """One's own files that were refused of late, and of which no later edition went through."""
    since = timezone.now() - REMEMBERED
    own = ImportBatch.objects.visible_to(user).filter(created_by=user, created_at__gte=since)
    passed = own.filter(file_name=OuterRef("file_name")).exclude(
        state__in=[ImportBatch.State.REFUSED, ImportBatch.State.RECEIVED]
    )
    return queue_part(
        own.filter(~Exists(passed), state=ImportBatch.State.REFUSED).order_by("created_at"),
        lambda batch: Task(
            kind=FIGURES,
            title=_("See why %(file)s was refused") % {"file": batch.file_name},
            url=batch.get_absolute_url(),
            since=batch.created_at,
            icon="exclamation-triangle",
        ),
    )


def imports_to_approve(user: User) -> QueuePart:
    """Stored, and nothing odd in it is left to be looked at."""
    return queue_part(
        stored_imports(user).filter(~has_findings("pk")),
        lambda batch: Task(
            kind=FIGURES,
            title=_("Approve the figures of %(file)s") % {"file": batch.file_name},
            url=batch.get_absolute_url(),
            since=batch.created_at,
            text=cells_words(batch),
            icon="clipboard-check",
        ),
    )


def stored_imports(user: User) -> QuerySet[ImportBatch]:
    """Imports that wait for approval; those of a report wait with the report."""
    return (
        ImportBatch.objects.visible_to(user).filter(state=ImportBatch.State.STORED, reports=None).order_by("created_at")
    )


def cells_words(batch: ImportBatch) -> str:
    return _("%(new)s new cells, %(changed)s changed") % {"new": batch.cells_new, "changed": batch.cells_changed}


# --- What the quality rules found ---------------------------------------------------------------------------------------


def has_findings(batch: str) -> Exists:
    """Some finding in the batch of that name is open."""
    return Exists(Finding.objects.open().filter(batch=OuterRef(batch)))


def imports_with_findings(user: User) -> QueuePart:
    odd = stored_imports(user).filter(has_findings("pk"))
    return queue_part(
        odd.annotate(open_findings=Count("findings", filter=Q(findings__accepted_at=None))),
        lambda batch: Task(
            kind=FIGURES,
            title=_("Check the findings in %(file)s") % {"file": batch.file_name},
            url=batch.get_absolute_url(),
            since=batch.created_at,
            text=findings_words(batch.open_findings),
            icon="search",
        ),
    )


def reports_with_findings(user: User) -> QueuePart:
    odd = submitted_reports(user).filter(has_findings("batch"))
    return queue_part(
        odd.annotate(open_findings=Count("batch__findings", filter=Q(batch__findings__accepted_at=None))),
        lambda report: Task(
            kind=REPORT,
            title=_("Check the findings in the report of %(organisation)s") % {"organisation": report.organisation},
            url=report.get_absolute_url(),
            since=report.changed_at,
            text=findings_words(report.open_findings),
            icon="search",
        ),
    )


def findings_words(number: int) -> str:
    words = ngettext("%(number)s figure to check first", "%(number)s figures to check first", number)
    return words % {"number": number}


# --- Reports ------------------------------------------------------------------------------------------------------------


def reports_asked_for(user: User) -> QuerySet[Report]:
    """What one's authority asked for, but not of an organisation of one's own."""
    mine = user.memberships.acting()
    reports = Report.objects.visible_to(user).live().exclude(organisation__in=Organisation.objects.own_of(user))
    if not user.is_staff:
        reports = reports.filter(request__authority__in=mine.filter(role__in=KEEPERS).values("organisation"))
    return reports.select_related("request__authority", "organisation")


def submitted_reports(user: User) -> QuerySet[Report]:
    return reports_asked_for(user).filter(state=Report.State.SUBMITTED).order_by("changed_at")


def reports_to_review(user: User) -> QueuePart:
    return queue_part(
        submitted_reports(user).filter(~has_findings("batch")),
        lambda report: Task(
            kind=REPORT,
            title=_("Review the report of %(organisation)s") % {"organisation": report.organisation},
            url=report.get_absolute_url(),
            since=report.changed_at,
            text=report.request.title,
            icon="clipboard-check",
        ),
    )


def request_words(report: Report) -> str:
    return saying(
        _("%(authority)s asks %(organisation)s, by %(due)s"),
        authority=own_name(report.request.authority),
        organisation=own_name(report.organisation),
        due=formats.date_format(report.request.due_on, "SHORT_DATE_FORMAT"),
    )


def overdue_reports(user: User) -> QueuePart:
    """Those that are late; the organisation is reminded of itself."""
    late = reports_asked_for(user).filter(pk__in=Report.objects.overdue(timezone.localdate()).values("pk"))
    return queue_part(
        late.order_by("request__due_on"),
        lambda report: Task(
            kind=REPORT,
            title=_("Overdue: %(title)s") % {"title": report.request.title},
            url=report.get_absolute_url(),
            since=timezone.make_aware(datetime.datetime.combine(report.request.due_on, datetime.time.max)),
            text=request_words(report),
            icon="calendar-x",
            status=_("With the organisation"),
        ),
    )


# --- Releases -----------------------------------------------------------------------------------------------------------


def releases_to_publish(user: User) -> QueuePart:
    """The release that is being prepared; who made it waits for a second person, and so does who does not keep all that it changes."""
    open_states = [Release.State.DRAFT, Release.State.PREVIEW, Release.State.FAILED]

    def task_of_release(release: Release) -> Task:
        status = ""
        if release.state == Release.State.DRAFT:
            title, status = _("A release is being made"), _("In the queue")
        elif release.state == Release.State.FAILED:
            title = _("See why a release could not be made, and discard it")
        elif release.created_by_id == user.pk:
            title, status = _("The release you prepared is ready"), _("A second person has to decide")
        else:
            title = _("A release is to be approved")
            status = "" if can_approve_release(user, release) else _("An administrator has to act")
        return Task(
            kind=FIGURES,
            title=title,
            url=release.get_absolute_url(),
            since=release.created_at,
            text=release.note,
            icon="megaphone",
            status=status,
        )

    return queue_part(Release.objects.filter(state__in=open_states).order_by("created_at"), task_of_release)


def protections_to_agree(user: User) -> QueuePart:
    """Weaker protections that somebody else has asked for."""
    managed = user.memberships.acting().filter(role=Membership.Role.MANAGER)
    asked = ProtectionChange.objects.open().exclude(asked_by=user).select_related("indicator")
    if not user.is_staff:
        asked = asked.filter(indicator__owner__in=managed.values("organisation"))
    return queue_part(
        asked.order_by("asked_at"),
        lambda change: Task(
            kind=FIGURES,
            title=_("Agree to a weaker protection of %(indicator)s, or refuse it") % {"indicator": change.indicator},
            url=reverse("indicators:indicator_edit", args=[change.indicator.code]),
            since=change.asked_at,
            text=change.reason,
            icon="shield-exclamation",
        ),
    )


# --- The rollup ---------------------------------------------------------------------------------------------------------


def parked_slices() -> QueuePart:
    """Slices at which the rollup failed three times. Their figures are not up to date until somebody looks."""
    return queue_part(
        Slice.objects.exclude(parked_at=None).select_related("indicator").order_by("parked_at"),
        lambda part: Task(
            kind=ROLLUP,
            title=_("%(indicator)s, %(year)s could not be rolled up")
            % {"indicator": part.indicator, "year": part.year},
            url=reverse("indicators:run_list"),
            since=part.parked_at,
            text=part.error[:200],
            icon="exclamation-octagon",
        ),
    )
