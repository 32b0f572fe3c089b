from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from orgs.accounts.forms import language_names
from orgs.forms.portal import PortalModelForm
from orgs.models import Portal
from orgs.models.portal import time_zones


class PortalSettingsForm(PortalModelForm):
    """What the portal is called, in which languages it is offered, and what time it is there."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The portal is offered in these. Languages appear here once all texts are translated."),
        error_messages={"required": _("Choose at least one language.")},
    )
    first_language = forms.ChoiceField(
        label=_("First language"), help_text=_("For visitors whose browser asks for none of the languages above.")
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Times on pages and days on which something is due follow it.")
    )

    class Meta:
        model = Portal
        fields = [
            *(f"name_{code}" for code, _name in settings.LANGUAGES),
            "contact_email",
            "languages",
            "first_language",
            "time_zone",
        ]
        labels = {"contact_email": _("Public contact e-mail")}
        help_texts = {"contact_email": _("Shown at the foot of every page. Do not give a private address.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        complete = list(settings.OFFERED_LANGUAGES)
        for code, _name in settings.LANGUAGES:
            if code in complete:
                self._ask_for_name(code)
            else:
                del self.fields[f"name_{code}"]
        portal = self.instance
        for name in ("languages", "first_language"):
            self.fields[name].choices = language_names(complete)  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = zone_choices()  # type: ignore[attr-defined]
        self.initial = {
            **self.initial,
            "languages": portal.offered_languages,
            "first_language": portal.default_language,
            "time_zone": str(portal.zone),
        }

    def _ask_for_name(self, code: str) -> None:
        info = get_language_info(code)
        field = self.fields[f"name_{code}"]
        field.label = format_lazy("{} ({})", _("Name of the portal"), info["name_local"])
        field.widget.attrs |= {"lang": code, "dir": "rtl" if info["bidi"] else "ltr"}
        if code == settings.OFFERED_LANGUAGES[0]:
            field.help_text = _("Give it in at least one language. Readers of the others see that one.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        languages, first = cleaned.get("languages"), cleaned.get("first_language")
        if languages and first and first not in languages:
            self.add_error("first_language", _("Choose one of the languages in which the portal is offered."))
        names = [name for name in self.fields if name.startswith("name_")]
        if not any(name in self.errors or cleaned.get(name) for name in names):
            first_name = f"name_{first}" if f"name_{first}" in names else names[0]
            self.add_error(first_name, ValidationError(_("Enter the name in at least one language."), code="required"))
        return cleaned


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """By part of the world, each by its place: "Argentina / Buenos Aires"."""

    def label(name: str) -> str:
        return name.partition("/")[2].replace("/", " / ").replace("_", " ") or name

    return [
        (region, [(name, label(name)) for name in names])
        for region, names in groupby(sorted(time_zones()), key=lambda name: name.partition("/")[0])
    ]
