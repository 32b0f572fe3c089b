"""What pages send to a browser besides their words."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.world import make_world

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SCRIPTS = sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))
CHARTS = re.compile(r"charts|maps|numbers|echarts|leaflet|htmx")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_sends_a_form(script: Path) -> None:
    """Whoever looks through a list with the arrow keys has not chosen yet: a form is sent by its button."""
    text = script.read_text(encoding="utf-8")
    assert (
        re.findall(r"\.(?:request)?[sS]ubmit\(|location\.(?:href|search|assign|replace)\b.*=|location\.assign\(", text)
        == []
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_what_renews_itself_on_a_change_is_a_line_that_tells_the_state(template: Path) -> None:
    """Never the page or the form: a reader would lose the place where they are."""
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\bon(?:change|input|keydown|keyup)=", text)
    for tag in re.findall(r'<[a-z]+\b[^>]*data-hx-trigger="[^"]*(?:change|input|key)[^"]*"[^>]*>', text):
        target = re.search(r'data-hx-target="([^"]+)"', tag)
        assert target, tag
        assert target[1] in ("#saved", "#standing"), tag


@pytest.mark.django_db
def test_scripts_come_only_where_something_uses_them(client: Client) -> None:
    world = make_world()
    for name in ("about", "account_login", "data_licence", "accessibility", "privacy", "account_reset_password"):
        html = client.get(reverse(name)).content.decode()
        assert [source for source in sources(html) if CHARTS.search(source)] == [], name
    pages = [
        "/",
        "/organisations/",
        world.association.get_absolute_url(),
        world.partnership.get_absolute_url(),
        world.city.get_absolute_url(),
        world.land.indicators["PEOPLE"].get_absolute_url(),
        "/partnerships/",
    ]
    for address in pages:
        html = client.get(address).content.decode()
        drawn = re.search(r'class="[^"]*\b(?:chart|map)\b', html) is not None
        assert any(CHARTS.search(source) for source in sources(html)) == drawn, address
    assert drawn is False


def sources(html: str) -> list[str]:
    return re.findall(r'<script\b[^>]*src="([^"]+)"', html)
