"""Domains as administrators keep them: their words in each language, their order, and what may be deleted."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import translation

from orgs.domains import actions as domains
from orgs.models import Domain
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, UserFactory
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("orgs:domain_list"), reverse("orgs:domain_add")


@pytest.fixture
def administrator(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def edit(domain):
    return reverse("orgs:domain_edit", args=[domain.pk])


def delete(domain):
    return reverse("orgs:domain_delete", args=[domain.pk])


def test_domain_that_somebody_else_saved_meanwhile_is_not_overwritten(client, administrator):
    domain = DomainFactory(name="Health")
    seen = client.get(edit(domain)).context["form"]["seen"].value()
    Domain.objects.filter(pk=domain.pk).update(name_en="Theirs")
    fields = {"name_en": "Mine", "order": domain.order, "seen": seen}
    assert "Somebody else saved this" in client.post(edit(domain), fields).content.decode()
    assert Domain.objects.get(pk=domain.pk).name_en == "Theirs"


def test_list_is_in_order_and_says_which_language_lacks_a_name(client, administrator):
    DomainFactory(name="Later", order=900, name_es="Después")
    DomainFactory(name="Sooner", order=800, name_es="")
    words = words_of(client.get(LIST).content.decode())
    assert words.index("Sooner") < words.index("Later")
    assert words.count("No name in Español") == 1


def test_list_costs_the_same_for_many(client, administrator, django_assert_num_queries, django_assert_max_num_queries):
    DomainFactory()
    client.get(LIST)
    with django_assert_max_num_queries(20) as one:
        client.get(LIST)
    for _ in range(10):
        DomainFactory()
    with django_assert_num_queries(len(one)):
        client.get(LIST)


def test_words_are_changed_in_each_language_and_the_code_and_address_stay(client, administrator):
    domain = DomainFactory(code="D5", slug="health", order=5, name="Health")
    typed = {
        "code": "D6",
        "name_en": "Health and care",
        "name_es": "Salud y cuidados",
        "name_ar": "الصحة",
        "order": "7",
    }
    assert (
        post_seen(client, edit(domain), {**typed, "description_es": "Lo de siempre", "icon": "tree"}).status_code == 302
    )
    domain.refresh_from_db()
    assert (domain.code, domain.slug, domain.order, domain.icon) == ("D5", "health", 7, "tree")
    assert (domain.name_en, domain.name_es, domain.name_ar) == ("Health and care", "Salud y cuidados", "الصحة")
    with translation.override("es"):
        assert (domain.name, domain.description) == ("Salud y cuidados", "Lo de siempre")
    with translation.override("fr"):
        assert domain.name == "Health and care", "where a language has no word the first one has"


def test_form_has_every_language_and_what_stands_there(client, administrator):
    domain = DomainFactory(name="Health", name_es="Salud", icon="no-longer-offered")
    page = client.get(edit(domain)).content.decode()
    for shown in (
        'value="Health"',
        'value="Salud"',
        'dir="rtl"',
        "Français",
        "العربيّة",
        'value="no-longer-offered" selected',
    ):
        assert shown in page, shown


def test_domain_without_a_first_word_or_with_the_place_of_another_is_refused(client, administrator):
    other, domain = DomainFactory(order=50), DomainFactory(order=51, name="Health")
    body = post_seen(
        client, edit(domain), {"name_en": "", "name_es": "Salud", "order": str(other.order)}
    ).content.decode()
    assert "There is a problem" in body
    assert "This field is required" in body
    assert "already exists" in body
    domain.refresh_from_db()
    assert (domain.name_en, domain.order) == ("Health", 51)


def test_domain_is_added_at_the_end_with_an_address_of_its_own(client, administrator):
    DomainFactory(slug="sport", order=40)
    assert client.get(ADD).context["form"]["order"].value() == 41
    assert client.post(ADD, {"code": "D12", "name_en": "Sport", "name_es": "Deporte", "order": "41"}).status_code == 302
    added = Domain.objects.get(code="D12")
    assert (added.slug, added.name_es) == ("sport-2", "Deporte")
    assert "The domain has been added" in client.get(LIST).content.decode()


def test_only_what_nothing_refers_to_is_deleted(client, administrator):
    used, unused = DomainFactory(name="Used"), DomainFactory(name="Unused")
    service = ServiceFactory(domain=used)
    page = words_of(client.get(delete(used)).content.decode())
    assert "“Used” is still used" in page
    assert "Services: 1" in page
    assert "still used" in client.post(delete(used)).content.decode()
    assert "Delete “Unused”?" in client.get(delete(unused)).content.decode()
    assert client.post(delete(unused)).status_code == 302
    assert list(Domain.objects.all()) == [used]
    with pytest.raises(ValidationError):
        domains.delete_domain(domain=used, by=administrator)
    service.delete()
    OrganisationFactory().fields_of_work.create(domain=used)
    assert [count for _, count in domains.uses_of(used)] == [1], "the field of work, and not the organisation once more"


def test_nobody_but_administrators_writes(db):
    domain = DomainFactory()
    for act in (domains.save_domain, domains.add_domain, domains.delete_domain):
        with pytest.raises(PermissionDenied):
            act(domain=domain, by=UserFactory())
    assert Domain.objects.count() == 1
