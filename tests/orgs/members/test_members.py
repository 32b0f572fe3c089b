import re
import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.accounts import actions as accounts
from orgs.members import actions as members
from orgs.models import Invitation, Membership, ReviewerAppointment, User
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory(organisation__published=True)


def page(name, organisation, *args):
    return reverse(f"orgs:{name}", args=[organisation.slug, *args])


def email_path():
    return re.search(r"/invitations/\S+", Email.objects.latest("pk").message)[0]


def test_role_has_to_fit_the_kind():
    association, hall, user = OrganisationFactory(), AuthorityFactory(), UserFactory()
    for organisation, role in ((association, "officer"), (association, "manager"), (hall, "owner"), (hall, "editor")):
        with pytest.raises(ValidationError):
            members.add_member(organisation=organisation, user=user, role=role, by=None)
    members.add_member(organisation=hall, user=user, role="steward", by=None)
    members.add_member(organisation=hall, user=user, role="officer", by=None)
    with pytest.raises(ValidationError, match="already has that role"):
        members.add_member(organisation=hall, user=user, role="officer", by=None)


def test_last_who_leads_stays(owner):
    for attempt in (
        lambda: members.end_membership(membership=owner, by=owner.user),
        lambda: members.change_role(membership=owner, role="viewer", by=owner.user),
    ):
        with pytest.raises(ValidationError, match="somebody who can act"):
            attempt()
    second = MembershipFactory(organisation=owner.organisation)
    members.end_membership(membership=owner, by=owner.user)
    ended = members.end_membership(membership=owner, by=owner.user)
    assert ended.ended_at is not None
    with pytest.raises(ValidationError):
        members.end_membership(membership=second, by=second.user)


@pytest.mark.django_db(transaction=True)
def test_two_who_leave_at_once_leave_one():
    first = MembershipFactory()
    second = MembershipFactory(organisation=first.organisation)
    start, refusals = threading.Barrier(2), []

    def leave(membership):
        try:
            start.wait()
            members.end_membership(membership=membership, by=membership.user)
        except ValidationError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[membership]) for membership in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    assert Membership.objects.active().count() == 1


def test_stranger_is_invited_and_joins(client, owner):
    client.force_login(owner.user)
    client.post(page("member_invite", owner.organisation), {"email": "New@Person.example", "role": "editor"})
    client.logout()
    assert not User.objects.filter(email="new@person.example").exists(), "an account begins when it is accepted"
    path = email_path()
    assert "Accept the invitation" in client.get(path).content.decode()
    assert Membership.objects.count() == 1, "following the address alone must not accept"
    body = client.post(path, {"name": "New Person"}, follow=True).content.decode()
    joined = User.objects.get(email="new@person.example")
    assert (joined.name, joined.has_usable_password()) == ("New Person", False)
    assert EmailAddress.objects.get(user=joined).verified
    assert joined.memberships.get().role == "editor"
    assert int(client.session["_auth_user_id"]) == joined.pk
    assert reverse("account_set_password") in body
    client.post(path, {"name": "Again"})
    assert joined.memberships.count() == 1
    joined.refresh_from_db()
    assert joined.name == "New Person"


def test_known_person_is_invited_joins_and_logs_in_as_usual(client, owner):
    known = UserFactory(email="known@person.example")
    members.invite_member(organisation=owner.organisation, email="known@person.example", role="viewer", by=owner.user)
    body = client.post(email_path(), {"name": "Other name"}, follow=True).content.decode()
    assert known.memberships.get().organisation == owner.organisation
    assert "_auth_user_id" not in client.session
    assert reverse("account_login") in body
    known.refresh_from_db()
    assert known.name != "Other name"


def test_email_is_the_same_for_known_and_unknown(owner):
    UserFactory(email="a@person.example")
    seen = []
    for email in ("a@person.example", "b@person.example"):
        members.invite_member(organisation=owner.organisation, email=email, role="viewer", by=owner.user)
        mail = Email.objects.get(to=email)
        seen.append((mail.subject, re.sub(r"/invitations/\S+", "", mail.message)))
    assert seen[0] == seen[1]


def test_member_and_invited_are_not_invited_again(owner):
    invite = {"organisation": owner.organisation, "role": "viewer", "by": owner.user}
    with pytest.raises(ValidationError, match="already a member"):
        members.invite_member(email=owner.user.email.upper(), **invite)
    members.invite_member(email="new@person.example", **invite)
    with pytest.raises(ValidationError, match="already invited"):
        members.invite_member(email="new@person.example", **invite)
    with pytest.raises(ValidationError, match="role"):
        members.invite_member(email="other@person.example", **invite | {"role": "officer"})
    assert Email.objects.count() == 1


def test_expired_invitation_is_renewed_and_the_old_email_is_dead(client, owner):
    invite = {"organisation": owner.organisation, "email": "new@person.example", "role": "viewer", "by": owner.user}
    members.invite_member(**invite)
    old = email_path()
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert client.get(old).status_code == 404
    members.invite_member(**invite)
    assert client.post(old, {"name": "New"}).status_code == 404
    assert client.post(email_path(), {"name": "New"}).status_code == 302


def test_withdrawn_or_forged_invitation_is_gone(client, owner):
    invitation = members.invite_member(
        organisation=owner.organisation, email="new@person.example", role="viewer", by=owner.user
    )
    client.force_login(owner.user)
    client.post(page("invitation_withdraw", owner.organisation, invitation.pk))
    client.logout()
    assert client.post(email_path(), {"name": "New"}).status_code == 404
    assert client.get(reverse("orgs:invitation_detail", args=["forged:x:y"])).status_code == 404
    with pytest.raises(ValidationError):
        members.accept_invitation(invitation=invitation, name="New", language="en")
    assert not User.objects.filter(email="new@person.example").exists()


@pytest.mark.parametrize("how", ["ended", "downgraded", "account closed", "account gone", "no longer administrator"])
def test_invitation_goes_with_the_right_of_its_sender(client, owner, how):
    """Who was removed would come back as owner by a second address."""
    organisation = owner.organisation
    if how == "no longer administrator":
        sender = UserFactory(is_staff=True)
    else:
        membership = MembershipFactory(organisation=organisation)
        sender = membership.user
    invite = {"organisation": organisation, "email": "second@address.example", "role": "owner"}
    invitation = members.invite_member(**invite, by=sender)
    path = email_path()
    kept = members.invite_member(organisation=organisation, email="kept@person.example", role="viewer", by=owner.user)
    if how == "ended":
        members.end_membership(membership=membership, by=owner.user)
    elif how == "downgraded":
        members.change_role(membership=membership, role="viewer", by=owner.user)
    elif how == "account closed":
        User.objects.filter(pk=sender.pk).update(is_active=False)
    elif how == "account gone":
        sender.delete()
    else:
        User.objects.filter(pk=sender.pk).update(is_staff=False)
    assert client.get(path).status_code == 404
    assert client.post(path, {"name": "Back again"}).status_code == 404
    with pytest.raises(ValidationError, match="no longer valid"):
        members.accept_invitation(invitation=invitation, name="Back again", language="en")
    assert not User.objects.filter(email="second@address.example").exists()
    if how in ("ended", "downgraded"):
        assert list(organisation.invitations.open()) == [kept]
    members.invite_member(**invite, by=owner.user)  # The address is free for who may invite.
    assert members.accept_invitation(invitation=kept, name="Kept", language="en")[1]


def test_accepted_invitation_still_leads_on_when_its_sender_has_left(client, owner):
    sender = MembershipFactory(organisation=owner.organisation)
    members.invite_member(organisation=owner.organisation, email="new@person.example", role="viewer", by=sender.user)
    path = email_path()
    client.post(path, {"name": "New"})
    members.end_membership(membership=sender, by=owner.user)
    assert client.get(path).status_code == 200
    assert Membership.objects.active().filter(user__email="new@person.example").count() == 1


def test_role_is_changed_and_membership_ended_by_those_who_lead(client, owner):
    member = MembershipFactory(organisation=owner.organisation, role="viewer", user__name="Mona")
    client.force_login(owner.user)
    client.post(page("member_role", owner.organisation, member.pk), {"role": "editor"})
    member.refresh_from_db()
    assert member.role == "editor"
    assert "Mona" in client.get(page("member_list", owner.organisation)).content.decode()
    client.post(page("member_end", owner.organisation, member.pk))
    member.refresh_from_db()
    assert member.ended_at is not None
    body = client.post(page("member_end", owner.organisation, owner.pk), follow=True).content.decode()
    assert "somebody who can act for it" in body


def test_member_leaves_and_touches_nobody_else(client, owner):
    member = MembershipFactory(organisation=owner.organisation, role="viewer")
    other = MembershipFactory(organisation=owner.organisation, role="viewer")
    client.force_login(member.user)
    assert owner.user.email not in client.get(page("member_list", owner.organisation)).content.decode()
    assert client.post(page("member_end", owner.organisation, other.pk)).status_code == 403
    assert client.post(page("member_role", owner.organisation, member.pk), {"role": "owner"}).status_code == 403
    assert client.get(page("member_invite", owner.organisation)).status_code == 403
    client.post(page("member_end", owner.organisation, member.pk))
    member.refresh_from_db()
    assert member.ended_at is not None


def test_member_of_another_organisation_is_not_found_here(client, owner):
    other = MembershipFactory()
    client.force_login(owner.user)
    assert client.post(page("member_end", owner.organisation, other.pk)).status_code == 404


def test_too_many_invitations_are_refused(client, owner, settings):
    settings.ACCOUNT_RATE_LIMITS = {"invite_member": "1/h/user"}
    client.force_login(owner.user)
    for email in ("a@person.example", "b@person.example"):
        client.post(page("member_invite", owner.organisation), {"email": email, "role": "viewer"})
    assert Invitation.objects.count() == 1


def test_reviewers_are_appointed_by_administrators(city):
    administrator, user = UserFactory(is_staff=True), UserFactory()
    with pytest.raises(PermissionDenied):
        members.appoint_reviewer(user=user, territory=city, by=user)
    appointment = members.appoint_reviewer(user=user, territory=city, by=administrator)
    assert Email.objects.get().to == [user.email]
    with pytest.raises(ValidationError, match="already a reviewer"):
        members.appoint_reviewer(user=user, territory=city, by=administrator)
    with pytest.raises(PermissionDenied):
        members.end_appointment(appointment=appointment, by=user)
    ended = members.end_appointment(appointment=appointment, by=administrator)
    assert not ReviewerAppointment.objects.active().exists()
    assert members.end_appointment(appointment=appointment, by=administrator).ends_at == ended.ends_at
    members.appoint_reviewer(user=user, territory=TerritoryFactory(), by=administrator)


def test_account_is_opened_once():
    first, is_new = accounts.open_account(email="One@example.org", name="One", language="es")
    again, is_new_again = accounts.open_account(email="one@example.org", name="Two", language="en")
    assert (first, is_new, is_new_again) == (again, True, False)
    assert (again.name, again.language, again.email) == ("One", "es", "one@example.org")
    assert EmailAddress.objects.get().verified


def test_account_of_a_second_address_is_found():
    user = UserFactory()
    EmailAddress.objects.create(user=user, email="second@example.org", verified=True)
    assert accounts.open_account(email="second@example.org", name="", language="en") == (user, False)
