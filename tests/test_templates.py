"""How templates are written: short enough to be read at once, and components are given their words in place."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = settings.BASE_DIR / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
LINES, CHARACTERS = 120, 160
WORDS_IN_A_VARIABLE = re.compile(r"""{% translate ("[^"]*"|'[^']*')[^%]* as \w+ %}""")
RENDERED_TWICE = re.compile(r'<c-[^>]*? :[\w-]+="[^"]*{[{%]', re.DOTALL)
COMPONENT = re.compile(r"<c-(?!slot\b|vars\b)([\w-]+)")
INCLUDED = re.compile(r"""{% (?:include|extends) ["']([^"']+)["']""")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_short_and_gives_its_components_what_they_need(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) <= LINES, "split it by its sections"
    assert [n for n, line in enumerate(lines, 1) if len(line) > CHARACTERS] == []
    assert WORDS_IN_A_VARIABLE.findall(text) == [], "write them in the attribute, the slot, or as _(…)"
    assert RENDERED_TWICE.findall(text) == [], "what a person wrote would be read as Python: leave out the colon"
    for component in COMPONENT.findall(text):
        get_template(f"{settings.COTTON_DIR}/{component.replace('-', '_')}.html")
    get_template(name)


def test_list_with_filters_is_drawn_by_its_component_alone() -> None:
    drawn_by_hand = re.compile(r'class="list-layout"|<c-filter-form')
    found = [name for name in TEMPLATES if drawn_by_hand.search((FOLDER / name).read_text(encoding="utf-8"))]
    assert found == ["components/filtered_list.html"]


def test_every_partial_and_component_is_used() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")]
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for app in ("orgs", "indicators", "partnerships", "integration_portal", "devtools")
        for path in (settings.BASE_DIR / app).rglob("*.py")
    )
    used = {name for text in texts for name in INCLUDED.findall(text)}
    used |= {f"components/{name.replace('-', '_')}.html" for text in texts for name in COMPONENT.findall(text)}
    parts = [name for name in TEMPLATES if Path(name).name.startswith("_") or name.startswith("components/")]
    assert [name for name in parts if name not in used and name not in code] == []


@pytest.mark.parametrize("tags", ["outline,cancel", "primary,outline", "outline,resend"])
def test_button_that_allauth_draws_in_outline_is_not_the_main_one(tags: str) -> None:
    drawn = get_template("allauth/elements/button.html").render(
        {"attrs": {"tags": tags.split(",")}, "slots": {"default": ["Cancel"]}}
    )
    assert "btn-secondary" in drawn
    assert "btn-primary" not in drawn
