from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalModelForm, SeenMixin, WebAddressField
from orgs.languages import language_choices_or_none, name_for_reader
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import CountryLookup, LanguageLookup, OrganisationLookup, RegisterLookup, TerritoryLookup
from orgs.models import AUTHORITY_KINDS, Affiliation, Organisation, OrganisationContact, User
from orgs.organisations.fields import FieldsOfWorkField, RegisterNumberField, fields_of_work_of
from orgs.permissions import can_change_what_rights_rest_on, must_propose
from orgs.registers import register_label
from orgs.vocabulary import Kind, Mark, Work, choices_of

NAME_LANGUAGES = [code for code, _name in settings.LANGUAGES]
"""Asked of everybody, as the pages are read in them; a name in another language is added one at a time."""


class ProfileForm(PortalModelForm):
    """What an organisation says of itself."""

    columns = ("marks", "works_as")
    SECTIONS = (
        (
            _("Who you are"),
            ("name", "acronym", "kind", "level_of_government", "legal_form", "marks", "founded_year", "size", "budget"),
        ),
        (
            _("What you do"),
            ("description", "written_in", "fields_of_work", "works_as", "languages", "communities"),
        ),
        (_("Where"), ("territory", "works_in", "address", "address_is_public")),
        (_("How people reach you"), ("website", "public_email", "public_phone")),
        (_("To whom you belong"), ("branch_of", "networks")),
    )

    territory = LookupField(TerritoryLookup(), label=_("Based in"), help_text=_("Type the name of the place."))
    works_in = LookupField(
        TerritoryLookup(),
        several=True,
        required=False,
        label=_("Works in"),
        help_text=_("Type the names of the places."),
    )
    marks = forms.MultipleChoiceField(
        choices=choices_of(Mark), required=False, label=_("Who leads it"), widget=forms.CheckboxSelectMultiple
    )
    works_as = forms.MultipleChoiceField(
        choices=choices_of(Work), required=False, label=_("How it works"), widget=forms.CheckboxSelectMultiple
    )
    fields_of_work = FieldsOfWorkField(
        label=_("Domains"),
        required=False,
        help_text=_("If you like, enter the year in which you began to work in each."),
    )
    written_in = forms.ChoiceField(
        choices=language_choices_or_none, required=False, label=_("Language in which this is written")
    )
    languages = LookupField(LanguageLookup(), several=True, required=False, label=_("Languages"))
    communities = LookupField(
        CountryLookup(),
        several=True,
        required=False,
        label=_("Communities of origin"),
        help_text=_("Only if you work with people from certain countries: type the countries."),
    )
    branch_of = LookupField(
        OrganisationLookup(),
        required=False,
        label=_("Local branch of"),
        help_text=_(
            "It is public once that organisation has confirmed it. If nobody there uses the portal, your page says that this is your own statement."
        ),
    )
    networks = LookupField(
        OrganisationLookup(),
        several=True,
        required=False,
        label=_("Member of these networks and federations"),
        help_text=_(
            "Each is public once that organisation has confirmed it. If nobody there uses the portal, your page says that this is your own statement."
        ),
    )

    website = WebAddressField(label=_("Website"), required=False)
    register = LookupField(
        RegisterLookup(),
        required=False,
        label=_("Name of the register"),
        help_text=_(
            "For example, the tax number of the organisation. Everybody can see it: never type the number of a person. Type a part of the "
            "name of the register, or its code."
        ),
    )
    number = RegisterNumberField(label=_("Number in this register"), required=False)
    other_language = LookupField(
        LanguageLookup(offered=()),
        required=False,
        label=_("Another language"),
        help_text=_(
            "Type the name of the language: Català, اردو, Ukrainian. Once you have saved, you can add one more."
        ),
    )
    other_name = forms.CharField(
        label=_("The name in this language"),
        max_length=200,
        required=False,
    )

    class Meta:
        model = Organisation
        fields = [
            "name",
            "acronym",
            "kind",
            "level_of_government",
            "legal_form",
            "marks",
            "founded_year",
            "size",
            "budget",
            "description",
            "written_in",
            "works_as",
            "languages",
            "communities",
            "territory",
            "works_in",
            "address",
            "address_is_public",
            "website",
            "public_email",
            "public_phone",
        ]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "founded_year": forms.TextInput(attrs={"inputmode": "numeric", "class": "input-short"}),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposes = must_propose(by, self.instance)
        self.fields["fields_of_work"].initial = fields_of_work_of(self.instance)
        self.initial.update(parents_of(self.instance))
        for name in ("size", "budget"):
            field: Any = self.fields[name]
            field.choices = [("", _("Not stated")), *(choice for choice in field.choices if choice[0])]
        if not self.instance.written_in:
            self.initial["written_in"] = get_language()
        self.name_fields = {
            f"name_{language}": language for language in dict.fromkeys([*NAME_LANGUAGES, *self.instance.names])
        }
        for field, language in self.name_fields.items():
            self.fields[field] = forms.CharField(
                label=_("Name in %(language)s") % {"language": name_for_reader(language)},
                max_length=200,
                required=False,
                initial=self.instance.names.get(language, ""),
                widget=forms.TextInput(attrs={"lang": language}),
            )
        if self.instance.kind == Kind.INFORMAL_GROUP:  # It has no number but those of its people.
            del self.fields["register"], self.fields["number"]
        self.number_fields = {f"number_{register}": register for register in self.instance.identifiers}
        for field, register in self.number_fields.items():
            self.fields[field] = RegisterNumberField(
                label=register_label(register), required=False, initial=self.instance.identifiers[register]
            )
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
                (kind, label) for kind, label in choices_of(Kind) if kind not in AUTHORITY_KINDS
            ]

    @property
    def sections(self) -> list[tuple[Any, list[BoundField]]]:
        """The page in parts, each with its fields."""
        parts = [(title, [self[name] for name in names if name in self.fields]) for title, names in self.SECTIONS]
        own_numbers = [name for name in (*self.number_fields, "register", "number") if name in self.fields]
        return [
            *parts,
            (_("Your numbers in registers"), [self[name] for name in own_numbers]),
            (
                _("Your name in other languages"),
                [self[name] for name in (*self.name_fields, "other_language", "other_name")],
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        register, number = cleaned.get("register"), cleaned.get("number")
        if number and not register and "register" not in self.errors:
            self.add_error("register", _("Say in which register it has this number."))
        if register and not number and "number" not in self.errors:
            self.add_error("number", _("Type the number that it has in this register."))
        if register in self.instance.identifiers:
            self.add_error("register", _("Its number in this register is above. Change it there."))
        self.check_other_name(cleaned.get("other_language"), cleaned.get("other_name"))
        return cleaned

    def check_other_name(self, language: str | None, name: str | None) -> None:
        if name and not language and "other_language" not in self.errors:
            self.add_error("other_language", _("Say in which language this is its name."))
        if language and not name and "other_name" not in self.errors:
            self.add_error("other_name", _("Type its name in this language."))
        if language in self.name_fields.values():
            self.add_error("other_language", _("Its name in this language is above. Change it there."))

    def stored(self, current: Organisation) -> dict[str, Any]:
        said = parents_of(current)
        return {
            **super().stored(current),
            "branch_of": next(iter(said["branch_of"]), None),
            "networks": said["networks"],
        }

    def changes(self) -> dict[str, Any]:
        own = (
            "version", "register", "number", "other_language", "other_name", *self.name_fields, *self.number_fields,
        )  # fmt: skip
        given = {name: value for name, value in self.cleaned_data.items() if name not in own}
        # A number that came since the page was opened, as in a merge, is not on it, and stays.
        shown = {
            field: register for field, register in self.number_fields.items() if self.add_prefix(field) in self.data
        }
        numbers = {
            **self.instance.identifiers,
            **{register: self.cleaned_data[field] for field, register in shown.items()},
        }
        numbers |= (
            {self.cleaned_data["register"]: self.cleaned_data["number"]} if self.cleaned_data.get("register") else {}
        )
        given["identifiers"] = {register: number for register, number in numbers.items() if number}
        branch_of = given.pop("branch_of")
        given["affiliations"] = {
            Affiliation.Kind.BRANCH: [branch_of] if branch_of else [],
            Affiliation.Kind.MEMBER: given.pop("networks"),
        }
        names = {language: self.cleaned_data[field].strip() for field, language in self.name_fields.items()}
        if self.cleaned_data.get("other_language"):
            names[self.cleaned_data["other_language"]] = self.cleaned_data["other_name"].strip()
        return {**given, "names": {code: name for code, name in names.items() if name and name != given["name"]}}


def parents_of(organisation: Organisation) -> dict[str, list[Organisation]]:
    """To whom it says that it belongs, by the field that asks for it."""
    live = organisation.affiliations.live().of_public_parents().select_related("parent__territory")
    said: dict[str, list[Organisation]] = {fact: [] for fact in Affiliation.FACTS.values()}
    for affiliation in live.order_by("parent__name_folded", "pk"):
        said[affiliation.fact].append(affiliation.parent)
    return said


class ContactDetailsForm(SeenMixin, PortalModelForm):
    """The private contact, in place of the one before it."""

    class Meta:
        model = OrganisationContact
        fields = ["name", "role", "email", "phone"]

    def now(self) -> str:
        contact = OrganisationContact.objects.filter(organisation=self.instance.organisation).order_by("pk").last()
        return str(contact.pk) if contact else ""

    def claim_version(self) -> None:
        Organisation.objects.select_for_update().get(pk=self.instance.organisation_id)
        super().claim_version()
