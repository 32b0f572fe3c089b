"""All that reviewers decide, named once: for their lists, their tasks, their e-mail and their workload."""

from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import (
    JoinRequest,
    Measure,
    Organisation,
    ProposedChange,
    Remark,
    ReviewedProfile,
    Territory,
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
    not_by: str = ""
    """The field of whoever may not decide, where there is one."""
    place: str = "organisation__territory"
    """By which field a row lies in a territory."""
    of_nobody: ReviewableQuerySet | None = None
    """Those of the rows that nobody may decide: administrators have to appoint somebody."""

    def place_of(self, row: Any) -> Territory:
        return row.territory if self.place == "territory" else row.organisation.territory

    def of(self, user: Any) -> ReviewableQuerySet:
        """What the person may decide, the oldest first."""
        rows = self.rows.reviewable_by(user).order_by(self.since, "pk")
        return rows.exclude(**{self.not_by: user}) if self.not_by else rows

    def seen_by(self, user: Any) -> ReviewableQuerySet:
        """What the person finds in the list: an administrator all that is nobody's own, and what nobody may decide."""
        if not user.is_staff:
            return self.of(user)
        rows = self.rows.exclude(organisation__in=Organisation.objects.own_of(user)).order_by(self.since, "pk")
        rows = rows.exclude(**{self.not_by: user}) if self.not_by else rows
        if self.of_nobody is None:
            return rows
        both = Q(pk__in=rows.order_by().values("pk")) | Q(pk__in=self.of_nobody.order_by().values("pk"))
        return self.rows.filter(both).order_by(self.since, "pk")


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
        JoinRequest.objects.open().of_nobody(), "asked_at", "orgs:join_queue", "user",
    )  # fmt: skip


def appeals() -> Queue:
    return Queue(
        _("Appeals"), _("Decide on the appeal of %(organisation)s"), _("Appeal"), "chat-left-quote",
        Measure.objects.appealed(), "appealed_at", "orgs:appeal_queue", "decided_by", of_nobody=Measure.objects.without_judge(),
    )  # fmt: skip


def voiced_needs() -> Queue:
    return Queue(
        _("Needs to read"), _("Read what somebody says is missing"), _("Voiced need"), "chat-left-text",
        VoicedNeed.objects.to_read(), "said_at", "orgs:need_queue", place="territory",
    )  # fmt: skip


def remarks() -> Queue:
    return Queue(
        _("Remarks on pages"), _("Answer a remark on a page"), _("Remark"), "chat-left-dots",
        Remark.objects.unseen(), "said_at", "orgs:remark_list", place="territory",
    )  # fmt: skip


def queues() -> list[Queue]:
    return [verifications(), changes(), unreviewed(), claims(), appeals(), voiced_needs(), remarks()]
