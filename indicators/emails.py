"""Letters about figures. Each reader gets one in their own language, written in the transaction that causes it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from indicators.models import FigureAudit, Report, Slice
from indicators.permissions import ANSWERING
from orgs.mail.emails import people_with_role, write_to
from orgs.models import Membership, User
from orgs.permissions import KEEPERS

# --- The rollup ---------------------------------------------------------------------------------------------------


def administrators() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True)


def figure_stewards() -> QuerySet[User]:
    """Stewards of every authority, and the administrators."""
    stewards = Membership.objects.acting().filter(role=Membership.Role.STEWARD)
    return User.objects.filter(Q(pk__in=stewards.values("user")) | Q(is_staff=True), is_active=True)


def email_parked(part: Slice) -> None:
    write_to(administrators(), "rollup_parked", {"part": part})


def email_recovered(part: Slice) -> None:
    write_to(administrators(), "rollup_recovered", {"part": part})


def email_differences(audit: FigureAudit) -> None:
    write_to(figure_stewards(), "figures_differ", {"audit": audit})


# --- Reports ------------------------------------------------------------------------------------------------------


def write_to_answerers(report: Report, template: str, **context: Any) -> None:
    write_to(people_with_role(report.organisation, ANSWERING), template, _context(report, **context))


def email_stewards(report: Report, template: str, **context: Any) -> None:
    write_to(people_with_role(report.request.authority, KEEPERS), template, _context(report, **context))


def _context(report: Report, **more: Any) -> dict[str, Any]:
    return {
        "report": report,
        "request": report.request,
        "organisation": report.organisation,
        "path": reverse("indicators:report_detail", args=[report.pk]),
        **more,
    }
