"""Template tags behind the components in templates/components/.

They only draw and format: what a page says is decided by its view.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.paginator import Page
from django.forms.boundfield import BoundField, BoundWidget
from django.http import QueryDict
from django.template import Context
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from orgs.naming import of_the_web
from orgs.numbers import Number, Signs, readers_signs, write_number

register = template.Library()

ICON_SPRITE = "vendor/bootstrap-icons/bootstrap-icons.svg"
SYMBOL = re.compile(r'<symbol class="[^"]*" viewBox="([^"]+)" id="([^"]+)">(.*?)</symbol>', re.DOTALL)

# Signs of browsers and systems in a user agent; the first that matches counts, since each also names its forebears.
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


# Icons


@cache
def icon_shapes() -> dict[str, tuple[str, str]]:
    """Every icon of the sprite: name → (viewBox, shapes). Read once; inlined, so that no page fetches a megabyte."""
    path = finders.find(ICON_SPRITE)
    if isinstance(path, str):
        sprite = Path(path).read_text(encoding="utf-8")
    elif staticfiles_storage.exists(ICON_SPRITE):
        with staticfiles_storage.open(ICON_SPRITE) as stored:
            sprite = stored.read().decode()
    else:
        return {}
    return {name: (view_box, shapes) for view_box, name, shapes in SYMBOL.findall(sprite)}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon by its Bootstrap Icons name. Without a label it is decoration and hidden from assistive technology."""
    view_box, shapes = icon_shapes().get(name, ("0 0 16 16", ""))
    return format_html(
        '<svg class="icon{}" viewBox="{}" width="16" height="16" fill="currentColor" focusable="false" {}>{}</svg>',
        f" {css}" if css else "",
        view_box,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(shapes),  # noqa: S308 - from the icon package, never from a person
    )


# Forms


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's control with the look's classes; Django adds ids, `aria-describedby` and `aria-invalid` itself."""
    control = field.field.widget
    for part in [control, *getattr(control, "widgets", [])]:
        if type(part) is forms.DateInput:
            # The browser's calendar takes and gives ISO dates, whatever the reader's language.
            part.input_type, part.format = "date", "%Y-%m-%d"
    if isinstance(control, forms.CheckboxInput):
        css = "form-check-input"
    elif isinstance(control, forms.Select | forms.SelectMultiple) or getattr(control, "input_type", "") == "select":
        css = "form-select"
    elif isinstance(control, forms.HiddenInput):
        css = ""
    else:
        css = "form-control"
    if getattr(control, "input_type", "") in ("email", "password"):
        control.attrs.pop("placeholder", None)  # It would only repeat the label, and vanish when it is needed.
    given = str(control.attrs.get("class", ""))
    classes = " ".join(part for part in (css, given, "is-invalid" if field.errors else "") if part)
    return field.as_widget(attrs={"class": classes} if classes else None)


@register.simple_tag
def choices(field: BoundField) -> list[BoundWidget]:
    """The single radio buttons or checkboxes of a group."""
    attrs = field.field.widget.attrs
    attrs["class"] = "form-check-input"
    # The fieldset carries the description once; repeating it at each choice makes a screen reader say it each time.
    attrs.pop("aria-describedby", None)
    return list(field.subwidgets)


@register.filter
def web_address(address: object) -> str:
    """The address where it may become a link, whatever was stored: releases keep their sources as they were."""
    return of_the_web(address)


@register.filter
def is_choice_group(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_single_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_file(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.FileInput)


@register.filter
def is_marked_optional(field: BoundField) -> bool:
    """Optional fields are marked, not required ones, and only in forms that have both (a filter form has none)."""
    if field.field.required or isinstance(field.field.widget, forms.CheckboxInput):
        return False
    return any(other.required for other in field.form.fields.values())


@register.filter
def first_control_id(field: BoundField) -> str:
    """Where a link in the error summary leads: the control, or the first choice of a group."""
    if is_choice_group(field):
        return f"{field.auto_id}_0"
    return field.id_for_label or str(field.auto_id)


# Accounts


@register.filter
def browser_name(user_agent: str) -> str:
    """Words that a person recognises their browser by; the program's own name where it is none of the usual ones."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), user_agent.split("/")[0][:40])
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser}, {system}" if system else browser


# Lists


@dataclass(frozen=True)
class Chip:
    """One active filter, with the address of the same list without it."""

    label: str
    value: str
    remove_url: str


def without_value(data: QueryDict, name: str, value: str | None = None) -> str:
    """The query string without one value of a parameter (or the whole parameter), starting again at the first page."""
    query = data.copy()
    kept = [item for item in query.getlist(name) if value is not None and item != value]
    for key in [key for key in query if key == name or key.startswith(f"{name}_") or key == "page"]:
        if key in (name, "page") or key.rsplit("_", 1)[-1] in {"min", "max", "after", "before"}:
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


@register.simple_tag
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


@register.simple_tag
def page_numbers(page: Page[Any]) -> list[int | None]:
    """Numbers for the pager; None stands for the gap between them."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in numbers]


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, label: str, key: str, css: str = "", parameter: str = "sort") -> dict[str, str]:
    """A heading that sorts the list by the address: first press upwards, second downwards."""
    query = context["request"].GET.copy()
    current = query.get(parameter, "")
    query.pop("page", None)
    query[parameter] = f"-{key}" if current == key else key
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {"label": label, "url": f"?{query.urlencode()}", "direction": direction, "css": css}


# Figures


@register.filter
@register.simple_tag
def figure(value: Number | None, decimals: int | str | None = None, sign: bool = False) -> str:
    """A number in the reader's own way of writing it; with -2 decimals at most two, without any given one, and none where it is whole."""
    if value is None:
        return ""
    places = -1 if decimals in (None, "") else int(decimals)
    if places < 0:
        return write_number(value, at_most=-places, has_plus=sign)
    return write_number(value, places, has_plus=sign)


@register.simple_tag
def number_signs() -> Signs:
    """What stands before decimals and between thousands in the reader's language, for the scripts that write numbers too."""
    return readers_signs()


def as_number(point: Any) -> float | None:
    """A number from what views hand over: a number, None, a (label, number) pair, a mapping or an object's `value`."""
    if isinstance(point, tuple | list):
        point = point[-1]
    elif isinstance(point, dict):
        point = point.get("value")
    elif hasattr(point, "value"):
        point = point.value
    return None if point is None else float(point)


def polylines(values: Sequence[float | None], width: float, height: float) -> list[list[tuple[float, float]]]:
    """Runs of points between gaps, scaled into a box; a gap in the figures stays a gap in the line."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = width / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            level = 0.5 if high == low else (value - low) / span
            runs[-1].append((round(place * step, 1), round(height * (1 - level), 1)))
    return [run for run in runs if run]


@register.simple_tag
def sparkline(points: Iterable[Any], label: str = "", width: int = 120, height: int = 32) -> SafeString:
    """A trend as a small line, drawn on the server. Give a label where no sentence beside it tells the same."""
    values = [as_number(point) for point in points]
    if not any(value is not None for value in values):
        return SafeString("")
    inset = 4
    runs = [
        [(x + inset, y + inset) for x, y in run] for run in polylines(values, width - 2 * inset, height - 2 * inset)
    ]
    base = height - 1
    shapes = [
        format_html(
            '<path class="sparkline-area" d="M{} {}L{}L{} {}Z"/><polyline class="sparkline-line" points="{}"/>',
            run[0][0],
            base,
            "L".join(f"{x} {y}" for x, y in run),
            run[-1][0],
            base,
            " ".join(f"{x},{y}" for x, y in run),
        )
        if len(run) > 1
        else format_html('<circle class="sparkline-dot" cx="{}" cy="{}" r="2"/>', *run[0])
        for run in runs
    ]
    shapes.append(format_html('<circle class="sparkline-end" cx="{}" cy="{}" r="3"/>', *runs[-1][-1]))
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" width="{}" height="{}" focusable="false" {}>{}</svg>',
        width,
        height,
        width,
        height,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        format_html_join("", "{}", ((shape,) for shape in shapes)),
    )


@register.simple_tag
def cell_bar(value: Number | None, maximum: Number, tone: str = "") -> SafeString:
    """A bar for a table cell, as decoration: the number itself stands beside it."""
    if value is None or not maximum:
        return SafeString("")
    share = round(max(0.0, min(100.0, float(value) / float(maximum) * 100)), 1)
    return format_html(
        '<svg class="cell-bar{}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="cell-bar-track" width="100" height="8"/>'
        '<rect class="cell-bar-fill" width="{}" height="8"/></svg>',
        f" cell-bar-{tone}" if tone else "",
        share,
    )
