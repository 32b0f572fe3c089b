"""What a profile asks for that no field of Django asks."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from orgs.forms.numbers import WholeNumberField
from orgs.models import Domain, Organisation
from orgs.registers import normal_number


class FieldsOfWorkInput(forms.CheckboxSelectMultiple):
    """A box for each domain, and beside it room for a year: {id of the domain: year as typed} of those that are ticked."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        ticked = super().value_from_datadict(data, files, name) or []
        return {key: data.get(f"{name}_{key}", "") for key in ticked}

    def format_value(self, value: Any) -> dict[str, Any]:  # type: ignore[override]
        return value or {}

    def options(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        for option in super().options(name, value, attrs):
            since = value.get(str(option["value"]))
            option["beside"] = format_html(
                '<input class="form-control input-short" name="{}_{}" value="{}" inputmode="numeric" autocomplete="off"'
                ' placeholder="{}" aria-label="{}">',
                name,
                option["value"],
                "" if since is None else since,
                _("since"),
                _("%(domain)s: since which year?") % {"domain": option["label"]},
            )
            yield option


class FieldsOfWorkField(forms.Field):
    """The domains in which an organisation works, and since when: {domain: year or None}."""

    widget = FieldsOfWorkInput

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        self.widget.choices = [(domain.pk, str(domain)) for domain in Domain.objects.all()]
        return super().get_bound_field(form, field_name)

    def clean(self, value: Mapping[str, str]) -> dict[Domain, int | None]:
        super().clean(value)
        known = {str(domain.pk): domain for domain in Domain.objects.all()}
        year = WholeNumberField(
            required=False, validators=[MinValueValidator(1200), MaxValueValidator(timezone.localdate().year)]
        )
        cleaned: dict[Domain, int | None] = {}
        refusals = []
        for key, since in value.items():
            domain = known.get(key)
            if domain is None:
                raise ValidationError(_("Tick domains of the list."))
            try:
                cleaned[domain] = year.clean(since)
            except ValidationError as refusal:
                refusals += [f"{domain}: {message}" for message in refusal.messages]
        if refusals:
            raise ValidationError(refusals)
        return cleaned


class RegisterNumberField(forms.CharField):
    """A number as a register gives it, without the spaces that people put into it. Raises ValidationError where nothing is left of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, widget=forms.TextInput(attrs={"class": "input-short"}), **options)

    def to_python(self, value: Any) -> str:
        number = "".join(str(super().to_python(value)).split())
        if number and not normal_number(number):
            raise ValidationError(_("This is no number."))
        return number


def fields_of_work_of(organisation: Organisation) -> dict[str, int | None]:
    """As the field takes them."""
    return {str(field.domain_id): field.since_year for field in organisation.fields_of_work.all()}
