"""How a verification goes on: renewed, lapsed, suspended, withdrawn, appealed against; with a clock that moves."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from post_office.models import Email

from integration_portal.operations.queues import work_queues
from orgs.inbox import tasks_of
from orgs.members import actions as members
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
    """Verified today, until a year from now, with its owner."""
    organisation = OrganisationFactory(name="Ours", territory=raval)
    MembershipFactory(organisation=organisation)
    look_at(VerificationFactory(organisation=organisation), reviewer)
    Email.objects.all().delete()
    organisation.refresh_from_db()
    return organisation


@pytest.fixture
def owner(organisation):
    return organisation.memberships.get().user


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


def send_back(submitted, reviewer):
    verification.decide_verification(
        verification=submitted, outcome="returned", answers={}, reasons="Who leads it now?", by=reviewer
    )


def test_lapsed_one_with_a_look_due_is_verified_again_by_a_reviewer_alone(client, organisation, owner, reviewer, clock):
    clock.move(days=4 * 365)
    until = organisation.holds_until
    client.force_login(owner)
    renew = page("organisation_renew", organisation.slug)
    body = client.post(renew, follow=True).content.decode()
    assert "It stays lapsed until then" in body
    organisation.refresh_from_db()
    assert (organisation.holds_until, organisation.is_verified) == (until, False), "nobody has looked"
    assert tasks_of(owner) == [], "a reviewer has to go on"
    assert "Renew it" not in client.get(organisation.get_absolute_url()).content.decode()
    assert "A reviewer has to look at it first" in client.get(renew).content.decode()
    send_back(organisation.verifications.waiting().get(), reviewer)
    organisation = renewals.renew(organisation=organisation, by=owner)
    assert not organisation.is_verified
    look_at(organisation.verifications.waiting().get(), reviewer)
    organisation.refresh_from_db()
    assert organisation.is_verified


def test_grace_comes_once_for_a_look_that_is_due_whatever_becomes_of_it(organisation, owner, reviewer, clock):
    Organisation.objects.filter(pk=organisation.pk).update(holds_until=timezone.localdate())
    organisation.verifications.update(decided_at=timezone.now() - datetime.timedelta(days=4 * 365))
    until = renewals.renew(organisation=organisation, by=owner).holds_until
    assert Renewal.objects.get().is_grace
    for _ in range(2):
        clock.move(days=40)
        send_back(organisation.verifications.waiting().get(), reviewer)
        assert renewals.renew(organisation=organisation, by=owner).holds_until == until, (
            "sent again, it holds no longer"
        )
    look_at(organisation.verifications.waiting().get(), reviewer)
    organisation.refresh_from_db()
    clock.move_to(verification.months_later(timezone.localdate(), 35))
    Organisation.objects.filter(pk=organisation.pk).update(holds_until=timezone.localdate())
    renewed = renewals.renew(organisation=organisation, by=owner)
    assert renewed.holds_until == timezone.localdate() + datetime.timedelta(days=90), (
        "for the next look there is one again"
    )


def test_reasons_of_a_reviewer_stand_before_the_renewal_and_its_letters_do_not_promise_a_press(
    client, organisation, owner, reviewer, clock
):
    organisation.verifications.update(decided_at=timezone.now() - datetime.timedelta(days=3 * 365))
    clock.move_to(organisation.holds_until - datetime.timedelta(days=10))
    renewals.renew(organisation=organisation, by=owner)
    send_back(organisation.verifications.waiting().get(), reviewer)
    clock.move(days=40)
    client.force_login(owner)
    body = client.get(organisation.get_absolute_url()).content.decode()
    assert body.index("Who leads it now?") < body.index("Renew it")
    renewals.renew(organisation=organisation, by=owner)
    Email.objects.all().delete()
    assert send_renewal_reminders() == 1
    mail = Email.objects.get()
    assert "A reviewer has to look at all of it before" in mail.message
    assert "one press" not in mail.message


def test_change_of_what_others_know_it_by_takes_a_reviewer_too(organisation, owner, reviewer, clock):
    clock.move(days=200)
    organisations.update_organisation(
        organisation=Organisation.objects.get(pk=organisation.pk), website="https://new.example", by=owner
    )
    proposals.decide_change(change=organisation.proposed_changes.get(), outcome="accepted", by=reviewer)
    clock.move_to(organisation.holds_until)
    renewals.renew(organisation=organisation, by=owner)
    assert organisation.verifications.waiting().exists()


def test_new_owner_acts_at_once_is_listed_to_the_reviewer_and_makes_a_look_due(organisation, owner, reviewer, clock):
    stranger = MembershipFactory(organisation=organisation).user
    assert renewals.look_due_on(organisation) == datetime.date.min
    assert [strip_tags(task.title) for task in tasks_of(reviewer)] == ["Look at what Ours has changed"]
    assert not organisation.verifications.waiting().exists(), "one whom the reviewer knew is still there"
    members.end_membership(membership=organisation.memberships.get(user=owner), by=owner)
    organisation.refresh_from_db()
    assert organisation.is_verified, "nobody is locked out by handing over"
    waiting = organisation.verifications.waiting().get()
    assert {task.url for task in tasks_of(reviewer)} >= {waiting.get_absolute_url()}
    look_at(waiting, reviewer)
    assert renewals.look_due_on(organisation) > timezone.localdate()
    assert tasks_of(reviewer) == []
    clock.move_to(organisation.holds_until)
    renewals.renew(organisation=organisation, by=stranger)
    assert not organisation.verifications.waiting().exists()


def test_owner_who_was_known_as_an_editor_is_new_as_an_owner(organisation, owner):
    editor = MembershipFactory(organisation=organisation, role=Membership.Role.EDITOR)
    assert renewals.look_due_on(organisation) > timezone.localdate()
    members.change_role(membership=editor, role=Membership.Role.OWNER, by=owner)
    assert renewals.look_due_on(organisation) == datetime.date.min
    members.change_role(membership=organisation.memberships.get(user=owner), role=Membership.Role.VIEWER, by=owner)
    assert organisation.verifications.waiting().exists(), "it is in other hands"


def test_owner_who_leaves_while_another_known_one_stays_makes_no_look_due(raval, reviewer):
    organisation = OrganisationFactory(name="Theirs", territory=raval)
    first, _second = (MembershipFactory(organisation=organisation) for _ in range(2))
    look_at(VerificationFactory(organisation=organisation), reviewer)
    members.end_membership(membership=first, by=first.user)
    assert renewals.look_due_on(organisation) > timezone.localdate()
    assert not organisation.verifications.waiting().exists()


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
    assert "The appeal was rejected" in client.get(measure.get_absolute_url()).content.decode(), (
        "lifted for another cause"
    )
    taken(organisation, Kind.SUSPENSION, reviewer)  # Upheld, it was not overruled.


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


def test_look_sent_before_a_measure_ends_no_measure(client, organisation, owner, reviewer, city):
    before = organisation.holds_until
    look = verification.submit_for_verification(organisation=organisation, by=owner)
    measure = taken(organisation, Kind.WITHDRAWAL, reviewer)
    other = ReviewerFactory(territory=city)
    assert tasks_of(other) == []
    client.force_login(other)
    assert "Ours" not in client.get(page("review_queue")).content.decode()
    body = client.get(look.get_absolute_url()).content.decode()
    assert "There is a measure against this organisation" in body
    assert 'name="outcome"' not in body
    with pytest.raises(ValidationError, match="has to be lifted"):
        look_at(look, other)
    organisation.refresh_from_db()
    assert (organisation.tier, organisation.is_published) == ("", False)
    measures.lift_measure(measure=measure, by=reviewer)
    organisation.refresh_from_db()
    assert (organisation.tier, organisation.holds_until) == ("established", before)
    assert [task.url for task in tasks_of(other)] == [look.get_absolute_url()], "it is before the reviewers again"
    look_at(look, other)


def test_look_sent_before_a_suspension_waits_until_that_is_lifted(organisation, owner, reviewer, city):
    look = verification.submit_for_verification(organisation=organisation, by=owner)
    taken(organisation, Kind.SUSPENSION, reviewer)
    assert not organisation.verifications.waiting().exists()
    with pytest.raises(ValidationError, match="has to be lifted"):
        look_at(look, ReviewerFactory(territory=city))


def test_database_lets_no_withdrawn_one_hold_a_tier(organisation, reviewer):
    taken(organisation, Kind.WITHDRAWAL, reviewer)
    with pytest.raises(IntegrityError, match="organisation_withdrawn_holds_no_tier"), transaction.atomic():
        Organisation.objects.filter(pk=organisation.pk).update(tier="contact", verified_at=timezone.now())


def test_who_was_overruled_does_not_take_the_next_measure_but_another_reviewer_does(
    client, organisation, owner, reviewer, city
):
    other = ReviewerFactory(territory=city)
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=other)
    client.force_login(reviewer)
    assert (
        "The next measure against this organisation is not for"
        in client.get(measure.get_absolute_url()).content.decode()
    )
    assert page("measure_add", organisation.slug) not in client.get(organisation.get_absolute_url()).content.decode()
    answer = client.post(page("measure_add", organisation.slug), {"kind": "suspension", "reasons": "Again."})
    assert answer.status_code == 403
    with pytest.raises(PermissionDenied):
        taken(organisation, Kind.WITHDRAWAL, reviewer)
    with pytest.raises(PermissionDenied):
        taken(organisation, Kind.SUSPENSION, UserFactory(is_staff=True))
    second = taken(organisation, Kind.SUSPENSION, other)
    measures.lift_measure(measure=second, by=other)
    taken(organisation, Kind.SUSPENSION, reviewer)  # Somebody else has judged so since.


def test_administrator_takes_the_next_measure_where_the_overruled_reviewer_is_the_only_one(
    organisation, owner, reviewer
):
    administrator, member = UserFactory(is_staff=True), UserFactory(is_staff=True)
    MembershipFactory(organisation=organisation, user=member, role=Membership.Role.VIEWER)
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=administrator)
    for person in (reviewer, member):
        with pytest.raises(PermissionDenied):
            taken(organisation, Kind.SUSPENSION, person)
    next_one = taken(organisation, Kind.SUSPENSION, administrator)
    measures.lift_measure(measure=next_one, by=administrator)
    organisation.refresh_from_db()
    assert organisation.is_published


def test_lifting_it_oneself_before_the_appeal_is_decided_is_being_overruled_too(organisation, owner, reviewer):
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    measures.appeal(measure=measure, text="No", by=owner)
    measures.lift_measure(measure=measure, by=reviewer)
    with pytest.raises(PermissionDenied):
        taken(organisation, Kind.SUSPENSION, reviewer)


def test_authority_is_not_suspended_again_by_the_administrator_who_was_overruled(city, reviewer):
    authority, administrator = AuthorityFactory(territory=city), UserFactory(is_staff=True)
    manager = MembershipFactory(organisation=authority, role=Membership.Role.MANAGER).user
    measure = taken(authority, Kind.SUSPENSION, administrator)
    measures.appeal(measure=measure, text="No", by=manager)
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=reviewer)
    with pytest.raises(PermissionDenied):
        taken(authority, Kind.SUSPENSION, administrator)
    taken(authority, Kind.SUSPENSION, UserFactory(is_staff=True))


def test_appeal_that_nobody_may_decide_is_shown_to_administrators_with_what_to_do(
    client, organisation, owner, reviewer, city
):
    """The only reviewer of the place is the only administrator too; the other one belongs to the organisation."""
    reviewer.is_staff = True
    reviewer.save()
    member = UserFactory(is_staff=True)
    MembershipFactory(organisation=organisation, user=member, role=Membership.Role.VIEWER)
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    Email.objects.all().delete()
    measures.appeal(measure=measure, text="No", by=owner)
    assert not Email.objects.exists(), "nobody gets a letter about what they may not decide"
    for administrator in (reviewer, member):
        assert [task.title for task in tasks_of(administrator)] == [
            "Appoint another reviewer: nobody may decide on the appeal of Ours"
        ]
        client.force_login(administrator)
        body = client.get(page("appeal_queue")).content.decode()
        assert "Nobody may decide it. Appoint another reviewer" in body
        assert "Appeals (1)" in client.get(page("review_queue")).content.decode()
        body = client.get(measure.get_absolute_url()).content.decode()
        assert "Nobody may decide this appeal" in body
        assert page("appointment_add") in body
        assert page("appeal_decide", organisation.slug, measure.pk) not in body
    assert {str(one.title): one.count for _part, lines in work_queues() for one in lines}[
        "Appeals that nobody may decide"
    ] == 1
    other = ReviewerFactory(territory=city)
    assert [str(task.kind) for task in tasks_of(other)] == ["Appeal"]
    assert tasks_of(reviewer) == []
    client.force_login(reviewer)
    assert "Nobody may decide" not in client.get(measure.get_absolute_url()).content.decode()
    measures.decide_appeal(measure=measure, is_lifted=True, reasons="Granted", by=other)


def test_appeal_without_another_reviewer_is_a_task_of_the_administrators_who_may_decide(organisation, owner, reviewer):
    administrator, member = UserFactory(is_staff=True), UserFactory(is_staff=True)
    MembershipFactory(organisation=organisation, user=member, role=Membership.Role.VIEWER)
    measure = taken(organisation, Kind.SUSPENSION, reviewer)
    Email.objects.all().delete()
    measures.appeal(measure=measure, text="No", by=owner)
    assert [mail.to for mail in Email.objects.all()] == [[administrator.email]], "not to who belongs to it"
    assert [task.title for task in tasks_of(administrator)] == ["Decide on the appeal of Ours"]
    assert tasks_of(member) == []
    assert not Measure.objects.without_judge().exists()
