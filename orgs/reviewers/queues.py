"""All that reviewers decide about organisations, named once: what each list counts, what their e-mail tells, how much there is to do."""

from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import JoinRequest, Measure, ProposedChange, Verification
from orgs.models.reviewable import ReviewableQuerySet


class Queue(NamedTuple):
    label: str | Promise
    rows: ReviewableQuerySet
    since: str
    """The field that says since when."""
    url_name: str
    not_by: str = ""
    """The field of whoever may not decide, where there is one."""

    def of(self, user: Any) -> ReviewableQuerySet:
        """What the person may decide."""
        rows = self.rows.reviewable_by(user)
        return rows.exclude(**{self.not_by: user}) if self.not_by else rows


def queues() -> list[Queue]:
    return [
        Queue(_("Organisations to verify"), Verification.objects.waiting(), "submitted_at", "orgs:review_queue"),
        Queue(_("Proposed changes"), ProposedChange.objects.open(), "proposed_at", "orgs:change_queue"),
        Queue(
            _("Claims of organisations"), JoinRequest.objects.open().of_nobody(), "asked_at", "orgs:join_queue", "user"
        ),
        Queue(_("Appeals"), Measure.objects.appealed(), "appealed_at", "orgs:appeal_queue", "decided_by"),
    ]
