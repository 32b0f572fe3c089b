"""Authorities come in by an administrator: public at once, with a record of why, and with a manager who is invited."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from post_office.models import STATUS, Email

from orgs.authorities import actions as authorities
from orgs.members import actions as members
from orgs.models import Invitation, Membership, Organisation, User, Verification
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db
ADD = reverse("orgs:authority_add")
LIST = reverse("orgs:authority_list")


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True, name="Ada Admin")
    client.force_login(user)
    return user


@pytest.fixture
def typed(city):
    return {
        "name": "City council of Barcelona",
        "kind": "authority",
        "level_of_government": "local",
        "territory": "Barcelona",
        "website": "council.example",
        "public_email": "info@council.example",
        "met": ["reachable", "purpose", "territory"],
        "reasons": "Its page in the official gazette.",
        "manager": "Manager@Council.example",
        "language": "es",
    }


def test_authority_is_public_with_a_record_and_its_manager_joins(client, administrator, typed, city):
    response = client.post(ADD, typed)
    council = Organisation.objects.get()
    assert response.headers["Location"] == reverse("organisation_manage", args=[council.slug])
    assert council in Organisation.objects.published()
    assert (council.kind, council.level_of_government, council.territory) == ("authority", "local", city)
    assert list(council.works_in.all()) == [city]
    record = Verification.objects.get()
    assert (record.reviewer, record.reasons, record.tier) == (
        administrator,
        "Its page in the official gazette.",
        "contact",
    )
    assert record.holds_until > timezone.localdate() + timedelta(days=364)

    invitation = Invitation.objects.get()
    email = Email.objects.get()
    assert (invitation.email, invitation.role, invitation.mail) == ("manager@council.example", "manager", email)
    assert "Invitación" in email.subject
    path = re.search(r"/invitations/\S+", email.message)[0]
    client.logout()
    client.post(path, {"name": "New Manager"})
    assert Membership.objects.get().role == "manager"
    assert User.objects.get(email="manager@council.example") == Membership.objects.get().user

    client.force_login(administrator)
    words = words_of(client.get(LIST).content.decode())
    assert "New Manager" in words
    assert "manager@council.example" not in words, "who has accepted is no longer invited"


def test_known_manager_gets_the_language_of_the_account(administrator, city):
    UserFactory(email="known@person.example", language="es")
    authorities.add_authority(
        name="Council", level_of_government="local", territory=city, met=["reachable", "purpose", "territory"],
        reasons="Known.", manager="known@person.example", language="en", by=administrator,
    )  # fmt: skip
    assert Invitation.objects.get().language == "es"
    assert "Invitación" in Email.objects.get().subject


@pytest.mark.parametrize(
    ("name", "public_email"),
    [("Cíty Council OF Barcelona", ""), ("Another name", "hello@council.example"), ("City council of Barcelone", "")],
)
def test_what_may_be_the_same_is_shown_before_it_is_added(client, administrator, typed, name, public_email):
    there = OrganisationFactory(name=name, public_email=public_email)
    body = client.post(ADD, typed).content.decode()
    assert there.get_absolute_url() in body
    assert "It may be there already" in body
    assert list(Organisation.objects.all()) == [there]
    assert not Email.objects.exists()
    assert client.post(ADD, typed | {"is_another": "on"}).status_code == 302
    assert Organisation.objects.authorities().count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"met": ["purpose"]}, "the questions of the first tier"),
        ({"reasons": " "}, "This field is required"),
        ({"territory": "Atlantis"}, "“Atlantis” is not in the list"),
        ({"manager": "nobody"}, "Enter a valid email address"),
        ({"name": ""}, "This field is required"),
        ({"level_of_government": "galactic"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(client, administrator, typed, wrong, said):
    body = client.post(ADD, typed | wrong).content.decode()
    assert said in words_of(body) or said in body
    assert not Organisation.objects.exists()
    assert not Invitation.objects.exists()
    assert not Email.objects.exists()


def test_same_form_sent_twice_adds_one(client, administrator, typed):
    page = client.get(ADD).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    for _time in range(2):
        client.post(ADD, typed | {"csrfmiddlewaretoken": token})
    assert Organisation.objects.count() == 1


def test_nobody_else_adds_an_authority(city):
    with pytest.raises(PermissionDenied):
        authorities.add_authority(
            name="Coup", level_of_government="local", territory=city, met=["reachable", "purpose", "territory"],
            reasons="Because.", by=UserFactory(),
        )  # fmt: skip
    assert not Organisation.objects.exists()


def test_list_says_who_manages_and_finds_those_that_nobody_does(client, administrator, city, raval):
    managed = AuthorityFactory(name="Managed hall", territory=city)
    MembershipFactory(organisation=managed, role="manager", user__name="Mona")
    MembershipFactory(organisation=managed, role="officer", user__name="Olga")
    lonely = AuthorityFactory(name="Lonely hall", territory=raval)
    members.invite_member(organisation=lonely, email="soon@hall.example", role="manager", by=administrator)
    AuthorityFactory(name="Closed hall", closed_on="2024-01-01")
    OrganisationFactory(name="No authority", published=True)
    words = words_of(client.get(LIST).content.decode())
    assert "Mona" in words
    assert "soon@hall.example invited: being sent" in words
    for absent in ("Olga", "Closed hall", "No authority"):
        assert absent not in words
    assert "Managed hall" not in words_of(client.get(LIST, {"unmanaged": "on"}).content.decode())
    found = words_of(client.get(LIST, {"q": "HÁLL lonely"}).content.decode())
    assert "Lonely hall" in found
    assert "Managed hall" not in found


def test_state_of_an_invitation_follows_what_became_of_it(administrator, city):
    hall = AuthorityFactory(territory=city)
    invitation = members.invite_member(organisation=hall, email="a@hall.example", role="manager", by=administrator)
    assert invitation.state == "queued"
    for status, state in ((STATUS.failed, "failed"), (STATUS.requeued, "queued"), (STATUS.sent, "sent")):
        Email.objects.update(status=status)
        assert Invitation.objects.get().state == state
    Email.objects.all().delete()
    assert Invitation.objects.get().state == "sent", "after sixty days the e-mail is gone"
    members.note_opened(invitation=invitation)
    assert Invitation.objects.get().state == "opened"
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert Invitation.objects.get().state == "expired"
    again = members.send_invitation_again(invitation=invitation, by=administrator)
    assert (again.state, again.opened_at) == ("queued", None)
    members.accept_invitation(invitation=again, name="A", language="en")
    assert Invitation.objects.get().state == "accepted"


def test_opening_by_its_reader_is_noted_and_by_its_sender_is_not(client, administrator, city):
    hall = AuthorityFactory(territory=city)
    invitation = members.invite_member(organisation=hall, email="a@hall.example", role="manager", by=administrator)
    client.get(members.invitation_path(invitation))
    assert Invitation.objects.get().opened_at is None
    client.logout()
    client.get(members.invitation_path(invitation))
    assert Invitation.objects.get().opened_at is not None


def test_invitation_is_sent_again_and_withdrawn_from_the_page(client, administrator, city):
    hall = AuthorityFactory(territory=city)
    manage = reverse("organisation_manage", args=[hall.slug])
    invite = reverse("orgs:leader_invite", args=[hall.slug])
    assert client.post(invite, {"email": "m@hall.example", "language": "es"}).headers["Location"] == manage
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.language) == ("manager", "es")
    body = words_of(client.post(invite, {"email": "m@hall.example", "language": "es"}).content.decode())
    assert "This person is already invited." in body
    back = {"from_administration": "1"}
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert "Expired" in client.get(manage).content.decode()
    answer = client.post(reverse("orgs:invitation_resend", args=[hall.slug, invitation.pk]), back)
    assert answer.headers["Location"] == manage
    assert Email.objects.filter(to="m@hall.example").count() == 2
    assert not Invitation.objects.get().is_expired
    answer = client.post(reverse("orgs:invitation_withdraw", args=[hall.slug, invitation.pk]), back)
    assert answer.headers["Location"] == manage
    assert Invitation.objects.get().state == "withdrawn"
    resend = client.post(reverse("orgs:invitation_resend", args=[hall.slug, invitation.pk]), back)
    assert resend.status_code == 404
    assert Email.objects.filter(to="m@hall.example").count() == 2


def test_leader_sends_again_from_the_list_of_members(client):
    owner = MembershipFactory(organisation__published=True)
    invitation = members.invite_member(
        organisation=owner.organisation, email="new@person.example", role="viewer", by=owner.user
    )
    client.force_login(owner.user)
    address = reverse("orgs:invitation_resend", args=[owner.organisation.slug, invitation.pk])
    answer = client.post(address, {"from_administration": "1"})
    assert answer.headers["Location"] == reverse("orgs:member_list", args=[owner.organisation.slug])
    assert Email.objects.filter(to="new@person.example").count() == 2
