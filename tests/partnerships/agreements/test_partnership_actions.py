import datetime
import os

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from post_office.models import Email

from orgs.models import Organisation
from partnerships.agreements.actions import (
    answer_partnership,
    delete_draft,
    end_partnership,
    log_partnership,
    propose_partnership,
    revise_partnership,
)
from partnerships.models import Partnership, PartnershipParty
from partnerships.vocabulary import PartnershipState, PartyAnswer, PartyRole
from tests.factories import DomainFactory, OrganisationFactory
from tests.factories_partnerships import level, make_document, person_in

State, Answer = PartnershipState, PartyAnswer


@pytest.fixture
def log(world):
    def log(**fields):
        given = {
            "authority": world.authority,
            "partners": [world.partner],
            "kind": "services",
            "title": "Welcome desk",
            "territory": world.district,
            "domains": [DomainFactory()],
            "promised": level("consult"),
            "starts_on": datetime.date(2025, 1, 1),
            "by": world.officer,
        }
        return log_partnership(**{**given, **fields})

    return log


def stored(partnership):
    return Partnership.objects.get(pk=partnership.pk)


def recipients():
    return sorted(to for (to,) in Email.objects.values_list("to", flat=True))


def test_logged_partnership_is_a_draft_of_the_authority(log, world):
    partnership = log()
    assert partnership.state == State.DRAFT
    assert partnership.reference.startswith("PAR-")
    assert {(p.organisation, p.role, p.answer) for p in partnership.parties.all()} == {
        (world.authority, PartyRole.AUTHORITY, Answer.CONFIRMED),
        (world.partner, PartyRole.PARTNER, Answer.WAITING),
    }
    assert recipients() == []


def test_logging_the_same_twice_is_refused(log):
    log()
    with pytest.raises(ValidationError, match="already logged"):
        log()
    assert Partnership.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"partners": []}, "at least one partner"),
        ({"domains": []}, "which domains"),
        ({"ends_on": datetime.date(2024, 1, 1)}, "ends after it starts"),
        ({"gcm_objectives": [24]}, "23"),
    ],
)
def test_logging_what_cannot_be_is_refused(log, fields, message):
    with pytest.raises(ValidationError, match=message):
        log(**fields)
    assert not Partnership.objects.exists()


def test_partner_is_verified_and_not_the_authority_itself(log, world):
    with pytest.raises(ValidationError, match="not a verified organisation"):
        log(partners=[OrganisationFactory()])
    with pytest.raises(ValidationError, match="not its own partner"):
        log(partners=[world.authority])
    with pytest.raises(ValidationError, match="named once"):
        log(partners=[world.partner, world.partner])
    with pytest.raises(ValidationError, match="led by an authority"):
        log(authority=world.other)


def test_proposing_writes_to_owners_and_editors_in_their_language(log, world):
    world.owner.language = "es"
    world.owner.save()
    propose_partnership(partnership=log(), by=world.officer)
    assert recipients() == sorted([world.owner.email, world.editor.email])
    email = Email.objects.get(to=world.editor.email)
    assert email.subject == "Is this right? Riverton town hall has logged a partnership with you"
    assert "You will be heard, and you will get an answer." in email.message
    assert f"/answer/{world.partner.slug}/" in email.message
    # The promise in Spanish comes from the scale, whatever the portal's own translations say.
    assert level("consult").promise_es in Email.objects.get(to=world.owner.email).message


def test_proposing_twice_is_refused_and_writes_once(log, world):
    partnership = log()
    propose_partnership(partnership=partnership, by=world.officer)
    with pytest.raises(ValidationError, match="already been asked"):
        propose_partnership(partnership=partnership, by=world.officer)
    assert len(recipients()) == 2


def test_confirmed_by_all_is_active_and_the_authority_is_told(log, world):
    second = OrganisationFactory(published=True)
    speaker = person_in(second, "owner")
    partnership = propose_partnership(partnership=log(partners=[world.partner, second]), by=world.officer)
    Email.objects.all().delete()
    answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=world.owner)
    assert stored(partnership).state == State.PROPOSED
    assert recipients() == sorted([world.officer.email, world.manager.email, world.own_reviewer.email])
    answer_partnership(party=partnership.parties.get(organisation=second), answer=Answer.CONFIRMED, by=speaker)
    assert stored(partnership).state == State.ACTIVE


YESTERDAY = timezone.localdate() - datetime.timedelta(days=1)
STOPPED = {"holds_until": YESTERDAY}, {"suspended_on": YESTERDAY}


@pytest.mark.parametrize("since", STOPPED, ids=["lapsed", "suspended"])
def test_nothing_begins_with_a_partner_that_was_stopped_after_it_was_named(log, world, since):
    partnership = log()
    Organisation.objects.filter(pk=world.partner.pk).update(**since)
    with pytest.raises(ValidationError, match=r"has lapsed, so nothing new can begin with it until|is suspended"):
        propose_partnership(partnership=partnership, by=world.officer)
    Organisation.objects.filter(pk=world.partner.pk).update(**dict.fromkeys(since))
    propose_partnership(partnership=partnership, by=world.officer)
    Organisation.objects.filter(pk=world.partner.pk).update(**since)
    with pytest.raises(ValidationError, match=r"has lapsed, so nothing new can begin with it until|is suspended"):
        answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=world.owner)
    assert stored(partnership).state == State.PROPOSED
    answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="Not so.", by=world.owner)
    assert stored(partnership).state == State.DISPUTED


def test_suspended_authority_begins_nothing(log, world):
    partnership = log()
    Organisation.objects.filter(pk=world.authority.pk).update(suspended_on=YESTERDAY)
    with pytest.raises(ValidationError, match="is suspended"):
        propose_partnership(partnership=partnership, by=world.officer)
    with pytest.raises(ValidationError, match="is suspended"):
        log(title="Another", authority=Organisation.objects.get(pk=world.authority.pk))


def test_answering_twice_the_same_is_once(log, world):
    partnership = propose_partnership(partnership=log(), by=world.officer)
    Email.objects.all().delete()
    for _time in range(2):
        answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=world.owner)
    assert len(recipients()) == 3


def test_dispute_needs_a_reason_and_takes_it_out_of_sight(log, world):
    partnership = propose_partnership(partnership=log(), by=world.officer)
    with pytest.raises(ValidationError, match="what is not right"):
        answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="  ", by=world.owner)
    answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="We never met.", by=world.owner)
    assert stored(partnership).state == State.DISPUTED
    assert "We never met." in Email.objects.get(to=world.officer.email).message


def test_disputed_is_mended_and_asked_again(log, world):
    partnership = propose_partnership(partnership=log(), by=world.officer)
    answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="No.", by=world.owner)
    partnership = stored(partnership)
    partnership.title = "Another title"
    revise_partnership(
        partnership=partnership, partners=[world.partner], domains=partnership.domains.all(), by=world.officer
    )
    assert stored(partnership).state == State.DISPUTED
    propose_partnership(partnership=partnership, by=world.officer)
    party = world.party(partnership)
    assert (stored(partnership).state, party.answer, party.note) == (State.PROPOSED, Answer.WAITING, "")
    answer_partnership(party=party, answer=Answer.CONFIRMED, by=world.owner)
    assert stored(partnership).state == State.ACTIVE


def test_confirmed_partner_may_dispute_later_and_settle_again(world):
    partnership = world.partnership()
    answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="It stopped.", by=world.owner)
    assert stored(partnership).state == State.DISPUTED
    answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=world.owner)
    assert stored(partnership).state == State.ACTIVE


def test_nobody_answers_for_another(world):
    partnership = world.partnership(state=State.PROPOSED)
    for person in (world.partner_viewer, world.outsider, world.officer, world.reviewer, world.administrator):
        with pytest.raises(ValidationError, match="Only the organisation itself"):
            answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=person)
    leading = partnership.parties.get(role=PartyRole.AUTHORITY)
    with pytest.raises(ValidationError, match="Only the organisation itself"):
        answer_partnership(party=leading, answer=Answer.CONFIRMED, by=world.officer)


@pytest.mark.parametrize("state", [State.DRAFT, State.ENDED])
def test_no_answer_where_none_is_asked_for(world, state):
    partnership = world.partnership(state=state)
    with pytest.raises(ValidationError, match="does not need"):
        answer_partnership(party=world.party(partnership), answer=Answer.DISPUTED, note="No", by=world.owner)


def test_revision_while_asked_asks_those_again_who_had_answered(log, world):
    second = OrganisationFactory(published=True)
    partnership = propose_partnership(partnership=log(partners=[world.partner, second]), by=world.officer)
    answer_partnership(party=world.party(partnership), answer=Answer.CONFIRMED, by=world.owner)
    Email.objects.all().delete()
    partnership = stored(partnership)
    partnership.title = "Another"
    revise_partnership(
        partnership=partnership, partners=[world.partner, second], domains=partnership.domains.all(), by=world.officer
    )
    assert world.party(partnership).answer == Answer.WAITING
    assert recipients() == sorted([world.owner.email, world.editor.email])


def test_promise_stands_once_it_is_confirmed(world):
    partnership = world.partnership()
    partnership.promised = level("inform")
    with pytest.raises(ValidationError, match="stays what it was"):
        revise_partnership(
            partnership=partnership, partners=[world.partner], domains=partnership.domains.all(), by=world.officer
        )
    assert stored(partnership).promised.code == "involve"


def test_confirmed_partner_stays_and_a_new_one_is_asked(world):
    partnership = world.partnership()
    domains = list(partnership.domains.all())
    with pytest.raises(ValidationError, match="cannot be taken off"):
        revise_partnership(partnership=partnership, partners=[world.other], domains=domains, by=world.officer)
    revise_partnership(
        partnership=partnership, partners=[world.partner, world.other], domains=domains, by=world.officer
    )
    assert stored(partnership).state == State.ACTIVE
    assert recipients() == [world.outsider.email]
    joined = partnership.parties.get(organisation=world.other)
    assert joined.answer == Answer.WAITING
    answer_partnership(party=joined, answer=Answer.CONFIRMED, by=world.outsider)
    assert stored(partnership).state == State.ACTIVE


def test_partner_that_closed_since_may_stay(world):
    partnership = world.partnership()
    world.partner.closed_on = datetime.date(2025, 6, 1)
    world.partner.save()
    partnership.title = "Renamed"
    revise_partnership(
        partnership=partnership, partners=[world.partner], domains=partnership.domains.all(), by=world.officer
    )
    assert stored(partnership).title == "Renamed"


def test_ending_is_once_and_only_of_what_is_active(world):
    partnership = world.partnership()
    today = timezone.localdate()
    with pytest.raises(ValidationError, match="today or on a day that has passed"):
        end_partnership(partnership=partnership, ends_on=today + datetime.timedelta(days=1), by=world.officer)
    with pytest.raises(ValidationError, match="ends after it starts"):
        end_partnership(partnership=partnership, ends_on=datetime.date(2020, 1, 1), by=world.officer)
    end_partnership(partnership=partnership, ends_on=today, by=world.officer)
    assert (stored(partnership).state, stored(partnership).ends_on) == (State.ENDED, today)
    assert recipients() == sorted([world.owner.email, world.editor.email])
    with pytest.raises(ValidationError, match="already ended"):
        end_partnership(partnership=partnership, ends_on=today, by=world.officer)
    with pytest.raises(ValidationError, match="has ended"):
        revise_partnership(partnership=stored(partnership), partners=[world.partner], domains=[], by=world.officer)


@pytest.mark.parametrize("state", [State.DRAFT, State.PROPOSED, State.DISPUTED])
def test_what_nobody_confirmed_cannot_end_and_so_become_public(world, state):
    partnership = world.partnership(state=state)
    with pytest.raises(ValidationError, match="Only an active"):
        end_partnership(partnership=partnership, ends_on=timezone.localdate(), by=world.officer)


def test_draft_is_deleted_with_its_files(world, django_capture_on_commit_callbacks):
    partnership = world.partnership(state=State.DRAFT)
    document = make_document(partnership)
    storage, name = document.file.storage, document.file.name
    assert storage.exists(name)
    os.utime(document.file.path, (0, 0))  # One of less than a day waits for the sweep.
    with django_capture_on_commit_callbacks(execute=True):
        delete_draft(partnership=partnership, by=world.officer)
    assert not storage.exists(name)
    assert not PartnershipParty.objects.filter(partnership=partnership.pk).exists()


@pytest.mark.parametrize("state", [State.PROPOSED, State.ACTIVE, State.DISPUTED, State.ENDED])
def test_only_a_draft_is_deleted(world, state):
    with pytest.raises(ValidationError, match="Only a draft"):
        delete_draft(partnership=world.partnership(state=state), by=world.officer)
