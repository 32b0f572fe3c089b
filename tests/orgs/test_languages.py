"""Names of languages in the reader's own."""

import pytest
from django.conf import settings
from django.utils.translation import override

from orgs.languages import LANGUAGES, UNKNOWN_TO_BABEL, language_choices, name_for_reader, readers_locale


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_language_has_a_name_in_the_readers_own(language: str) -> None:
    with override(language):
        assert set(LANGUAGES) <= {*readers_locale().languages, *UNKNOWN_TO_BABEL}


def test_languages_are_listed_as_a_reader_of_spanish_looks_for_them() -> None:
    with override("es"):
        names = [name_for_reader(code) for code, _label in language_choices()]
    assert names[0] == "afrikáans"
    assert names.index("amárico") < names.index("árabe") < names.index("azerbaiyano")
    assert names.index("mandinka") < names.index("polaco")
