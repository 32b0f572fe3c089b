"""A newcomer on a telephone, without JavaScript: a lawyer, a bed and childcare are found and reached, in Spanish and in Arabic."""

import io

import pytest
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from orgs.models import Service, ServiceType
from tests.browser.people import Person
from tests.factories import OrganisationFactory, ServiceFactory, TerritoryFactory, UserFactory

# What is offered is written in Catalan, which neither of them typed. (type: title, telephone)
OFFERED = {
    "legal-advice-residence": ("Assessorament jurídic", "+34 600 000 001"),
    "bed-night": ("Sostre per a una nit", "+34 600 000 002"),
    "childcare": ("Espai per als més petits", "+34 600 000 003"),
}
ASKED = {
    "es": {
        "necesito una abogada de extranjería": "legal-advice-residence",
        "dónde dormir esta noche": "bed-night",
        "guardería": "childcare",
    },
    "ar": {
        "أحتاج إلى محامية": "legal-advice-residence",
        "مكان للنوم": "bed-night",
        "روضة أطفال": "childcare",
    },
}


@pytest.fixture
def offered(transactional_db: None) -> None:
    cache.clear()
    call_command("prepare", stdout=io.StringIO())
    UserFactory(is_staff=True)  # A portal that has been set up.
    house = OrganisationFactory(published=True, name="Far", territory=TerritoryFactory(kind="municipality"))
    for number, kind in enumerate(ServiceType.objects.order_by("pk")):
        title, telephone = OFFERED.get(kind.code, (f"Una altra cosa {number}", "+34 600 000 999"))
        ServiceFactory(organisation=house, type=kind, domain=kind.domain, title=title, telephone=telephone)


@pytest.mark.parametrize("language", list(ASKED))
def test_newcomer_finds_and_reaches_what_she_needs(
    browser: Browser, base_url: str, offered: None, language: str
) -> None:
    newcomer = Person(browser, base_url, language=language, width=360, scripts=False)
    for words, kind in ASKED[language].items():
        title, telephone = OFFERED[kind]
        newcomer.goes_to("/services/")
        newcomer.fills("q", words)
        newcomer.page.locator("main form button[type=submit]").first.click()
        found = newcomer.page.locator("main .link-list > li").first
        expect(found.locator(".link-list-title")).to_have_text(title)
        expect(found.locator(f"a[href='tel:{telephone.replace(' ', '')}']")).to_be_visible()
        found.locator(".link-list-title").click()
        expect(newcomer.page.locator("h1")).to_have_text(title)
        assert newcomer.page.url.endswith(Service.objects.get(title=title).get_absolute_url())
        expect(newcomer.page.locator(f"main a[href='tel:{telephone.replace(' ', '')}']").first).to_be_visible()
    newcomer.leaves()
