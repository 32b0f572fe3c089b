from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm, PortalModelForm, SeenMixin, WebAddressField
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import CountryLookup, LanguageLookup, TerritoryLookup
from orgs.models import Organisation, OrganisationContact, Service, User
from orgs.permissions import can_change_what_rights_rest_on, must_propose
from orgs.services.fields import ServiceTypeField
from orgs.vocabulary import CapacityKind, CapacitySide, Kind


class ProfileForm(PortalModelForm):
    """What an organisation says of itself."""

    columns = ("domains",)

    territory = LookupField(TerritoryLookup(), label=_("Based in"), help_text=_("Type the name of the place."))
    works_in = LookupField(
        TerritoryLookup(),
        several=True,
        required=False,
        label=_("Works in"),
        help_text=_("Type the names of the places."),
    )
    languages = LookupField(LanguageLookup(), several=True, required=False, label=_("Languages"))
    communities = LookupField(
        CountryLookup(),
        several=True,
        required=False,
        label=_("Communities of origin"),
        help_text=_("Only if the service is for people from certain countries."),
    )

    website = WebAddressField(label=_("Website"), required=False)

    class Meta:
        model = Organisation
        fields = [
            "name",
            "acronym",
            "kind",
            "level_of_government",
            "description",
            "territory",
            "works_in",
            "domains",
            "languages",
            "communities",
            "led_by_migrants",
            "led_by_women",
            "founded_year",
            "website",
            "public_email",
            "public_phone",
            "address",
            "address_is_public",
        ]
        widgets = {
            "domains": forms.CheckboxSelectMultiple,
            "description": forms.Textarea(attrs={"rows": 5}),
            "founded_year": forms.TextInput(attrs={"inputmode": "numeric", "class": "input-short"}),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposes = must_propose(by, self.instance)
        self.is_settled = self.instance.is_authority and not can_change_what_rights_rest_on(by, self.instance)
        if self.is_settled:
            for name in ("kind", "level_of_government", "territory"):
                del self.fields[name]
            return
        # Nobody becomes an authority by changing a list, nor ceases to be one.
        if self.instance.is_authority:
            del self.fields["kind"]
        else:
            del self.fields["level_of_government"]
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                (kind.value, capfirst(kind.label)) for kind in Kind if kind != Kind.AUTHORITY
            ]

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ServiceForm(PortalModelForm):
    type = ServiceTypeField()
    languages = LookupField(LanguageLookup(), several=True, required=False, label=_("Languages"))

    class Meta:
        model = Service
        fields = [
            "type",
            "domain",
            "title",
            "description",
            "languages",
            "is_free",
            "no_documents_required",
            "has_childcare",
            "women_only",
            "is_shelter",
        ]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"].required = False
        self.fields["domain"].help_text = _("Only if it is nothing in the list above.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("type") is not None:
            cleaned["domain"] = cleaned["type"].domain
        elif "domain" in cleaned and cleaned["domain"] is None:
            self.add_error("type", _("Choose what it is, or at least its domain."))
        return cleaned


class CapacityForm(PortalForm):
    side = forms.ChoiceField(
        label=_("Do you need it, or can you offer it?"),
        choices=[(side.value, capfirst(side.label)) for side in CapacitySide],
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[(kind.value, capfirst(kind.label)) for kind in CapacityKind],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("In a few words"),
        max_length=250,
        required=False,
        help_text=_("For example, “a room for 20 people on weekday evenings”."),
    )


class ContactDetailsForm(SeenMixin, PortalModelForm):
    """The private contact, in place of the one before it."""

    class Meta:
        model = OrganisationContact
        fields = ["name", "role", "email", "phone"]

    def now(self) -> str:
        contact = OrganisationContact.objects.filter(organisation=self.instance.organisation).first()
        return str(contact.pk) if contact else ""

    def claim_version(self) -> None:
        Organisation.objects.select_for_update().get(pk=self.instance.organisation_id)
        super().claim_version()
