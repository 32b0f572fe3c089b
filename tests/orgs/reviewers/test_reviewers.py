"""Who reviews where: appointed by address, invited where there is no account, with what there is to do for each."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.listing import actions as listing
from orgs.members import actions as members
from orgs.models import Invitation, ReviewerAppointment, User, Verification
from orgs.review_queues import queues
from orgs.reviewers.workload import with_workload
from orgs.standing import measures
from orgs.tasks import send_reviewer_digests
from tests.clock import Clock
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ProposedChangeFactory,
    ReviewerAppointmentFactory,
    ReviewerFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("orgs:appointment_list"), reverse("orgs:appointment_add")


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def clock(monkeypatch):
    return Clock(lambda now: monkeypatch.setattr("django.utils.timezone.now", now))


def appoint(client, email, **typed):
    return client.post(ADD, {"email": email, "territory": "Barcelona", "language": "en", **typed})


def test_workload_counts_all_that_a_reviewer_decides(administrator, city, raval):
    reviewer, other = ReviewerFactory(territory=city, name="Rita"), ReviewerFactory(territory=city, name="Olga")
    VerificationFactory(organisation__territory=raval)
    ProposedChangeFactory(organisation=OrganisationFactory(territory=raval, published=True))
    nobodys, led = (OrganisationFactory(territory=raval, published=True) for _ in range(2))
    MembershipFactory(organisation=led)
    for organisation in (nobodys, led):
        listing.ask_to_join(organisation=organisation, said="Me", by=UserFactory())
    owner = MembershipFactory(organisation=OrganisationFactory(territory=raval, published=True))
    measure = measures.take_measure(organisation=owner.organisation, kind="suspension", reasons="So", by=reviewer)
    measures.appeal(measure=measure, text="No", by=owner.user)
    found = {one.user.name: one.to_review for one in with_workload(ReviewerAppointment.objects.select_related("user"))}
    assert found == {"Rita": 3, "Olga": 4}, "nobody decides about an appeal against themselves, nor what owners decide"
    assert {person.name: sum(queue.of(person).count() for queue in queues()) for person in (reviewer, other)} == found


def test_reviewer_is_told_once_what_has_come_in_and_each_week_what_is_overdue(city, raval, clock):
    reviewer, idle = ReviewerFactory(territory=city), ReviewerFactory()
    ReviewerAppointmentFactory(user=reviewer, territory=raval)
    assert send_reviewer_digests() == 0, "there is nothing to do"
    VerificationFactory(organisation__territory=raval)
    assert [send_reviewer_digests() for _ in range(2)] == [1, 0]
    mail = Email.objects.get()
    assert mail.to == [reviewer.email]
    assert re.search(r"Organisations to verify: 1 \(the oldest of ", mail.message), (
        "once, though both appointments reach there"
    )
    told = []
    for day in range(1, 31):
        clock.move(days=1)
        if day == 3:
            VerificationFactory(organisation__territory=city, submitted_at=timezone.now())
        if send_reviewer_digests():
            told.append(day)
    assert told[0] == 3, "the next one came in"
    assert told[1:] == [14, 21, 28], "the oldest is overdue"
    assert not Email.objects.filter(to=idle.email).exists()


def test_workload_is_what_each_may_decide(administrator, city, raval):
    """Against a count by hand: of every organisation in the territory, none of one's own, nothing of elsewhere."""
    reviewer = ReviewerFactory(territory=city, name="Rita")
    partial = ReviewerFactory(territory=city, name="Pau")
    far = ReviewerFactory(name="Far")
    waiting = [VerificationFactory(organisation__territory=place) for place in (city, raval, raval)]
    VerificationFactory(organisation__territory=raval, organisation__closed_on="2024-01-01")
    MembershipFactory(user=partial, organisation=waiting[1].organisation)
    long_ago = timezone.now() - timedelta(days=40)
    Verification.objects.filter(pk=waiting[2].pk).update(submitted_at=long_ago)
    for days in (3, 29, 31):
        VerificationFactory(
            organisation__territory=raval, state="verified", tier="contact", reviewer=reviewer,
            decided_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    Authenticator.objects.create(user=partial, type=Authenticator.Type.TOTP, data={})
    found = {one.user.name: one for one in with_workload(ReviewerAppointment.objects.select_related("user"))}
    assert {name: (one.to_review, one.decided, one.is_secured) for name, one in found.items()} == {
        "Rita": (3, 2, False),
        "Pau": (2, 0, True),
        "Far": (0, 0, False),
    }
    for user in (reviewer, partial, far):
        queue = Verification.objects.waiting().reviewable_by(user)
        assert found[user.name].to_review == queue.count()
        assert found[user.name].oldest == min((one.submitted_at for one in queue), default=None)


def test_list_shows_the_oldest_first_and_those_that_ended_only_when_asked(client, administrator, city):
    far = ReviewerFactory(name="Zoe Far")
    ReviewerFactory(territory=city, name="Rita")
    VerificationFactory(organisation__territory=city)
    ended = ReviewerFactory(name="Enda")
    ReviewerAppointment.objects.filter(user=ended).update(ends_at=timezone.now())
    ReviewerAppointmentFactory(user=UserFactory(name="Upcoming"), starts_at=timezone.now() + timedelta(days=3))
    words = words_of(client.get(LIST).content.decode())
    assert words.index("Rita") < words.index("Zoe Far")
    assert "Upcoming" in words
    assert "Enda" not in words
    assert "No two-step login yet" in words
    words = words_of(client.get(LIST, {"state": "ended"}).content.decode())
    assert "Enda" in words
    assert "Rita" not in words
    assert "Rita" not in words_of(client.get(LIST, {"q": far.email}).content.decode())


def test_account_is_appointed_by_any_confirmed_address(client, administrator, city):
    user = UserFactory(name="Rita")
    EmailAddress.objects.create(user=user, email="second@person.example", verified=True)
    until = timezone.localdate() + timedelta(days=30)
    assert appoint(client, "Second@person.example", ends_on=until.isoformat()).status_code == 302
    appointment = ReviewerAppointment.objects.get()
    assert (appointment.user, appointment.territory, appointment.appointed_by) == (user, city, administrator)
    assert timezone.localtime(appointment.ends_at).date() == until + timedelta(days=1), "the last day is part of it"
    assert appointment in ReviewerAppointment.objects.active()
    assert Email.objects.get().to == [user.email]
    assert not Invitation.objects.exists()


def test_one_who_begins_later_reviews_later(client, administrator, city):
    user = UserFactory()
    start = timezone.localdate() + timedelta(days=10)
    appoint(client, user.email, starts_on=start.isoformat())
    appointment = ReviewerAppointment.objects.get()
    assert timezone.localtime(appointment.starts_at).date() == start
    assert not ReviewerAppointment.objects.active().exists()
    assert "You will then find" in Email.objects.get().message


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        ({"is_active": False}, {}, "This account is closed"),
        ({"is_sample": True}, {}, "This is a sample account"),
        ({}, {"ends_on": "2020-01-01"}, "This day has passed"),
        ({}, {"starts_on": "2020-01-01"}, "cannot begin in the past"),
        ({}, {"starts_on": "2090-01-02", "ends_on": "2090-01-01"}, "ends after it begins"),
        ({}, {"territory": "Atlantis"}, "is not in the list"),
    ],
)
def test_who_is_no_candidate_is_refused_with_the_reason(client, administrator, city, who, typed, said):
    user = UserFactory(**who)
    assert said in appoint(client, user.email, **typed).content.decode()
    assert not ReviewerAppointment.objects.exists()
    assert not Email.objects.exists()


def test_place_that_is_no_more_is_refused(administrator, city):
    gone = TerritoryFactory(valid_to=timezone.localdate() - timedelta(days=1))
    with pytest.raises(ValidationError, match="no longer exists"):
        members.appoint_reviewer(user=UserFactory(), territory=gone, by=administrator)
    with pytest.raises(ValidationError, match="no longer exists"):
        members.invite_reviewer(email="a@person.example", territory=gone, by=administrator)


def test_periods_of_one_person_in_one_place_do_not_overlap(client, administrator, city):
    user, now = UserFactory(), timezone.now()
    first = ReviewerAppointmentFactory(user=user, territory=city, starts_at=now, ends_at=now + timedelta(days=9))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewerAppointmentFactory(user=user, territory=city, starts_at=now + timedelta(days=8))
    assert "already a reviewer there" in appoint(client, user.email).content.decode()
    ReviewerAppointmentFactory(user=user, territory=city, starts_at=first.ends_at)
    ReviewerAppointmentFactory(user=UserFactory(), territory=city)
    ReviewerAppointmentFactory(user=user)


def test_stranger_is_invited_and_reviews_after_accepting(client, administrator, city):
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    body = words_of(appoint(client, "New@Person.example", language="es", ends_on=until).content.decode())
    assert body == "", "led on"
    words = words_of(client.get(LIST).content.decode())
    assert "new@person.example" in words
    assert not User.objects.filter(email="new@person.example").exists()
    email = Email.objects.get()
    assert "Invitación" in email.subject
    assert "already invited" in appoint(client, "new@person.example").content.decode()
    path = re.search(r"/invitations/\S+", email.message)[0]
    client.logout()
    assert "Review organisations in Barcelona" in client.get(path).content.decode()
    assert not ReviewerAppointment.objects.exists(), "following the address alone must not accept"
    client.post(path, {"name": "Nora"})
    appointment = ReviewerAppointment.objects.active().get()
    assert (appointment.user.email, appointment.territory, appointment.appointed_by) == (
        "new@person.example", city, administrator,
    )  # fmt: skip
    assert appointment.ends_at is not None
    assert "You are a reviewer for Barcelona" in client.get(path).content.decode()
    client.post(path, {"name": "Nora"})
    assert ReviewerAppointment.objects.count() == 1


def test_invitation_to_review_goes_with_the_right_of_its_sender(client, administrator, city):
    members.invite_reviewer(email="new@person.example", territory=city, by=administrator)
    User.objects.filter(pk=administrator.pk).update(is_staff=False)
    path = re.search(r"/invitations/\S+", Email.objects.get().message)[0]
    client.logout()
    assert client.post(path, {"name": "Nora"}).status_code == 404
    assert not ReviewerAppointment.objects.exists()


def test_account_that_was_closed_since_is_refused_in_words(client, administrator, city):
    members.invite_reviewer(email="new@person.example", territory=city, by=administrator)
    UserFactory(email="new@person.example", is_active=False)
    path = re.search(r"/invitations/\S+", Email.objects.get().message)[0]
    client.logout()
    assert "This account is closed" in client.post(path, {"name": "Nora"}).content.decode()
    assert not ReviewerAppointment.objects.exists()


def test_invitation_to_review_is_sent_again_and_withdrawn(client, administrator, city):
    invitation = members.invite_reviewer(email="new@person.example", territory=city, by=administrator)
    client.post(reverse("orgs:review_invitation_resend", args=[invitation.pk]))
    assert Email.objects.filter(to="new@person.example").count() == 2
    client.post(reverse("orgs:review_invitation_withdraw", args=[invitation.pk]))
    assert not Invitation.objects.open().exists()
    assert client.post(reverse("orgs:review_invitation_resend", args=[invitation.pk])).status_code == 404


def test_end_names_who_else_reviews_and_ends_once(client, administrator, city, old_town, raval):
    reviewer = ReviewerFactory(territory=old_town, name="Rita")
    VerificationFactory(organisation__territory=raval)
    address = reverse("orgs:appointment_end", args=[reviewer.reviewer_appointments.get().pk])
    assert "Nobody else reviews there" in client.get(address).content.decode()
    ReviewerFactory(territory=city, name="Wider Walter")
    ReviewerFactory(territory=raval, name="Nearer Nina")
    ReviewerFactory(name="Far away")
    words = words_of(client.get(address).content.decode())
    assert "Wider Walter, Barcelona" in words
    assert "Nearer Nina, el Raval" in words
    assert "Far away" not in words
    assert "1 organisation in this queue" in words
    client.post(address)
    ended = reviewer.reviewer_appointments.get()
    assert ended not in ReviewerAppointment.objects.active()
    client.post(address)
    assert reviewer.reviewer_appointments.get().ends_at == ended.ends_at
    assert Email.objects.filter(to=reviewer.email).count() == 1
    assert "This appointment has ended" in client.get(address).content.decode()


def test_one_that_has_not_begun_can_be_ended(administrator, city):
    start = timezone.now() + timedelta(days=5)
    appointment = ReviewerAppointmentFactory(territory=city, starts_at=start)
    members.end_appointment(appointment=appointment, by=administrator)
    assert not ReviewerAppointment.objects.filter(ends_at=None).exists()
    members.appoint_reviewer(user=appointment.user, territory=city, by=administrator)


def test_nobody_else_appoints_or_invites(city):
    for act in (
        lambda by: members.appoint_reviewer(user=by, territory=city, by=by),
        lambda by: members.invite_reviewer(email="a@person.example", territory=city, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act(UserFactory())
    assert not Email.objects.exists()
