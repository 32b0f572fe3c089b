from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.models import Capacity, OrganisationContact
from tests.factories import (
    AuthorityFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LIST = reverse("orgs:organisation_list")


def found(client, **query):
    return [organisation.name for organisation in client.get(LIST, query).context["page_obj"]]


def body_of(client, path, **query):
    return client.get(path, query).content.decode()


@pytest.fixture
def several(city, old_town, raval, domain):
    """One in each place, and one that works all over the city."""
    elsewhere = TerritoryFactory(name="Girona")
    in_raval = OrganisationFactory(
        name="In Raval", territory=raval, published=True, marks=["migrant"], languages=["ar"]
    )
    in_town = OrganisationFactory(
        name="Àmbit",
        territory=old_town,
        published=True,
        marks=["women", "youth"],
        kind="trade_union",
        tier="established",
    )
    far = OrganisationFactory(name="Far", territory=elsewhere, published=True)
    all_over = OrganisationFactory(name="All over", territory=elsewhere, published=True, tier="documented")
    all_over.works_in.add(city)
    far.domains.add(domain)
    ServiceFactory(organisation=in_town, title="Àpats calents")
    OrganisationFactory(name="Hidden", territory=raval)
    OrganisationFactory(name="Closed", territory=raval, published=True, closed_on=timezone.localdate())
    return {"raval": in_raval, "town": in_town, "far": far, "all_over": all_over}


def test_only_published_are_listed_by_name_without_regard_to_accents(client, several):
    assert found(client) == ["All over", "Àmbit", "Far", "In Raval"]


def test_one_question_asks_how_far_an_organisation_was_verified(client, several):
    OrganisationFactory(name="Listed", is_listed=True)
    assert "Verified at least" in body_of(client, LIST)
    assert "Verified only" not in body_of(client, LIST)
    assert "Listed" in found(client)
    assert "Listed" not in found(client, tier="contact")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "ambit"}, ["Àmbit"]),
        ({"q": "apats"}, ["Àmbit"]),
        ({"q": "ambit calents"}, ["Àmbit"]),
        ({"q": "nothing"}, []),
        ({"territory": "Barcelona"}, ["All over", "Àmbit", "In Raval"]),
        ({"territory": "Ciutat Vella"}, ["All over", "Àmbit", "In Raval"]),
        ({"territory": "el Raval"}, ["All over", "In Raval"]),
        ({"domain": "language"}, ["Far"]),
        ({"language": "ar"}, ["In Raval"]),
        ({"sector": "labour"}, ["Àmbit"]),
        ({"kind": "trade_union"}, ["Àmbit"]),
        ({"tier": "contact"}, ["All over", "Àmbit", "Far", "In Raval"]),
        ({"tier": "documented"}, ["All over", "Àmbit"]),
        ({"tier": "established"}, ["Àmbit"]),
        ({"mark": "migrant"}, ["In Raval"]),
        ({"mark": ["women", "youth"]}, ["Àmbit"]),
        ({"mark": ["migrant", "youth"]}, []),
        ({"mark": "women", "territory": "Barcelona"}, ["Àmbit"]),
        ({"sort": "-registered"}, ["All over", "Far", "Àmbit", "In Raval"]),
    ],
)
def test_filters(client, several, query, names):
    assert found(client, **query) == names


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "drop table"},
        {"page": "99"},
        {"domain": "nothing"},
        {"language": "xx"},
        {"kind": "'"},
        {"q": "%_\\"},
        {"territory": "nowhere"},
    ],
)
def test_nonsense_in_the_address_is_no_fault(client, several, query):
    assert client.get(LIST, query).status_code in (200, 404)


DOMAIN, ARMENIAN = {"domain": "language"}, {"language": "hy"}
BOTH = DOMAIN | ARMENIAN


@pytest.mark.parametrize(
    ("own_languages", "is_own_domain", "services", "asked_and_found"),
    [
        # Of itself alone.
        (["hy"], True, [], [(DOMAIN, True), (ARMENIAN, True), (BOTH, True)]),
        (["hy"], False, [], [(DOMAIN, False), (ARMENIAN, True), (BOTH, False)]),
        # By one service that is both, though it says neither of itself.
        ([], False, [{"languages": ["hy"]}], [(DOMAIN, True), (ARMENIAN, True), (BOTH, True)]),
        ([], False, [{"interpreter_on_request": True}], [(DOMAIN, True), (ARMENIAN, True), (BOTH, True)]),
        # A service that names no language speaks those of its organisation; one that names others does not.
        (["hy"], False, [{}], [(DOMAIN, True), (ARMENIAN, True), (BOTH, True)]),
        (["hy"], False, [{"languages": ["es"]}], [(DOMAIN, True), (ARMENIAN, True), (BOTH, False)]),
        # One service for each is no help to anybody.
        (
            [],
            False,
            [{"languages": ["es"]}, {"languages": ["hy"], "elsewhere": True}],
            [(DOMAIN, True), (ARMENIAN, True), (BOTH, False)],
        ),
        ([], True, [{"languages": ["hy"], "elsewhere": True}], [(DOMAIN, True), (ARMENIAN, True), (BOTH, False)]),
        # What nobody can reach is not offered.
        ([], False, [{"languages": ["hy"], "telephone": ""}], [(DOMAIN, False), (ARMENIAN, False), (BOTH, False)]),
    ],
)
def test_domain_and_language_ask_an_organisation_or_one_of_its_services(
    client, raval, domain, own_languages, is_own_domain, services, asked_and_found
):
    OrganisationFactory(name="Neither", territory=raval, published=True, languages=["es"])
    house = OrganisationFactory(name="House", territory=raval, published=True, languages=own_languages)
    if is_own_domain:
        house.domains.add(domain)
    for facts in services:
        said = {name: value for name, value in facts.items() if name != "elsewhere"}
        ServiceFactory(organisation=house, domain=DomainFactory() if "elsewhere" in facts else domain, **said)
    for asked, is_found in asked_and_found:
        assert found(client, **asked) == (["House"] if is_found else []), asked


def test_list_says_which_services_brought_an_organisation_there(client, raval, domain):
    house = OrganisationFactory(name="House", territory=raval, published=True)
    meant = ServiceFactory(organisation=house, domain=domain, languages=["hy"], title="Armenian doctor")
    ServiceFactory(organisation=house, domain=domain, languages=["es"], title="Spanish doctor")
    ServiceFactory(organisation=house, domain=domain, languages=["hy"], title="Unreachable doctor", telephone="")
    body = body_of(client, LIST, **BOTH)
    assert meant.get_absolute_url() in body
    assert "Armenian doctor" in body
    assert "Spanish doctor" not in body
    assert "Unreachable doctor" not in body
    assert "doctor" not in body_of(client, LIST)


def test_organisation_that_is_not_public_is_not_found_by_its_services(client, raval, domain):
    hidden = OrganisationFactory(territory=raval)
    closed = OrganisationFactory(territory=raval, published=True, closed_on=timezone.localdate())
    suspended = OrganisationFactory(territory=raval, published=True, suspended_on=timezone.localdate())
    for house in (hidden, closed, suspended):
        ServiceFactory(organisation=house, domain=domain, languages=["hy"])
    assert found(client, **BOTH) == found(client, **DOMAIN) == found(client, **ARMENIAN) == []


def test_address_of_before_still_asks_for_verified_ones(client, raval):
    """`verified=on` stood in addresses of the directory, and in files by the same address, before it asked how far one was verified."""
    yesterday = timezone.localdate() - timedelta(days=1)
    for name, facts in {"Kept": {}, "Lapsed": {"holds_until": yesterday}, "Papers": {"tier": "documented"}}.items():
        OrganisationFactory(name=name, territory=raval, published=True, **facts)
    OrganisationFactory(name="Listed", territory=raval, is_listed=True)
    assert found(client, verified="on") == ["Kept", "Papers"]
    assert found(client, verified="on", tier="documented") == ["Papers"]
    assert found(client, verified="") == found(client) == ["Kept", "Lapsed", "Listed", "Papers"]
    page = body_of(client, LIST, verified="on", territory="el Raval")
    assert 'href="?territory=el+Raval"' in page, "it is said above the list, with the way to leave it out"
    file = client.get(reverse("orgs:organisation_export", args=["csv"]), {"verified": "on"})
    text = b"".join(file.streaming_content).decode()
    assert "Papers" in text
    assert "Listed" not in text


def test_list_by_services_costs_the_same_for_one_and_many(client, raval, domain):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, BOTH)
        return len(queries)

    def one_more():
        house = OrganisationFactory(territory=raval, published=True)
        for _number in range(3):
            ServiceFactory(organisation=house, domain=domain, languages=["hy"])

    one_more()
    cost()
    one = cost()
    for _number in range(12):
        one_more()
    assert cost() == one


def test_count_chips_and_empty_state(client, several):
    body = body_of(client, LIST, territory="Barcelona", mark="women")
    assert 'role="status"' in body
    assert "<strong>1</strong> result" in body
    assert 'href="?mark=women"' in body, "the chip of the place leads to the list without it"
    assert 'href="?territory=Barcelona"' in body
    nothing = body_of(client, LIST, q="nothing")
    assert "No organisation matches" in nothing
    assert reverse("orgs:registration_start") in nothing


def test_place_that_is_not_clear_is_asked_back(client, several):
    body = body_of(client, LIST, territory="rav")
    assert "Which one did you mean by “rav”?" in body
    assert found(client, territory="rav", territory_chosen=str(several["raval"].territory_id)) == [
        "All over",
        "In Raval",
    ]


def test_pages_keep_filters_and_order(client, raval):
    for number in range(45):
        OrganisationFactory(name=f"N{number:02}", territory=raval, published=True)
    body = body_of(client, LIST, territory="el Raval", sort="-registered", page="2")
    assert "territory=el+Raval&amp;sort=-registered&amp;page=3" in body
    assert found(client, page="3") == [f"N{number}" for number in range(40, 45)]


def test_list_costs_the_same_for_one_and_fifty(client, city, domain):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    def one_more():
        place = TerritoryFactory(parent=TerritoryFactory(parent=city, kind="district"), kind="neighbourhood")
        organisation = OrganisationFactory(territory=place, published=True, languages=["ca", "ar"])
        organisation.domains.add(domain, DomainFactory())
        ServiceFactory(organisation=organisation)

    one_more()
    client.get(LIST)
    one = cost()
    for _ in range(49):
        one_more()
    assert cost() == one


def test_organisation_page_costs_the_same_for_one_service_and_twenty(client, raval):
    organisation = OrganisationFactory(territory=raval, published=True)
    ServiceFactory(organisation=organisation)
    client.get(organisation.get_absolute_url())

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(organisation.get_absolute_url())
        return len(queries)

    one = cost()
    for _ in range(20):
        ServiceFactory(organisation=organisation)
        organisation.works_in.add(TerritoryFactory())
    assert cost() == one


def test_organisation_page_says_what_it_is_and_how_far_it_was_checked(client, raval, domain):
    organisation = OrganisationFactory(
        name="Dones & Món",
        territory=raval,
        published=True,
        languages=["ar", "ca"],
        communities=["MA"],
        founded_year=1999,
    )
    organisation.domains.add(domain)
    organisation.works_in.add(raval.parent)
    ServiceFactory(
        organisation=organisation,
        title="Advice",
        domain=domain,
        no_documents_required=True,
        has_childcare=True,
        women_only=True,
    )
    Capacity.objects.create(organisation=organisation, side="need", kind="interpreters", note="Urdu")
    body = body_of(client, organisation.get_absolute_url())
    for said in (
        "Dones &amp; Món",
        "el Raval (neighbourhood, Ciutat Vella, Barcelona)",
        "Ciutat Vella (district, Barcelona)",
        '<bdi lang="ar" title="Arabic">العربية</bdi>',
        "Morocco",
        "1999",
        "No documents required",
        "Childcare",
        "Women only",
        "Interpreters",
        "The contact given was reached.",
        "Verified on",
        organisation.reference,
    ):
        assert said in body


@pytest.fixture
def secretive(raval):
    """An organisation with everything that could leak."""
    organisation = OrganisationFactory(
        territory=raval,
        published=True,
        address="Hidden Lane 7",
        address_is_public=False,
        public_email="",
    )
    OrganisationContact.objects.create(
        organisation=organisation,
        name="Secret Person",
        role="Secret Role",
        email="secret@private.example",
        phone="600999888",
    )
    MembershipFactory(organisation=organisation, user__name="Member Secret", user__email="member@private.example")
    return organisation


SECRETS = ("Hidden Lane", "Secret", "private.example", "600999888")


@pytest.mark.parametrize("reader", ["anybody", "outsider", "other_reviewer"])
def test_private_things_are_on_no_public_page(client, secretive, reader):
    if reader == "outsider":
        client.force_login(MembershipFactory().user)
    elif reader == "other_reviewer":
        client.force_login(ReviewerFactory())
    pages = [
        secretive.get_absolute_url(),
        LIST,
        f"{LIST}?q={secretive.name}",
        reverse("orgs:lookup_organisations") + f"?q={secretive.name}",
    ]
    for page in pages:
        body = body_of(client, page)
        assert secretive.name in body
        assert [secret for secret in SECRETS if secret in body] == []
    assert client.get(reverse("orgs:contact_edit", args=[secretive.slug])).status_code in (302, 403)
    assert client.get(reverse("orgs:member_list", args=[secretive.slug])).status_code in (302, 403)


def test_contact_is_for_its_members_and_reviewers(client, secretive, city):
    page = reverse("orgs:contact_edit", args=[secretive.slug])
    for user in (secretive.memberships.get().user, ReviewerFactory(territory=city), UserFactory(is_staff=True)):
        client.force_login(user)
        assert "secret@private.example" in body_of(client, page)


@pytest.mark.parametrize("is_member", [False, True])
def test_address_of_a_shelter_is_never_shown(client, secretive, is_member):
    """Not even when somebody has ticked that it may be."""
    type(secretive).objects.filter(pk=secretive.pk).update(address_is_public=True)
    if is_member:
        client.force_login(secretive.memberships.get().user)
    assert "Hidden Lane" in body_of(client, secretive.get_absolute_url())
    ServiceFactory(organisation=secretive, is_shelter=True)
    assert "Hidden Lane" not in body_of(client, secretive.get_absolute_url())


def test_unpublished_exists_for_its_own_people_and_reviewers_alone(client, raval, city):
    organisation = OrganisationFactory(territory=raval)
    member = MembershipFactory(organisation=organisation, role="viewer").user
    closed = OrganisationFactory(published=True, closed_on=timezone.localdate())
    page = organisation.get_absolute_url()
    assert client.get(page).status_code == 404
    assert client.get(closed.get_absolute_url()).status_code == 404
    for user, status in (
        (UserFactory(), 404),
        (ReviewerFactory(), 404),
        (ReviewerFactory(territory=city), 200),
        (member, 200),
        (UserFactory(is_staff=True), 200),
    ):
        client.force_login(user)
        assert client.get(page).status_code == status


def test_authority_shows_its_level(client):
    hall = AuthorityFactory(level_of_government="regional")
    assert "Regional" in body_of(client, hall.get_absolute_url())
