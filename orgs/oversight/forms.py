from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm, PortalModelForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import OrganisationLookup, TerritoryLookup
from orgs.models import Organisation
from orgs.vocabulary import Kind, LevelOfGovernment, Sector, choices_of


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


class OrganisationMergeForm(PortalForm):
    kept = LookupField(
        OrganisationLookup(), label=_("Into which one?"), help_text=_("It stays as it is, and gets what moves.")
    )
    reason = forms.CharField(
        label=_("How do you know that they are one?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Those who lead either of them get it by e-mail, in your words."),
    )

    def __init__(self, *args: Any, gone: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Organisation.objects.filter(closed_on=None).exclude(pk=gone.pk).exclude(sector=Sector.AUTHORITY)
        self.fields["kept"].lookup = OrganisationLookup(queryset=others)  # type: ignore[attr-defined]


class CloseForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Everybody who belongs to the organisation gets it by e-mail, in your words, and so does who reviews it."
        ),
    )


class CloseOwnForm(CloseForm):
    on = forms.DateField(
        label=_("When did it close?"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Today, or a day before."),
    )
    is_sure = forms.BooleanField(label=_("Yes, close the organisation"))
    field_order = ("on", "reason", "is_sure")


class ReasonForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Those who lead the organisation get it by e-mail, in your words."),
    )
