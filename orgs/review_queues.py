"""All that reviewers decide, named once: for their lists, their tasks, their e-mail and their workload."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import (
    JoinRequest,
    Measure,
    ProposedChange,
    Remark,
    ReviewedProfile,
    Verification,
    VoicedNeed,
)
from orgs.models.reviewable import ReviewableQuerySet


class Queue(NamedTuple):
    label: str | Promise
    task: str | Promise
    """What to do with one of them; its organisation is %(organisation)s."""
    kind: str | Promise
    icon: str
    rows: ReviewableQuerySet
    since: str
    """The field that says since when."""
    url_name: str
    of_nobody: ReviewableQuerySet | None = None
    """Those of the rows that nobody may decide: administrators have to appoint somebody."""

    def of(self, user: Any) -> ReviewableQuerySet:
        """What the person may decide, the oldest first."""
        return self.but_own(self.rows.reviewable_by(user), user).order_by(self.since, "pk")

    def seen_by(self, user: Any) -> ReviewableQuerySet:
        """What the person finds in the list: an administrator all that is nobody's own, and what nobody may decide."""
        if not user.is_staff:
            return self.of(user)
        rows = self.but_own(self.rows.but_own_of(user), user)
        if self.of_nobody is None:
            return rows.order_by(self.since, "pk")
        both = Q(pk__in=rows.order_by().values("pk")) | Q(pk__in=self.of_nobody.order_by().values("pk"))
        return self.rows.filter(both).order_by(self.since, "pk")

    def but_own(self, rows: ReviewableQuerySet, user: Any) -> ReviewableQuerySet:
        return rows.exclude(**{rows.not_by: user}) if rows.not_by else rows


def verifications() -> Queue:
    return Queue(
        _("Organisations to verify"), _("Verify %(organisation)s"), _("Verification"), "patch-check",
        Verification.objects.waiting(), "submitted_at", "orgs:review_queue",
    )  # fmt: skip


def changes() -> Queue:
    return Queue(
        _("Proposed changes"), _("Look at a change of %(organisation)s"), _("Proposed change"), "pencil-square",
        ProposedChange.objects.open(), "proposed_at", "orgs:change_queue",
    )  # fmt: skip


def unreviewed() -> Queue:
    return Queue(
        _("Changed without review"), _("Look at what %(organisation)s has changed"), _("Change without review"), "eye",
        ReviewedProfile.objects.changed(), "unseen_since", "orgs:unreviewed_list",
    )  # fmt: skip


def claims() -> Queue:
    return Queue(
        _("Claims of organisations"), _("Decide on a claim of %(organisation)s"), _("Claim of an organisation"), "person-plus",
        JoinRequest.objects.open().of_nobody(), "asked_at", "orgs:join_queue",
    )  # fmt: skip


def appeals() -> Queue:
    return Queue(
        _("Appeals"), _("Decide on the appeal of %(organisation)s"), _("Appeal"), "chat-left-quote",
        Measure.objects.appealed(), "appealed_at", "orgs:appeal_queue", of_nobody=Measure.objects.without_judge(),
    )  # fmt: skip


def voiced_needs() -> Queue:
    return Queue(
        _("Needs to read"), _("Read what somebody says is missing"), _("Voiced need"), "chat-left-text",
        VoicedNeed.objects.to_read(), "said_at", "orgs:need_queue",
    )  # fmt: skip


def remarks() -> Queue:
    return Queue(
        _("Remarks on pages"), _("Answer a remark on a page"), _("Remark"), "chat-left-dots",
        Remark.objects.unseen(), "said_at", "orgs:remark_list",
    )  # fmt: skip


def registry_queues() -> list[Queue]:
    return [verifications(), changes(), unreviewed(), claims(), appeals(), voiced_needs(), remarks()]


FROM_ABOVE: list[Callable[[], Queue]] = []
"""Of the apps that know this one: each adds its own when it is set up."""


def queues() -> list[Queue]:
    return [*registry_queues(), *(queue() for queue in FROM_ABOVE)]
