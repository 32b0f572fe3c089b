"""The way through the pages: log, answer, add, assess, give a view, review, read the result."""

import datetime
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.listing.actions import list_organisation, opt_out
from orgs.models import Organisation
from partnerships.assessments.actions import submit_assessment
from partnerships.assessments.experience import give_experience
from partnerships.models import Activity, Assessment, Contribution, Document, Experience, Partnership
from partnerships.vocabulary import PartnershipState, PartyAnswer
from tests.factories import AuthorityFactory, DomainFactory, MembershipFactory, OrganisationFactory, TerritoryFactory
from tests.factories_partnerships import (
    PDF,
    ActivityFactory,
    AssessmentFactory,
    ContributionFactory,
    EvidenceFactory,
    criterion,
    level,
    make_document,
)
from tests.pages import unmarked
from tests.partnerships.briefings import IN_TIME


def page(name, *args):
    return reverse(f"partnerships:{name}", args=args)


@pytest.fixture
def filled(world):
    """What the form asks for at least."""
    return {
        "authority": world.authority.pk,
        "title": "Welcome desk",
        "partners": ["Open Door"],
        "kind": "services",
        "territory": "Old Harbour",
        "domains": [DomainFactory().pk],
        "promised": level("consult").pk,
        "starts_on": "2025-01-01",
    }


# Logging


def test_form_knows_what_is_known(client, world):
    client.force_login(world.officer)
    response = client.get(page("partnership_add") + f"?partner={world.partner.slug}")
    form = response.context["form"]
    assert form["authority"].value() == world.authority.pk
    assert form["territory"].value().texts == [form.fields["territory"].lookup.label(world.city)]
    assert form["starts_on"].value() == timezone.localdate()
    assert form["partners"].value().chosen == [str(world.partner.pk)]
    assert "We decide it and do it together." in response.content.decode()


def test_log_and_ask_in_one_go(client, world, filled):
    client.force_login(world.officer)
    response = client.post(page("partnership_add"), filled, follow=True)
    partnership = Partnership.objects.get()
    assert partnership.state == PartnershipState.PROPOSED
    assert (partnership.territory, partnership.created_by) == (world.district, world.officer)
    assert [party.organisation for party in partnership.partner_parties] == [world.partner]
    assert partnership.reference in response.content.decode()
    assert "Waiting for the answer of Open Door." in unmarked(response.content.decode())


def test_log_as_a_draft_then_ask(client, world, filled):
    client.force_login(world.officer)
    client.post(page("partnership_add"), {**filled, "draft": "1"})
    partnership = Partnership.objects.get()
    assert partnership.state == PartnershipState.DRAFT
    client.post(page("partnership_propose", partnership.reference))
    partnership.refresh_from_db()
    assert partnership.state == PartnershipState.PROPOSED
    response = client.post(page("partnership_propose", partnership.reference), follow=True)
    assert "The partners have already been asked." in response.content.decode()


def test_log_in_the_name_of_another_authority_is_refused(client, world, filled):
    client.force_login(world.officer)
    response = client.post(page("partnership_add"), {**filled, "authority": AuthorityFactory().pk})
    assert "authority" in response.context["form"].errors
    assert not Partnership.objects.exists()


def test_unknown_partner_is_said_at_the_field_and_nothing_typed_is_lost(client, world, filled):
    client.force_login(world.officer)
    response = client.post(page("partnership_add"), {**filled, "partners": ["Nobody of that name"]})
    html = response.content.decode()
    assert "partners" in response.context["form"].errors
    assert "Welcome desk" in html
    assert "<title>Error: " in re.sub(r"\s+", " ", html)


def test_partner_that_is_not_in_the_directory_is_listed_with_the_partnership(client, world, filled):
    client.force_login(world.officer)
    typed = {key: value for key, value in filled.items() if not key.startswith("partners")}
    asked = client.get(page("partnership_add")).content.decode()
    assert "Is a partner missing from the directory?" in asked
    form = {
        **typed,
        "new_partner": "Open doors",
        "new_partner_kind": "association",
        "new_partner_email": "we@doors.example",
    }
    shown = client.post(page("partnership_add"), form).content.decode()
    assert "Is it one of these?" in shown, "nearly the name of a partner who is there"
    assert (Partnership.objects.count(), Email.objects.count()) == (0, 0)
    client.post(page("partnership_add"), {**form, "is_another": "on", "draft": "1"})
    partnership = Partnership.objects.get()
    (party,) = partnership.partner_parties
    assert (party.organisation.name, party.organisation.is_listed) == ("Open doors", True)
    assert party.organisation.territory == partnership.territory
    assert party.organisation.listing.listed_for == world.authority
    assert Email.objects.get().to == ["we@doors.example"]


def test_partner_that_asked_not_to_be_listed_is_not_listed_by_a_partnership(client, world, filled):
    place = TerritoryFactory(name="Quarter", kind="neighbourhood", parent=world.district)
    gone = list_organisation(
        name="Shy circle", kind="association", territory=place, email="we@shy.example", by=world.officer
    )
    opt_out(listing=gone.listing)
    client.force_login(world.officer)
    typed = {key: value for key, value in filled.items() if not key.startswith("partners")}
    for new, email in (("SHY circle", ""), ("Quite another", "We@shy.example")):
        form = {**typed, "new_partner": new, "new_partner_kind": "association", "new_partner_email": email}
        assert "has asked not to be listed" in client.post(page("partnership_add"), form).content.decode()
    assert not Partnership.objects.exists()
    assert not Organisation.objects.filter(is_listed=True).exists()


def test_partner_that_waits_for_a_reviewer_is_not_listed_by_a_partnership(client, world, filled):
    hidden = OrganisationFactory(name="Waiting circle", territory=world.district)
    client.force_login(world.officer)
    typed = {key: value for key, value in filled.items() if not key.startswith("partners")}
    form = {**typed, "new_partner": "WAITING circle", "new_partner_kind": "association", "is_another": "on"}
    body = client.post(page("partnership_add"), form).content.decode()
    assert "A reviewer decides whether it gets one" in body
    assert hidden.slug not in body
    assert not Partnership.objects.exists()
    assert Organisation.objects.filter(name__iexact="Waiting circle").count() == 1


def test_unknown_partner_is_offered_as_a_new_one_and_a_slip_of_the_finger_lists_none(client, world, filled):
    client.force_login(world.officer)
    typed = {key: value for key, value in filled.items() if not key.startswith("partners")}
    form = client.post(page("partnership_add"), {**typed, "partners": ["Quite another"]}).context["form"]
    offered = {
        **typed,
        "new_partner": form["new_partner"].value(),
        "offered": form["offered"].value(),
        "new_partner_kind": "association",
    }
    assert (offered["new_partner"], offered["offered"]) == ("Quite another", "Quite another")
    client.post(page("partnership_add"), {**offered, "partners": ["Open Door"], "title": "Corrected"})
    assert not Organisation.objects.filter(name="Quite another").exists()
    client.post(page("partnership_add"), {**offered, "partners": ["Quite another", "Open Door"], "title": "New"})
    partners = {party.organisation.name for party in Partnership.objects.get(title="New").partner_parties}
    assert partners == {"Open Door", "Quite another"}


def test_nothing_is_listed_where_the_partnership_is_refused(client, world, filled):
    client.force_login(world.officer)
    client.post(page("partnership_add"), filled)
    known = Organisation.objects.count()
    form = {
        **filled,
        "new_partner": "Quite another",
        "new_partner_kind": "association",
        "new_partner_email": "x@quite.example",
    }
    response = client.post(page("partnership_add"), form)
    assert "already logged" in str(response.context["form"].non_field_errors())
    assert Organisation.objects.count() == known
    assert not Email.objects.filter(to="x@quite.example").exists()


def test_refusal_of_the_action_stands_on_the_form(client, world, filled):
    client.force_login(world.officer)
    client.post(page("partnership_add"), filled)
    response = client.post(page("partnership_add"), filled)
    assert "already logged" in str(response.context["form"].non_field_errors())
    assert Partnership.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sdg_targets", "10.7, nonsense", "not an SDG target"),
        ("gcm_objectives", "24", "23"),
        ("ends_on", "2024-01-01", "ends after it starts"),
    ],
)
def test_wrong_facts_are_said(client, world, filled, field, value, message):
    client.force_login(world.officer)
    response = client.post(page("partnership_add"), {**filled, field: value})
    assert message in str(response.context["form"].errors)
    assert response.context["form"].more_is_open


def test_two_officers_saving_at_once(client, world):
    """The second is told, loses nothing, and may put their words in place of the first's."""
    partnership = world.partnership(title="As it was")
    form = {
        "title": "By the first",
        "partners_chosen": [world.partner.pk],
        "kind": "services",
        "territory": "Old Harbour",
        "domains": [partnership.domains.get().pk],
        "promised": partnership.promised.pk,
        "starts_on": "2025-01-01",
        "version": 1,
    }
    url = page("partnership_edit", partnership.reference)
    second = type(client)()
    client.force_login(world.officer)
    second.force_login(world.manager)
    assert client.get(url).status_code == second.get(url).status_code == 200
    assert client.post(url, form).status_code == 302
    response = second.post(url, {**form, "title": "By the second", "purpose": "A long text"})
    assert "Somebody else saved this" in str(response.context["form"].non_field_errors())
    assert "By the second" in response.content.decode()
    assert "A long text" in response.content.decode()
    partnership.refresh_from_db()
    assert (partnership.title, partnership.purpose, partnership.version) == ("By the first", "", 2)
    again = {
        **form,
        "title": "By the second",
        "purpose": "A long text",
        "version": response.context["form"]["version"].value(),
    }
    assert second.post(url, again).status_code == 302
    partnership.refresh_from_db()
    assert (partnership.title, partnership.version) == ("By the second", 3)


def test_promise_of_an_active_partnership_cannot_be_posted(client, world):
    partnership = world.partnership()
    client.force_login(world.officer)
    client.post(
        page("partnership_edit", partnership.reference),
        {
            "title": "New title",
            "partners_chosen": [world.partner.pk],
            "kind": "services",
            "territory": "Old Harbour",
            "domains": [partnership.domains.get().pk],
            "promised": level("inform").pk,
            "starts_on": "2025-01-01",
            "version": 1,
        },
    )
    partnership.refresh_from_db()
    assert (partnership.title, partnership.promised.code) == ("New title", "involve")


# Answering


def test_partner_confirms_and_the_page_is_public(client, world):
    partnership = world.partnership(state=PartnershipState.PROPOSED)
    assert client.get(partnership.get_absolute_url()).status_code == 404
    client.force_login(world.owner)
    url = page("partnership_answer", partnership.reference, world.partner.slug)
    assert "You will find your concerns in the options on the table." in client.get(url).content.decode()
    client.post(url, {"answer": "confirmed"})
    client.logout()
    assert client.get(partnership.get_absolute_url()).status_code == 200


def test_partner_disputes_with_a_reason(client, world):
    partnership = world.partnership(state=PartnershipState.PROPOSED)
    client.force_login(world.editor)
    url = page("partnership_answer", partnership.reference, world.partner.slug)
    response = client.post(url, {"answer": "disputed", "note": " "})
    assert response.context["form"].errors["note"] == ["Say what is not right."]
    client.post(url, {"answer": "disputed", "note": "We never met."})
    client.force_login(world.officer)
    html = client.get(partnership.get_absolute_url()).content.decode()
    assert "Open Door said that something is not right." in unmarked(html)
    assert "We never met." in html


# Records


def test_records_are_logged_through_their_forms(client, world):
    partnership = world.partnership()
    client.force_login(world.officer)
    client.post(
        page("activity_add", partnership.reference),
        {
            "kind": "hearing",
            "title": "Hearing",
            "held_on": "2025-03-01",
            "stage": "planning",
            "women": 5,
            "men": 4,
            "participants": 9,
        },
    )
    client.post(
        page("contribution_add", partnership.reference),
        {
            "kind": "money",
            "giver": world.authority.pk,
            "receiver": world.partner.pk,
            "description": "Grant",
            "given_on": "2025-03-02",
            "amount": "1200.50",
            "currency": "eur",
        },
    )
    client.post(
        page("document_add", partnership.reference),
        {
            "kind": "minutes",
            "title": "Minutes",
            "dated_on": "2025-03-03",
            "stage": "planning",
            "file": SimpleUploadedFile("minutes.pdf", PDF),
        },
    )
    assert Activity.objects.get().logged_by == world.officer
    assert (Contribution.objects.get().currency, str(Contribution.objects.get().amount)) == ("EUR", "1200.50")
    assert Document.objects.get().uploaded_by == world.officer
    html = client.get(partnership.get_absolute_url()).content.decode()
    positions = [html.index(f">{words}<") for words in ("Minutes", "Hearing")]
    assert positions == sorted(positions)
    assert "€1,200.50" in html


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("activity_add", {"held_on": "2099-01-01"}, "lies in the future"),
        ("activity_add", {"women": 5, "men": 5, "participants": 3}, "more than the people"),
        ("contribution_add", {"kind": "money", "amount": ""}, "Money has an amount"),
        ("contribution_add", {"receiver": "same"}, "from one party to another"),
        ("contribution_add", {"currency": "Euro"}, "3 characters"),
    ],
)
def test_wrong_records_are_said_on_the_form(client, world, name, wrong, message):
    partnership = world.partnership()
    given = {
        "activity_add": {"kind": "hearing", "title": "Hearing", "held_on": "2025-03-01", "stage": "planning"},
        "contribution_add": {
            "kind": "space",
            "giver": world.authority.pk,
            "receiver": world.partner.pk,
            "description": "Room",
            "given_on": "2025-03-02",
            "currency": "EUR",
        },
    }[name]
    if wrong.get("receiver") == "same":
        wrong = {"receiver": world.authority.pk}
    client.force_login(world.officer)
    response = client.post(page(name, partnership.reference), {**given, **wrong})
    assert message in str(response.context["form"].errors)
    assert not Activity.objects.exists()
    assert not Contribution.objects.exists()


def test_contribution_of_a_stranger_cannot_be_posted(client, world):
    partnership = world.partnership()
    client.force_login(world.officer)
    response = client.post(
        page("contribution_add", partnership.reference),
        {
            "kind": "space",
            "giver": world.other.pk,
            "receiver": world.partner.pk,
            "description": "Room",
            "given_on": "2025-03-02",
            "currency": "EUR",
        },
    )
    assert "giver" in response.context["form"].errors


def test_record_is_edited_and_removed_until_it_is_evidence(client, world):
    partnership = world.partnership()
    activity = ActivityFactory(partnership=partnership, title="Brieving")
    client.force_login(world.officer)
    edit = page("record_edit", partnership.reference, "activity", activity.pk)
    assert edit in client.get(partnership.get_absolute_url()).content.decode()
    client.post(edit, {"kind": "briefing", "title": "Briefing", "held_on": "2025-03-01", "stage": "planning"})
    activity.refresh_from_db()
    assert activity.title == "Briefing"
    EvidenceFactory(assessment=AssessmentFactory(partnership=partnership), activity=activity)
    remove = page("record_delete", partnership.reference, "activity", activity.pk)
    assert remove not in client.get(partnership.get_absolute_url()).content.decode()
    response = client.post(remove, follow=True)
    assert "stands as evidence" in response.content.decode()
    assert Activity.objects.filter(pk=activity.pk).exists()


def test_document_is_edited_without_its_file(client, world):
    document = make_document(world.partnership())
    client.force_login(world.officer)
    url = page("record_edit", document.partnership.reference, "document", document.pk)
    assert "file" not in client.get(url).context["form"].fields
    client.post(
        url,
        {"kind": "agreement", "title": "Pact", "dated_on": "2025-03-01", "stage": "planning", "signed_by_all": "on"},
    )
    stored = Document.objects.get()
    assert (stored.kind, stored.title, stored.signed_by_all, stored.file) == ("agreement", "Pact", True, document.file)


# The assessment


@pytest.fixture
def desk(client, world):
    """A draft with one record for each of four criteria, and an officer in front of it."""
    partnership = world.partnership()
    briefing = ActivityFactory(partnership=partnership, title="Briefing on priorities", **IN_TIME)
    ActivityFactory(partnership=partnership, title="Briefing without a language")
    hearing = ActivityFactory(partnership=partnership, title="Hearing", kind="hearing")
    answer = make_document(partnership, title="Answer", kind="written_answer")
    client.force_login(world.officer)
    client.post(page("assessment_add", partnership.reference), {"starts_on": "2025-01-01", "ends_on": "2025-12-31"})
    draft = Assessment.objects.get()
    values = [
        f"{criterion('I1').pk}:activity:{briefing.pk}",
        f"{criterion('I2').pk}:activity:{briefing.pk}",
        f"{criterion('C1').pk}:activity:{hearing.pk}",
        f"{criterion('C2').pk}:document:{answer.pk}",
    ]
    return draft, values


def test_desk_lists_the_records_that_can_serve_each_criterion(client, desk):
    draft, values = desk
    response = client.get(draft.get_absolute_url())
    rows = {row.criterion.code: row for row in response.context["rows"]}
    assert [str(option.record) for option in rows["C2"].options] == ["Answer"]
    assert {str(option.record) for option in rows["I1"].options} == {
        "Briefing on priorities",
        "Briefing without a language",
    }
    assert [str(option.record) for option in rows["I2"].near] == ["Briefing without a language"]
    html = response.content.decode()
    assert "it does not say in which language it was." in html
    assert all(f'value="{value}"' in html for value in values)


def test_ticks_are_stored_and_the_level_follows(client, desk):
    draft, values = desk
    response = client.post(page("assessment_evidence", draft.pk), {"evidence": values[:3]}, follow=True)
    assert response.context["standing"].level.code == "inform"
    html = re.sub(r"\s+", " ", response.content.decode())
    assert "Missing for the next level: <strong>C2 Answer given</strong>" in html
    client.post(page("assessment_evidence", draft.pk), {"evidence": values[1:2]})
    assert [piece.criterion.code for piece in draft.evidence.all()] == ["I2"]
    # The same ticks again change nothing.
    before = draft.evidence.get().pk
    client.post(page("assessment_evidence", draft.pk), {"evidence": values[1:2]})
    assert draft.evidence.get().pk == before


def test_htmx_gets_the_level_alone(client, desk):
    draft, values = desk
    response = client.post(page("assessment_evidence", draft.pk), {"evidence": values}, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert "<html" not in html
    assert 'id="standing"' in html
    assert "Consult" in html


@pytest.mark.parametrize("value", ["", "x", "1:activity", "999999:activity:1", "1:activity:999999", "1:session:1"])
def test_odd_ticks_are_refused_and_change_nothing(client, desk, value):
    draft, values = desk
    client.post(page("assessment_evidence", draft.pk), {"evidence": values})
    response = client.post(page("assessment_evidence", draft.pk), {"evidence": [*values, value]}, follow=True)
    assert "no longer exists" in response.content.decode()
    assert draft.evidence.count() == 4


def test_claim_too_high_is_refused_with_the_criterion_and_all_that_was_typed(client, desk):
    draft, values = desk
    client.post(page("assessment_evidence", draft.pk), {"evidence": values[:2]})
    response = client.post(draft.get_absolute_url(), {"claimed": level("consult").pk, "statement": "We did our best"})
    assert "C1 Advice or data asked for before the decision" in str(response.context["form"].non_field_errors())
    assert "We did our best" in response.content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_claim_is_submitted(client, desk, world):
    draft, values = desk
    client.post(page("assessment_evidence", draft.pk), {"evidence": values})
    client.post(
        draft.get_absolute_url(),
        {"claimed": level("consult").pk, "stage_planning": level("consult").pk, "statement": "We asked and answered."},
    )
    draft.refresh_from_db()
    assert (draft.state, draft.claimed.code) == ("submitted", "consult")
    client.logout()
    html = client.get(draft.partnership.get_absolute_url()).content.decode()
    assert "We asked and answered." in html
    assert "to be reviewed" in html


def test_partner_gives_its_view_without_seeing_the_claim(client, desk, world):
    draft, _values = desk
    Assessment.objects.filter(pk=draft.pk).update(statement="Quagga")
    client.force_login(world.owner)
    url = page("experience_edit", draft.pk, world.partner.slug)
    html = client.get(url).content.decode()
    assert "cannot read this before" in html
    assert "Quagga" not in html
    client.post(url, {"level": level("inform").pk, "stage_planning": level("consult").pk, "comment": "Polite."})
    experience = Experience.objects.get()
    assert (experience.level.code, experience.comment) == ("inform", "Polite.")
    assert experience.stage_levels.get().level.code == "consult"
    html = client.get(url).content.decode()
    assert "Polite." in html
    # A form that another member of the organisation had opened before, empty.
    data = {"level": level("consult").pk, "comment": "Rude.", "seen": ""}
    stale = client.post(url, data)
    assert "Somebody else saved this" in stale.content.decode()
    assert Experience.objects.get().comment == "Polite."
    client.post(url, data | {"seen": stale.context["form"]["seen"].value()})
    assert Experience.objects.get().comment == "Rude."


# The review


@pytest.fixture
def submitted(client, desk, world):
    draft, values = desk
    client.post(page("assessment_evidence", draft.pk), {"evidence": values})
    give_experience(
        assessment=draft, party=world.party(draft.partnership), level=level("inform"), comment="Polite.", by=world.owner
    )
    submit_assessment(assessment=draft, claimed=level("consult"), statement="We asked.", by=world.officer)
    client.force_login(world.reviewer)
    return draft


def ballot(assessment, reject=(), **fields):
    pieces = {piece.criterion.code: piece for piece in assessment.evidence.all()}
    votes = {f"verdict_{piece.pk}": "no" if code in reject else "yes" for code, piece in pieces.items()}
    return {**votes, "outcome": "confirmed", "reasons": "Checked.", **fields}


def test_queue_shows_what_waits_and_how_long(client, submitted):
    Assessment.objects.update(submitted_at=timezone.now() - datetime.timedelta(days=31))
    html = client.get(page("assessment_queue")).content.decode()
    assert submitted.partnership.title in html
    assert "31 days ago" in html
    assert "is-overdue" in html


def test_review_puts_claim_criteria_evidence_and_views_side_by_side(client, submitted):
    html = client.get(page("assessment_review", submitted.pk)).content.decode()
    for words in ("We asked.", "Polite.", "Briefing on priorities", "Answer given", "no level"):
        assert words in html


def test_level_follows_the_verdicts_before_anything_is_decided(client, submitted):
    url = page("assessment_review", submitted.pk)
    data = ballot(submitted, reject=["C2"], reasons="")
    partial = client.post(url, data, headers={"HX-Request": "true"}).content.decode()
    assert "C2 Answer given" in partial
    assert "Inform" in partial
    whole = client.post(url, {**data, "preview": "1"})
    assert whole.context["standing"].level.code == "inform"
    assert not whole.context["form"].errors
    assert whole.context["form"]["outcome"].value() == "confirmed"
    submitted.refresh_from_db()
    assert submitted.state == "submitted"
    assert not submitted.evidence.exclude(is_accepted=None).exists()


def test_confirmed_and_read_by_everybody(client, submitted):
    client.post(
        page("assessment_review", submitted.pk), ballot(submitted, reject=["C2"], reasons="The answer is thin.")
    )
    client.logout()
    response = client.get(submitted.partnership.get_absolute_url())
    html = response.content.decode()
    rows = [(row.code, row.order) for row in response.context["voices"].rows]
    assert rows == [("promised", 3), ("claimed", 2), ("experienced", 1), ("confirmed", 1)]
    assert "The promise was not kept: the confirmed level is 2 levels below it." in html
    assert "Open Door experienced 1 level less than the authority claims." in html
    assert "The answer is thin." in html


def test_decision_without_reasons_or_verdicts_is_refused(client, submitted):
    url = page("assessment_review", submitted.pk)
    response = client.post(url, ballot(submitted, reasons=" "))
    assert "reasons" in response.context["form"].errors
    response = client.post(url, {"outcome": "confirmed", "reasons": "Fine."})
    assert "Not judged yet" in str(response.context["form"].non_field_errors())
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_returned_claim_shows_what_changed_when_it_comes_back(client, submitted, world):
    client.post(
        page("assessment_review", submitted.pk),
        ballot(submitted, reject=["C2"], outcome="returned", reasons="A fuller answer, please."),
    )
    client.force_login(world.officer)
    fuller = make_document(submitted.partnership, title="Fuller answer", kind="written_answer")
    html = client.get(submitted.get_absolute_url()).content.decode()
    assert "A fuller answer, please." in html
    assert "Not accepted" in html
    kept = [f"{piece.criterion_id}:activity:{piece.activity_id}" for piece in submitted.evidence.exclude(activity=None)]
    client.post(
        page("assessment_evidence", submitted.pk),
        {"evidence": [*kept, f"{criterion('C2').pk}:document:{fuller.pk}"]},
    )
    client.post(submitted.get_absolute_url(), {"claimed": level("consult").pk})
    client.force_login(world.reviewer)
    response = client.get(page("assessment_review", submitted.pk))
    changes = response.context["changes"]
    assert [str(piece.record) for piece in changes.added] == ["Fuller answer"]
    assert changes.withdrawn == ["C2: Answer"]
    assert "submitted again" in client.get(page("assessment_queue")).content.decode()
    # Earlier verdicts stand in the form, the new piece waits for one.
    form = response.context["form"]
    assert sorted(str(row.verdict.value()) for row in form.rows()) == ["None", "yes", "yes", "yes"]


def test_rejected_evidence_of_a_returned_claim_no_longer_counts_and_says_why(client, submitted, world):
    url = page("assessment_review", submitted.pk)
    comment = {f"comment_{submitted.evidence.get(criterion__code='C2').pk}": "It answers another question"}
    client.post(url, ballot(submitted, reject=["C2"], outcome="returned", reasons="Not yet.", **comment))
    client.force_login(world.officer)
    response = client.get(submitted.get_absolute_url())
    assert response.context["standing"].level.code == "inform"
    rows = {row.criterion.code: row for row in response.context["rows"]}
    assert (rows["C2"].is_met, rows["C2"].is_refused, rows["C1"].is_met) == (False, True, True)
    html = response.content.decode()
    assert "Not accepted: It answers another question" in html
    assert "Replace" in html
    ticked = re.findall(r'value="([^"]+)"\s+id="e[^"]+"\s+checked', html)
    refused = submitted.evidence.get(is_accepted=False)
    value = f"{refused.criterion_id}:{refused.record._meta.model_name}:{refused.record.pk}"
    assert value not in ticked
    assert len(ticked) == 3
    # What was ticked is saved again: the rejected piece stays in sight, and carries no claim.
    client.post(page("assessment_evidence", submitted.pk), {"evidence": ticked})
    assert submitted.evidence.filter(pk=refused.pk).exists()
    again = client.post(submitted.get_absolute_url(), {"claimed": level("consult").pk})
    assert "does not support" in again.content.decode()
    # Put forward anew it counts, and waits for a new verdict.
    client.post(page("assessment_evidence", submitted.pk), {"evidence": [*ticked, value]})
    assert submitted.evidence.get(criterion__code="C2").is_accepted is None
    client.post(submitted.get_absolute_url(), {"claimed": level("consult").pk})
    submitted.refresh_from_db()
    assert submitted.state == "submitted"


def test_decided_claim_takes_no_second_decision(client, submitted):
    url = page("assessment_review", submitted.pk)
    client.post(url, ballot(submitted))
    assert client.post(url, ballot(submitted)).status_code == 403
    assert client.get(url).status_code == 200
    assert submitted.decisions.count() == 1


# Lists


def test_list_filters_and_counts(client, world):
    far = OrganisationFactory(published=True, name="Lighthouse")
    housing = DomainFactory(slug="housing", name="Housing")
    first = world.partnership(title="Keys and rooms", domains=[housing])
    second = world.partnership(title="Words", territory=world.city, partners=[far])
    AssessmentFactory(
        partnership=second,
        state="confirmed",
        claimed=level("inform"),
        confirmed=level("inform"),
        submitted_at=timezone.now(),
        confirmed_from=timezone.localdate(),
        confirmed_until=timezone.localdate() + datetime.timedelta(days=700),
    )

    def found(**query):
        return {one.title for one in client.get(page("partnership_list"), query).context["page_obj"].object_list}

    assert found() == {first.title, second.title}
    assert found(q="rooms") == {first.title}
    assert found(q="lighthouse") == {second.title}
    assert found(domain="housing") == {first.title}
    assert found(territory="Old Harbour") == {first.title}
    assert found(territory="Riverton") == {first.title, second.title}
    assert found(level="inform") == {second.title}
    assert found(authority=world.authority.slug) == {first.title, second.title}
    assert found(state="ended") == set()
    html = client.get(page("partnership_list"), {"domain": "housing", "state": "ended"}).content.decode()
    assert "No partnership matches" in html
    assert "Housing" in html


@pytest.mark.parametrize("sort", ["title", "-title", "territory", "-starts_on", "state", "nonsense", "-"])
def test_list_is_sorted_by_the_address(client, world, sort):
    world.partnership(title="B", starts_on=datetime.date(2025, 1, 2))
    world.partnership(title="A", starts_on=datetime.date(2025, 1, 1))
    rows = client.get(page("partnership_list"), {"sort": sort}).context["page_obj"].object_list
    titles = [one.title for one in rows]
    if sort in ("title", "-title"):
        assert titles == sorted(titles, reverse=sort.startswith("-"))
    assert sorted(titles) == ["A", "B"]


@pytest.mark.parametrize("query", [{"territory": "nowhere"}, {"level": "x"}, {"domain": "x"}, {"q": "x" * 500}])
def test_odd_filters_are_answered(client, world, query):
    world.partnership()
    assert client.get(page("partnership_list"), query).status_code == 200


def test_organisation_sees_its_own_that_wait(client, world):
    waiting = world.partnership(state=PartnershipState.PROPOSED, title="Not confirmed yet")
    url = page("organisation_partnerships", world.partner.slug)
    assert waiting.title not in client.get(url).content.decode()
    client.force_login(world.partner_viewer)
    assert waiting.title in client.get(url).content.decode()


def test_contribution_and_activity_of_an_ended_partnership(client, world):
    """Its own time can still be completed; what came after is no part of it."""
    partnership = world.partnership(state=PartnershipState.ENDED, ends_on=datetime.date(2025, 6, 30))
    client.force_login(world.officer)
    data = {"kind": "event", "title": "Farewell", "held_on": "2025-07-01", "stage": "evaluation"}
    response = client.post(page("activity_add", partnership.reference), data)
    assert "had ended by that date" in str(response.context["form"].errors)
    client.post(page("activity_add", partnership.reference), {**data, "held_on": "2025-06-30"})
    assert Activity.objects.get().title == "Farewell"


def test_waiting_partner_is_not_named_confirmed(world):
    partnership = world.partnership(state=PartnershipState.PROPOSED)
    assert world.party(partnership).answer == PartyAnswer.WAITING
    assert ContributionFactory(partnership=partnership).receiver == world.partner


def test_partner_that_nobody_has_verified_confirms_nothing(client, world, filled):
    """An officer who lists an organisation and claims it in its place would else speak for both sides."""
    client.force_login(world.officer)
    typed = {key: value for key, value in filled.items() if not key.startswith("partners")}
    client.post(page("partnership_add"), {**typed, "new_partner": "Quite new", "new_partner_kind": "association"})
    partnership = Partnership.objects.get()
    (party,) = partnership.partner_parties
    client.force_login(MembershipFactory(organisation=party.organisation, role="owner").user)
    answer = page("partnership_answer", partnership.reference, party.organisation.slug)
    assert "once it is verified" in client.post(answer, {"answer": "confirmed"}).content.decode()
    party.refresh_from_db()
    assert party.answer == PartyAnswer.WAITING
    client.post(answer, {"answer": "disputed", "note": "We were never asked."})
    party.refresh_from_db()
    assert party.answer == PartyAnswer.DISPUTED
