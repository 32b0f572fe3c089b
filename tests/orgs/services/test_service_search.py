"""Whoever types what they need, in whatever language, finds the services and how to reach them."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.models import Domain, Service, ServiceType, ServiceTypeWord
from orgs.service_types import actions as service_types
from orgs.service_types.forms import ServiceTypeForm
from orgs.services import actions as services
from orgs.services import loading
from orgs.services.finding import stem, types_for
from tests.factories import DomainFactory, MembershipFactory, OrganisationFactory, ServiceFactory, UserFactory
from tests.settled import settle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("types")]
FIND = reverse("orgs:service_search")


@pytest.fixture(scope="module")
def types(django_db_setup, django_db_blocker):
    """The list that comes with the software, in its domains: once for the tests of the module, and gone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        entries = loading.entries()
        for place, code in enumerate(sorted({entry["domain"] for entry in entries.values()}), start=1):
            DomainFactory(code=code, name=code, slug=code.lower(), order=900 + place)
        loading.load_service_types(entries.values())
        settle()
        yield {one.code: one for one in ServiceType.objects.all()}
        transaction.set_rollback(True)


@pytest.fixture
def lawyer(types, raval):
    organisation = OrganisationFactory(
        name="Papers for all", territory=raval, published=True, public_phone="600 123 456", languages=["es"]
    )
    return ServiceFactory(
        organisation=organisation,
        type=types["legal-advice-residence"],
        domain=types["legal-advice-residence"].domain,
        title="Servei jurídic",
        description="",
        telephone="",
        languages=["ca", "ar"],
        no_documents_required=True,
    )


def found(client, query: str, **more: str) -> list[str]:
    """The titles on the page, in their order."""
    body = client.get(FIND, {"q": query, **more}).content.decode()
    return [title.strip() for title in re.findall(r'class="link-list-title"[^>]*>([^<]*)</a>', body)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("los papeles", "Los Papel"), ("ABOGADO", "abogado"), ("المحامي", "محامي"), ("إقامة", "اقامه"), ("guarderías", "guarderia"),
        ("l’avocat", "L'Avocat"), ("col·lectiu", "Col·lectiu"), ("language courses", "Language course"),
    ],
)  # fmt: skip
def test_words_meet_however_they_are_typed(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    "query",
    [
        "abogado",
        "necesito un abogado",
        "Abogada",
        "lawyer",
        "I need a lawyer",
        "avocat",
        "محامي",
        "المحامي",
        "advocada",
        "sin papeles",
    ],
)
def test_lawyer_is_found_in_five_languages_whatever_the_organisation_wrote_in(client, lawyer, query):
    ServiceFactory(organisation=lawyer.organisation, title="Choir", domain=lawyer.domain)
    assert found(client, query) == ["Servei jurídic"]


def test_what_is_found_can_be_reached_without_scripts(client, lawyer):
    body = client.get(FIND, {"q": "abogado"}).content.decode()
    assert 'href="tel:600123456"' in body
    assert lawyer.organisation.get_absolute_url() in body
    assert "Papers for all" in body


def test_own_words_of_a_service_are_found_after_its_type(client, lawyer, types):
    ServiceFactory(organisation=lawyer.organisation, title="Coffee with an abogado", domain=lawyer.domain)
    assert found(client, "abogado") == ["Servei jurídic", "Coffee with an abogado"]


def test_filters_ask_the_service_itself(client, lawyer, city):
    assert found(client, "abogado", language="ar") == ["Servei jurídic"]
    assert found(client, "abogado", language="es") == [], "of its organisation, and not of the service"
    assert found(client, "abogado", no_documents="on") == ["Servei jurídic"]
    assert found(client, "abogado", childcare="on") == []
    assert found(client, "abogado", territory="Barcelona") == ["Servei jurídic"]
    assert found(client, "", domain=lawyer.domain.slug) == ["Servei jurídic"]


def test_word_that_is_being_typed_is_enough(types):
    assert types_for("guarder") == types_for("guardería")
    assert types_for("doct")[0] == types_for("doctor")[0], "which lacks least"
    assert types_for("zz") == []
    assert types_for("") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lavocat", "avocat"), ("demande dasile", "demande d'asile"), ("carte sejour", "carte de séjour"), ("curso español", "curso de español"),
        ("والسكن", "سكن"), ("بالمدرسة", "مدرسة"), ("لمحامي", "محامي"), ("أحتاج مترجما", "مترجم"), ("I dont speak the language", "I don't speak the language"),
    ],
)  # fmt: skip
def test_words_typed_in_one_and_words_left_out_are_understood(types, typed, meant):
    assert types_for(meant)
    assert types_for(typed) == types_for(meant)


def test_the_end_of_a_long_sentence_is_understood(types):
    sentence = "hello we came here two weeks ago with our three children and need a lawyer"
    assert types_for(sentence) == types_for("lawyer")


def test_service_of_an_organisation_that_is_not_public_is_not_found(client, types, raval):
    hidden = OrganisationFactory(territory=raval)
    ServiceFactory(
        organisation=hidden, type=types["legal-advice-residence"], domain=types["legal-advice-residence"].domain
    )
    assert found(client, "abogado") == []


def test_address_of_a_shelter_is_not_on_the_page(client, lawyer):
    type(lawyer.organisation).objects.update(address="Hidden street 1", address_is_public=True)
    assert "Hidden street 1" in client.get(FIND, {"q": "abogado"}).content.decode()
    Service.objects.update(is_shelter=True)
    assert "Hidden street 1" not in client.get(FIND, {"q": "abogado"}).content.decode()


def test_page_costs_the_same_for_one_and_many(client, lawyer, types):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(FIND, {"q": "abogado"}).status_code == 200
        return len(queries)

    cost()
    one = cost()
    for _n in range(12):
        organisation = OrganisationFactory(territory=lawyer.organisation.territory, published=True)
        ServiceFactory(organisation=organisation, type=lawyer.type, domain=lawyer.domain, languages=["ar"])
    assert cost() == one


def test_every_word_is_looked_up_by_an_index(types):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute("EXPLAIN SELECT type_id FROM orgs_servicetypeword WHERE stem LIKE 'abog%'")
        assert "service_type_word_stem" in "\n".join(row[0] for row in cursor.fetchall())


def test_type_of_a_service_says_its_domain(client, types, raval):
    organisation = OrganisationFactory(territory=raval, published=True)
    client.force_login(MembershipFactory(organisation=organisation).user)
    childcare = types["childcare"]
    address = reverse("orgs:service_add", args=[organisation.slug])
    assert f'<optgroup label="{childcare.domain}">' in client.get(address).content.decode()
    client.post(address, {"type": childcare.pk, "title": "Nursery"})
    assert Service.objects.get().domain == childcare.domain
    refused = client.post(address, {"title": "Something"}).content.decode()
    assert "Choose what it is, or at least its domain." in refused
    assert Service.objects.count() == 1


def test_database_holds_type_and_domain_together(types, lawyer):
    other = Domain.objects.exclude(pk=lawyer.domain_id).first()
    with transaction.atomic():
        Service.objects.filter(pk=lawyer.pk).update(domain=other)
        with pytest.raises(IntegrityError, match="service_in_domain_of_type"):
            connection.check_constraints()
        transaction.set_rollback(True)
    services.save_service(service=Service.objects.get(), by=UserFactory())


def test_list_as_it_comes_can_be_saved_by_an_administrator(types):
    for one in types.values():
        before = {word.stem for word in one.words.exclude(text__contains=",")}
        form = ServiceTypeForm(instance=one)
        seen = {field.name: field.value() for field in form if field.value() not in (None, False)}
        again = ServiceTypeForm(seen, instance=ServiceType.objects.get(pk=one.pk))
        assert again.is_valid(), again.errors
        service_types.save_service_type(
            service_type=again.instance, synonyms=again.synonyms, by=UserFactory(is_staff=True)
        )
        assert before <= {word.stem for word in one.words.all()}, one.code


def test_list_is_complete_in_every_language():
    entries = loading.entries()
    assert len(entries) >= 90
    for code, entry in entries.items():
        for language in ("en", "es", "fr", "ar", "ca"):
            assert entry["name"][language].strip(), (code, language)
            assert len(entry["synonyms"][language]) >= 3, (code, language)


def test_loading_twice_is_loading_once(types):
    before = set(ServiceTypeWord.objects.values_list("type__code", "language", "stem"))
    loading.load_service_types(loading.entries().values())
    assert set(ServiceTypeWord.objects.values_list("type__code", "language", "stem")) == before
