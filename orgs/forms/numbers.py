"""Fields for numbers, in the reader's own way of writing them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from orgs.numbers import has_fraction, read_number, write_number


class NumberInput(forms.TextInput):
    """Not `type="number"`: each browser reads that in its own language."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, mode: str = "decimal") -> None:
        super().__init__({"inputmode": mode, "autocomplete": "off", "class": "input-short", **(attrs or {})})


class NumberField(forms.DecimalField):
    """A number, read by the portal's one reader."""

    widget = NumberInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        if isinstance(value, int | Decimal):
            return Decimal(value)
        if not str(value).strip():
            return None
        try:
            return read_number(str(value))
        except ValueError as error:
            raise ValidationError(
                _("“%(text)s” is not a number. Write it like %(example)s."),
                code="invalid",
                params={"text": str(value)[:40], "example": write_number(Decimal("1234.5"))},
            ) from error

    def prepare_value(self, value: Any) -> Any:
        return write_number(value, is_grouped=False) if isinstance(value, int | Decimal) else value


class WholeNumberField(forms.IntegerField):
    """A whole number, read by the portal's one reader: 1.000 is a thousand in Spanish, and in English no whole number's way of writing."""

    widget = NumberInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        if not str(value).strip():
            return None
        try:
            number = read_number(str(value))
        except ValueError:
            number = Decimal("NaN")
        if not number.is_finite() or has_fraction(number) or number.as_tuple().exponent != 0:
            raise ValidationError(
                _("“%(text)s” is not a whole number. Write it like %(example)s."),
                code="invalid",
                params={"text": str(value)[:40], "example": write_number(1234)},
            )
        return int(number)


IN_ADMIN: dict[type[models.Field], dict[str, Any]] = {
    models.DecimalField: {"form_class": NumberField, "widget": NumberInput},
    models.IntegerField: {"form_class": WholeNumberField, "widget": NumberInput},
}
"""`formfield_overrides` of an admin."""


def number_field_for(field: models.Field, **kwargs: Any) -> forms.Field | None:
    """The form field of a model's field, for `formfield_callback`: numbers by the fields of this module."""
    if not field.choices:
        if isinstance(field, models.DecimalField):
            kwargs.setdefault("form_class", NumberField)
        elif isinstance(field, models.IntegerField):
            kwargs.setdefault("form_class", WholeNumberField)
    return field.formfield(**kwargs)
