"""Choosing from thousands by typing a name: territories, organisations, languages.

In a form, for one thing or for several::

    territory = LookupField(TerritoryLookup(), label=_("Where are you based?"))
    works_in = LookupField(TerritoryLookup(), several=True, required=False, label=_("Where do you work?"))
    partner = LookupField(OrganisationLookup(sectors=[Sector.CIVIL_SOCIETY]), label=_("Partner"))

`cleaned_data` holds the object, or None, or a list of objects; they fit model fields as they are. In the page, after the form::

    {% block scripts %}{{ form.media }}{% endblock %}

The browser offers what matches while one types (a datalist, filled by static/js/lookup.js from /lookup/…/?q=). All of it
works without the script too: what was typed is looked up by name or code when the form is sent, and where that fits more
than one, or none exactly, the page comes back with the question "Which one did you mean?". A view may narrow the choice::

    form.fields["partner"].lookup = OrganisationLookup(queryset=Organisation.objects.visible_to(user))

For another kind of thing write a `Lookup`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.utils import flatatt
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from orgs.lookups.sources import CodeLookup, Lookup


@dataclass
class Typed:
    """What came from the page: words, and values that were ticked."""

    texts: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.chosen or any(text.strip() for text in self.texts))


class LookupWidget(forms.Widget):
    """A line to type on with what it may mean below; for several things also those that are ticked, and more lines."""

    template_name = "orgs/widgets/lookup.html"
    blank_lines = 2

    class Media:
        js = [forms.Script("js/lookup.js", defer=True)]

    def __init__(self, lookup: Lookup[Any], *, several: bool, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.lookup, self.several = lookup, several
        self.use_fieldset = several
        self.questions: dict[str, list[Any]] = {}
        """By text that is not clear: what it may mean. Set by the field when it is cleaned."""
        self.told: Any = None
        """Of one thing, that which a key told beside the text. It is shown by its label, which is clear without the key."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "LookupWidget":
        copied: LookupWidget = super().__deepcopy__(memo)
        copied.questions, copied.told = {}, None
        return copied

    def use_required_attribute(self, initial: Any) -> bool:
        return not self.several and bool(super().use_required_attribute(initial))

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_text" if id_ and self.several else id_

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        if isinstance(data, MultiValueDict):
            return Typed(data.getlist(name), data.getlist(f"{name}_chosen"))
        texts, chosen = data.get(name) or [], data.get(f"{name}_chosen") or []
        return Typed(
            [texts] if isinstance(texts, str) else [*texts], [chosen] if isinstance(chosen, str) else [*chosen]
        )

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}_chosen" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        typed: Typed = value if isinstance(value, Typed) else Typed()
        final = context["widget"]["attrs"]
        id_ = final.pop("id", None) or f"id_{name}"
        list_id = f"{id_}_list"
        told = [] if self.told is None else [self.lookup.label(self.told)]
        texts = told or [text for text in typed.texts if text.strip()]
        lines = [*texts, *[""] * self.blank_lines] if self.several else (texts or [""])
        final |= {
            "type": "text",
            "name": name,
            "list": list_id,
            "autocomplete": "off",
            "data-lookup": self.lookup.url(),
        }
        first = self.id_for_label(id_)
        context["widget"] |= {
            "several": self.several,
            "id": id_,
            "list_id": list_id,
            "lines": [
                {
                    "attrs": flatatt({**final, "id": first if number == 0 else f"{first}_{number}", "value": text}),
                    "id": first if number == 0 else f"{first}_{number}",
                    "number": number + 1,
                }
                for number, text in enumerate(lines)
            ],
            "ticked": self.boxes(id_, self.ticked(typed), typed.chosen) if self.several else [],
            "questions": [
                {"text": text, "boxes": self.boxes(f"{id_}_q{number}", matches, typed.chosen)}
                for number, (text, matches) in enumerate(self.questions.items())
            ],
            "suggestions": [self.lookup.label(item) for item in self.lookup.suggested()],
        }
        return context

    def ticked(self, typed: Typed) -> list[Any]:
        asked = {self.lookup.value(item) for matches in self.questions.values() for item in matches}
        offered = self.lookup.offered()
        known = {self.lookup.value(item) for item in offered}
        return [*offered, *self.lookup.get(value for value in typed.chosen if value not in asked | known)]

    def boxes(self, id_: str, items: Iterable[Any], chosen: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{id_}_{self.lookup.value(item)}",
                "value": self.lookup.value(item),
                "label": self.lookup.label(item),
                "checked": self.lookup.value(item) in chosen,
            }
            for item in items
        ]


class LookupField(forms.Field):
    """A field that finds what was typed. See the module's docstring."""

    default_error_messages = {
        "unknown": _("“%(text)s” is not in the list. Check the spelling, or type the beginning of a word of the name."),
        "unclear": _("Choose below what you meant by “%(text)s”."),
        "many": _("Choose at most %(limit)s."),
    }
    widget: LookupWidget

    def __init__(
        self,
        lookup: Lookup[Any],
        *,
        several: bool = False,
        limit: int = 30,
        label: Any = None,
        **options: Any,
    ) -> None:
        self._lookup, self.several, self.limit = lookup, several, limit
        options.setdefault("widget", LookupWidget(lookup, several=several))
        super().__init__(label=label, **options)

    @property
    def lookup(self) -> Lookup[Any]:
        return self._lookup

    @lookup.setter
    def lookup(self, lookup: Lookup[Any]) -> None:
        self._lookup = self.widget.lookup = lookup

    def prepare_value(self, value: Any) -> Typed:
        """From an object, a key, a list of either, or what came from the page."""
        if isinstance(value, Typed):
            return value
        if value is None or value == "":
            return Typed()
        given = value if isinstance(value, list | tuple | set | QuerySet) else [value]
        items = [item if self.is_item(item) else None for item in given]
        items = [item for item in items if item is not None] or self.lookup.get(str(item) for item in given)
        if self.several:
            return Typed([], [self.lookup.value(item) for item in items])
        return Typed([self.lookup.label(item) for item in items])

    def is_item(self, value: Any) -> bool:
        return isinstance(value, Model) or (isinstance(self.lookup, CodeLookup) and isinstance(value, str))

    def clean(self, value: Typed) -> Any:
        texts = [plain for plain in (" ".join(text.split())[:250] for text in value.texts) if plain]
        chosen = self.lookup.get(value.chosen)
        self.widget.questions, self.widget.told = {}, None
        found: list[Any] = [] if not self.several else list(chosen)
        errors: list[ValidationError] = []
        for text in dict.fromkeys(texts if self.several else texts[:1]):
            told = [] if self.several else [item for item in chosen if self.lookup.is_called(item, text)]
            matches = told[:1] or self.lookup.exact(text)
            if len(matches) == 1:
                found += matches
                continue
            matches = matches or self.lookup.similar(text)
            meant = [item for item in chosen if item in matches]
            if meant:
                found += meant if self.several else meant[:1]
                continue
            code = "unclear" if matches else "unknown"
            errors.append(ValidationError(self.error_messages[code], code=code, params={"text": text}))
            if matches:
                self.widget.questions[text] = matches
        if errors:
            raise ValidationError(errors)
        unique = list(dict.fromkeys(found))
        if not self.several and texts:
            self.widget.told = next((item for item in unique if item in chosen), None)
        if self.required and not unique:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(unique) > self.limit:
            raise ValidationError(self.error_messages["many"], code="many", params={"limit": self.limit})
        return unique if self.several else next(iter(unique), None)

    def has_changed(self, initial: Any, data: Any) -> bool:
        before, now = self.prepare_value(initial), self.prepare_value(data)
        return (before.texts, sorted(before.chosen)) != (
            [text for text in now.texts if text.strip()],
            sorted(now.chosen),
        )
