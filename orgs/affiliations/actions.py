"""To whom an organisation belongs: proposed by itself, accepted or refused by the other side, ended by either."""

import datetime
from collections.abc import Collection, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orgs.mail.emails import write_to
from orgs.models import Affiliation, Organisation, User
from orgs.models.affiliation import LEADING, REFUSED_FOR, has_leaders
from orgs.permissions import can_answer_affiliation, can_edit_organisation, can_end_affiliation, leaders_of

Kind = Affiliation.Kind
Said = Mapping[Kind, Collection[Organisation]]
"""To whom it belongs, by kind; of a kind that is not named nothing is said."""
MOST_ASKED = 12
"""Questions at one time, with those that were taken back within a week, so that nobody writes to the whole directory."""
WRITTEN_FOR = datetime.timedelta(days=7)
"""So long whoever takes back what it said and says it again makes no second letter."""


@transaction.atomic
def say_affiliations(*, organisation: Organisation, said: Said, by: User) -> None:
    """What is new is proposed, and what is said no longer ends. What the directory does not show just now is on no form, and stays."""
    if not can_edit_organisation(by, organisation):
        raise PermissionDenied
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    live = list(organisation.affiliations.live().select_related("parent"))
    for kind, parents in said.items():
        for affiliation in live:
            is_replaced = kind == Kind.BRANCH and parents
            if affiliation.kind != kind or affiliation.parent in parents:
                continue
            if affiliation.parent.is_published or is_replaced:
                end_affiliation(affiliation=affiliation, by=by)
    known = {(affiliation.kind, affiliation.parent_id) for affiliation in live}
    for kind, parents in said.items():
        for parent in parents:
            if (kind, parent.pk) not in known:
                propose(Affiliation(organisation=organisation, parent=parent, kind=kind, proposed_by=by))


def propose(affiliation: Affiliation) -> None:
    """The organisation is locked. Whoever leads the other side hears of it."""
    organisation, parent, now = affiliation.organisation, affiliation.parent, timezone.now()
    affiliation.proposed_at = now
    refuse_what_was_refused(affiliation, now)
    before = organisation.affiliations.filter(parent=parent, kind=affiliation.kind, proposed_at__gt=now - WRITTEN_FOR)
    was_written = before.exists()
    try:
        affiliation.full_clean()
    except ValidationError as refusal:
        raise ValidationError({affiliation.fact: refusal.messages}) from refusal
    affiliation.save()
    asked = organisation.affiliations.questions().of_public_parents()
    taken_back = organisation.affiliations.filter(
        has_leaders(), accepted_at=None, ended_at__isnull=False, proposed_at__gt=now - WRITTEN_FOR
    )
    if asked.filter(pk=affiliation.pk).exists():
        parents = asked.values("parent").union(taken_back.values("parent"))
        if parents.count() > MOST_ASKED:
            message = _(
                "At most %(limit)s organisations can be asked at one time. Name others once these have answered."
            )
            raise ValidationError({affiliation.fact: message % {"limit": MOST_ASKED}})
    if not was_written:
        write_to(leaders_of(parent), "affiliation_proposed", {"affiliation": affiliation, "organisation": parent})


def refuse_what_was_refused(affiliation: Affiliation, now: datetime.datetime) -> None:
    """The database holds it too (`affiliation_refused_lately`)."""
    of_both = affiliation.organisation.affiliations.filter(parent=affiliation.parent, kind=affiliation.kind)
    last = of_both.refused_since(now - REFUSED_FOR).order_by("refused_at").last()
    if last is None or last.may_be_proposed_from is None:
        return
    said = {
        "name": affiliation.parent,
        "day": date_format(timezone.localtime(last.may_be_proposed_from), "DATE_FORMAT"),
    }
    raise ValidationError(
        {affiliation.fact: _("%(name)s has refused this. You can propose it again from %(day)s.") % said}
    )


@transaction.atomic
def answer_affiliation(*, affiliation: Affiliation, is_accepted: bool, by: User) -> Affiliation:
    affiliation = locked(affiliation)
    if not can_answer_affiliation(by, affiliation):
        raise PermissionDenied
    if not Affiliation.objects.questions().filter(pk=affiliation.pk).exists():
        raise ValidationError(_("This has been answered already, or taken back."))
    if is_accepted:
        affiliation.accepted_by, affiliation.accepted_at = by, timezone.now()
    else:
        affiliation.refused_by, affiliation.refused_at = by, timezone.now()
        outdate_forms(affiliation)
    affiliation.full_clean()
    affiliation.save()
    asking = affiliation.organisation
    write_to(leaders_of(asking), "affiliation_answered", {"affiliation": affiliation, "organisation": asking})
    return affiliation


@transaction.atomic
def end_affiliation(*, affiliation: Affiliation, by: User) -> Affiliation:
    """By either side; the organisation takes back so what nobody has answered. Of what was confirmed the other side hears."""
    affiliation = locked(affiliation)
    if not can_end_affiliation(by, affiliation):
        raise PermissionDenied
    if affiliation.state == Affiliation.State.ENDED:
        return affiliation
    if affiliation.state == Affiliation.State.REFUSED:
        raise ValidationError(_("This has been answered already, or taken back."))
    if affiliation.state == Affiliation.State.PROPOSED and not can_edit_organisation(by, affiliation.organisation):
        raise ValidationError(_("Say whether you accept or refuse it."))
    affiliation.ended_by, affiliation.ended_at = by, timezone.now()
    affiliation.full_clean()
    affiliation.save()
    outdate_forms(affiliation)
    if affiliation.accepted_at is not None:
        for side in (affiliation.organisation, affiliation.parent):
            context = {"affiliation": affiliation, "organisation": side}
            write_to(leaders_of(side).exclude(pk=by.pk), "affiliation_ended", context)
    return affiliation


def ask_anew(parent: Organisation) -> None:
    """After a merge, or its undoing: what somebody confirmed who never led this organisation is for those to confirm who do."""
    leaders = parent.memberships.filter(role__in=LEADING).values("user")
    confirmed = Affiliation.objects.confirmed().filter(parent=parent)
    confirmed.exclude(accepted_by__in=leaders).update(accepted_at=None, accepted_by=None)


def locked(affiliation: Affiliation) -> Affiliation:
    """With its organisation first, as whoever keeps the profile locks it."""
    Organisation.objects.select_for_update().get(pk=affiliation.organisation_id)
    rows = Affiliation.objects.select_for_update(of=("self",))
    return rows.select_related("organisation", "parent").get(pk=affiliation.pk)


def outdate_forms(affiliation: Affiliation) -> None:
    """A profile that was opened before would else say it once more."""
    Organisation.objects.filter(pk=affiliation.organisation_id).update(version=F("version") + 1)
