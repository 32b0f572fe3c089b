import datetime
from collections.abc import Collection, Iterable, Sequence
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.models import Domain, Organisation, Territory, User
from orgs.models.reach import ids_tied_within
from orgs.naming import new_reference
from partnerships import emails
from partnerships.models import Level, Partnership, PartnershipParty, Practice
from partnerships.permissions import can_answer
from partnerships.vocabulary import PartnershipState, PartyAnswer, PartyRole

State = PartnershipState


def locked(partnership: Partnership) -> Partnership:
    """The row as it is stored now, held until the transaction ends: what state changes start from."""
    return Partnership.objects.select_for_update().get(pk=partnership.pk)


def refuse_unless(condition: bool, message: str) -> None:
    if not condition:
        raise ValidationError(message)


def check_partners(authority: Organisation, partners: Sequence[Organisation], known: Collection[int] = ()) -> None:
    """`known` are the partners that it has already: they may have closed since."""
    refuse_unless(bool(partners), _("A partnership has at least one partner."))
    refuse_unless(len({partner.pk for partner in partners}) == len(partners), _("Each partner is named once."))
    for partner in partners:
        refuse_unless(partner != authority, _("The authority is not its own partner."))
        if partner.pk not in known and is_lapsed_partner(partner):
            raise ValidationError(
                _("The verification of %(name)s has lapsed. It can be named as a partner once it has renewed it."),
                params={"name": partner.name},
            )
        if not partner.is_published and partner.pk not in known:
            raise ValidationError(
                _("%(name)s is not a verified organisation, so it cannot be named as a partner yet."),
                params={"name": partner.name},
            )


def is_lapsed_partner(partner: Organisation) -> bool:
    return partner.has_lapsed and not partner.is_authority


def refuse_who_cannot_begin(organisations: Iterable[Organisation]) -> None:
    """Whoever closed, was suspended or has let its verification lapse since it was named: what runs goes on, nothing new begins."""
    for organisation in organisations:
        name = {"name": organisation.name}
        refuse_unless(organisation.closed_on is None, _("%(name)s is closed, so nothing can begin with it.") % name)
        refuse_unless(
            organisation.suspended_on is None, _("%(name)s is suspended, so nothing can begin with it.") % name
        )
        refuse_unless(
            not is_lapsed_partner(organisation),
            _("The verification of %(name)s has lapsed, so nothing new can begin with it until it has been renewed.")
            % name,
        )


def refuse_place_elsewhere(authority: Organisation, territory: Territory) -> None:
    """The place says whose reviewers look at it, so an authority does not choose one that is not its own."""
    if not ids_tied_within(authority.territory).filter(tied_to=territory).exists():
        refusal = ValidationError(
            _("%(place)s is not in the territory of %(authority)s."),
            params={"place": territory, "authority": authority},
        )
        raise ValidationError({"territory": refusal})


@transaction.atomic
def log_partnership(
    *,
    authority: Organisation,
    partners: Sequence[Organisation],
    kind: str,
    title: str,
    territory: Territory,
    domains: Iterable[Domain],
    promised: Level,
    starts_on: datetime.date,
    ends_on: datetime.date | None = None,
    purpose: str = "",
    gender_note: str = "",
    sdg_targets: Sequence[str] = (),
    gcm_objectives: Sequence[int] = (),
    territory_of_origin: str = "",
    practices: Iterable[Practice] = (),
    is_sample: bool = False,
    by: User,
) -> Partnership:
    """A draft that only the authority sees, until the partners are asked (`propose_partnership`)."""
    refuse_unless(authority.is_authority, _("A partnership is led by an authority."))
    refuse_who_cannot_begin([authority])
    check_partners(authority, partners)
    refuse_place_elsewhere(authority, territory)
    Organisation.objects.select_for_update().get(pk=authority.pk)  # A form sent twice at once is one partnership.
    is_known = Partnership.objects.filter(title=title, starts_on=starts_on, parties__organisation=authority).exists()
    refuse_unless(not is_known, _("The authority has already logged a partnership with this title and start."))
    domains = list(domains)
    refuse_unless(bool(domains), _("Say which domains it is about."))
    partnership = Partnership(
        reference=new_reference("PAR", Partnership),
        kind=kind,
        title=title,
        territory=territory,
        promised=promised,
        starts_on=starts_on,
        ends_on=ends_on,
        purpose=purpose,
        gender_note=gender_note,
        sdg_targets=list(sdg_targets),
        gcm_objectives=list(gcm_objectives),
        territory_of_origin=territory_of_origin,
        is_sample=is_sample,
        created_by=by,
    )
    partnership.full_clean()
    partnership.save()
    partnership.domains.set(domains)
    partnership.practices.set(practices)
    PartnershipParty.objects.create(
        partnership=partnership,
        organisation=authority,
        role=PartyRole.AUTHORITY,
        answer=PartyAnswer.CONFIRMED,
        answered_by=by,
        answered_at=timezone.now(),
    )
    for partner in partners:
        PartnershipParty.objects.create(partnership=partnership, organisation=partner, role=PartyRole.PARTNER)
    return partnership


@transaction.atomic
def revise_partnership(
    *,
    partnership: Partnership,
    partners: Sequence[Organisation],
    domains: Iterable[Domain],
    practices: Iterable[Practice] | None = None,
    by: User,
) -> Partnership:
    """Saves the changed facts that `partnership` carries.

    Whoever had answered while the partners are being asked is asked again, since they answered to other words. Once
    the partnership is confirmed its promise stands, and partners can join but not be taken off.
    """
    stored = locked(partnership)
    refuse_unless(stored.state != State.ENDED, _("This partnership has ended. Nothing in it changes any more."))
    refuse_unless(
        stored.state != State.ACTIVE or stored.promised_id == partnership.promised_id,
        _("The partners have confirmed the promised level. It stays what it was at the start."),
    )
    if partnership.territory_id != stored.territory_id:
        refuse_place_elsewhere(stored.authority, partnership.territory)
    partnership.state = stored.state
    partnership.full_clean()
    partnership.save()
    partnership.domains.set(domains)
    if practices is not None:
        partnership.practices.set(practices)
    replace_partners(partnership, partners)
    partners_now = PartnershipParty.objects.filter(partnership=partnership).partners().select_related("organisation")
    if stored.state in (State.PROPOSED, State.ACTIVE):
        ask(partnership, partners_now.filter(answer=PartyAnswer.WAITING, asked_at=None))
    if stored.state == State.PROPOSED:
        ask(partnership, partners_now.exclude(answer=PartyAnswer.WAITING))
    return partnership


def replace_partners(partnership: Partnership, partners: Sequence[Organisation]) -> None:
    parties = PartnershipParty.objects.filter(partnership=partnership).select_related("organisation")
    known = {party.organisation_id for party in parties}
    check_partners(next(party.organisation for party in parties if party.role == PartyRole.AUTHORITY), partners, known)
    gone = [party for party in parties if party.role == PartyRole.PARTNER and party.organisation not in partners]
    for party in gone:
        if partnership.state == State.ACTIVE and party.answer == PartyAnswer.CONFIRMED:
            raise ValidationError(
                _("%(name)s has confirmed this partnership and cannot be taken off it."),
                params={"name": party.organisation},
            )
        party.delete()
    for partner in partners:
        if partner.pk not in known:
            PartnershipParty.objects.create(partnership=partnership, organisation=partner, role=PartyRole.PARTNER)


def ask(partnership: Partnership, parties: Iterable[PartnershipParty]) -> None:
    """Writes to these partners; whatever they had answered was to other words, and is open again."""
    asked = list(parties)
    for party in asked:
        party.answer, party.note, party.answered_by, party.answered_at = PartyAnswer.WAITING, "", None, None
        party.asked_at = timezone.now()
        party.save()
    emails.ask_partners(partnership, asked)


@transaction.atomic
def propose_partnership(*, partnership: Partnership, by: User) -> Partnership:
    """Asks the partners whether it is right. After a dispute and its mending all of them are asked again."""
    stored = locked(partnership)
    refuse_unless(stored.state != State.PROPOSED, _("The partners have already been asked."))
    refuse_unless(
        stored.state in (State.DRAFT, State.DISPUTED),
        _("Partners are only asked about a draft or a disputed partnership."),
    )
    refuse_who_cannot_begin(party.organisation for party in stored.parties.select_related("organisation"))
    stored.state = State.PROPOSED
    stored.save(update_fields=["state", "updated_at"])
    ask(stored, PartnershipParty.objects.filter(partnership=stored).partners().select_related("organisation"))
    return stored


@transaction.atomic
def answer_partnership(*, party: PartnershipParty, answer: str, note: str = "", by: User) -> PartnershipParty:
    """A partner says whether what the authority logged is right.

    When all have confirmed, the partnership is active; one dispute and it is disputed, and out of public sight until
    it is settled. A confirmed partner may still dispute later: what was logged may have changed since.
    """
    partnership = locked(party.partnership)
    party = PartnershipParty.objects.select_related("organisation").get(pk=party.pk)
    party.partnership = partnership
    refuse_unless(can_answer(by, party), _("Only the organisation itself can answer."))
    # Who lists an organisation could claim it, too, and speak for both sides.
    is_known = bool(party.organisation.tier) or answer != PartyAnswer.CONFIRMED
    refuse_unless(is_known, _("Your organisation can confirm it once it is verified. Ask for that on its page."))
    if answer == PartyAnswer.CONFIRMED and partnership.state != State.ACTIVE:
        refuse_who_cannot_begin([party.organisation])
    refuse_unless(
        partnership.state in (State.PROPOSED, State.DISPUTED, State.ACTIVE),
        _("This partnership does not need an answer."),
    )
    if answer not in (PartyAnswer.CONFIRMED, PartyAnswer.DISPUTED):
        raise ValidationError(_("Confirm it or dispute it."))
    note = note.strip()
    refuse_unless(answer != PartyAnswer.DISPUTED or bool(note), _("Say what is not right."))
    if (party.answer, party.note) == (answer, note):
        return party
    party.answer, party.note = answer, note
    party.answered_by, party.answered_at = by, timezone.now()
    party.full_clean()
    party.save()
    partnership.state = state_after_answers(partnership)
    partnership.save(update_fields=["state", "updated_at"])
    emails.email_authority_of_answer(party)
    return party


def state_after_answers(partnership: Partnership) -> str:
    answers = set(PartnershipParty.objects.filter(partnership=partnership).partners().values_list("answer", flat=True))
    if PartyAnswer.DISPUTED in answers:
        return State.DISPUTED
    if answers == {PartyAnswer.CONFIRMED}:
        return State.ACTIVE
    # A partner who joined a running partnership has yet to answer; the others keep theirs.
    return State.ACTIVE if partnership.state == State.ACTIVE else State.PROPOSED


@transaction.atomic
def end_partnership(*, partnership: Partnership, ends_on: datetime.date, by: User) -> Partnership:
    """Closes it on a day. It stays readable, with its records and levels."""
    stored = locked(partnership)
    refuse_unless(stored.state != State.ENDED, _("This partnership has already ended."))
    refuse_unless(stored.state == State.ACTIVE, _("Only an active partnership can end."))
    refuse_unless(ends_on <= timezone.localdate(), _("A partnership ends today or on a day that has passed."))
    stored.state, stored.ends_on = State.ENDED, ends_on
    stored.version += 1
    stored.full_clean()
    stored.save()
    emails.email_partners_of_end(stored)
    return stored


@transaction.atomic
def delete_draft(*, partnership: Partnership, by: User) -> None:
    """Takes back what no partner has seen."""
    stored = locked(partnership)
    refuse_unless(stored.state == State.DRAFT, _("Only a draft can be deleted."))
    for document in stored.documents.all():
        transaction.on_commit(partial(document.file.storage.delete, str(document.file.name)))
    stored.delete()
