"""What there is to do for those who keep figures, and for those who are asked for some."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Report
from indicators.permissions import ANSWERING
from indicators.worklist.queues import queues_of, request_words
from orgs.drawing.own_words import own_words, saying
from orgs.inbox import LONGEST, Task
from orgs.models import User
from orgs.permissions import is_steward


def tasks_of(user: User) -> list[Task]:
    """From the worklist what is for the person to do, and their own reports."""
    own = [item for queue in queues_of(user) for item in queue.pressing] if is_steward(user) else []
    return [*own, *reports_to_answer(user)]


def reports_to_answer(user: User) -> list[Task]:
    """Those that an organisation of one's own owes, if one may write them: the returned and the overdue say so."""
    mine = user.memberships.acting().filter(role__in=ANSWERING).values("organisation")
    owed = Report.objects.unanswered().filter(organisation__in=mine)
    return [
        Task(
            kind=gettext_lazy("Report"),
            title=saying(
                _("Returned, look at it again: %(title)s")
                if report.state == Report.State.RETURNED
                else _("Overdue: %(title)s")
                if report.is_overdue
                else _("Fill in: %(title)s"),
                title=own_words(report.request.title),
            ),
            url=report.get_absolute_url(),
            since=report.changed_at,
            text=request_words(report),
            icon="clipboard-data",
        )
        for report in owed.select_related("request__authority", "organisation").order_by("request__due_on")[:LONGEST]
    ]
