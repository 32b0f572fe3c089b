"""What there is to do for a person in the registry. The other apps have such a module too; the home page shows them together, oldest first."""

import datetime
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.models import Membership, Organisation, ProposedChange, User, Verification

LONGEST = 20
"""Of one kind. Whoever has more to do than that begins with the oldest, and the queue has the rest."""


@dataclass(frozen=True)
class Task:
    """Something that one person is expected to do, or that they see another one ought to."""

    kind: str | Promise
    title: str
    url: str
    since: datetime.datetime
    text: str = ""
    icon: str = "inbox"
    status: str | Promise = ""
    """Why it presses nobody, or for whom it waits where that is not the reader."""
    status_tone: str = "waiting"

    @property
    def is_pressing(self) -> bool:
        return not self.status


def tasks_of(user: User) -> list[Task]:
    return [
        *verifications_to_review(user),
        *changes_to_review(user),
        *returned_organisations(user),
        *returned_changes(user),
    ]


def verifications_to_review(user: User) -> list[Task]:
    verifications = Verification.objects.waiting().reviewable_by(user).select_related("organisation__territory")
    return [
        Task(
            kind=gettext_lazy("Verification"),
            title=_("Verify %(organisation)s") % {"organisation": verification.organisation},
            url=verification.get_absolute_url(),
            since=verification.submitted_at,
            text=verification.organisation.territory.local_name,
            icon="patch-check",
        )
        for verification in verifications.order_by("submitted_at")[:LONGEST]
    ]


def changes_to_review(user: User) -> list[Task]:
    changes = ProposedChange.objects.open().reviewable_by(user).select_related("organisation__territory")
    return [
        Task(
            kind=gettext_lazy("Proposed change"),
            title=_("Look at a change of %(organisation)s") % {"organisation": change.organisation},
            url=change.get_absolute_url(),
            since=change.proposed_at,
            text=change.organisation.territory.local_name,
            icon="pencil-square",
        )
        for change in changes.order_by("proposed_at")[:LONGEST]
    ]


def kept_by(user: User) -> QuerySet[Organisation]:
    """Organisations of which one keeps the profile."""
    keepers = [Membership.Role.OWNER, Membership.Role.EDITOR]
    return Organisation.objects.filter(
        memberships__in=Membership.objects.of(user).filter(role__in=keepers), closed_on=None
    )


def returned_changes(user: User) -> list[Task]:
    returned = ProposedChange.objects.filter(organisation__in=kept_by(user), state=ProposedChange.State.RETURNED)
    return [
        Task(
            kind=gettext_lazy("Proposed change"),
            title=_("Correct the change of %(organisation)s, or withdraw it") % {"organisation": change.organisation},
            url=change.organisation.get_absolute_url(),
            since=change.decided_at or change.proposed_at,
            text=change.reasons,
            icon="arrow-return-left",
        )
        for change in returned.select_related("organisation").order_by("decided_at")[:LONGEST]
    ]


def returned_organisations(user: User) -> list[Task]:
    """Those that a reviewer has sent back."""
    own = kept_by(user)
    last = Verification.objects.filter(organisation=OuterRef("pk")).order_by("-submitted_at", "-pk")
    returned = Verification.objects.filter(
        pk__in=own.annotate(last=Subquery(last.values("pk")[:1])).values("last"), state=Verification.State.RETURNED
    )
    return [
        Task(
            kind=gettext_lazy("Verification"),
            title=_("Correct %(organisation)s and send it again") % {"organisation": verification.organisation},
            url=verification.organisation.get_absolute_url(),
            since=verification.decided_at or verification.submitted_at,
            text=verification.reasons,
            icon="arrow-return-left",
        )
        for verification in returned.select_related("organisation").order_by("decided_at")[:LONGEST]
    ]
