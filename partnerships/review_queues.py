"""What reviewers decide of partnerships, among all that they decide."""

from django.utils.translation import gettext_lazy as _

from orgs.review_queues import Queue
from partnerships.models import Assessment


def engagement_levels() -> Queue:
    return Queue(
        _("Engagement levels to review"), _("Review an engagement level"), _("Engagement level"), "bar-chart-steps",
        Assessment.objects.waiting(), "submitted_at", "partnerships:assessment_queue",
    )  # fmt: skip
