"""Django's admin: for administrators, by the same actions as everywhere."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.urls import reverse
from post_office.models import STATUS, Email

from orgs.models import Organisation, ReviewerAppointment, User, Verification
from tests.factories import OrganisationFactory, ReviewerAppointmentFactory, ServiceFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def url(name, *args, app="orgs"):
    return reverse(f"admin:{app}_{name}", args=args)


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str))
def test_every_list_opens_for_administrators_and_for_nobody_else(client, administrator, model):
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    assert client.get(address).status_code == 200
    assert client.get(address, {"q": "x"}).status_code == 200
    client.force_login(UserFactory())
    assert client.get(address).status_code == 302


def test_secrets_are_not_there():
    assert not [
        model
        for model in admin.site._registry
        if model._meta.label in ("mfa.Authenticator", "auth.Group", "usersessions.UserSession")
    ]


def test_person_is_entered_without_a_password(client, administrator):
    page = client.get(url("user_add")).content.decode()
    assert "password" not in page.split('id="content"')[1].lower().replace("change password", "")
    client.post(url("user_add"), {"email": "New@Example.org", "name": "New", "language": "es", "is_active": "on"})
    user = User.objects.get(email="new@example.org")
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user, verified=True, primary=True)
    client.post(url("user_changelist"), {"action": "send_password_email", "_selected_action": [user.pk]})
    assert Email.objects.get().to == ["new@example.org"]
    change = client.get(url("user_change", user.pk)).content.decode()
    assert "pbkdf2" not in change
    assert user.password not in change


def test_authority_is_admitted(client, administrator, city):
    data = {
        "name": "Town hall",
        "kind": "authority",
        "level_of_government": "local",
        "territory": city.pk,
        "languages": "ca,es",
        "met": ["reachable", "purpose", "territory", "documented"],
        "website": "hall.example",
    }
    refused = client.post(url("organisation_add"), data | {"met": ["documented"]}).content.decode()
    assert "The questions of the first tier" in refused
    assert client.post(url("organisation_add"), data).status_code == 302
    hall = Organisation.objects.get()
    assert (hall.tier, hall.slug, hall.languages) == ("documented", "town-hall", ["ca", "es"])
    assert Verification.objects.get().reviewer == administrator


def test_organisation_is_changed_but_not_verified_closed_or_deleted(client, administrator):
    organisation = OrganisationFactory(published=True)
    data = {
        "name": "Renamed",
        "territory": organisation.territory_id,
        "tier": "established",
        "closed_on": "2026-01-02",
        "fields_of_work-TOTAL_FORMS": "0",
        "fields_of_work-INITIAL_FORMS": "0",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert client.post(url("organisation_change", organisation.pk), data).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.name, organisation.tier, organisation.closed_on) == ("Renamed", "contact", None)
    assert client.post(url("organisation_delete", organisation.pk), {"post": "yes"}).status_code == 403
    ServiceFactory(organisation=organisation, is_shelter=True)
    body = client.post(url("organisation_change", organisation.pk), data | {"address_is_public": "on"}).content.decode()
    assert "The address of a shelter is never shown" in body


def test_reviewer_is_appointed_and_the_appointment_ended(client, administrator, city):
    user = UserFactory()
    client.post(url("reviewerappointment_add"), {"user": user.pk, "territory": city.pk})
    appointment = ReviewerAppointment.objects.get()
    assert (appointment.user, appointment.appointed_by) == (user, administrator)
    body = client.post(url("reviewerappointment_add"), {"user": user.pk, "territory": city.pk}).content.decode()
    assert "already a reviewer" in body
    client.post(url("reviewerappointment_changelist"), {"action": "end", "_selected_action": [appointment.pk]})
    assert not ReviewerAppointment.objects.active().exists()


def test_email_that_failed_is_retried_and_its_text_is_nobodys(client, administrator):
    mail = Email.objects.create(
        to=["reader@example.org"],
        message="https://secret",
        status=STATUS.failed,
        number_of_retries=5,
        from_email="portal@example.org",
    )
    mail.logs.create(status=STATUS.failed, exception_type="SMTPRecipientsRefused", message="No such mailbox")
    assert "No such mailbox" in client.get(url("email_changelist", app="post_office")).content.decode()
    assert "https://secret" not in client.get(url("email_change", mail.pk, app="post_office")).content.decode()
    client.post(url("email_changelist", app="post_office"), {"action": "retry", "_selected_action": [mail.pk]})
    mail.refresh_from_db()
    assert (mail.status, mail.number_of_retries) == (STATUS.queued, 0)
    assert client.get(url("email_add", app="post_office")).status_code == 403


def test_list_of_appointments_costs_the_same_for_many(client, administrator, django_assert_max_num_queries):
    ReviewerAppointmentFactory()
    with django_assert_max_num_queries(60) as one:
        client.get(url("reviewerappointment_changelist"))
    for _ in range(10):
        ReviewerAppointmentFactory()
    with django_assert_max_num_queries(len(one)):
        client.get(url("reviewerappointment_changelist"))
