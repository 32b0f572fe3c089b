"""What administrators should know of an account before they do something to it."""

import datetime
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from orgs.models import Invitation, Membership, ReviewerAppointment, User
from orgs.permissions import SECOND_STEPS, leaders_of

RightsEvent = User.pgh_event_models["update"]  # type: ignore[attr-defined]
LEADING = (Membership.Role.OWNER, Membership.Role.MANAGER)


def with_standing(accounts: QuerySet[User]) -> QuerySet[User]:
    """`is_reviewer` and `is_member` today, `is_secured` by a second step; in the order of what people are called."""
    reviewing = ReviewerAppointment.objects.active().filter(user=OuterRef("pk"))
    belonging = Membership.objects.active().filter(user=OuterRef("pk"))
    secured = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_STEPS)
    called = Lower(Coalesce(NullIf("name", Value("")), "email", output_field=CharField()))
    found = accounts.annotate(
        is_reviewer=Exists(reviewing), is_member=Exists(belonging), is_secured=Exists(secured), called=called
    )
    return found.order_by("called", "pk")


class RightsChange(NamedTuple):
    """What happened to an account, when, and by whom; nobody where it was done on the server."""

    what: str | Promise
    at: datetime.datetime
    by: User | None


CHANGES: dict[tuple[str, bool], str | Promise] = {
    ("is_active", False): pgettext_lazy("of an account", "Closed"),
    ("is_active", True): gettext_lazy("Reopened"),
    ("is_staff", True): gettext_lazy("Made an administrator"),
    ("is_staff", False): gettext_lazy("No longer an administrator"),
}
"""By the right, and what it is from then on."""


def rights_history(user: User) -> list[RightsChange]:
    """The newest first. As many queries, however long it is."""
    events = list(RightsEvent.objects.filter(pgh_obj=user).select_related("pgh_context").order_by("pgh_id"))
    people = User.objects.in_bulk([event.pgh_context.metadata.get("user") for event in events if event.pgh_context])
    found = []
    stood = {"is_active": True, "is_staff": False}
    for event in events:
        by = people.get(event.pgh_context.metadata.get("user")) if event.pgh_context else None
        for name, before in stood.items():
            now = getattr(event, name)
            if now != before:
                found.append(RightsChange(CHANGES[name, now], event.pgh_created_at, by))
            stood[name] = now
    return found[::-1]


def what_closing_means(user: User) -> list[str]:
    sentences = [
        _("Its owner is logged out everywhere, cannot log in any more and is told by e-mail."),
        _("What they did stays under their name. You can reopen the account with all its rights."),
    ]
    sentences += [
        _("Nobody else leads %(organisation)s. Invite somebody first.") % {"organisation": membership.organisation}
        for membership in user.memberships.acting().filter(role__in=LEADING).select_related("organisation")
        if not leaders_of(membership.organisation).exclude(pk=user.pk).exists()
    ]
    places = user.reviewer_appointments.not_ended().count()
    if places:
        said = ngettext(
            "They are a reviewer by %(count)d appointment, which stays. End it if somebody else is to review.",
            "They are a reviewer by %(count)d appointments, which stay. End them if somebody else is to review.",
            places,
        )
        sentences.append(said % {"count": places})
    sent = Invitation.objects.open().filter(invited_by=user).count()
    if sent:
        said = ngettext(
            "%(count)d invitation that they sent can no longer be accepted.",
            "%(count)d invitations that they sent can no longer be accepted.",
            sent,
        )
        sentences.append(said % {"count": sent})
    if user.is_staff:
        sentences.append(_("They stay an administrator for when it is reopened, unless you end that first."))
    return sentences
