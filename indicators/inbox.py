"""What waits for those who keep figures."""

import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indicators.models import Import, Slice
from indicators.permissions import is_steward
from orgs.inbox import LONGEST, Waiting
from orgs.models import User

REMEMBERED = datetime.timedelta(days=14)
"""A refused file is no longer news after that."""


def waiting_for(user: User) -> list[Waiting]:
    if not is_steward(user):
        return []
    return [*to_approve(user), *refused(user), *parked()]


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


def refused(user: User) -> list[Waiting]:
    """One's own files that were refused of late, and of which no later edition went through."""
    since = timezone.now() - REMEMBERED
    own = Import.objects.visible_to(user).filter(created_by=user, created_at__gte=since)
    passed = set(own.exclude(state=Import.State.REFUSED).values_list("file_name", flat=True))
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
