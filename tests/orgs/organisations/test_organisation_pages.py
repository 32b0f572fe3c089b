"""An organisation's own people keep what it says of itself."""

import re

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from orgs.members import actions as members
from orgs.models import Organisation, ProposedChange, Verification
from orgs.organisations import actions as organisations
from orgs.registration import actions as registration
from tests.factories import (
    AuthorityFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(raval):
    return OrganisationFactory(name="Ours", territory=raval, published=True, languages=["ca"])


@pytest.fixture
def owner(organisation):
    return MembershipFactory(organisation=organisation).user


def page(name, organisation, *args):
    return reverse(f"orgs:{name}", args=[organisation.slug, *args])


def profile(**changes):
    return {
        "name": "Ours",
        "kind": "association",
        "territory": "el Raval",
        "languages_chosen": ["ca"],
        "version": "1",
        **changes,
    }


def test_profile_is_changed_and_what_is_not_in_it_stays(client, organisation, owner, city, domain):
    client.force_login(owner)
    slug, tier, reference = organisation.slug, organisation.tier, organisation.reference
    answer = client.post(
        page("organisation_edit", organisation),
        profile(
            name="Ours anew",
            works_in=["Barcelona"],
            fields_of_work=[domain.pk],
            languages=["Arabic"],
            communities=["Morocco"],
            website="ours.example",
            tier="established",
            reference="ORG-HACKED",
        ),
    )
    assert answer.url == organisation.get_absolute_url()
    organisation.refresh_from_db()
    assert (organisation.name, organisation.website) == ("Ours", ""), "a reviewer has to look at these"
    assert ProposedChange.objects.get().wanted == {"name": "Ours anew", "website": "https://ours.example"}
    assert (organisation.languages, organisation.communities) == (["ca", "ar"], ["MA"])
    assert list(organisation.works_in.all()) == [city]
    assert list(organisation.domains.all()) == [domain]
    assert (organisation.slug, organisation.tier, organisation.reference) == (slug, tier, reference)
    assert organisation.version == 2


def test_second_editor_is_told_and_nothing_is_lost(client, organisation, owner):
    client.force_login(owner)
    editor = MembershipFactory(organisation=organisation, role="editor").user
    organisations.update_organisation(organisation=Organisation.objects.get(), description="Theirs", by=editor)
    answer = client.post(page("organisation_edit", organisation), profile(description="Mine", founded_year="1999"))
    body = answer.content.decode()
    assert "Somebody else saved this" in body
    assert "Theirs differs in: What it does, Year of foundation." in body
    assert ">\nMine</textarea>" in body
    organisation.refresh_from_db()
    assert (organisation.description, organisation.founded_year) == ("Theirs", None)
    client.post(page("organisation_edit", organisation), profile(description="Mine", founded_year="1999", version="2"))
    organisation.refresh_from_db()
    assert (organisation.description, organisation.founded_year, organisation.version) == ("Mine", 1999, 3)


def test_saving_does_not_undo_a_decision_made_meanwhile(organisation, owner):
    """The reviewer's tier and the owner's words are different things in one row."""
    Organisation.objects.update(tier="", verified_at=None)
    read_before = Organisation.objects.get()
    Organisation.objects.update(tier="contact", verified_at="2026-01-01T00:00Z")
    organisations.update_organisation(organisation=read_before, description="Later", by=owner)
    assert Organisation.objects.get().tier == "contact"


def test_nobody_becomes_an_authority_by_a_form(client, organisation, owner):
    Organisation.objects.update(tier="", verified_at=None)  # Its people may still mend the kind.
    client.force_login(owner)
    body = client.post(page("organisation_edit", organisation), profile(kind="authority")).content.decode()
    assert "Select a valid choice" in body
    with pytest.raises(ValidationError, match="does not become an authority"):
        organisations.update_organisation(
            organisation=organisation, kind="authority", level_of_government="local", by=owner
        )


def test_what_an_authoritys_rights_rest_on_is_changed_by_administrators_alone(client, raval):
    """A manager who moves her authority would read another city's figures."""
    elsewhere = TerritoryFactory(name="Elsewhere")
    ours = AuthorityFactory(name="Ours", territory=raval, published=True)
    leader = MembershipFactory(organisation=ours, role="manager").user
    client.force_login(leader)
    body = client.get(page("organisation_edit", ours)).content.decode()
    for name in ("kind", "territory", "level_of_government"):
        assert f'name="{name}' not in body, name
    assert "If this changes, ask an administrator" in body
    typed = {"name": "Ours", "description": "Anew", "territory": "Elsewhere", "kind": "media"}
    assert client.post(page("organisation_edit", ours), {**typed, "version": "1"}).status_code == 302
    for changes in ({"territory": elsewhere}, {"kind": "media"}, {"is_sample": True}):
        with pytest.raises(PermissionDenied):
            organisations.update_organisation(organisation=Organisation.objects.get(pk=ours.pk), **changes, by=leader)
    smuggled = Organisation.objects.get(pk=ours.pk)
    smuggled.territory = elsewhere
    organisations.update_organisation(organisation=smuggled, description="Later", by=leader)
    now = Organisation.objects.get(pk=ours.pk)
    assert (now.territory, now.kind, now.level_of_government) == (raval, "authority", ours.level_of_government)
    assert now.description == "Later"
    organisations.update_organisation(organisation=now, territory=elsewhere, by=UserFactory(is_staff=True))
    places = apps.get_model("orgs", "OrganisationEvent").objects.filter(pgh_obj=ours).order_by("pgh_id")
    assert list(places.values_list("territory__name", flat=True))[-2:] == ["el Raval", "Elsewhere"], "it is logged"


def test_unverified_organisation_mends_its_place(organisation, owner, city):
    Organisation.objects.update(tier="", verified_at=None)
    organisations.update_organisation(organisation=Organisation.objects.get(), territory=city, by=owner)
    assert Organisation.objects.get().territory == city


def test_shelter_hides_the_address(client, organisation, owner, domain):
    client.force_login(owner)
    Organisation.objects.update(address="Lane 7", address_is_public=True)
    assert "do not come back if you untick it" in client.get(page("service_add", organisation)).content.decode()
    client.post(page("service_add", organisation), {"title": "Beds", "domain": domain.pk, "is_shelter": "on"})
    organisation.refresh_from_db()
    assert organisation.address_is_public is False
    body = client.post(
        page("organisation_edit", organisation), profile(address="Lane 7", address_is_public="on")
    ).content.decode()
    assert "The address of a shelter is never shown" in body


def test_services_are_added_changed_and_removed(client, organisation, owner, domain):
    client.force_login(owner)
    assert "No services yet" in client.get(page("service_list", organisation)).content.decode()
    client.post(page("service_add", organisation), {"title": "Meals", "domain": domain.pk, "women_only": "on"})
    service = organisation.services.get()
    assert (service.women_only, service.is_free, service.confirmed_on is not None) == (True, False, True)
    client.post(page("service_edit", organisation, service.pk), {"title": "Hot meals", "domain": domain.pk})
    service.refresh_from_db()
    assert (service.title, service.women_only) == ("Hot meals", False)
    client.get(page("service_delete", organisation, service.pk))
    assert organisation.services.exists()
    client.post(page("service_delete", organisation, service.pk))
    assert not organisation.services.exists()
    other = ServiceFactory()
    assert client.post(page("service_delete", organisation, other.pk)).status_code == 404


def test_capacities_are_said_once_changed_and_removed(client, organisation, owner):
    client.force_login(owner)
    said = {"side": "offer", "kind": "space", "note": "one"}
    client.post(page("capacity_list", organisation), said)
    assert "already in the list" in client.post(page("capacity_list", organisation), said).content.decode()
    capacity = organisation.capacities.get()
    client.post(page("capacity_list", organisation), {**said, "note": "two"})
    assert sorted(organisation.capacities.values_list("note", flat=True)) == ["one", "two"]
    organisation.capacities.exclude(pk=capacity.pk).delete()
    client.post(page("capacity_edit", organisation, capacity.pk), {**said, "note": "one, with a kitchen"})
    assert organisation.capacities.get().note == "one, with a kitchen"
    assert client.get(page("capacity_delete", organisation, capacity.pk)).status_code == 405
    client.post(page("capacity_delete", organisation, capacity.pk))
    assert not organisation.capacities.exists()


def test_contact_is_replaced(client, organisation, owner):
    Organisation.objects.update(tier="", verified_at=None)  # Of a verified one it is proposed.
    client.force_login(owner)
    for name in ("Ana", "Berta"):
        seen = client.get(page("contact_edit", organisation)).context["form"]["seen"].value()
        data = {"name": name, "email": f"{name}@example.org", "seen": seen}
        client.post(page("contact_edit", organisation), data)
    assert organisation.contacts.get().name == "Berta"


def test_contact_form_that_opened_empty_replaces_nobody(client, organisation, owner):
    Organisation.objects.update(tier="", verified_at=None)
    client.force_login(owner)
    client.post(page("contact_edit", organisation), {"name": "Ana", "email": "ana@example.org"})
    data = {"name": "Berta", "email": "berta@example.org", "seen": ""}
    response = client.post(page("contact_edit", organisation), data)
    assert "Somebody else saved this" in response.content.decode()
    assert organisation.contacts.get().name == "Ana"
    client.post(page("contact_edit", organisation), data | {"seen": response.context["form"]["seen"].value()})
    assert organisation.contacts.get().name == "Berta"


PAGES = [
    "organisation_edit",
    "organisation_submit",
    "contact_edit",
    "service_list",
    "service_add",
    "capacity_list",
]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_for_those_who_may(client, organisation, owner, name):
    address = page(name, organisation)
    assert client.get(address).url.startswith(reverse("account_login"))
    viewer = MembershipFactory(organisation=organisation, role="viewer").user
    former = MembershipFactory(organisation=organisation, role="editor")
    members.end_membership(membership=former, by=owner)
    for user in (UserFactory(), viewer, former.user, MembershipFactory().user):
        client.force_login(user)
        expected = 200 if name == "contact_edit" and user == viewer else 403
        assert client.get(address).status_code == expected
        assert client.post(address, {}).status_code == 403
    for user in (owner, MembershipFactory(organisation=organisation, role="editor").user):
        client.force_login(user)
        assert client.get(address).status_code == 200
    hidden = OrganisationFactory()
    assert client.get(page(name, hidden)).status_code == 404


def test_my_organisations_with_drafts(client, organisation, owner):
    client.force_login(owner)
    registration.begin_registration(language="en", by=owner)
    body = client.get(reverse("orgs:my_organisations")).content.decode()
    assert "Ours" in body
    assert "A registration without a name" in body
    client.force_login(UserFactory())
    assert "You belong to no organisation yet" in client.get(reverse("orgs:my_organisations")).content.decode()


def test_profile_says_since_when_by_whom_in_which_band_and_of_which_network(client, organisation, owner, domain):
    other, network = (
        DomainFactory(name="Housing"),
        OrganisationFactory(name="Our network", kind="network", published=True),
    )
    MembershipFactory(organisation=network)
    client.force_login(owner)
    said = profile(
        **{
            "fields_of_work": [domain.pk, other.pk],
            f"fields_of_work_{domain.pk}": "1998",
            f"fields_of_work_{other.pk}": "",
            "marks": ["migrant", "women"],
            "works_as": ["serves", "mediates"],
            "size": "6-20",
            "budget": "0-10",
            "legal_form": "Associació",
            "written_in": "ca",
            "description": "Fem classes.",
            "networks_chosen": [network.pk],
        }
    )
    assert client.post(page("organisation_edit", organisation), said).status_code == 302
    since = dict(organisation.fields_of_work.values_list("domain", "since_year"))
    assert since == {domain.pk: 1998, other.pk: None}
    body = client.get(organisation.get_absolute_url()).content.decode()
    for words in (
        "Led by migrants, led by women",
        "Gives services, mediates",
        "6 to 20 people",
        "Up to €10,000",
        "Associació",
    ):
        assert words in body
    assert "since 1998" in body
    assert "Our network" in body
    assert "(not confirmed yet)" in body
    assert re.search(r'lang="ca" dir="auto"><p>Fem classes', body)
    assert "Written in Catalan" in body
    again = client.get(page("organisation_edit", organisation)).content.decode()
    assert re.search(rf'name="fields_of_work_{domain.pk}" value="1998"', again)


@pytest.mark.parametrize(
    ("year", "words"), [("ninety", "is not a whole number"), ("900", "1200"), ("3000", "less than")]
)
def test_year_that_cannot_be_is_refused_with_its_domain(client, organisation, owner, domain, year, words):
    client.force_login(owner)
    said = profile(**{"fields_of_work": [domain.pk], f"fields_of_work_{domain.pk}": year})
    body = client.post(page("organisation_edit", organisation), said).content.decode()
    assert re.search(rf"{domain.name}: [^<]*{words}", body)
    assert f'value="{year}"' in body, "what was typed is still there"
    assert not organisation.fields_of_work.exists()


def test_names_in_other_languages_find_it_and_are_proposed_once_it_is_verified(client, organisation, owner):
    client.force_login(owner)
    client.post(page("organisation_edit", organisation), profile(name_es="La Nuestra", name_ar="لنا", name_en="Ours"))
    assert ProposedChange.objects.get().wanted == {"names": {"es": "La Nuestra", "ar": "لنا"}}, (
        "one that does not differ is none"
    )
    Organisation.objects.filter(pk=organisation.pk).update(names={"es": "La Nuestra"})
    assert list(Organisation.objects.matching("nuestra")) == [organisation]
    assert '<bdi lang="es">La Nuestra</bdi>' in client.get(organisation.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("typed", "code"), [("Urdu", "ur"), ("català", "ca"), ("українська", "uk"), ("Tamazight", "zgh")]
)
def test_name_is_typed_in_any_language_of_service(client, raval, typed, code):
    organisation = OrganisationFactory(name="Ours", territory=raval, names={"fr": "La nôtre"})
    client.force_login(MembershipFactory(organisation=organisation).user)
    said = profile(name_fr="La nôtre", other_language=typed, other_name=" Nostra ")
    client.post(page("organisation_edit", organisation), said)
    organisation.refresh_from_db()
    assert organisation.names == {"fr": "La nôtre", code: "Nostra"}
    body = client.get(page("organisation_edit", organisation)).content.decode()
    assert re.search(rf'name="name_{code}" value="Nostra"[^>]*lang="{code}"[^>]* dir="auto"', body), (
        "it has a field of its own now"
    )
    again = profile(
        name_fr="La nôtre", version="2", **{f"name_{code}": "", "other_language": "Wolof", "other_name": "Sunu"}
    )
    client.post(page("organisation_edit", organisation), again)
    organisation.refresh_from_db()
    assert organisation.names == {"fr": "La nôtre", "wo": "Sunu"}


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"other_name": "Nostra"}, "Say in which language this is its name."),
        ({"other_language": "Urdu"}, "Type its name in this language."),
        ({"other_language": "French", "other_name": "Autre"}, "Its name in this language is above. Change it there."),
    ],
)
def test_name_without_its_language_is_asked_back(client, raval, typed, refusal):
    organisation = OrganisationFactory(name="Ours", territory=raval)
    client.force_login(MembershipFactory(organisation=organisation).user)
    assert refusal in client.post(page("organisation_edit", organisation), profile(**typed)).content.decode()
    organisation.refresh_from_db()
    assert organisation.names == {}


def test_public_agency_is_an_authority_with_a_level(city):
    administrator = UserFactory(is_staff=True)
    facts = {"name": "Statistics", "kind": "public_agency", "territory": city}
    agency = organisations.admit_organisation(**facts, level_of_government="local", by=administrator)
    assert (agency.sector, agency.is_authority) == ("authority", True)
    with pytest.raises(ValidationError, match="level of government"):
        organisations.admit_organisation(**facts, by=administrator)


def test_administrator_admits_an_authority(city, raval, domain):
    administrator = UserFactory(is_staff=True)
    facts = {"name": "Town hall", "kind": "authority", "level_of_government": "local", "territory": city}
    hall = organisations.admit_organisation(
        **facts,
        works_in=[raval],
        fields_of_work={domain: 1998},
        met=["reachable", "purpose", "territory", "documented"],
        by=administrator,
    )
    assert (hall.slug, hall.tier, hall.sector, hall.is_published) == ("town-hall", "documented", "authority", True)
    decided = Verification.objects.get()
    assert (decided.state, decided.reviewer, decided.answers.count()) == ("verified", administrator, 4)
    assert organisations.admit_organisation(**facts, by=administrator).slug == "town-hall-2"
    with pytest.raises(PermissionDenied):
        organisations.admit_organisation(**facts, by=UserFactory())
    with pytest.raises(ValidationError):
        organisations.admit_organisation(**facts, met=["documented"], by=administrator)
    with pytest.raises(ValidationError, match="level of government"):
        organisations.admit_organisation(**facts | {"level_of_government": ""}, by=administrator)
    assert Organisation.objects.count() == 2


def test_authority_keeps_its_level_in_the_form(client):
    hall = AuthorityFactory()
    client.force_login(UserFactory(is_staff=True))
    body = client.get(page("organisation_edit", hall)).content.decode()
    assert 'name="level_of_government"' in body
    assert 'name="kind"' not in body
