"""The filters of a list that are set, each with the way to take it off."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import formats


@dataclass(frozen=True)
class Chip:
    """One active filter, with the address of the same list without it."""

    label: str
    value: str
    remove_url: str


GOES_WITH = {"min", "max", "after", "before", "chosen", "near"}
"""What stands behind the name of a filter in parameters that are parts of it."""


def without_value(data: QueryDict, name: str, value: str | None = None) -> str:
    """The query string without one value of a parameter (or the whole parameter), starting again at the first page."""
    query = data.copy()
    kept = [item for item in query.getlist(name) if value is not None and item != value]
    for key in [key for key in query if key == name or key.startswith(f"{name}_") or key == "page"]:
        if key in (name, "page") or key.rsplit("_", 1)[-1] in GOES_WITH:
            del query[key]
    if kept:
        query.setlist(name, kept)
    return f"?{query.urlencode()}"


def chip_values(bound: BoundField, cleaned: Any) -> list[tuple[str | None, str]]:
    """What a filter is set to: pairs of the raw value (None: all of it) and the words for it."""
    if isinstance(bound.field, forms.ModelMultipleChoiceField):
        return [(str(bound.field.prepare_value(item)), bound.field.label_from_instance(item)) for item in cleaned]
    if isinstance(bound.field, forms.ModelChoiceField):
        return [(None, bound.field.label_from_instance(cleaned))]
    if isinstance(bound.field, forms.ChoiceField):
        entries: Any = bound.field.choices
        words = {
            str(key): str(label)
            for group, entry in entries
            for key, label in (entry if isinstance(entry, list | tuple) else [(group, entry)])
        }
        if isinstance(cleaned, list | tuple):
            return [(str(item), words.get(str(item), str(item))) for item in cleaned]
        return [(None, words.get(str(cleaned), str(cleaned)))]
    if isinstance(cleaned, bool):
        return [(None, "")]
    if isinstance(cleaned, slice):
        ends = [formats.localize(end) if end is not None else "…" for end in (cleaned.start, cleaned.stop)]
        return [(None, " – ".join(str(end) for end in ends))]
    return [(None, str(formats.localize(cleaned)))]


def active_filters(filterset: Any) -> list[Chip]:
    """The chips of a django-filter FilterSet: every filter that is set, in the order of its form."""
    form = filterset.form
    if not filterset.is_bound or not form.is_valid():
        return []
    data = filterset.data if isinstance(filterset.data, QueryDict) else QueryDict("")
    chips = []
    for bound in form:
        cleaned = form.cleaned_data.get(bound.name)
        is_queryset = hasattr(cleaned, "exists")
        if cleaned in (None, "", [], False) if not is_queryset else not cleaned.exists():
            continue
        for raw, words in chip_values(bound, cleaned):
            chips.append(Chip(str(bound.label), words, without_value(data, bound.html_name, raw)))
    return chips
