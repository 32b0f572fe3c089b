"""What people wrote themselves, in whatever language: marked so that no voice reads it in the language of the page, and no bracket jumps."""

from typing import Any

from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from orgs.models import Organisation


def own_words(text: Any, language: str = "") -> SafeString:
    """A short text; "" is a language that nobody has said. Nothing where there is none."""
    return SafeString("") if text in ("", None) else format_html('<bdi lang="{}">{}</bdi>', language, text)


def saying(sentence: str | Promise, **values: Any) -> SafeString:
    """A sentence of the portal with words of people in it: `saying(_("Answer %(name)s"), name=own_name(organisation))`."""
    return SafeString(
        conditional_escape(str(sentence)) % {name: conditional_escape(value) for name, value in values.items()}
    )


def readers_language() -> str:
    return (get_language() or "").partition("-")[0]


def readers_name(organisation: Organisation) -> str:
    """As a plain text, for what holds no marks."""
    return organisation.name_in(readers_language())[0]


def own_name(organisation: Any) -> SafeString:
    """An organisation's name, in the reader's language where it has one in it."""
    if not isinstance(organisation, Organisation):
        return own_words(organisation)
    return own_words(*organisation.name_in(readers_language()))


def registered_name(organisation: Organisation) -> SafeString:
    """Where the reader is shown another one; else nothing."""
    is_shown = readers_name(organisation) == organisation.name
    return SafeString("") if is_shown else own_words(organisation.name)


def full_name(organisation: Organisation) -> SafeString:
    """The name that the reader is shown, with the registered one beside it where that is another."""
    registered = registered_name(organisation)
    shown = own_name(organisation)
    return format_html("{} ({})", shown, registered) if registered else shown
