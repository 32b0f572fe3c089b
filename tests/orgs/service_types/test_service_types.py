"""The types of service as administrators keep them: their names, the words by which people find them, and which may be chosen."""

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from orgs.coverage.counting import coverage_by_type
from orgs.exchange.imports.column_form import choices_for
from orgs.models import Service, ServiceType, User
from orgs.needs.forms import NeedForm
from orgs.service_types import actions as service_types
from orgs.service_types.forms import ServiceTypeForm
from orgs.services import loading
from orgs.services.finding import types_for
from orgs.services.forms import ServiceForm
from orgs.shipped import Vocabulary, load_shipped
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ServiceFactory,
    ServiceTypeFactory,
    UserFactory,
)
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db
LIST, ADD, FIND = (reverse(f"orgs:{name}") for name in ("service_type_list", "service_type_add", "service_search"))


@pytest.fixture
def administrator(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def advice(administrator: User) -> ServiceType:
    """As it would be loaded: with a name and words in several languages."""
    return service_types.save_service_type(
        service_type=ServiceTypeFactory(code="advice", name="Legal advice", name_es="Asesoría jurídica"),
        synonyms={"en": ["lawyer", "papers"], "es": ["abogado"], "fr": [], "ar": ["محامي"], "ca": ["advocat"]},
        by=administrator,
    )


def page_of(name: str, one: ServiceType) -> str:
    return reverse(f"orgs:service_type_{name}", args=[one.pk])


def typed(one: ServiceType, **changed: Any) -> dict[str, Any]:
    """What stands in its form, with what somebody changes of it."""
    form = ServiceTypeForm(instance=one)
    fields = {field.name: field.value() for field in form.visible_fields()}
    return {name: value for name, value in (fields | changed).items() if value not in (None, False)}


def words(one: ServiceType) -> set[tuple[str, str]]:
    return set(one.words.values_list("language", "text"))


def found(client: Client, query: str) -> list[str]:
    body = client.get(FIND, {"q": query}).content.decode()
    return [title.strip() for title in re.findall(r'class="link-list-title"[^>]*>([^<]*)</a>', body)]


def test_service_is_found_at_once_by_a_word_that_an_administrator_adds(client: Client, advice: ServiceType) -> None:
    ServiceFactory(type=advice, domain=advice.domain, title="Papers for all")
    visitor = Client()
    assert found(visitor, "picapleitos") == []
    added = typed(advice, synonyms_es="abogado, picapleitos\nbufete  de barrio", synonyms_ca="advocat، lletrat")
    assert post_seen(client, page_of("edit", advice), added).status_code == 302
    for word in ("picapleitos", "Bufete de barrio", "lletrat", "abogados"):
        assert found(visitor, word) == ["Papers for all"], word
    assert {("es", "bufete de barrio"), ("ca", "lletrat"), ("ar", "محامي"), ("en", "lawyer")} <= words(advice)


def test_word_that_is_taken_away_finds_nothing_any_more(client: Client, advice: ServiceType) -> None:
    ServiceFactory(type=advice, domain=advice.domain, title="Advice for all")
    post_seen(client, page_of("edit", advice), typed(advice, synonyms_en="papers"))
    assert found(client, "lawyer") == []
    assert found(client, "papers") == ["Advice for all"]


def test_form_shows_the_words_without_the_name_and_saves_them_as_they_were(client: Client, advice: ServiceType) -> None:
    form = client.get(page_of("edit", advice)).context["form"]
    assert form["synonyms_en"].value().splitlines() == ["lawyer", "papers"]
    assert [field.name for field in form.first_words()] == ["name_en", "synonyms_en"]
    opened = {language["code"]: [field.name for field in language["fields"]] for language in form.translations()}
    assert opened["ar"] == ["name_ar", "synonyms_ar"]
    assert opened["ca"] == ["synonyms_ca"]
    assert [field.name for field in form.other_fields()] == [
        "code",
        "domain",
        "order",
        "is_sheltering",
        "open_eligibility",
    ]
    before = words(advice)
    post_seen(client, page_of("edit", advice), typed(advice))
    assert words(advice) == before


def test_new_name_is_found_and_the_code_stays(client: Client, advice: ServiceType) -> None:
    changed = typed(advice, name_es="Ayuda legal", code="other", domain=DomainFactory(name="Rights").pk)
    ServiceFactory(type=advice, domain=advice.domain)
    assert post_seen(client, page_of("edit", advice), changed).status_code == 302
    advice.refresh_from_db()
    assert (advice.code, advice.name_es) == ("advice", "Ayuda legal")  # type: ignore[attr-defined]
    assert ("es", "Ayuda legal") in words(advice)
    assert types_for("ayuda legal") == [advice]
    assert Service.objects.get().domain.name == "Rights", "its services follow it to another domain"


@pytest.mark.parametrize(
    ("synonyms", "said"),
    [
        (
            "guardería, los papeles, Los PAPEL",
            "“Los PAPEL” and “los papeles” are the same to the search. Keep one of them.",
        ),
        ("asesoria juridica", "“asesoria juridica” and “Asesoría jurídica” are the same to the search."),
        ("abogado, ¿?", "“¿?” has nothing that can be searched for."),
        (f"abogado, {'muy ' * 40}", "is too long: a word has at most 120 characters. Separate words by commas."),
    ],
)
def test_words_that_the_search_cannot_tell_apart_are_refused(
    client: Client, advice: ServiceType, synonyms: str, said: str
) -> None:
    before = words(advice)
    answer = post_seen(client, page_of("edit", advice), typed(advice, synonyms_es=synonyms))
    assert answer.status_code == 200
    assert said in " ".join(answer.context["form"].errors["synonyms_es"])
    assert '<details class="disclosure" open>' in answer.content.decode()
    assert words(advice) == before


def test_word_of_another_type_is_kept_and_said_once(client: Client, advice: ServiceType) -> None:
    other = ServiceTypeFactory(name="Residence")
    fields = typed(other, synonyms_fr="Papers, séjour")
    post_seen(client, page_of("edit", other), fields)
    said = "These are words of other types too: Papers (Legal advice)."
    assert said in words_of(client.get(LIST).content.decode())
    assert types_for("papers") == [other, advice] or types_for("papers") == [advice, other]
    post_seen(client, page_of("edit", other), typed(other))
    assert "Also words of other types" not in client.get(LIST).content.decode()


def test_type_is_added_at_the_end_and_can_be_chosen_at_once(client: Client, advice: ServiceType) -> None:
    assert client.get(ADD).context["form"]["order"].value() == advice.order + 1
    fields = {"code": "bicycles", "domain": advice.domain_id, "name_en": "Bicycle repair", "order": advice.order + 1}
    assert client.post(ADD, {**fields, "code": "advice"}).context["form"].errors["code"]
    assert client.post(ADD, {**fields, "synonyms_ar": "دراجة"}).status_code == 302
    added = ServiceType.objects.get(code="bicycles")
    assert types_for("دراجة") == types_for("bicycle repair") == [added]
    assert added in NeedForm(user=UserFactory()).fields["type"].queryset  # type: ignore[attr-defined]
    assert "The type of service has been added." in client.get(LIST).content.decode()


def test_list_is_by_domain_and_says_how_many_services_each_has(client: Client, advice: ServiceType) -> None:
    first = ServiceTypeFactory(name="Zither lessons", domain=DomainFactory(order=1))
    ServiceFactory.create_batch(2, type=first, domain=first.domain)
    page = client.get(LIST)
    assert [(row["type"].pk, row["type"].services_count, row["type"].words_count) for row in page.context["rows"]] == [
        (first.pk, 2, 0),
        (advice.pk, 0, 7),
    ]
    text = words_of(page.content.decode())
    assert "No name in Français" in text
    assert page_of("delete", first) not in page.content.decode()
    assert page_of("delete", advice) in page.content.decode()


def test_list_is_searched_in_any_language_and_by_domain(client: Client, advice: ServiceType) -> None:
    other = ServiceTypeFactory(name="Residence")
    for asked, wanted in (
        ({"q": "JURIDICA"}, [advice]),
        ({"q": "advocat محامي"}, [advice]),
        ({"q": other.code}, []),
        ({"domain": other.domain.slug}, [other]),
        ({"q": "quagga"}, []),
    ):
        if asked.get("q") == other.code:
            wanted = [other]
        assert [row["type"] for row in client.get(LIST, asked).context["rows"]] == wanted, asked
    service_types.retire_service_type(service_type=other, by=UserFactory(is_staff=True))
    assert [row["type"] for row in client.get(LIST, {"state": "retired"}).context["rows"]] == [other]
    assert [row["type"] for row in client.get(LIST, {"state": "offered"}).context["rows"]] == [advice]


def test_list_costs_the_same_for_many(
    client: Client, advice: ServiceType, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client.get(LIST)
    with django_assert_max_num_queries(20) as one:
        client.get(LIST)
    ServiceTypeFactory.create_batch(10)
    with django_assert_num_queries(len(one)):
        client.get(LIST)


def test_retired_type_is_kept_by_its_services_and_chosen_by_nobody_else(client: Client, advice: ServiceType) -> None:
    service = ServiceFactory(type=advice, domain=advice.domain, title="Advice for all")
    asked = words_of(client.get(page_of("retire", advice)).content.decode())
    assert "Retire “Legal advice”?" in asked
    assert client.post(page_of("retire", advice)).status_code == 302
    advice.refresh_from_db()
    assert advice.retired_on is not None
    assert "Retired on" in words_of(client.get(LIST).content.decode())

    for offered in (ServiceForm(instance=Service(organisation=service.organisation)), NeedForm(user=UserFactory())):
        assert advice not in offered.fields["type"].queryset  # type: ignore[attr-defined]
    assert advice.code not in dict(choices_for("service_types"))
    assert advice in ServiceForm(instance=service).fields["type"].queryset  # type: ignore[attr-defined]
    assert found(client, "lawyer") == ["Advice for all"]

    owner = MembershipFactory(organisation=service.organisation).user
    at_home = Client()
    at_home.force_login(owner)
    edit = reverse("orgs:service_edit", args=[service.organisation.slug, service.pk])
    fields = {"type": advice.pk, "title": "Advice for everybody", "telephone": "600 000 000"}
    assert post_seen_or_plain(at_home, edit, fields).status_code == 302
    service.refresh_from_db()
    assert (service.title, service.type) == ("Advice for everybody", advice)
    add = reverse("orgs:service_add", args=[service.organisation.slug])
    assert "type" in at_home.post(add, fields).context["form"].errors

    assert client.post(page_of("restore", advice)).status_code == 302
    assert advice in NeedForm(user=UserFactory()).fields["type"].queryset  # type: ignore[attr-defined]


def post_seen_or_plain(client: Client, url: str, fields: dict[str, object]) -> Any:
    form = client.get(url).context["form"]
    hidden = {field.html_name: field.value() for field in form.hidden_fields()}
    return client.post(url, {**fields, **hidden})


def test_retired_type_is_no_gap_and_comes_after_others_of_the_same_word(
    advice: ServiceType, administrator: User
) -> None:
    other = service_types.save_service_type(
        service_type=ServiceTypeFactory(name="Residence", domain=advice.domain),
        synonyms={"es": ["abogado"]},
        by=administrator,
    )
    service_types.retire_service_type(service_type=advice, by=administrator)
    assert types_for("abogado") == [other, advice]
    assert [one.type for domain in coverage_by_type(None) for one in domain.types] == [other]
    with pytest.raises(ValidationError):
        service_types.retire_service_type(service_type=advice, by=administrator)


def test_only_what_nothing_refers_to_is_deleted(client: Client, advice: ServiceType, administrator: User) -> None:
    unused = ServiceTypeFactory(name="Unused")
    ServiceFactory(type=advice, domain=advice.domain)
    page = client.get(page_of("delete", advice)).content.decode()
    assert "“Legal advice” is still used" in words_of(page)
    assert page_of("retire", advice) in page
    assert "still used" in client.post(page_of("delete", advice)).content.decode()
    with pytest.raises(ValidationError):
        service_types.delete_service_type(service_type=advice, by=administrator)
    assert "Delete “Unused”?" in words_of(client.get(page_of("delete", unused)).content.decode())
    assert client.post(page_of("delete", unused)).status_code == 302
    assert list(ServiceType.objects.all()) == [advice]


def test_services_of_a_type_become_shelters_with_it(client: Client, advice: ServiceType) -> None:
    organisation = OrganisationFactory(published=True)
    ServiceFactory(type=advice, domain=advice.domain, organisation=organisation, address="At a door of its own 5")
    post_seen(client, page_of("edit", advice), typed(advice, is_sheltering="on"))
    assert Service.objects.get().is_shelter
    assert Service.objects.get().address == ""
    post_seen(client, page_of("edit", advice), typed(advice, is_sheltering=""))
    assert Service.objects.get().is_shelter, "its own people say when it is none any more"


def test_name_may_be_repeated_among_the_words_and_is_not_too_long_for_the_search(
    client: Client, advice: ServiceType
) -> None:
    post_seen(client, page_of("edit", advice), typed(advice, synonyms_en="Legal advice\nlawyer"))
    assert {text for language, text in words(advice) if language == "en"} == {"Legal advice", "lawyer"}
    refused = post_seen(client, page_of("edit", advice), typed(advice, name_en="œ" * 61))
    assert "This name is too long to be searched for." in refused.content.decode()


def test_list_is_searched_by_the_words_alone(client: Client, advice: ServiceType) -> None:
    assert "Legal advice" in client.get(LIST, {"q": "abog"}).content.decode()
    assert "Legal advice" not in client.get(LIST, {"q": "value"}).content.decode()


def test_words_that_somebody_else_saved_meanwhile_are_not_overwritten(
    client: Client, advice: ServiceType, administrator: User
) -> None:
    seen = client.get(page_of("edit", advice)).context["form"]["seen"].value()
    mine = typed(advice, synonyms_es="mine")
    service_types.save_service_type(service_type=advice, synonyms={"es": ["theirs"]}, by=administrator)
    assert "Somebody else saved this" in client.post(page_of("edit", advice), {**mine, "seen": seen}).content.decode()
    assert ("es", "theirs") in words(advice)


def test_what_an_administrator_changed_stays_when_the_list_is_loaded_again(client: Client) -> None:
    domain = DomainFactory(code="D1")
    entry = {
        "domain": domain.code,
        "order": 1,
        "open_eligibility": "",
        "name": {"en": "Welcome", "es": "Acogida"},
        "synonyms": {"en": ["reception"], "es": ["bienvenida"]},
    }
    entries = {code: {**entry, "code": code} for code in ("changed", "retired", "deleted", "untouched")}

    def load() -> None:
        known = Vocabulary("service_type", lambda: entries, loading.load_service_types, loading.service_type_states)
        assert load_shipped([known]) == []

    load()
    person = UserFactory(is_staff=True)
    client.force_login(person)
    kept = {one.code: one for one in ServiceType.objects.all()}
    post_seen(client, page_of("edit", kept["changed"]), typed(kept["changed"], synonyms_es="bienvenida, recibimiento"))
    client.post(page_of("retire", kept["retired"]))
    client.post(page_of("delete", kept["deleted"]))
    entries = {code: {**one, "synonyms": {"en": ["corrected"], "es": []}} for code, one in entries.items()}
    load()
    assert {code: ("en", "corrected") in words(one) for code, one in kept.items() if code != "deleted"} == {
        "changed": False,
        "retired": False,
        "untouched": True,
    }
    assert ("es", "recibimiento") in words(kept["changed"])
    assert not ServiceType.objects.filter(code="deleted").exists()
    assert ServiceType.objects.get(code="retired").retired_on is not None


def test_nobody_but_administrators_reads_or_writes(client: Client) -> None:
    one, person = ServiceTypeFactory(), UserFactory()
    client.force_login(person)
    for url in (LIST, ADD, page_of("edit", one), page_of("retire", one), page_of("delete", one)):
        assert client.get(url).status_code == 403
    assert client.post(page_of("edit", one), {"name_en": "Mine"}).status_code == 403
    for act in (
        service_types.retire_service_type,
        service_types.restore_service_type,
        service_types.delete_service_type,
    ):
        with pytest.raises(PermissionDenied):
            act(service_type=one, by=person)
    with pytest.raises(PermissionDenied):
        service_types.save_service_type(service_type=one, synonyms={}, by=person)
    client.force_login(UserFactory(is_staff=True))
    one.delete()
    for name in ("edit", "retire", "delete"):
        assert client.get(reverse(f"orgs:service_type_{name}", args=[987654])).status_code == 404
