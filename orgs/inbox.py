"""What there is to do for a person in the registry. The other apps have such a module too; the home page shows them together, oldest first."""

import datetime
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.drawing.own_words import own_name, own_words, saying
from orgs.models import (
    REACHABLE,
    Affiliation,
    CapacityMatch,
    JoinRequest,
    Measure,
    Membership,
    Organisation,
    ProposedChange,
    Remark,
    Renewal,
    Service,
    Sponsorship,
    Territory,
    User,
    Verification,
    VolunteerOpportunity,
    Vouching,
)
from orgs.models.support import VOUCHING_ROLES
from orgs.permissions import edited_by
from orgs.review_queues import registry_queues
from orgs.services.actions import due

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
    text_language: str | None = None
    """Of a text that somebody wrote: "" where nobody said it. None of the portal's own."""

    @property
    def is_pressing(self) -> bool:
        return not self.status


def tasks_of(user: User) -> list[Task]:
    return [
        *reviews_to_make(user),
        *appeals_without_reviewer(user),
        *requests_to_join(user),
        *renewals_to_make(user),
        *remarks_to_answer(user),
        *volunteering_to_end(user),
        *services_to_look_at(user),
        *matches_to_answer(user),
        *vouchings_to_answer(user),
        *sponsorships_to_answer(user),
        *affiliations_to_answer(user),
        *returned_organisations(user),
        *returned_changes(user),
    ]


def reviews_to_make(user: User) -> list[Task]:
    """All that the person may decide as a reviewer, kind by kind, with the place whose reviewers decide. One query more for the places."""
    rows = [
        (queue, row)
        for queue in registry_queues()
        for row in queue.of(user).annotate(at=F("decided_in")).select_related("organisation")[:LONGEST]
    ]
    places = Territory.objects.in_bulk({row.at for _queue, row in rows})
    return [
        Task(
            kind=queue.kind,
            title=saying(queue.task, organisation=own_name(row.organisation)),
            url=row.get_absolute_url(),
            since=getattr(row, queue.since),
            text=places[row.at].local_name,
            icon=queue.icon,
        )
        for queue, row in rows
    ]


def appeals_without_reviewer(user: User) -> list[Task]:
    """For administrators: they decide where no other reviewer may, and where they may not either, somebody has to be appointed."""
    if not user.is_staff:
        return []
    theirs = Measure.objects.appealed().without_reviewer()
    stuck = set(theirs.without_judge().values_list("pk", flat=True))
    own = Q(decided_by=user) | Q(organisation__in=Organisation.objects.own_of(user))
    mine = theirs.filter(Q(pk__in=stuck) | ~own).select_related("organisation__territory").order_by("appealed_at", "pk")
    return [
        Task(
            kind=gettext_lazy("Appeal"),
            title=(
                _("Appoint another reviewer: nobody may decide on the appeal of %(organisation)s")
                if measure.pk in stuck
                else _("Decide on the appeal of %(organisation)s")
            )
            % {"organisation": measure.organisation},
            url=measure.get_absolute_url(),
            since=measure.appealed_at,
            text=measure.organisation.territory.local_name,
            icon="chat-left-quote",
        )
        for measure in mine[:LONGEST]
        if measure.appealed_at is not None
    ]


def requests_to_join(user: User) -> list[Task]:
    """Of organisations that one leads."""
    leading = Membership.objects.of(user).filter(role__in=[Membership.Role.OWNER, Membership.Role.MANAGER])
    requests = JoinRequest.objects.open().filter(organisation__in=leading.values("organisation"))
    return [
        Task(
            kind=gettext_lazy("Request to join"),
            title=saying(
                _("%(person)s asks to act for %(organisation)s"),
                person=own_words(request.user),
                organisation=own_name(request.organisation),
            ),
            url=request.get_absolute_url(),
            since=request.asked_at,
            text=request.said,
            text_language="",
            icon="person-plus",
        )
        for request in requests.select_related("user", "organisation").order_by("asked_at")[:LONGEST]
    ]


def renewals_to_make(user: User) -> list[Task]:
    """From 60 days before the end of a verification on, but not where a reviewer alone can go on."""
    today = timezone.localdate()
    due = (
        edited_by(user).filter(suspended_on=None, holds_until__lte=today + datetime.timedelta(days=60)).exclude(tier="")
    )
    looked_at = Exists(Verification.objects.filter(organisation=OuterRef("pk"), state=Verification.State.SUBMITTED))
    had_grace = Exists(Renewal.objects.of_grace().filter(organisation=OuterRef("pk")))
    due = due.exclude(looked_at & (had_grace | Q(holds_until__lt=today))).order_by("holds_until")
    return [
        Task(
            kind=gettext_lazy("Renewal"),
            title=saying(_("Renew the verification of %(organisation)s"), organisation=own_name(organisation)),
            url=reverse("orgs:organisation_renew", args=[organisation.slug]),
            since=timezone.make_aware(
                datetime.datetime.combine(organisation.holds_until - datetime.timedelta(days=60), datetime.time())
            ),
            text=_("It holds until %(date)s.") % {"date": date_format(organisation.holds_until, "DATE_FORMAT")},
            icon="arrow-repeat",
        )
        for organisation in due[:LONGEST]
        if organisation.holds_until is not None
    ]


def remarks_to_answer(user: User) -> list[Task]:
    """On pages of organisations that one leads."""
    return [
        Task(
            kind=gettext_lazy("Remark"),
            title=saying(
                _("Answer what somebody says is wrong on a page of %(organisation)s"),
                organisation=own_name(remark.organisation),
            ),
            url=remark.get_absolute_url(),
            since=remark.said_at,
            text=remark.words,
            text_language="",
            icon="chat-left-dots",
        )
        for remark in Remark.objects.kept_by(user).open().select_related("organisation")[:LONGEST]
    ]


def matches_to_answer(user: User) -> list[Task]:
    """What others ask of organisations that one keeps."""
    kept = edited_by(user).values("pk")
    asked = CapacityMatch.objects.filter(
        Q(need__organisation__in=kept) | Q(offer__organisation__in=kept), state=CapacityMatch.State.ASKED
    ).exclude(asked_by__in=kept)
    return [
        Task(
            kind=gettext_lazy("Needs and offers"),
            title=saying(
                _("Answer %(organisation)s: %(kind)s"),
                organisation=own_name(match.asked_by),
                kind=match.need.get_kind_display(),
            ),
            url=reverse("orgs:match_answer", args=[match.answering.slug, match.pk]),
            since=match.asked_at,
            text=match.words,
            text_language="",
            icon="arrow-left-right",
        )
        for match in asked.select_related("need__organisation", "offer__organisation", "asked_by").order_by("asked_at")[
            :LONGEST
        ]
    ]


def vouchings_to_answer(user: User) -> list[Task]:
    """Groups that ask organisations in whose name one may vouch."""
    own = user.memberships.acting().filter(role__in=VOUCHING_ROLES).values("organisation")
    verified = Organisation.objects.verified().filter(pk__in=own).values("pk")
    asked = Vouching.objects.filter(voucher__in=verified, state=Vouching.State.ASKED).select_related("group", "voucher")
    return [
        Task(
            kind=gettext_lazy("Vouching"),
            title=saying(
                _("Say whether %(organisation)s vouches for %(group)s"),
                organisation=own_name(vouching.voucher),
                group=own_name(vouching.group),
            ),
            url=vouching.get_absolute_url(),
            since=vouching.asked_at,
            icon="person-check",
        )
        for vouching in asked.order_by("asked_at")[:LONGEST]
        if vouching.asked_at is not None
    ]


def sponsorships_to_answer(user: User) -> list[Task]:
    """Offered to organisations that one leads."""
    own = user.memberships.acting().filter(role__in=[Membership.Role.OWNER, Membership.Role.MANAGER])
    offered = Sponsorship.objects.filter(sponsored__in=own.values("organisation"), state=Sponsorship.State.OFFERED)
    return [
        Task(
            kind=gettext_lazy("Sponsorship"),
            title=saying(
                _("Say whether %(organisation)s accepts the sponsorship of %(sponsor)s"),
                organisation=own_name(sponsorship.sponsored),
                sponsor=own_name(sponsorship.sponsor),
            ),
            url=sponsorship.get_absolute_url(),
            since=sponsorship.offered_at,
            text=sponsorship.gives,
            text_language="",
            icon="people",
        )
        for sponsorship in offered.select_related("sponsor", "sponsored").order_by("offered_at")[:LONGEST]
    ]


def affiliations_to_answer(user: User) -> list[Task]:
    """Organisations that say that they belong to one that one leads."""
    own = user.memberships.acting().filter(role__in=[Membership.Role.OWNER, Membership.Role.MANAGER])
    said = Affiliation.objects.questions().filter(parent__in=own.values("organisation"))
    return [
        Task(
            kind=gettext_lazy("Branches and members"),
            title=saying(
                _("Say whether %(organisation)s belongs to %(parent)s"),
                organisation=own_name(affiliation.organisation),
                parent=own_name(affiliation.parent),
            ),
            url=affiliation.get_absolute_url(),
            since=affiliation.proposed_at,
            icon="people",
        )
        for affiliation in said.select_related("organisation", "parent").order_by("proposed_at", "pk")[:LONGEST]
    ]


def services_to_look_at(user: User) -> list[Task]:
    """Of organisations that one keeps: those with services that nobody can reach, and those with some that nobody has confirmed for a year."""
    kept = edited_by(user).filter(suspended_on=None)
    hidden = Service.objects.filter(organisation__in=kept.values("pk")).exclude(REACHABLE)
    old = Service.objects.filter(due(timezone.localdate()), organisation__in=kept.values("pk"))
    wanted = [
        (hidden, _("Say how people reach the services of %(organisation)s"), _("Nobody sees them until then.")),
        (
            old,
            _("Say whether the services of %(organisation)s are still right"),
            _("Nobody has confirmed them for a year."),
        ),
    ]
    return [
        Task(
            kind=gettext_lazy("Services"),
            title=saying(title, organisation=own_name(organisation)),
            url=reverse("orgs:service_list", args=[organisation.slug]),
            since=organisation.updated_at,
            text=text,
            icon="life-preserver",
        )
        for services, title, text in wanted
        for organisation in kept.filter(pk__in=services.values("organisation")).order_by("updated_at")[:LONGEST]
    ]


def volunteering_to_end(user: User) -> list[Task]:
    """What is over by its days, of which nobody has said what came of it."""
    over = VolunteerOpportunity.objects.over_by(timezone.localdate()).filter(
        organisation__in=edited_by(user).filter(suspended_on=None).values("pk")
    )
    return [
        Task(
            kind=gettext_lazy("Volunteering"),
            title=saying(_("Say what came of “%(title)s”"), title=own_words(opportunity.title, opportunity.written_in)),
            url=reverse("orgs:opportunity_end", args=[opportunity.organisation.slug, opportunity.pk]),
            since=timezone.make_aware(datetime.datetime.combine(opportunity.to_day, datetime.time())),
            text=_("It is over. How many people took part, and for how many hours?"),
            icon="hand-thumbs-up",
        )
        for opportunity in over.select_related("organisation").order_by("to_day", "pk")[:LONGEST]
        if opportunity.to_day is not None
    ]


def returned_changes(user: User) -> list[Task]:
    returned = ProposedChange.objects.filter(organisation__in=edited_by(user), state=ProposedChange.State.RETURNED)
    return [
        Task(
            kind=gettext_lazy("Proposed change"),
            title=saying(
                _("Correct the change of %(organisation)s, or withdraw it"), organisation=own_name(change.organisation)
            ),
            url=change.organisation.get_absolute_url(),
            since=change.decided_at or change.proposed_at,
            text=change.reasons,
            text_language="",
            icon="arrow-return-left",
        )
        for change in returned.select_related("organisation").order_by("decided_at")[:LONGEST]
    ]


def returned_organisations(user: User) -> list[Task]:
    """Those that a reviewer has sent back."""
    own = edited_by(user)
    last = Verification.objects.filter(organisation=OuterRef("pk")).order_by("-submitted_at", "-pk")
    returned = Verification.objects.filter(
        pk__in=own.annotate(last=Subquery(last.values("pk")[:1])).values("last"), state=Verification.State.RETURNED
    )
    return [
        Task(
            kind=gettext_lazy("Verification"),
            title=saying(
                _("Correct %(organisation)s and send it again"), organisation=own_name(verification.organisation)
            ),
            url=verification.organisation.get_absolute_url(),
            since=verification.decided_at or verification.submitted_at,
            text=verification.reasons,
            text_language="",
            icon="arrow-return-left",
        )
        for verification in returned.select_related("organisation").order_by("decided_at")[:LONGEST]
    ]
