"""The whole way of an organisation into the portal, as a browser goes it."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.listing.actions import list_organisation
from orgs.models import Membership, Organisation, Registration, ServiceType, User, Verification
from orgs.registration import actions as registration_actions
from orgs.registration.actions import CONFIRMATION_SALT
from orgs.registration.views import COOKIE
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db

WHO = {"name": "Mà & Pà", "acronym": "MP", "kind": "informal_group", "marks": ["women"], "founded_year": "2014"}
CONTACT = {
    "contact_name": "Ana Sample",
    "contact_role": "chair",
    "email": "Ana@Group.example",
    "phone": "600 000 000",
    "email_is_public": "no",
    "declaration": "on",
}


@pytest.fixture
def where(raval, domain):
    return {
        "territory": "raval",
        "territory_chosen": str(raval.pk),
        "works_in": ["Ciutat Vella", ""],
        "domains": [str(domain.pk)],
        "languages_chosen": ["ca", "ur"],
        "languages": ["Arabic"],
        "description": "We teach.",
        "service_title": "Catalan for beginners",
        "service_contact": "600 000 000",
        "service_domain": str(domain.pk),
        "service_marks": ["is_free", "no_documents_required", "has_childcare"],
    }


def url(page):
    return reverse("orgs:registration_page", args=[page])


def begin(client):
    assert client.post(reverse("orgs:registration_start")).url == url("who")


def fill_in(client, where, **contact):
    begin(client)
    assert client.post(url("who"), WHO).url == url("where")
    assert client.post(url("where"), where).url == url("contact")
    assert client.post(url("contact"), {**CONTACT, **contact}).url == reverse("orgs:registration_check")


def send(client):
    return client.post(reverse("orgs:registration_check"), follow=True)


def email_path(mail):
    return re.search(r"/organisations/register/confirm/\S+", mail.message)[0]


def text_of(response):
    return response.content.decode()


def test_visitor_registers_and_confirms(client, where, raval, old_town, domain):
    fill_in(client, where)
    check = text_of(client.get(reverse("orgs:registration_check")))
    for said in (
        "Mà &amp; Pà",
        "informal group",
        "el Raval (neighbourhood, Ciutat Vella, Barcelona)",
        "Arabic",
        "No documents required",
    ):
        assert said.lower() in check.lower()
    sent = text_of(send(client))
    registration = Registration.objects.get()
    assert registration.reference in sent
    assert not User.objects.exists()
    assert not Organisation.objects.exists()

    mail = Email.objects.get()
    assert mail.to == ["ana@group.example"]
    assert mail.subject == "Confirm the registration of Mà & Pà"
    path = email_path(mail)
    assert "Confirm the registration" in text_of(client.get(path))
    assert not Organisation.objects.exists(), "following the address alone must not confirm"
    done = client.post(path, follow=True)

    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.slug, organisation.kind) == ("Mà & Pà", "ma-pa", "informal_group")
    assert organisation.reference == registration.reference
    assert organisation.territory == raval
    assert list(organisation.works_in.all()) == [old_town]
    assert list(organisation.domains.all()) == [domain]
    assert organisation.languages == ["ca", "ur", "ar"]
    assert (organisation.marks, organisation.founded_year) == (["women"], 2014)
    assert (organisation.tier, organisation.public_email) == ("", "")
    service = organisation.services.get()
    assert service.title == "Catalan for beginners"
    assert [service.is_free, service.no_documents_required, service.has_childcare, service.women_only] == [
        True,
        True,
        True,
        False,
    ]
    contact = organisation.contacts.get()
    assert (contact.name, contact.role, contact.email, contact.phone) == (
        "Ana Sample",
        "chair",
        "ana@group.example",
        "600 000 000",
    )
    assert organisation.verifications.get().state == Verification.State.SUBMITTED

    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == ("ana@group.example", "Ana Sample", False)
    assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == user.email
    assert organisation.memberships.get().role == Membership.Role.OWNER
    assert int(client.session["_auth_user_id"]) == user.pk, "a new account is logged in"
    assert reverse("account_set_password") in text_of(done)

    registration.refresh_from_db()
    assert registration.answers == {}, "a second copy of somebody's telephone number serves nobody"
    assert registration.organisation == organisation


def test_pressing_twice_changes_nothing(client, where):
    fill_in(client, where)
    send(client)
    send(client)
    assert Email.objects.count() == 1
    path = email_path(Email.objects.get())
    client.post(path)
    before = Organisation.objects.get().updated_at
    again = client.post(path, follow=True)
    assert "is with the reviewers" in text_of(again)
    assert Organisation.objects.get().updated_at == before
    assert (User.objects.count(), Verification.objects.count(), Membership.objects.count()) == (1, 1, 1)


def test_known_and_unknown_addresses_see_the_same(client, where):
    """Nobody learns from a registration who has an account."""
    seen = []
    UserFactory(email="known@group.example", name="Known")
    for email in ("known@group.example", "other@group.example"):
        client.cookies.clear()
        fill_in(client, where, email=email)
        page = text_of(send(client))
        registration = Registration.objects.get(sent_to=email)
        mail = Email.objects.get(to=email)
        confirm = text_of(client.get(email_path(mail)))
        seen.append(
            re.sub(
                r'name="csrfmiddlewaretoken" value="\w+"|register/confirm/\S+',
                "",
                f"{page}{mail.subject}{mail.message}{confirm}".replace(email, "E").replace(registration.reference, "R"),
            )
        )
    assert seen[0] == seen[1]


def test_existing_account_gets_the_organisation_and_logs_in_as_usual(client, where):
    user = UserFactory(email="known@group.example", name="Known")
    fill_in(client, where, email="known@group.example")
    send(client)
    done = client.post(email_path(Email.objects.get()), follow=True)
    assert User.objects.get() == user
    assert user.memberships.get().organisation == Organisation.objects.get()
    assert "_auth_user_id" not in client.session
    assert reverse("account_login") in text_of(done)
    user.refresh_from_db()
    assert (user.name, user.check_password("password")) == ("Known", True)


def test_address_that_somebody_else_has_only_claimed_does_not_get_the_organisation(client, where):
    claimant = UserFactory(email="claimant@elsewhere.example")
    EmailAddress.objects.create(user=claimant, email="ana@group.example", verified=False)
    fill_in(client, where)
    send(client)
    client.post(email_path(Email.objects.get()))
    assert not claimant.memberships.exists()
    assert Organisation.objects.get().memberships.get().user.email == "ana@group.example"


def test_person_logged_in_needs_no_letter_for_an_address_of_their_own(client, where):
    user = UserFactory()
    client.force_login(user)
    begin(client)
    assert user.email in text_of(client.get(url("contact")))
    client.post(url("who"), WHO)
    client.post(url("where"), where)
    client.post(url("contact"), {**CONTACT, "email": user.email.upper()})
    page = text_of(send(client))
    organisation = Organisation.objects.get()
    assert organisation.reference in page
    assert organisation.memberships.get().user == user
    assert [mail.to for mail in Email.objects.all()] == [[user.email]]


@pytest.mark.parametrize("address", ["nobody's", "of another account", "own, not confirmed"])
def test_person_logged_in_confirms_an_address_that_is_not_theirs_and_keeps_the_organisation(client, where, address):
    user = UserFactory()
    if address == "of another account":
        UserFactory(email="office@group.example")
    if address == "own, not confirmed":
        EmailAddress.objects.create(user=user, email="office@group.example", verified=False)
    client.force_login(user)
    fill_in(client, where, email="office@group.example", email_is_public="yes")
    page = text_of(send(client))
    assert "office@group.example" in page
    assert not Organisation.objects.exists(), "nobody has confirmed the address that becomes public"
    mail = Email.objects.get()
    assert mail.to == ["office@group.example"]
    assert "was logged in" not in text_of(client.get(email_path(mail)))
    client.post(email_path(mail))
    organisation = Organisation.objects.get()
    assert organisation.memberships.get().user == user
    assert organisation.public_email == "office@group.example"


def test_letter_of_a_person_logged_in_gives_the_organisation_to_its_reader_alone(client, where):
    """Whoever is not the one who began it has the account of that address, as a visitor has."""
    user = UserFactory()
    client.force_login(user)
    fill_in(client, where, email="office@group.example")
    send(client)
    client.logout()
    path = email_path(Email.objects.get())
    assert "was logged in" in text_of(client.get(path))
    client.force_login(UserFactory())
    client.post(path)
    assert Organisation.objects.get().memberships.get().user.email == "office@group.example"
    assert not user.memberships.exists()


def test_page_with_errors_keeps_what_was_typed(client, where):
    begin(client)
    page = client.post(url("who"), {**WHO, "name": "", "founded_year": "20014", "acronym": "Kept"})
    assert page.status_code == 200
    body = text_of(page)
    assert "<title>Error:" in body
    assert 'href="#id_name"' in body
    assert 'value="Kept"' in body
    tasks = text_of(client.get(reverse("orgs:registration_tasks")))
    assert "Incomplete" in tasks
    assert "Not started" in tasks
    assert 'value="Kept"' in text_of(client.get(url("who"))), "it is on the server"
    assert client.get(reverse("orgs:registration_check")).url == url("who")


def test_draft_is_there_when_the_session_is_gone(client, where):
    begin(client)
    client.post(url("who"), {**WHO, "later": "1"})
    key = client.cookies[COOKIE]
    assert key["httponly"]
    assert key["max-age"] == 60 * 24 * 3600
    kept = key.value
    client.cookies.clear()
    assert client.get(url("who")).url == reverse("orgs:registration_start")
    client.cookies[COOKIE] = kept
    assert "Mà &amp; Pà" in text_of(client.get(url("who")))
    assert "Saved " in text_of(client.get(reverse("orgs:registration_tasks")))


def test_cookie_that_was_tampered_with_opens_nothing(client):
    begin(client)
    other = registration_actions.begin_registration(language="en", by=None)
    client.cookies[COOKIE] = other.key.hex + client.cookies[COOKIE].value[32:]
    assert client.get(url("who")).url == reverse("orgs:registration_start")


def test_draft_of_somebody_logged_in_opens_for_them_alone(client, where):
    user = UserFactory()
    client.force_login(user)
    begin(client)
    client.post(url("who"), WHO)
    kept = client.cookies[COOKIE].value
    client.logout()
    client.cookies[COOKIE] = kept
    assert client.get(url("who")).url == reverse("orgs:registration_start")
    client.cookies.clear()
    client.force_login(user)
    assert "Mà &amp; Pà" in text_of(client.get(url("who"))), "on another device"


def test_changing_the_address_sends_a_new_letter_and_ends_the_old_one(client, where):
    fill_in(client, where)
    send(client)
    client.post(url("contact"), {**CONTACT, "email": "right@group.example"})
    send(client)
    first, second = Email.objects.order_by("pk")
    refused = text_of(client.post(email_path(first)))
    assert "Another address was given" in refused
    assert not Organisation.objects.exists()
    client.post(email_path(second))
    assert Organisation.objects.get().contacts.get().email == "right@group.example"


def test_letter_that_is_too_old_offers_a_new_one(client, where):
    fill_in(client, where)
    send(client)
    registration = Registration.objects.get()
    long_ago = (timezone.now() - datetime.timedelta(days=8)).timestamp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: long_ago)
        token = signing.dumps([registration.key.hex, registration.sent_to], salt=CONFIRMATION_SALT)
    path = reverse("orgs:registration_confirm", args=[token])
    assert "This link has expired" in text_of(client.get(path))
    client.post(path)
    assert not Organisation.objects.exists()
    newest = Email.objects.order_by("pk").last()
    assert Email.objects.count() == 2
    client.post(email_path(newest))
    assert Organisation.objects.exists()


def test_letter_with_a_changed_address_is_unknown(client):
    assert client.get(reverse("orgs:registration_confirm", args=["x:y:z"])).status_code == 404


def test_ambiguous_place_is_asked_back(client, where, old_town, raval):
    TerritoryFactory(name="Ciutat Meridiana", parent=old_town.parent)
    begin(client)
    body = text_of(client.post(url("where"), {**where, "territory": "ciutat", "territory_chosen": ""}))
    assert "Which one did you mean by “ciutat”?" in body
    assert f'value="{old_town.pk}"' in body
    assert "Ciutat Vella (district, Barcelona)" in body


@pytest.mark.parametrize("is_ticked", [True, False], ids=["ticked", "a refuge by its type"])
def test_shelter_is_asked_of_before_the_place_and_its_quarter_is_stored_nowhere(
    client, where, city, raval, old_town, domain, is_ticked
):
    refuge = ServiceType.objects.create(code="refuge", domain=domain, order=1, name="Refuge", is_sheltering=True)
    said = {"is_shelter": "on"} if is_ticked else {"service_type": refuge.pk}
    assert "people see only its municipality" in text_of(client.get(reverse("orgs:registration_start")))
    begin(client)
    page = text_of(client.get(url("where")))
    assert page.index('name="is_shelter"') < page.index("nothing smaller") < page.index('name="territory"')
    client.post(url("who"), WHO)
    client.post(url("where"), {**where, **said, "works_in": ["el Raval", "Ciutat Vella"]})
    facts = Registration.objects.get().answers["where"]["facts"]
    assert (facts["territory"], facts["works_in"]) == (city.pk, [city.pk])
    kept = str(Registration.objects.get().answers)
    assert [name for name in ("aval", "Vella", f"'{raval.pk}'", f"'{old_town.pk}'") if name in kept] == []
    client.post(url("contact"), CONTACT)
    check = text_of(client.get(reverse("orgs:registration_check")))
    assert "Barcelona" in check
    assert "Raval" not in check
    send(client)
    client.post(email_path(Email.objects.get()))
    organisation = Organisation.objects.get()
    service = organisation.services.get()
    assert (service.is_shelter, service.has_childcare, service.no_documents_required) == (True, True, True)
    assert (organisation.territory, list(organisation.works_in.all())) == (city, [city])


def test_type_of_service_that_was_deleted_meanwhile_leaves_the_service_its_domain(client, where, domain):
    gone = ServiceType.objects.create(code="gone", domain=domain, order=1, name="Gone")
    begin(client)
    client.post(url("who"), WHO)
    client.post(url("where"), {**where, "service_type": gone.pk})
    client.post(url("contact"), CONTACT)
    send(client)
    gone.delete()
    client.post(email_path(Email.objects.get()))
    service = Organisation.objects.get().services.get()
    assert (service.type, service.domain) == (None, domain)


def test_shelter_without_a_name_is_asked_for_one(client, where):
    begin(client)
    nameless = {**where, "is_shelter": "on", "service_title": "", "service_contact": "", "service_domain": ""}
    page = client.post(url("where"), {**nameless, "service_marks": []})
    assert page.context["form"].errors["service_title"] == [
        "Say what your shelter is called for those who look for it."
    ]
    page = client.post(url("where"), {"is_shelter": "on"})
    assert {"territory", "service_title"} <= set(page.context["form"].errors)


def test_service_without_its_area_is_refused(client, where):
    begin(client)
    body = text_of(client.post(url("where"), {**where, "service_domain": ""}))
    assert "Choose what kind of service it is" in body
    body = text_of(client.post(url("where"), {**where, "service_title": ""}))
    assert "Give the service a name" in body


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", None), ("ask at the door", None), ("desk@", None), ("93 000 00 00", ("93 000 00 00", "")),
        ("desk@example.org", ("", "desk@example.org")),
    ],
)  # fmt: skip
def test_service_says_how_people_reach_it(client, where, typed, kept):
    if kept is None:
        begin(client)
        page = client.post(url("where"), {**where, "service_contact": typed})
        assert "service_contact" in page.context["form"].errors
        return
    fill_in(client, {**where, "service_contact": typed})
    send(client)
    client.post(email_path(Email.objects.get()))
    service = Organisation.objects.get().services.get()
    assert (service.telephone, service.email) == kept
    assert service.is_reachable


def test_service_of_a_type_lies_in_its_domain_and_its_text_has_a_language(client, where, domain):
    classes = ServiceType.objects.create(code="classes", name="Classes", domain=domain, order=1)
    fill_in(client, {**where, "service_domain": "", "service_type": str(classes.pk), "written_in": "ca"})
    send(client)
    client.post(email_path(Email.objects.get()))
    service = Organisation.objects.get().services.get()
    assert (service.type, service.domain, service.written_in) == (classes, domain, "ca")
    assert Organisation.objects.get().written_in == "ca"


def test_programs_that_fill_in_everything_send_nothing(client, where):
    fill_in(client, where)
    response = client.post(reverse("orgs:registration_check"), {"company_fax": "1"})
    assert response.status_code == 400
    assert not Email.objects.exists()


def test_too_many_letters_from_one_place_are_refused_and_nothing_is_lost(client, where, settings):
    settings.ACCOUNT_RATE_LIMITS = {"send_registration": "1/h/ip", "begin_registration": "9/h/ip"}
    fill_in(client, where)
    send(client)
    client.cookies.clear()
    fill_in(client, where, email="other@group.example")
    response = client.post(reverse("orgs:registration_check"))
    assert response.status_code == 429
    assert Email.objects.count() == 1
    assert Registration.objects.count() == 2


def test_too_many_drafts_from_one_place_are_refused(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"begin_registration": "1/h/ip"}
    begin(client)
    assert client.post(reverse("orgs:registration_start")).status_code == 429
    assert Registration.objects.count() == 1


def test_discarding_a_draft_deletes_it(client, where):
    fill_in(client, where)
    client.post(reverse("orgs:registration_discard"))
    assert not Registration.objects.exists()


def test_finished_registration_cannot_be_changed(client, where):
    fill_in(client, where)
    send(client)
    client.post(email_path(Email.objects.get()))
    assert client.post(url("who"), {**WHO, "name": "Other"}).url == reverse("orgs:registration_sent")
    assert Organisation.objects.get().name == "Mà & Pà"


def test_page_saves_while_one_types(client):
    begin(client)
    answer = client.post(url("who"), {"name": "Half"}, headers={"HX-Request": "true"})
    assert "Saved " in text_of(answer)
    assert "<html" not in text_of(answer)
    assert Registration.objects.get().answers["who"]["typed"]["name"] == ["Half"]


def test_namesake_is_pointed_out(client, where):
    there = OrganisationFactory(name="ma & pa", published=True)
    fill_in(client, where)
    body = text_of(client.get(reverse("orgs:registration_check")))
    assert there.get_absolute_url() in body
    assert f'href="{reverse("orgs:join_add", args=[there.slug])}"' in body
    assert "Ask to join" in body


def test_what_is_unclaimed_and_nearly_of_that_name_is_claimed_instead(client, where, city):
    officer = MembershipFactory(organisation=AuthorityFactory(territory=city), role=Membership.Role.OFFICER).user
    listed = list_organisation(name="Mujeres Andines", kind="association", territory=city, by=officer)
    hidden = OrganisationFactory(name="Mujeres Andinas", territory=city)
    fill_in(client, where)
    client.post(url("who"), {**WHO, "name": "Asociación de Mujeres Andinas"})
    body = text_of(client.get(reverse("orgs:registration_check")))
    assert f'href="{reverse("orgs:join_add", args=[listed.slug])}"' in body
    assert "This is us" in body
    assert "You need no account" in body
    assert hidden.slug not in body


def test_check_of_answers_costs_the_same_for_one_and_many_alike(client, where, django_assert_num_queries):
    OrganisationFactory(name="Ma & Pa", published=True, website="https://group.example")
    fill_in(client, where)
    page = reverse("orgs:registration_check")
    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for _another in range(4):
        OrganisationFactory(name="Ma & Pa", published=True, website="https://group.example")
    with django_assert_num_queries(len(one)):
        assert text_of(client.get(page)).count("Ask to join") == 5


def test_two_of_one_name_get_addresses_of_their_own(client, where):
    for _ in range(2):
        client.cookies.clear()
        fill_in(client, where)
        send(client)
        client.post(email_path(Email.objects.filter(subject__startswith="Confirm").last()))
    assert set(Organisation.objects.values_list("slug", flat=True)) == {"ma-pa", "ma-pa-2"}


def test_stale_drafts_are_removed_and_no_others(client, where):
    fill_in(client, where)
    send(client)
    client.post(email_path(Email.objects.get()))
    long_ago = timezone.now() - datetime.timedelta(days=61)
    stale = registration_actions.begin_registration(language="en", by=None)
    touched = registration_actions.begin_registration(language="en", by=None)
    Registration.objects.update(created_at=long_ago, saved_at=long_ago)
    Registration.objects.filter(pk=touched.pk).update(saved_at=timezone.now())
    assert registration_actions.remove_stale_drafts(now=timezone.now()) == 1
    assert registration_actions.remove_stale_drafts(now=timezone.now()) == 0
    assert not Registration.objects.filter(pk=stale.pk).exists()
    assert Registration.objects.count() == 2


def test_what_happens_to_personal_data_stands_above_the_first_question_about_a_person(client):
    begin(client)
    assert "What happens to what you say here" not in client.get(url("who")).content.decode()
    page = client.get(url("contact")).content.decode()
    assert page.index("What happens to what you say here") < page.index('name="contact_name"')
    assert f'href="{reverse("privacy")}"' in page
    whole = client.get(reverse("privacy")).content.decode()
    for said in (page, whole):
        assert f"{Registration.DAYS_KEPT} days" in said
    assert (
        "Cuánto tiempo se conserva"
        in client.get(reverse("privacy"), headers={"accept-language": "es"}).content.decode()
    )
