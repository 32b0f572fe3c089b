from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices_or_none
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Organisation
from orgs.permissions import Person, edited_by
from orgs.services.fields import ServiceTypeField
from orgs.vocabulary import TargetGroup, choices_of


class NeedForm(PortalForm):
    """Without a name, an address or anything else that tells who says it."""

    type = ServiceTypeField(_("What is missing?"))
    territory = LookupField(TerritoryLookup(), label=_("Where?"), help_text=_("Type the name of the place."))
    language = forms.ChoiceField(choices=language_choices_or_none, required=False, label=_("In which language?"))
    target_group = forms.ChoiceField(
        choices=lambda: [("", _("Anybody")), *choices_of(TargetGroup)], required=False, label=_("For whom?")
    )
    words = forms.CharField(
        label=_("In your own words"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Only if the list does not say it. Leave out names. Somebody reads it, and then it is deleted: after 90 days at the latest."
        ),
    )

    organisation: forms.ModelChoiceField = forms.ModelChoiceField(
        Organisation.objects.none(), required=False, label=_("In whose name?"), empty_label=_("My own")
    )

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].help_text = ""
        own = edited_by(user)
        self.fields["organisation"].queryset = own  # type: ignore[attr-defined]
        if not own.exists():
            del self.fields["organisation"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (self.errors or cleaned["type"] or cleaned["words"]):
            self.add_error("type", _("Choose what is missing, or say it in your own words."))
        return cleaned


class NeedReadForm(PortalForm):
    type = ServiceTypeField(_("What is it, by the list?"))
    is_dropped = forms.BooleanField(
        label=_("It says nothing about a service that is missing: drop it."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].help_text = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and bool(cleaned["type"]) == cleaned["is_dropped"]:
            self.add_error("type", _("Choose what it is, or drop it."))
        return cleaned
