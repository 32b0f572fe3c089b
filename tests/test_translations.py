"""Gathering, checking and compiling the catalogues."""

import json
import re
from gettext import GNUTranslations
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils.translation import override

from devtools import translations
from orgs.numbers import readers_signs

TEMPLATE = """{% load i18n %}
<div>
    <h1>{% translate "A heading" %}</h1>
      {% translate "May" context "month" as month %}
  {% blocktranslate trimmed count counter=count with name=person.name %}
    {{ name }} has
    {{ counter }} figure
  {% plural %}
    {{ name }} has {{ counter }} figures
  {% endblocktranslate %}
  {% include "components/empty_state.html" with title=_("Nothing yet") only %}
  <p title="{{ _('In a variable') }}">100 % of {{ x|default:_("none") }}</p>
  {% comment %}Translators: a unit{% endcomment %}
  {% translate "per cent" %}
</div>
"""
CODE = """
from django.utils.translation import gettext_lazy as _, ngettext_lazy, npgettext_lazy, pgettext_lazy

class Thing:
    name = _("A thing") + _(
        "in two "
        "lines"
    )
    count = ngettext_lazy("%(count)d thing", "%(count)d things", "count")
    month = pgettext_lazy("month", "March")
"""


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "orgs" / "migrations").mkdir(parents=True)
    (tmp_path / "orgs" / "models.py").write_text(CODE)
    (tmp_path / "orgs" / "migrations" / "0001_initial.py").write_text('_("Frozen in a migration")')
    return tmp_path


@pytest.fixture
def spanish(checkout):
    return checkout / "locale" / "es" / "LC_MESSAGES" / "django.po"


def texts(catalogue: Catalog) -> set:
    return {(message.context, message.id) for message in catalogue if message.id}


def translate(path, **given: str) -> None:
    """Fill a catalogue by hand, as a translator does."""
    text = path.read_text()
    for source, translation in given.items():
        assert f'msgid "{source}"\nmsgstr ""' in text
        text = text.replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{translation}"')
    path.write_text(text)


def test_every_way_to_mark_a_text_is_gathered(checkout):
    assert texts(translations.gather(checkout)) == {
        (None, "A heading"),
        ("month", "May"),
        (None, ("%(name)s has %(counter)s figure", "%(name)s has %(counter)s figures")),
        (None, "Nothing yet"),
        (None, "In a variable"),
        (None, "none"),
        (None, "per cent"),
        (None, "A thing"),
        (None, "in two lines"),
        (None, ("%(count)d thing", "%(count)d things")),
        ("month", "March"),
    }


def test_place_and_hint_of_a_text_are_kept(checkout):
    message = translations.gather(checkout).get("per cent")
    assert message.locations[0][0] == "templates/page.html"
    assert message.auto_comments == ["a unit"]


def test_update_keeps_translations_and_drops_what_is_gone(checkout, spanish):
    translations.update(spanish, translations.gather(checkout))
    translate(spanish, **{"A heading": "Un título", "Nothing yet": "Todavía nada"})
    template = checkout / "templates" / "page.html"
    template.write_text(template.read_text().replace("Nothing yet", "Nothing here yet"))
    current = translations.update(spanish, translations.gather(checkout))
    assert current.get("A heading").string == "Un título"
    assert current.get("Nothing yet") is None
    # A similar text is not taken for a translation.
    assert not current.get("Nothing here yet").string
    assert "Todavía nada" not in spanish.read_text()


def test_update_without_a_change_writes_the_same_file(checkout, spanish):
    translations.update(spanish, translations.gather(checkout))
    before = spanish.read_bytes()
    (checkout / "orgs" / "models.py").write_text("\n\n# Moved by some lines.\n" + CODE)
    translations.update(spanish, translations.gather(checkout))
    assert spanish.read_bytes() == before


def test_stale_and_missing_and_broken_translations_are_faults(checkout, spanish):
    translations.update(spanish, translations.gather(checkout))
    (checkout / "orgs" / "models.py").write_text(CODE.replace("A thing", "Another thing"))
    text = spanish.read_text().replace(
        '"%(count)d things"\nmsgstr[0] ""', '"%(count)d things"\nmsgstr[0] "%(total)d cosa"'
    )
    spanish.write_text(text.replace('msgstr[1] ""\n\n', 'msgstr[1] "cosas"\n\n', 1))
    found = list(translations.faults(spanish, translations.gather(checkout)))
    assert "not in the catalogue (run `make messages`): 'Another thing'" in found
    assert "no longer used (run `make messages`): 'A thing'" in found
    assert "not translated: 'A heading'" in found
    assert any("total" in fault for fault in found)


def test_missing_catalogue_is_a_fault(checkout, spanish):
    found = list(translations.faults(spanish, translations.gather(checkout)))
    assert found == ["there is no such catalogue (run `make messages`)"]


def test_language_that_is_not_promised_may_have_gaps(checkout):
    german = checkout / "locale" / "de" / "LC_MESSAGES" / "django.po"
    translations.update(german, translations.gather(checkout))
    assert list(translations.faults(german, translations.gather(checkout))) == []


def test_compiled_catalogue_is_what_python_reads(checkout, spanish):
    translations.update(spanish, translations.gather(checkout))
    translate(spanish, **{"A heading": "Un título"})
    assert translations.compile_catalogue(spanish) == 1
    with spanish.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    assert compiled.gettext("A heading") == "Un título"
    assert compiled.gettext("per cent") == "per cent"


# --- What the portal says --------------------------------------------------------------------------------------------------

THOUSANDS = re.compile(r"(?<![\d+])[1-9]\d{0,2}([.,\s])\d{3}\b")
SHOWS_A_SIGN = re.compile(r"^(Comma|Full stop|Point|Space): |^Write the number with|^With the code of the country")


def texts_of(language: str) -> list[str]:
    catalogue = translations.read(settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po")
    texts: list[str] = []
    for message in catalogue:
        asked = message.id if isinstance(message.id, str) else message.id[0]
        if asked and not SHOWS_A_SIGN.match(asked):
            texts += [message.string] if isinstance(message.string, str) else [*(message.string or ())]

    def walk(part: Any) -> None:
        for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(one)
        if isinstance(part, dict) and isinstance(part.get(language), str):
            texts.append(part[language])

    for app in ("indicators", "orgs", "partnerships"):
        for file in (settings.BASE_DIR / app / "data").glob("*.json"):
            walk(json.loads(file.read_text(encoding="utf-8")))
    return texts


@pytest.mark.parametrize("language", translations.COMPLETE)
def test_numbers_in_texts_are_written_as_figures_beside_them(language: str) -> None:
    """Ten thousand as 10,000 would be ten to whoever reads 1.732.066 residents on the same page."""
    with override(language):
        sign = readers_signs().thousands
    other = [
        text
        for text in texts_of(language)
        for found in THOUSANDS.finditer(text)
        if found[1].replace("\xa0", "\u202f") != sign
    ]
    assert other == []
    assert any(THOUSANDS.search(text) for text in texts_of(language))
