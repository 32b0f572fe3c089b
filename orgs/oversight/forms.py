from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm, PortalModelForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Organisation
from orgs.vocabulary import Kind, LevelOfGovernment, choices_of


class KindForm(PortalModelForm):
    """What the rights of an organisation's people rest on; for administrators alone."""

    territory = LookupField(TerritoryLookup(), label=_("Based in"))

    class Meta:
        model = Organisation
        fields = ["kind", "level_of_government", "territory"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = choices_of(Kind)  # type: ignore[attr-defined]
        self.fields["kind"].help_text = _(
            "An organisation with members does not become an authority, nor the other way round."
        )
        level: Any = self.fields["level_of_government"]
        level.choices = [("", _("None")), *choices_of(LevelOfGovernment)]
        level.help_text = _("Only for an authority or a public agency.")


class ReasonForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Those who lead the organisation get it by e-mail, in your words."),
    )
