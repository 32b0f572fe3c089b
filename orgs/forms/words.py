"""Words that a form asks for in every language of the portal: in the first one at once, in each other one to open."""

from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from modeltranslation.utils import build_localized_fieldname

from orgs import installation
from orgs.forms.portal import SeenMixin


def first_language() -> str:
    """In which names must be given: whoever reads another language sees them where theirs is missing."""
    return installation.current().default_language


def other_languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != first_language()]


def label_in(language: str, label: str | Promise) -> str:
    """What a text is called; in another language than the first one with what that calls itself."""
    return str(label) if language == first_language() else f"{label} ({get_language_info(language)['name_local']})"


def languages_without(row: Model, name: str) -> list[str]:
    """What those languages call themselves in which the portal is offered and the row has no such word."""
    return [
        str(capfirst(get_language_info(code)["name_local"]))
        for code in settings.OFFERED_LANGUAGES
        if not getattr(row, build_localized_fieldname(name, code))
    ]


class WordsMixin(SeenMixin, forms.BaseForm):
    """For a form of a model: its fields are `in_every_language` and, where there are, others. It notices when somebody else saved meanwhile."""

    instance: Any

    words: ClassVar[dict[str, str | Promise]]
    """What each translated field is called."""
    needed: ClassVar[tuple[str, ...]] = ("name",)
    """Those that the first language must have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first = first_language()
        for code in (self.first, *other_languages()):
            for name, label in self.words.items():
                field = self.fields[build_localized_fieldname(name, code)]
                field.label = label_in(code, label)
                field.required = code == self.first and name in self.needed
                field.widget.attrs |= {"lang": code, "dir": "rtl" if get_language_info(code)["bidi"] else "ltr"}
                if isinstance(field.widget, forms.Textarea):
                    field.widget.attrs["rows"] = 3

    def now(self) -> str:
        """Of the whole row in every language, whatever of it the form asks for."""
        row = type(self.instance)._default_manager.filter(pk=self.instance.pk).first()
        if row is None:
            return ""
        # As it is stored: an attribute of a translated field would be that of the reader's language.
        stored = [(field.attname, vars(row)[field.attname]) for field in row._meta.concrete_fields]
        tied = [
            (field.name, sorted(getattr(row, field.name).values_list("pk", flat=True)))
            for field in row._meta.many_to_many
        ]
        return sha256(repr([stored, tied]).encode()).hexdigest()

    def claim_version(self) -> None:
        type(self.instance)._default_manager.select_for_update().filter(pk=self.instance.pk).first()
        super().claim_version()

    def others(self) -> list[str]:
        """The languages to open."""
        return other_languages()

    def _in(self, code: str) -> list[forms.BoundField]:
        return [self[build_localized_fieldname(name, code)] for name in self.words]

    @property
    def first_language(self) -> str:
        """As the reader calls it."""
        return str(get_language_info(self.first)["name_translated"])

    def first_words(self) -> list[forms.BoundField]:
        return self._in(self.first)

    def translations(self) -> list[dict[str, Any]]:
        """The words in each other language, with what the language calls itself; open where there is something to mend."""
        found = []
        for code in self.others():
            fields = self._in(code)
            is_open = any(field.errors for field in fields)
            name = capfirst(get_language_info(code)["name_local"])
            found.append({"code": code, "name": name, "fields": fields, "is_open": is_open})
        return found

    def other_fields(self) -> list[forms.BoundField]:
        """What the form asks for beside words."""
        named = {field.name for code in (self.first, *self.others()) for field in self._in(code)}
        return [field for field in self.visible_fields() if field.name not in named]
