"""A verified organisation stays what was verified: another name, kind, place or public contact is proposed, and a reviewer decides."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.mail.emails import write_to
from orgs.models import PROTECTED_FACTS, Organisation, ProposedChange, User
from orgs.models.proposal import CONTACT, plain
from orgs.permissions import can_edit_organisation, can_review_change, leaders_of, reviewers_of
from orgs.verification.actions import refuse_under_measure
from orgs.verification.differences import fact_label
from orgs.verification.unreviewed import note_accepted

State = ProposedChange.State


@transaction.atomic
def propose_change(*, organisation: Organisation, wanted: Mapping[str, object], by: User) -> ProposedChange | None:
    """In place of what was proposed before; of facts that are not `wanted` ({fact: as `plain` gives it}), that stands. None where all is
    as the organisation is already.

    The organisation is locked by who calls, and its wanted state has been validated.
    """
    open_one = organisation.proposed_changes.filter(state=State.OPEN).first()
    before = {fact: after for fact, (_before, after) in open_one.facts.items()} if open_one else {}
    facts = {
        fact: [plain(organisation, fact), value]
        for fact, value in {**before, **wanted}.items()
        if value != plain(organisation, fact)
    }
    assert set(facts) <= {*PROTECTED_FACTS, CONTACT}
    if CONTACT not in facts:
        forget_proposed_contact(organisation)
    if open_one is not None and open_one.facts == facts:
        return open_one
    # What a reviewer has on the screen is never changed under their hands: it is withdrawn, and cannot be decided any more. What was sent
    # back stays until something else is proposed, or it is withdrawn.
    replaced = ProposedChange.SHOWN if facts else [State.OPEN]
    organisation.proposed_changes.filter(state__in=replaced).update(state=State.WITHDRAWN)
    if not facts:
        return None
    return ProposedChange.objects.create(organisation=organisation, facts=facts, proposed_by=by)


@transaction.atomic
def withdraw_change(*, change: ProposedChange, by: User) -> None:
    """Nothing shall change, or not any more after a reviewer has sent it back."""
    if not can_edit_organisation(by, change.organisation):
        raise PermissionDenied
    if ProposedChange.objects.filter(pk=change.pk, state__in=ProposedChange.SHOWN).update(state=State.WITHDRAWN):
        forget_proposed_contact(change.organisation)
        outdate_forms(change.organisation)


@transaction.atomic
def decide_change(*, change: ProposedChange, outcome: str, reasons: str = "", by: User) -> ProposedChange:
    """Makes it so, or sends it back with reasons. Only one that still says how the organisation is can be accepted."""
    organisation = Organisation.objects.select_for_update().get(pk=change.organisation_id)
    change = ProposedChange.objects.select_for_update().get(pk=change.pk)
    if change.state == State.WITHDRAWN:
        raise ValidationError(
            _("The organisation has withdrawn or replaced this change. Your decision was not stored.")
        )
    if change.state != State.OPEN:
        raise ValidationError(
            _("%(reviewer)s has already decided this: %(state)s. Your decision was not stored."),
            params={"reviewer": change.reviewer, "state": change.get_state_display()},
        )
    if not can_review_change(by, change):
        raise PermissionDenied
    if organisation.closed_on is not None:
        raise ValidationError(_("A closed organisation is not reviewed."))
    if outcome == State.ACCEPTED and "territory" in change.facts:
        refuse_under_measure(organisation)  # Whoever took it would no longer be of its reviewers.
    if outcome == State.RETURNED and not reasons.strip():
        raise ValidationError({"reasons": _("Say why you send it back, so that they can correct it.")})
    change.state, change.reasons = State(outcome), reasons.strip()
    change.reviewer, change.decided_at = by, timezone.now()
    change.full_clean()
    change.save()
    if change.state == State.ACCEPTED:
        make_it_so(organisation, change, by)
    else:
        forget_proposed_contact(organisation)
        outdate_forms(organisation)
    write_to(leaders_of(organisation), f"change_{change.state}", {"organisation": organisation, "change": change})
    return change


def forget_proposed_contact(organisation: Organisation) -> None:
    """Of a person who does not stand behind it the portal keeps nothing."""
    organisation.contacts.proposed().delete()


def replace_contact(organisation: Organisation) -> None:
    organisation.contacts.standing().delete()
    organisation.contacts.proposed().update(is_proposed=False)


def outdate_forms(organisation: Organisation) -> None:
    """A form that was opened before, with what was proposed then, would propose it again."""
    Organisation.objects.filter(pk=organisation.pk).update(version=F("version") + 1)


def make_it_so(organisation: Organisation, change: ProposedChange, by: User) -> None:
    if organisation.is_authority and {"kind", "territory"} & set(change.facts):
        raise PermissionDenied
    for fact, (before, _after) in change.facts.items():
        if plain(organisation, fact) != before:
            raise ValidationError(
                _("This has changed since it was proposed: %(fact)s. Send it back, so that they can look at it again."),
                params={"fact": fact_label(fact)},
            )
    reviewers_before = set(reviewers_of(organisation))
    for fact, value in change.wanted.items():
        setattr(organisation, fact, value)
    organisation.version += 1
    organisation.full_clean(exclude=["slug", "reference"])
    organisation.save(update_fields=[*change.wanted, "version", "updated_at"])
    if "territory" in change.facts:
        told = reviewers_before.difference(reviewers_of(organisation))
        write_to(told, "organisation_moved", {"organisation": organisation, "change": change})
    if CONTACT in change.facts:
        replace_contact(organisation)
    note_accepted(organisation, change.facts, by)
