"""What there is to do for a person in partnerships, for the home page."""

import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from orgs.drawing.own_words import own_words, saying
from orgs.inbox import Task
from orgs.models import Membership, User
from partnerships.models import Assessment, Experience, Partnership, PartnershipParty
from partnerships.permissions import ACTING_ROLES, SPEAKING_ROLES
from partnerships.vocabulary import AssessmentState, PartnershipState, PartyAnswer, PartyRole

LAPSES_WITHIN = datetime.timedelta(days=60)


def tasks_of(user: User) -> list[Task]:
    return [
        *partnerships_to_confirm(user),
        *experiences_to_give(user),
        *claims_to_review(user),
        *drafts_and_disputes(user),
        *returned_claims(user),
        *lapsing_levels(user),
    ]


def partnership_task(title: str, url: str, since: datetime.datetime) -> Task:
    return Task(kind=_("Partnership"), title=title, url=url, since=since, icon="link-45deg")


def own_organisations(user: User, roles: tuple[str, ...]) -> QuerySet[Membership, Any]:
    return user.memberships.acting().filter(role__in=roles).values("organisation")


def led_partnerships(user: User) -> QuerySet[PartnershipParty, Any]:
    """Keys of the partnerships whose authority the person acts for."""
    acting = own_organisations(user, ACTING_ROLES)
    leading = PartnershipParty.objects.filter(role=PartyRole.AUTHORITY, organisation__in=acting)
    return leading.values("partnership")


def partnerships_to_confirm(user: User) -> list[Task]:
    parties = (
        PartnershipParty.objects.partners()
        .filter(organisation__in=own_organisations(user, SPEAKING_ROLES), answer=PartyAnswer.WAITING)
        .exclude(partnership__state__in=[PartnershipState.DRAFT, PartnershipState.ENDED])
        .select_related("partnership", "organisation")
    )
    return [
        partnership_task(
            saying(
                _("Is this right? “%(title)s”, as logged by the authority"), title=own_words(party.partnership.title)
            ),
            reverse("partnerships:partnership_answer", args=[party.partnership.reference, party.organisation.slug]),
            party.asked_at or party.partnership.created_at,
        )
        for party in parties
    ]


def experiences_to_give(user: User) -> list[Task]:
    parties = PartnershipParty.objects.partners().filter(
        organisation__in=own_organisations(user, SPEAKING_ROLES), answer=PartyAnswer.CONFIRMED
    )
    given = Experience.objects.filter(assessment=OuterRef("partnership__assessments"), party=OuterRef("pk"))
    wanted = (
        parties.filter(partnership__assessments__in=Assessment.objects.open())
        .filter(~Exists(given))
        .values_list(
            "partnership__assessments",
            "organisation__slug",
            "partnership__title",
            "partnership__assessments__created_at",
        )
    )
    return [
        partnership_task(
            saying(_("How was it for you? Your view of “%(title)s”"), title=own_words(title)),
            reverse("partnerships:experience_edit", args=[assessment, slug]),
            since,
        )
        for assessment, slug, title, since in wanted
    ]


def claims_to_review(user: User) -> list[Task]:
    claims = Assessment.objects.reviewable_by(user).waiting().select_related("partnership")
    return [
        partnership_task(
            saying(_("Review the claim for “%(title)s”"), title=own_words(claim.partnership.title)),
            reverse("partnerships:assessment_review", args=[claim.pk]),
            claim.submitted_at or claim.created_at,
        )
        for claim in claims
    ]


def drafts_and_disputes(user: User) -> list[Task]:
    mine = Partnership.objects.filter(pk__in=led_partnerships(user))
    texts = {
        PartnershipState.DRAFT: _("Draft: the partners of “%(title)s” have not been asked yet"),
        PartnershipState.DISPUTED: _("Disputed: a partner says that “%(title)s” is not right"),
    }
    return [
        partnership_task(saying(text, title=own_words(one.title)), one.get_absolute_url(), one.updated_at)
        for state, text in texts.items()
        for one in mine.filter(state=state)
    ]


def returned_claims(user: User) -> list[Task]:
    claims = Assessment.objects.filter(partnership__in=led_partnerships(user), state=AssessmentState.RETURNED)
    found = []
    for claim in claims.select_related("partnership").prefetch_related("decisions"):
        decisions = claim.decisions.all()
        found.append(
            partnership_task(
                saying(_("Returned with reasons: the claim for “%(title)s”"), title=own_words(claim.partnership.title)),
                claim.get_absolute_url(),
                decisions[0].decided_at if decisions else claim.created_at,
            )
        )
    return found


def lapsing_levels(user: User) -> list[Task]:
    """Confirmed levels that end within sixty days, of live partnerships of which no newer assessment is under way or
    holds.
    """
    today = timezone.localdate()
    newer = Assessment.objects.filter(partnership=OuterRef("partnership"), ends_on__gt=OuterRef("ends_on"))
    ending = (
        Assessment.objects.confirmed_on(today)
        .filter(
            partnership__in=led_partnerships(user),
            partnership__state=PartnershipState.ACTIVE,
            confirmed_until__lte=today + LAPSES_WITHIN,
        )
        .filter(~Exists(newer))
        .select_related("partnership")
    )
    found = []
    for one in ending:
        assert one.confirmed_until is not None  # assessment_confirmed_with_dates
        since = datetime.datetime.combine(
            one.confirmed_until - LAPSES_WITHIN, datetime.time(), timezone.get_current_timezone()
        )
        found.append(
            partnership_task(
                saying(
                    _("The confirmed level of “%(title)s” lapses on %(date)s: assess it again"),
                    title=own_words(one.partnership.title),
                    date=formats.date_format(one.confirmed_until),
                ),
                one.partnership.get_absolute_url(),
                since,
            )
        )
    return found
