"""What was found is handed on: an address that finds the same for whoever reads another language, sent with words in one's own."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from orgs.drawing.codes import MASK
from orgs.models import Territory
from tests.factories import OrganisationFactory, ServiceFactory
from tests.orgs.services.land import make_city, offer
from tests.pages import words_of

pytestmark = pytest.mark.django_db
FIND, MAP, ORGANISATIONS = (reverse(f"orgs:{name}") for name in ("service_search", "service_map", "organisation_list"))


@pytest.fixture
def places() -> dict[str, Territory]:
    return make_city()


def page(client: Client, path: str, /, reader: str = "en", **query: str) -> str:
    return str(client.get(path, query, headers={"Accept-Language": reader}).content.decode())


def shared(body: str) -> str:
    (address,) = re.findall(r'class="share-address" href="([^"]+)"', body)
    return html.unescape(address)


def sent(body: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What a message by WhatsApp says, and what an e-mail does."""
    (whatsapp,) = re.findall(r'href="(https://wa\.me/[^"]+)"', body)
    (email,) = re.findall(r'href="(mailto:\?[^"]+)"', body)
    assert urlsplit(html.unescape(whatsapp)).path == "/"
    return parse_qs(urlsplit(html.unescape(whatsapp)).query), parse_qs(urlsplit(html.unescape(email)).query)


@pytest.mark.parametrize("path", [FIND, MAP, ORGANISATIONS])
def test_address_finds_the_same_in_any_language(client, places, path):
    service = offer(places["Mill"], "In Mill", languages=["hy"])
    service.organisation.languages = ["hy"]
    service.organisation.save()
    offer(places["Port"], "In Port", languages=["hy"])
    with override("es"):
        typed = places["Mill"].label
    body = page(client, path, "es", territory=typed, language="hy", page="1", unknown="x")
    address = shared(body)
    assert address.startswith(f"{settings.PUBLIC_URL}{path}?")
    assert parse_qs(urlsplit(address).query) == {
        "territory": ["Mill"],
        "territory_chosen": [str(places["Mill"].pk)],
        "language": ["hy"],
    }
    for reader in ("es", "en", "ar"):
        opened: Any = client.get(f"{path}?{urlsplit(address).query}", headers={"Accept-Language": reader})
        assert not opened.context["filter"].form.errors
        assert opened.context["filter"].qs.count() == 1


def test_messages_say_in_the_language_of_the_sender_what_was_looked_for(client, places):
    offer(places["Mill"], "In Mill", languages=["hy"])
    for reader, title, words in (("en", "Services", "Language: "), ("es", "Servicios", "Idioma: ")):
        body = page(client, FIND, reader, territory="Mill", language="hy")
        whatsapp, email = sent(body)
        (text,) = whatsapp["text"]
        assert text.startswith(f"{title} (")
        assert words in text
        assert "Mill" in text
        assert text.endswith(f"\n{shared(body)}")
        assert email == {"subject": [text.split("\n")[0]], "body": [text]}


def test_list_without_filters_is_shared_by_its_plain_address(client, places):
    offer(places["Mill"], "In Mill")
    body = page(client, FIND)
    assert shared(body) == f"{settings.PUBLIC_URL}{FIND}"
    assert sent(body)[0] == {"text": [f"Services\n{settings.PUBLIC_URL}{FIND}"]}


def test_order_of_the_directory_is_shared_too(client, places):
    OrganisationFactory(published=True, territory=places["Mill"])
    assert shared(page(client, ORGANISATIONS, sort="-verified")).endswith("?sort=-verified")


def test_words_of_a_person_stay_words_in_an_address(client, places):
    service = offer(places["Mill"], 'R&D <b>desk</b>"?#&text=x')
    whatsapp, email = sent(page(client, service.get_absolute_url()))
    words = f"{service.title} ({service.organisation.name})"
    url = f"{settings.PUBLIC_URL}{service.get_absolute_url()}"
    assert whatsapp == {"text": [f"{words}\n{url}"]}
    assert email == {"subject": [words], "body": [f"{words}\n{url}"]}


def test_code_of_the_address_is_drawn_square_by_square(client, places):
    service = offer(places["Mill"], "In Mill")
    body = page(client, service.get_absolute_url())
    (size, path) = re.findall(r'<svg class="qr-code" viewBox="0 0 (\d+) \d+".*?<path d="([^"]+)"', body)[0]
    code = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=MASK)
    code.add_data(shared(body))
    squares = code.get_matrix()
    drawn = [[False] * int(size) for _row in range(int(size))]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        for step in range(int(length)):
            drawn[int(y)][int(x) + step] = True
    assert drawn == squares
    assert "qr-code" not in page(client, FIND, q="x" * 500), "too fine to be read"


def test_pages_send_nothing_to_others_by_themselves(client, places):
    service = offer(places["Mill"], "In Mill")
    for path in (FIND, MAP, service.get_absolute_url()):
        body = page(client, path)
        assert (
            re.findall(r'<(?:script|img|link|iframe|form)\b[^>]*(?:src|href|action)="(?:https?:)?//[^"]*"', body) == []
        )


def test_what_a_link_hides_is_written_out_on_paper(client, places):
    house = OrganisationFactory(published=True, territory=places["Mill"], website="https://house.example/start")
    service = ServiceFactory(organisation=house, form="https://forms.example/ask", telephone="")
    for body in (page(client, service.get_absolute_url()), page(client, FIND)):
        assert '<bdi class="print-only" dir="ltr">https://house.example/start</bdi>' in body
        assert '<bdi class="print-only" dir="ltr">https://forms.example/ask</bdi>' in body


def test_list_on_paper_says_its_filters_and_which_page_it_is(client, places):
    for number in range(21):
        offer(places["Mill"], f"Service {number}", languages=["hy"])
    body = page(client, FIND, territory="Mill", page="2")
    on_paper = [words_of(text) for text in re.findall(r'<p class="print-only">(.*?)</p>', body, re.DOTALL)]
    assert any("Place: Mill" in text for text in on_paper)
    assert any("Page 2 of 2" in text for text in on_paper)
    assert any(f"{settings.PUBLIC_URL}{FIND}?territory=Mill&amp;page=2" in text for text in on_paper)
