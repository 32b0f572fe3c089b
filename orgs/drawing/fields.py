"""How the fields of a form are drawn (templates/components/field.html)."""

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.safestring import SafeString


def widget(field: BoundField) -> SafeString:
    """The field's control with the look's classes; Django adds ids, `aria-describedby` and `aria-invalid` itself.

    What people write runs in the direction of its words, whatever the language of the page.
    """
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
    is_line = getattr(control, "input_type", "") in ("text", "search") and "inputmode" not in control.attrs
    if is_line or isinstance(control, forms.Textarea):
        control.attrs.setdefault("dir", "auto")
    return field.as_widget(attrs={"class": classes} if classes else None)


def choices(field: BoundField) -> list[BoundWidget]:
    """The single radio buttons or checkboxes of a group."""
    attrs = field.field.widget.attrs
    attrs["class"] = "form-check-input"
    # The fieldset carries the description once; repeating it at each choice makes a screen reader say it each time.
    attrs.pop("aria-describedby", None)
    return list(field.subwidgets)


def is_choice_group(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


def is_single_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


def is_file(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.FileInput)


def is_marked_optional(field: BoundField) -> bool:
    """Optional fields are marked, not required ones, and only in forms that have both (a filter form has none)."""
    if field.field.required or isinstance(field.field.widget, forms.CheckboxInput):
        return False
    return any(other.required for other in field.form.fields.values())


def first_control_id(field: BoundField) -> str:
    """Where a link in the error summary leads: the control, or the first choice of a group."""
    if is_choice_group(field):
        return f"{field.auto_id}_0"
    return field.id_for_label or str(field.auto_id)
