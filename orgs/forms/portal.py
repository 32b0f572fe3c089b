"""The one form base: how every form of the portal looks, reads what is typed, checks its constraints and meets a second editor."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelFormMetaclass
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from orgs.forms.numbers import number_field_for
from orgs.naming import web_address
from orgs.readable import is_blank, without_hidden_signs

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Of every date that a person types: what lies outside is a slip of the finger."""


class PortalRenderer(TemplatesSetting):
    field_template_name = "components/field.html"


class SaneInputMixin(forms.BaseForm):
    """What is typed holds no hidden signs, is to be seen where something is needed, and lies in our time."""

    def _widget_data_value(self, widget: forms.Widget, html_name: str) -> Any:
        value = super()._widget_data_value(widget, html_name)  # type: ignore[misc]
        return without_hidden_signs(value) if isinstance(value, str) else value

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, value in list(self.cleaned_data.items()):
            field = self.fields.get(name)
            if isinstance(field, forms.CharField) and field.required and isinstance(value, str) and is_blank(value):
                self.add_error(name, ValidationError(field.error_messages["required"], code="required"))
            if isinstance(value, datetime.date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
                self.add_error(
                    name,
                    ValidationError(
                        _("Check the year: it lies between %(first)s and %(last)s."),
                        code="year",
                        params={"first": str(FIRST_YEAR), "last": str(LAST_YEAR)},
                    ),
                )


class WebAddressField(forms.URLField):
    """An address that may become a link: http or https, and https where nothing is said."""

    default_validators = [web_address]
    default_error_messages = {"invalid": web_address.message}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", "max_length": 200, **kwargs})


class PortalForm(SaneInputMixin, forms.Form):
    required_css_class = "required"


class PortalModelFormMetaclass(ModelFormMetaclass):
    """Every number that a model's form asks for is read by the portal's one reader."""

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> "PortalModelFormMetaclass":
        meta = attributes.get("Meta")
        if meta is not None and not hasattr(meta, "formfield_callback"):
            meta.formfield_callback = number_field_for
        return super().__new__(cls, name, bases, attributes)


class PortalModelForm(SaneInputMixin, forms.ModelForm, metaclass=PortalModelFormMetaclass):
    """A model form that checks every constraint of its model, and that notices when somebody else saved meanwhile.

    Django skips a constraint which names a field that the form lacks; the save would then end in an error page. Here it is
    checked all the same: give the form an `instance` on which the fields that it does not ask for are already set.

    Where the model has a `version`, the form carries the one its reader saw, and `claim_version` is called before the save.
    """

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_versioned = bool(self.instance.pk) and hasattr(self.instance, "version")
        if self.is_versioned:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=self.instance.version)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as error:
            for name, messages in error.error_dict.items():
                self.add_error(name if name in self.fields else None, messages)

    def stored(self, current: Any) -> dict[str, Any]:
        """What stands there by now, of the fields that the form asks for."""
        return forms.model_to_dict(current, [name for name in self.fields if name != "version"])

    def claim_version(self) -> None:
        """Within a transaction: locks the row and raises when it is not the one that the writer of this form had read."""
        if not self.is_versioned:
            return
        current = type(self.instance)._default_manager.select_for_update().get(pk=self.instance.pk)
        if current.version == self.cleaned_data["version"]:
            self.instance.version = current.version + 1
            return
        theirs = self.stored(current)
        differing = [
            str(self.fields[name].label or name)
            for name, value in theirs.items()
            if plain(value) != plain(self.cleaned_data.get(name))
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data[self.add_prefix("version")] = str(current.version)  # type: ignore[index]
        raise ValidationError(
            _(
                "Somebody else saved this while you were writing. What you wrote is below and is not saved yet. Theirs "
                "differs in: %(fields)s. Save again to replace theirs."
            ),
            code="stale",
            params={"fields": ", ".join(differing) or "–"},
        )


class SeenMixin(forms.Form):
    """For a form that stores in place of what is there, without a version: it carries what its reader saw. Opened empty, it replaces nothing.

    Within the transaction of the action `claim_version` raises where something else stands there by then; who overrides it takes the lock.
    """

    stale: Any = _(
        "Somebody else saved this while you were writing. What you wrote is below and is not saved yet. Save again to replace theirs."
    )

    def now(self) -> str:
        """What tells one stored state from the next; "" where there is nothing."""
        raise NotImplementedError

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = "" if self.is_bound else self.now()
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=seen)

    def claim_version(self) -> None:
        now = self.now()
        if self.cleaned_data["seen"] == now:
            return
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data[self.add_prefix("seen")] = now  # type: ignore[index]
        raise ValidationError(self.stale, code="stale")


def plain(value: Any) -> Any:
    """A value of a form or of a model's row, so that the two can be compared."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | tuple | set | QuerySet):
        return sorted((plain(item) for item in value), key=str)
    return value or None
