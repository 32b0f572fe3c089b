"""Letters about figures, written in the transaction that causes them."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from indicators.models import FigureAudit, Slice
from orgs.emails import queue_letter_to
from orgs.models import Membership, User

Role = Membership.Role


def administrators() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True)


def keepers_of_figures() -> QuerySet[User]:
    """Stewards of every authority, and the administrators."""
    steward = Q(memberships__ended_at=None, memberships__role=Role.STEWARD)
    return User.objects.filter(steward | Q(is_staff=True), is_active=True).distinct()


def write_to(people: Iterable[User], template: str, **context: object) -> None:
    for person in people:
        queue_letter_to(person, template, context)


def tell_parked(part: Slice) -> None:
    write_to(administrators(), "rollup_parked", part=part)


def tell_recovered(part: Slice) -> None:
    write_to(administrators(), "rollup_recovered", part=part)


def tell_differences(audit: FigureAudit) -> None:
    write_to(keepers_of_figures(), "figures_differ", audit=audit)
