"""The three pages by which an organisation registers itself. Each is valid or not by itself."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from orgs.drawing.own_words import own_words
from orgs.forms.numbers import NumberInput, WholeNumberField
from orgs.forms.portal import PortalForm
from orgs.languages import language_choices_or_none
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import LanguageLookup, TerritoryLookup
from orgs.models import AUTHORITY_KINDS, Domain, Organisation, Registration, Service, Territory
from orgs.permissions import Person
from orgs.registration.actions import ContactFacts, WhereFacts, WhoFacts
from orgs.services.fields import ServiceTypeField
from orgs.territories.areas import municipalities_of
from orgs.verification.duplicates import Hint, possible_duplicates
from orgs.vocabulary import Kind, Mark, choices_of

Facts = WhoFacts | WhereFacts | ContactFacts

KINDS = [(kind, label) for kind, label in choices_of(Kind) if kind not in AUTHORITY_KINDS]

FEWEST_DIGITS = 3
"""Of a telephone number: 112 is one."""

# What a service says of itself: safe without papers (S9), reachable for women (S15).
MARKS = [
    (name, capfirst(Service._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
    for name in ("is_free", "no_documents_required", "has_childcare", "women_only")
]


class RegistrationForm(PortalForm):
    """One page of a registration."""

    columns: tuple[str, ...] = ()
    """Groups of boxes that are laid out in columns."""

    def facts(self) -> Facts:
        """The valid page as plain values, which the database keeps until the registration is confirmed."""
        raise NotImplementedError

    def instead_of_typed(self) -> dict[str, list[str]]:
        """Of a valid page, what is kept in place of what was typed."""
        return {}

    def summary(self) -> list[tuple[Any, str]]:
        """What was answered, in the words of the page."""
        return [(field.label, self.words_for(field.name)) for field in self]

    def words_for(self, name: str) -> str:
        field, value = self.fields[name], self.cleaned_data.get(name)
        if isinstance(field, LookupField):
            items = value or [] if field.several else [value] if value else []
            return "\n".join(field.lookup.label(item) for item in items)
        if isinstance(field, forms.ModelMultipleChoiceField):
            return "\n".join(str(item) for item in value or [])
        if isinstance(field, forms.MultipleChoiceField):
            return "\n".join(str(words) for code, words in pairs(field) if code in (value or []))
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            return next((str(words) for code, words in pairs(field) if str(code) == str(self.data.get(name))), "")
        if isinstance(value, bool):
            return str(_("Yes") if value else _("No"))
        return own_words(value)


def pairs(field: forms.ChoiceField) -> list[tuple[Any, Any]]:
    return list(field.choices)  # type: ignore[arg-type]


class WhoForm(RegistrationForm):
    name = forms.CharField(
        label=_("Name of the organisation"),
        error_messages={"required": _("Enter the name of the organisation.")},
        max_length=200,
        help_text=_("As you write it yourselves, in any script."),
    )
    acronym = forms.CharField(label=_("Short name"), max_length=30, required=False)
    kind = forms.ChoiceField(
        label=_("What kind of organisation are you?"),
        error_messages={"required": _("Choose the kind that fits best.")},
        choices=KINDS,
        widget=forms.RadioSelect,
        help_text=_("You do not need to be registered anywhere: informal groups are welcome."),
    )
    marks = forms.MultipleChoiceField(
        label=_("Who leads your organisation?"),
        required=False,
        choices=choices_of(Mark),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick all that apply."),
    )
    founded_year = WholeNumberField(
        label=_("Since which year have you existed?"),
        required=False,
        validators=[MinValueValidator(1200)],
        widget=NumberInput(mode="numeric"),
        help_text=_("For example, 2014."),
    )

    def clean_founded_year(self) -> int | None:
        year: int | None = self.cleaned_data["founded_year"]
        if year is not None:
            MaxValueValidator(datetime.date.today().year)(year)  # noqa: DTZ011 - a year, in no place
        return year

    def facts(self) -> WhoFacts:
        return WhoFacts(**{name: self.cleaned_data[name] for name in WhoFacts.__annotations__})  # type: ignore[typeddict-item]


class WhereForm(RegistrationForm):
    columns = ("domains",)

    is_shelter = forms.BooleanField(
        label=_("We shelter people, such as a refuge or a house whose address must stay secret"),
        required=False,
        help_text=_(
            "Before you say where you are: of a shelter no address is ever shown. The portal keeps the municipality in which it is and in which you "
            "work, and nothing smaller."
        ),
    )
    territory = LookupField(
        TerritoryLookup(),
        label=_("Where are you based?"),
        error_messages={"required": _("Enter the place where you are based.")},
        help_text=_("Type the name of the smallest place that fits: a neighbourhood, a district or a town."),
    )
    works_in = LookupField(
        TerritoryLookup(),
        several=True,
        required=False,
        label=_("Where do you work?"),
        help_text=_("Only if you work elsewhere or in a larger area, such as a city or a region. Type the names."),
    )
    domains: Any = forms.ModelMultipleChoiceField(
        Domain.objects.all(),
        label=_("Which domains do you work in?"),
        error_messages={"required": _("Tick at least one domain.")},
        widget=forms.CheckboxSelectMultiple,
    )
    languages = LookupField(
        LanguageLookup(),
        several=True,
        label=_("In which languages can people talk to you?"),
        error_messages={"required": _("Tick or type at least one language.")},
        help_text=_("Tick all that apply; type the names of others."),
    )
    description = forms.CharField(
        label=_("What do you do?"),
        error_messages={"required": _("Say in a few words what you do.")},
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Two or three sentences, in the language that suits you."),
    )
    written_in = forms.ChoiceField(
        choices=language_choices_or_none,
        required=False,
        initial=get_language,
        label=_("In which language have you written this?"),
    )
    service_title = forms.CharField(
        label=_("A service that people can come to"),
        max_length=150,
        required=False,
        help_text=_("For example, “Language classes for beginners”. You can add more later."),
    )
    service_contact = forms.CharField(
        label=_("How do people reach this service?"),
        max_length=100,
        required=False,
        help_text=_("A telephone number or an e-mail address that everybody may see."),
    )
    service_type: Any = ServiceTypeField(_("What kind of service is it?"))
    service_domain: Any = forms.ModelChoiceField(
        Domain.objects.all(),
        label=_("Which domain does this service belong to?"),
        required=False,
        help_text=_("Only if it is nothing in the list above."),
    )
    service_marks = forms.MultipleChoiceField(
        choices=MARKS,
        label=_("About this service"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("service_type") is not None:
            cleaned["service_domain"] = cleaned["service_type"].domain
            cleaned["is_shelter"] = cleaned.get("is_shelter", False) or cleaned["service_type"].is_sheltering
        if cleaned.get("service_title") and not cleaned.get("service_domain") and "service_domain" not in self.errors:
            self.add_error("service_type", _("Choose what kind of service it is, or at least its domain."))
        is_described = any(cleaned.get(f"service_{name}") for name in ("domain", "marks", "contact"))
        if is_described and not cleaned.get("service_title"):
            self.add_error("service_title", _("Give the service a name, or leave the questions about it empty."))
        self.clean_contact(cleaned)
        if cleaned.get("is_shelter"):
            self.clean_shelter(cleaned)
        return cleaned

    def clean_shelter(self, cleaned: dict[str, Any]) -> None:
        """What is sheltered is a service; of the places the municipalities stay, before anything is stored."""
        if not cleaned.get("service_title") and "service_title" not in self.errors:
            self.add_error("service_title", _("Say what your shelter is called for those who look for it."))
        places = [cleaned.get("territory"), *cleaned.get("works_in", [])]
        municipalities = municipalities_of(place.pk for place in places if place is not None)
        known = Territory.objects.with_path().in_bulk(set(municipalities.values()))
        if cleaned.get("territory") is not None:
            cleaned["territory"] = known[municipalities[cleaned["territory"].pk]]
        larger = [municipalities[place.pk] for place in cleaned.get("works_in", [])]
        cleaned["works_in"] = [known[place] for place in dict.fromkeys(larger)]

    def clean_contact(self, cleaned: dict[str, Any]) -> None:
        """A service that nobody can reach is shown to nobody."""
        contact = cleaned.get("service_contact", "")
        if cleaned.get("service_title") and not contact and "service_contact" not in self.errors:
            self.add_error("service_contact", _("Say how people reach it. Without that, nobody is shown the service."))
        elif "@" in contact:
            try:
                validate_email(contact)
            except ValidationError:
                self.add_error("service_contact", _("This is no e-mail address."))
        elif contact and sum(sign.isdigit() for sign in contact) < FEWEST_DIGITS:
            self.add_error("service_contact", _("Type a telephone number, or an e-mail address."))

    def summary(self) -> list[tuple[Any, str]]:
        shown = [field for field in self if self.cleaned_data["service_title"] or field.name[:8] != "service_"]
        return [(field.label, self.words_for(field.name)) for field in shown]

    def instead_of_typed(self) -> dict[str, list[str]]:
        """Of a shelter the draft forgets the quarter too."""
        data = self.cleaned_data
        if not data["is_shelter"]:
            return {}
        works_in = [str(place.pk) for place in data["works_in"]]
        return {
            "territory": [self.words_for("territory")],
            "territory_chosen": [str(data["territory"].pk)],
            "works_in": [],
            "works_in_chosen": works_in,
        }

    def facts(self) -> WhereFacts:
        data = self.cleaned_data
        return WhereFacts(
            territory=data["territory"].pk,
            works_in=[place.pk for place in data["works_in"]],
            domains=[domain.pk for domain in data["domains"]],
            languages=data["languages"],
            description=data["description"],
            written_in=data["written_in"],
            service_title=data["service_title"],
            service_contact=data["service_contact"],
            service_type=data["service_type"].pk if data["service_type"] else None,
            service_domain=data["service_domain"].pk if data["service_domain"] else None,
            service_marks=[*data["service_marks"], *(["is_shelter"] if data["is_shelter"] else [])],
        )


class ContactForm(RegistrationForm):
    contact_name = forms.CharField(
        label=_("Your name"),
        error_messages={"required": _("Enter your name.")},
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_role = forms.CharField(label=_("What you do in the organisation"), max_length=120, required=False)
    email = forms.EmailField(
        label=_("E-mail address"),
        error_messages={"required": _("Enter an e-mail address.")},
        help_text=_("We will send an e-mail to confirm the address. It stays private unless you say otherwise."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        help_text=_("For the reviewer, if a question comes up. It is never published."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email_is_public = forms.TypedChoiceField(
        label=_("May we show this e-mail address on your public page?"),
        error_messages={"required": _("Choose yes or no.")},
        choices=[("yes", _("Yes, anybody may write to it")), ("no", _("No, keep it private"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    declaration = forms.BooleanField(
        label=_("I am entitled to speak for this organisation, and what I have said here is true."),
        error_messages={"required": _("Tick the box to say that you may speak for the organisation.")},
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def facts(self) -> ContactFacts:
        return ContactFacts(**{name: self.cleaned_data[name] for name in ContactFacts.__annotations__})  # type: ignore[typeddict-item]


PAGES: dict[str, type[RegistrationForm]] = {
    Registration.Page.WHO: WhoForm,
    Registration.Page.WHERE: WhereForm,
    Registration.Page.CONTACT: ContactForm,
}


def form_as_typed(registration: Registration, page: str) -> RegistrationForm:
    """The page as it was left, with its errors if it has any; empty if nobody has been there."""
    answers = registration.answers.get(page)
    if answers is None:
        return PAGES[page](initial={})
    return PAGES[page](MultiValueDict(answers["typed"]))


def typed_in(form: RegistrationForm, data: QueryDict) -> dict[str, list[str]]:
    """What belongs to the page among what was sent."""
    names = {name for field in form.fields for name in (field, f"{field}_chosen")}
    typed = {name: data.getlist(name) for name in names if name in data}
    return typed | (form.instead_of_typed() if form.is_valid() else {})


def perhaps_there(registration: Registration, *, by: Person) -> list[Hint]:
    """What may be the same among the organisations that the reader sees: they may ask to act for it instead of adding it anew."""
    who: WhoFacts = registration.answers[Registration.Page.WHO]["facts"]
    where: WhereFacts = registration.answers[Registration.Page.WHERE]["facts"]
    contact: ContactFacts = registration.answers[Registration.Page.CONTACT]["facts"]
    place = Territory.objects.filter(pk=where["territory"]).first()
    told = Organisation(name=who["name"], acronym=who["acronym"], territory=place, public_email=contact["email"])
    return possible_duplicates(told, by=by)
