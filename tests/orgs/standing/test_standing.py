"""How a verification goes on: renewed, lapsed, suspended, withdrawn, appealed against; with a clock that moves."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.inbox import tasks_of
from orgs.models import Measure, Membership, Organisation, Renewal, RenewalReminder
from orgs.organisations import actions as organisations
from orgs.standing import measures, renewals
from orgs.tasks import send_renewal_reminders
from orgs.verification import actions as verification
from orgs.verification import proposals
from orgs.verification.checklist import CHECKLIST, Answer
from partnerships.agreements.actions import check_partners
from tests.clock import Clock
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db
Kind = Measure.Kind


@pytest.fixture
def clock(monkeypatch):
    return Clock(lambda now: monkeypatch.setattr("django.utils.timezone.now", now))


@pytest.fixture
def reviewer(city):
    return ReviewerFactory(territory=city)


@pytest.fixture
def organisation(raval, reviewer):
    """Verified today, until a year from now."""
    organisation = OrganisationFactory(name="Ours", territory=raval)
    look_at(VerificationFactory(organisation=organisation), reviewer)
    organisation.refresh_from_db()
    return organisation


@pytest.fixture
def owner(organisation):
    return MembershipFactory(organisation=organisation).user


def look_at(submitted, reviewer):
    answers = {question.code: Answer(True) for question in CHECKLIST}
    verification.decide_verification(verification=submitted, outcome="verified", answers=answers, by=reviewer)


def page(name, *args):
    return reverse(f"orgs:{name}", args=args)


# --- Renewal -----------------------------------------------------------------------------------------------------------------


def test_reminders_come_once_each_at_60_30_and_7_days_and_when_it_has_lapsed(organisation, owner, clock):
    until = organisation.holds_until
    told = []
    for day in range(-70, 5):
        clock.move_to(until + datetime.timedelta(days=day))
        assert send_renewal_reminders() in (0, 1)
        assert send_renewal_reminders() == 0, "asked for twice, it sends nothing more"
        if Email.objects.exists():
            told.append((day, Email.objects.get().to))
            Email.objects.all().delete()
    assert told == [(-60, [owner.email]), (-30, [owner.email]), (-7, [owner.email]), (1, [owner.email])]


def test_days_on_which_nothing_ran_are_made_good_by_one_reminder(organisation, owner, clock):
    clock.move_to(organisation.holds_until - datetime.timedelta(days=5))
    assert send_renewal_reminders() == 1
    assert RenewalReminder.objects.get().days == 7


def test_it_lapses_by_itself_says_what_that_means_and_is_renewed_by_one_press(client, organisation, owner, clock):
    until = organisation.holds_until
    clock.move_to(until)
    assert (organisation.has_lapsed, organisation.is_verified) == (False, True)
    clock.move(days=1)
    assert (organisation.has_lapsed, organisation.is_verified, organisation.is_published) == (True, False, True)
    body = client.get(organisation.get_absolute_url()).content.decode()
    assert "Verification lapsed" in body
    assert "Running partnerships go on; new ones cannot begin" in body
    assert "Verification lapsed" in client.get(page("organisation_list")).content.decode()
    assert "Ours" not in client.get(page("organisation_list"), {"tier": "contact"}).content.decode()
    with pytest.raises(ValidationError, match="has lapsed"):
        check_partners(AuthorityFactory(), [organisation])
    check_partners(AuthorityFactory(), [organisation], known=[organisation.pk])  # What is running goes on.
    client.force_login(owner)
    assert "Renew it" in client.get(organisation.get_absolute_url()).content.decode()
    assert [str(task.kind) for task in tasks_of(owner)] == ["Renewal"]
    assert "still right?" in client.get(page("organisation_renew", organisation.slug)).content.decode()
    client.post(page("organisation_renew", organisation.slug))
    organisation.refresh_from_db()
    assert organisation.holds_until == verification.months_later(timezone.localdate(), 12)
    assert not organisation.has_lapsed
    check_partners(AuthorityFactory(), [organisation])
    assert Renewal.objects.get().renewed_by == owner
    assert tasks_of(owner) == []


def test_renewing_early_loses_no_day_and_twice_changes_nothing(client, organisation, owner, clock):
    until = organisation.holds_until
    client.force_login(owner)
    assert "60 days before" in client.get(page("organisation_renew", organisation.slug)).content.decode()
    client.post(page("organisation_renew", organisation.slug))
    assert not Renewal.objects.exists(), "too early"
    clock.move_to(until - datetime.timedelta(days=30))
    client.force_login(owner)  # The session has ended long ago.
    for _ in range(2):
        client.post(page("organisation_renew", organisation.slug))
    organisation.refresh_from_db()
    assert organisation.holds_until == verification.months_later(until, 12)
    assert Renewal.objects.count() == 1


def test_third_year_takes_a_reviewer_and_it_holds_on_meanwhile(organisation, owner, reviewer, clock):
    first = organisation.holds_until
    for _ in range(2):
        clock.move_to(organisation.holds_until - datetime.timedelta(days=10))
        organisation = renewals.renew(organisation=organisation, by=owner)
    assert organisation.holds_until == verification.months_later(first, 24)
    assert not organisation.verifications.waiting().exists()
    clock.move_to(organisation.holds_until)
    organisation = renewals.renew(organisation=organisation, by=owner)
    waiting = organisation.verifications.waiting().get()
    assert organisation.holds_until == timezone.localdate() + datetime.timedelta(days=90)
    clock.move(days=50)
    with pytest.raises(ValidationError, match="has to look at it first"):
        renewals.renew(organisation=organisation, by=owner)
    assert organisation.verifications.waiting().get() == waiting, "one look at a time"
    look_at(waiting, reviewer)
    organisation.refresh_from_db()
    assert organisation.holds_until == verification.months_later(timezone.localdate(), 12)


def test_grace_is_not_won_again_and_again(organisation, owner, clock):
    Organisation.objects.filter(pk=organisation.pk).update(holds_until=timezone.localdate())
    organisation.verifications.update(decided_at=timezone.now() - datetime.timedelta(days=4 * 365))
    until = renewals.renew(organisation=organisation, by=owner).holds_until
    for days in (50, 50, 50):
        clock.move(days=days)
        with pytest.raises(ValidationError, match="has to look at it first"):
            renewals.renew(organisation=organisation, by=owner)
    assert Organisation.objects.get(pk=organisation.pk).holds_until == until, (
        "a reviewer who does not look makes nothing hold for ever"
    )


def test_change_of_what_others_know_it_by_takes_a_reviewer_too(organisation, owner, reviewer, clock):
    clock.move(days=200)
    organisations.update_organisation(
        organisation=Organisation.objects.get(pk=organisation.pk), website="https://new.example", by=owner
    )
    proposals.decide_change(change=organisation.proposed_changes.get(), outcome="accepted", by=reviewer)
    clock.move_to(organisation.holds_until)
    renewals.renew(organisation=organisation, by=owner)
    assert organisation.verifications.waiting().exists()


def test_others_renew_nothing(client, organisation, reviewer, clock):
    clock.move_to(organisation.holds_until)
    viewer = MembershipFactory(organisation=organisation, role=Membership.Role.VIEWER).user
    for person in (viewer, reviewer, UserFactory()):
        with pytest.raises(PermissionDenied):
            renewals.renew(organisation=organisation, by=person)
        client.force_login(person)
        assert client.post(page("organisation_renew", organisation.slug)).status_code == 403


# --- Measures and appeals --------------------------------------------------------------------------------------------------------


def taken(organisation, kind, reviewer):
    return measures.take_measure(
        organisation=organisation, kind=kind, reasons="It asks newcomers for money.", by=reviewer
    )


def test_suspended_page_is_gone_for_the_public_and_its_people_are_told_why(client, organisation, owner, reviewer):
    client.force_login(reviewer)
    Email.objects.all().delete()
    answer = client.post(
        page("measure_add", organisation.slug), {"kind": "suspension", "reasons": "It asks for money."}
    )
    measure = Measure.objects.get()
    assert answer.url == measure.get_absolute_url()
    mail = Email.objects.get()
    assert mail.to == [owner.email]
    assert "It asks for money." in mail.message
    client.logout()
    assert client.get(organisation.get_absolute_url()).status_code == 404
    assert "Ours" not in client.get(page("organisation_list")).content.decode()
    client.force_login(owner)
    assert "This organisation is suspended" in client.get(organisation.get_absolute_url()).content.decode()
    body = client.get(measure.get_absolute_url()).content.decode()
    assert "It asks for money." in body
    assert page("appeal_add", organisation.slug, measure.pk) in body
    client.force_login(UserFactory())
    assert client.get(measure.get_absolute_url()).status_code == 404


def test_withdrawn_tier_is_given_back_where_another_reviewer_grants_the_appeal(
    client, organisation, owner, reviewer, city
):
    before = (organisation.tier, organisation.verified_at, organisation.holds_until)
    measure = taken(organisation, Kind.WITHDRAWAL, reviewer)
    organisation.refresh_from_db()
    assert (organisation.tier, organisation.is_published) == ("", False)
    other = ReviewerFactory(territory=city)
    client.force_login(owner)
    Email.objects.all().delete()
    client.post(page("appeal_add", organisation.slug, measure.pk), {"appeal": "It was a deposit, and we gave it back."})
    assert [mail.to for mail in Email.objects.all()] == [[other.email]], "not the one who decided"
    with pytest.raises(ValidationError, match="only one"):
        measures.appeal(measure=measure, text="Again", by=owner)
    decide = page("appeal_decide", organisation.slug, measure.pk)
    for person in (reviewer, owner, UserFactory(is_staff=True)):
        client.force_login(person)
        assert client.post(decide, {"outcome": "lift", "reasons": "x"}).status_code == 403
    assert tasks_of(reviewer) == []
    assert [str(task.kind) for task in tasks_of(other)] == ["Appeal"]
    client.force_login(other)
    assert "Ours" in client.get(page("appeal_queue")).content.decode()
    assert "required" in client.post(decide, {"outcome": "lift"}).content.decode()
    client.post(decide, {"outcome": "lift", "reasons": "The receipts are there."})
    organisation.refresh_from_db()
    assert (organisation.tier, organisation.verified_at, organisation.holds_until) == before
    assert {mail.to[0] for mail in Email.objects.filter(message__contains="The receipts")} == {
        owner.email,
        reviewer.email,
    }
    with pytest.raises(ValidationError, match="no appeal to decide"):
        measures.decide_appeal(measure=measure, is_lifted=False, reasons="x", by=other)


def test_rejected_appeal_leaves_the_measure_until_a_reviewer_lifts_it(client, organisation, owner, reviewer, city):
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    measures.decide_appeal(measure=measure, is_lifted=False, reasons="Yes", by=ReviewerFactory(territory=city))
    client.force_login(owner)
    assert "The appeal was rejected" in client.get(measure.get_absolute_url()).content.decode()
    assert client.post(page("measure_lift", organisation.slug, measure.pk)).status_code == 403
    client.force_login(reviewer)
    for _ in range(2):
        client.post(page("measure_lift", organisation.slug, measure.pk))
    organisation.refresh_from_db()
    assert organisation.is_published
    taken(organisation, Kind.SUSPENSION, reviewer)


def test_administrator_decides_where_there_is_no_other_reviewer(organisation, owner, reviewer):
    administrator = UserFactory(is_staff=True)
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    assert Email.objects.filter(to=administrator.email).exists()
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=administrator)
    organisation.refresh_from_db()
    assert organisation.is_published


def test_only_a_reviewer_of_its_place_who_never_belonged_to_it_takes_a_measure(
    client, organisation, owner, reviewer, city
):
    former = ReviewerFactory(territory=city)
    MembershipFactory(organisation=organisation, user=former, role=Membership.Role.VIEWER)
    authority = AuthorityFactory(territory=city)
    for person in (owner, former, ReviewerFactory(), UserFactory(), UserFactory(is_staff=True)):
        client.force_login(person)
        assert client.get(page("measure_add", organisation.slug)).status_code == 403
        with pytest.raises(PermissionDenied):
            taken(organisation, Kind.SUSPENSION, person)
    with pytest.raises(PermissionDenied):
        taken(authority, Kind.SUSPENSION, reviewer)
    taken(authority, Kind.SUSPENSION, UserFactory(is_staff=True))


def test_while_a_measure_is_in_force_nothing_is_sent_reviewed_or_taken_twice(organisation, owner, reviewer, clock):
    taken(organisation, Kind.SUSPENSION, reviewer)
    with pytest.raises(ValidationError, match="has to be lifted"):
        verification.submit_for_verification(organisation=organisation, by=owner)
    with pytest.raises(ValidationError, match="nothing to suspend"):
        taken(organisation, Kind.SUSPENSION, reviewer)
    clock.move_to(organisation.holds_until)
    Email.objects.all().delete()
    assert send_renewal_reminders() == 0
    with pytest.raises(ValidationError, match="nothing to renew"):
        renewals.renew(organisation=organisation, by=owner)


@pytest.mark.parametrize("wrong", ["decided_by", "appealed_by"])
def test_database_lets_nobody_decide_about_an_appeal_against_themselves(organisation, owner, reviewer, wrong):
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    measure.refresh_from_db()
    with pytest.raises(IntegrityError, match="measure_appeal_to_another"), transaction.atomic():
        Measure.objects.filter(pk=measure.pk).update(
            appeal_decided_by=getattr(measure, wrong), appeal_decided_at=timezone.now(), appeal_reasons="x"
        )


def test_name_is_not_changed_freely_between_a_withdrawal_and_its_appeal(organisation, owner, reviewer, city):
    """Else the tier would be given back to another name."""
    measure = taken(organisation, Kind.WITHDRAWAL, reviewer)
    organisations.update_organisation(
        organisation=Organisation.objects.get(pk=organisation.pk), name="Town hall", kind="foundation", by=owner
    )
    organisation.refresh_from_db()
    assert (organisation.name, organisation.kind) == ("Ours", "association")
    assert set(organisation.proposed_changes.get().facts) == {"name", "kind"}
    measures.appeal(measure=measure, text="No", by=owner)
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=ReviewerFactory(territory=city))
    organisation.refresh_from_db()
    assert (organisation.name, bool(organisation.tier)) == ("Ours", True)
