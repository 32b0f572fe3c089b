"""What waits for those who keep figures."""

import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indicators.models import Import, Release, ReleasePolicy, Report, Slice
from indicators.permissions import ANSWERING, KEEPERS, is_steward
from orgs.inbox import LONGEST, Waiting
from orgs.models import User

REMEMBERED = datetime.timedelta(days=14)
"""A refused file is no longer news after that."""


def waiting_for(user: User) -> list[Waiting]:
    if not is_steward(user):
        return reports_to_answer(user)
    return [
        *to_approve(user),
        *to_publish(user),
        *reports_to_review(user),
        *reports_to_answer(user),
        *refused(user),
        *parked(),
    ]


def to_approve(user: User) -> list[Waiting]:
    stored = Import.objects.visible_to(user).filter(state=Import.State.STORED, reports=None).order_by("created_at")
    stored = stored.annotate(open_findings=Count("findings", filter=Q(findings__accepted_at=None)))
    return [
        Waiting(
            kind=gettext_lazy("Figures"),
            title=_("Approve the figures of %(file)s") % {"file": batch.file_name},
            url=batch.get_absolute_url(),
            since=batch.created_at,
            text=" · ".join(
                [
                    _("%(new)s new cells, %(changed)s changed")
                    % {"new": batch.cells_new, "changed": batch.cells_changed},
                    *odd_figures(batch.open_findings),
                ]
            ),
            icon="clipboard-check",
        )
        for batch in stored[:LONGEST]
    ]


def odd_figures(number: int) -> list[str]:
    """What the quality rules found and nobody has accepted yet."""
    if not number:
        return []
    words = ngettext("%(number)s figure to look at first", "%(number)s figures to look at first", number)
    return [words % {"number": number}]


def to_publish(user: User) -> list[Waiting]:
    """A release that somebody has to look at; not who made it, where a second person is asked for."""
    previews = Release.objects.filter(state=Release.State.PREVIEW)
    if ReleasePolicy.objects.filter(needs_second_person=True).exists():
        previews = previews.exclude(created_by=user)
    return [
        Waiting(
            kind=gettext_lazy("Figures"),
            title=_("A release waits for approval"),
            url=release.get_absolute_url(),
            since=release.created_at,
            text=release.note,
            icon="megaphone",
        )
        for release in previews
    ]


def refused(user: User) -> list[Waiting]:
    """One's own files that were refused of late, and of which no later edition went through."""
    since = timezone.now() - REMEMBERED
    own = Import.objects.visible_to(user).filter(created_by=user, created_at__gte=since)
    passed = set(
        own.exclude(state__in=[Import.State.REFUSED, Import.State.UPLOADED]).values_list("file_name", flat=True)
    )
    return [
        Waiting(
            kind=gettext_lazy("Figures"),
            title=_("%(file)s was refused: see why") % {"file": batch.file_name},
            url=batch.get_absolute_url(),
            since=batch.created_at,
            text="",
            icon="exclamation-triangle",
        )
        for batch in own.filter(state=Import.State.REFUSED).order_by("created_at")[:LONGEST]
        if batch.file_name not in passed
    ]


def parked() -> list[Waiting]:
    """Slices at which the rollup failed three times. Their figures are not up to date until somebody looks."""
    return [
        Waiting(
            kind=gettext_lazy("Rollup"),
            title=_("%(indicator)s, %(year)s could not be rolled up")
            % {"indicator": place.indicator, "year": place.year},
            url=reverse("indicators:import_list"),
            since=place.parked_at,
            text=place.error[:200],
            icon="exclamation-octagon",
        )
        for place in Slice.objects.exclude(parked_at=None).select_related("indicator").order_by("parked_at")[:LONGEST]
        if place.parked_at is not None
    ]


def reports_to_answer(user: User) -> list[Waiting]:
    """Those that an organisation of one's own owes, if one may write them: the returned and the overdue say so."""
    mine = user.memberships.active().filter(role__in=ANSWERING).values("organisation")
    owed = Report.objects.unanswered().filter(organisation__in=mine)
    return [
        Waiting(
            kind=gettext_lazy("Report"),
            title=(
                _("Returned, look at it again: %(title)s")
                if report.state == Report.State.RETURNED
                else _("Overdue: %(title)s")
                if report.is_overdue
                else _("Fill in: %(title)s")
            )
            % {"title": report.request.title},
            url=report.get_absolute_url(),
            since=report.changed_at,
            text=_("%(authority)s asks %(organisation)s, by %(due)s")
            % {
                "authority": report.request.authority,
                "organisation": report.organisation,
                "due": formats.date_format(report.request.due_on, "SHORT_DATE_FORMAT"),
            },
            icon="clipboard-data",
        )
        for report in owed.select_related("request__authority", "organisation").order_by("request__due_on")[:LONGEST]
    ]


def reports_to_review(user: User) -> list[Waiting]:
    """Those that one's authority asked for and that were sent; not those of an organisation of one's own."""
    mine = user.memberships.active()
    sent = Report.objects.visible_to(user).live().filter(state=Report.State.SUBMITTED)
    sent = sent.exclude(organisation__in=mine.values("organisation"))
    if not user.is_staff:
        sent = sent.filter(request__authority__in=mine.filter(role__in=KEEPERS).values("organisation"))
    return [
        Waiting(
            kind=gettext_lazy("Report"),
            title=_("Review the report of %(organisation)s") % {"organisation": report.organisation},
            url=report.get_absolute_url(),
            since=report.changed_at,
            text=report.request.title,
            icon="clipboard-check",
        )
        for report in sent.select_related("request", "organisation").order_by("changed_at")[:LONGEST]
    ]
