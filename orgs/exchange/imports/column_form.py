"""What the columns of a file of organisations mean, picked from lists."""

from hashlib import blake2s
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.exchange.imports.described import LIST_ROLES, OF_VALUES, Described, carry_over, described, mapping_of
from orgs.exchange.imports.guessing import IDENTIFIER, LEAVE_OUT, SCHEME, Meanings
from orgs.exchange.imports.mapping import KINDS
from orgs.folding import as_shown
from orgs.forms import PortalForm, WebAddressField
from orgs.languages import language_choices, language_choices_or_none
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Domain, OrganisationImport, ServiceType, Territory, TerritoryScheme
from orgs.models.identifier import REGISTER
from orgs.vocabulary import Kind, Mark, Work, choices_of

ROLES = {
    "name": gettext_lazy("Name"),
    "acronym": gettext_lazy("Short name"),
    "other_name": gettext_lazy("Name in another language"),
    "kind": gettext_lazy("Kind of organisation"),
    "territory": gettext_lazy("Place of the seat: name or code"),
    SCHEME: gettext_lazy("Classification of the place"),
    IDENTIFIER: gettext_lazy("Number in a register"),
    "identifiers": gettext_lazy("Further numbers, each with its register"),
    "description": gettext_lazy("Description"),
    "written_in": gettext_lazy("Language of the description, as a code"),
    "website": gettext_lazy("Website"),
    "public_email": gettext_lazy("E-mail that everybody may see"),
    "notice_email": gettext_lazy("E-mail to write to, never shown"),
    "public_phone": gettext_lazy("Telephone"),
    "address": gettext_lazy("Address"),
    "founded_year": gettext_lazy("Year founded"),
    "works_in": gettext_lazy("Places in which it works"),
    "domains": gettext_lazy("Fields of work"),
    "service_types": gettext_lazy("Types of its services"),
    "languages": gettext_lazy("Working languages"),
    "communities": gettext_lazy("Countries of origin, as codes"),
    "marks": gettext_lazy("Who leads it"),
    "works_as": gettext_lazy("What it does"),
    LEAVE_OUT: gettext_lazy("Says which rows are left out"),
}
MOST_OFFERED = 200
"""Columns: what stands further right can be said in a file of a mapping, and stays as it was said."""
KIND_CHOICES = [choice for choice in choices_of(Kind) if choice[0] in KINDS]


class ColumnsForm(PortalForm):
    """Opens with what the file seems to mean. `read()` is the mapping once it is valid."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of all organisations"),
        required=False,
        choices=[("", gettext_lazy("As the column says")), *KIND_CHOICES],
        help_text=gettext_lazy("With a column of kinds: the kind of those whose text is not translated above."),
    )
    place = LookupField(
        TerritoryLookup(),
        label=gettext_lazy("All have their seat in"),
        required=False,
        help_text=gettext_lazy("Empty where a column says it."),
    )
    scheme: "forms.ModelChoiceField[TerritoryScheme]" = forms.ModelChoiceField(
        TerritoryScheme.objects.none(),
        label=gettext_lazy("Classification of the places"),
        required=False,
        empty_label=gettext_lazy("None"),
        to_field_name="code",
    )
    by = forms.ChoiceField(
        label=gettext_lazy("Places are written"),
        choices=[("name", gettext_lazy("by their names")), ("code", gettext_lazy("by their codes"))],
    )
    register = forms.RegexField(
        REGISTER,
        label=gettext_lazy("Register of the numbers"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "As org-id.guide lists it, for instance GB-CHC; XP- and a word of your own for another list. Empty where each number begins with it."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the descriptions"), required=False)
    other_language = forms.ChoiceField(label=gettext_lazy("Language of the other name"), required=False)
    separator = forms.CharField(
        label=gettext_lazy("Sign between several in one cell"), max_length=3, initial=";", strip=False
    )
    domain: "forms.ModelChoiceField[Domain]" = forms.ModelChoiceField(
        Domain.objects.all(),
        label=gettext_lazy("Field of work of services whose type is not known"),
        required=False,
        empty_label=gettext_lazy("Leave them out"),
        to_field_name="code",
    )
    doubles = forms.BooleanField(
        label=gettext_lazy("Add those too of whom the portal perhaps has an entry already"), required=False
    )
    source_name = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        help_text=gettext_lazy("Whose list it is. It stands on the page of each organisation."),
    )
    source_licence = forms.CharField(
        label=gettext_lazy("Licence"),
        max_length=120,
        help_text=gettext_lazy("By which the list may be used, for instance CC BY 4.0."),
    )
    source_url = WebAddressField(label=gettext_lazy("Web address of the source"), required=False)
    mapping_name = forms.CharField(
        label=gettext_lazy("Keep it under a name"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("You can then choose it for the next file of this kind."),
    )

    def __init__(self, *args: Any, batch: OrganisationImport, file_format: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch, self.format = batch, file_format
        schemes = TerritoryScheme.objects.order_by(as_shown("name"), "pk")
        self.fields["scheme"].queryset = schemes  # type: ignore[attr-defined]
        self.said = described(batch.mapping, batch.contents, file_format)
        self.header: list[str] = [
            heading if place < MOST_OFFERED or heading in self.said.roles else ""
            for place, heading in enumerate(batch.contents["header"])
        ]
        """Those that are offered; the texts are known of the first ones only."""
        self.meanings = Meanings()
        self.unseen: list[str] = []
        """Columns whose texts were not on the page that was sent."""
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]
        self.initial = {**self.initial_of(self.said), **self.initial}
        if not file_format.startswith("hsds"):
            del self.fields["domain"]
        for name, choices in (("language", language_choices_or_none()), ("other_language", language_choices_or_none())):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        roles = [("", _("Not used")), *ROLES.items()]
        for place, heading in enumerate(self.header):
            if heading:
                self.fields[f"column_{place}"] = forms.ChoiceField(choices=roles, required=False, label=heading)
        self.texts = {place: texts for place in range(len(self.header)) if (texts := self.texts_in(place))}
        for place, texts in self.texts.items():
            self.add_values(place, texts)

    def initial_of(self, said: Described) -> dict[str, Any]:
        columns = {f"column_{place}": said.roles.get(heading, "") for place, heading in enumerate(self.header)}
        scheme, _colon, code = said.plain.get("place", "").partition(":")
        place = Territory.objects.filter(scheme__code=scheme, code=code).first() if code else None
        name = {"mapping_name": self.batch.mapping_name}
        return {**said.plain, **columns, **name, "place": place.pk if place else None}

    def role_of(self, place: int) -> str:
        name = f"column_{place}"
        return str((self.data.get(name) if self.is_bound else self.initial.get(name)) or "")

    def texts_of(self, place: int) -> list[str] | None:
        """None where they are too many or too long, or the column is too far right."""
        texts: list[list[str] | None] = self.batch.contents["texts"]
        return texts[place] if place < len(texts) else None

    def texts_in(self, place: int) -> list[str]:
        """Those that are to be translated one by one."""
        role, texts = self.role_of(place), self.texts_of(place)
        if role not in (*OF_VALUES, LEAVE_OUT) or not texts:
            return []
        if role in LIST_ROLES:
            sign = (self.data if self.is_bound else self.initial).get("separator") or ";"
            texts = list(dict.fromkeys(part.strip() for text in texts for part in text.split(sign) if part.strip()))
        return list(texts)

    def said_of(self, place: int) -> dict[str, str]:
        """What was said of the texts of a column that means the same still."""
        heading = self.header[place]
        return self.said.values.get(heading, {}) if self.said.roles.get(heading) == self.role_of(place) else {}

    def add_values(self, place: int, texts: list[str]) -> None:
        role, heading, known = self.role_of(place), self.header[place], self.said_of(place)
        choices = choices_for(role)
        for text in texts:
            name = name_of(place, text)
            self.fields[name] = forms.ChoiceField(label=text, choices=choices, required=False)
            guess = known.get(text, self.meanings.of(role, text) if role != LEAVE_OUT else "")
            self.initial.setdefault(name, guess)
            if self.is_bound and name not in self.data:
                self.data[name] = guess  # type: ignore[index]
                if heading not in self.unseen:
                    self.unseen.append(heading)

    @property
    def column_rows(self) -> list[tuple[str, list[str], forms.BoundField]]:
        """Each column with the first texts in it."""
        rows = self.batch.contents["rows"]
        return [
            (
                heading,
                list(dict.fromkeys(filter(None, (text for row in rows for text in row[place : place + 1])))),
                self[f"column_{place}"],
            )
            for place, heading in enumerate(self.header)
            if heading
        ]

    @property
    def value_tables(self) -> list[tuple[str, Any, list[forms.BoundField]]]:
        """Of each column whose texts are translated: its heading, what it means, and a choice for each text."""
        return [
            (self.header[place], ROLES[self.role_of(place)], [self[name_of(place, text)] for text in texts])
            for place, texts in self.texts.items()
        ]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(("column_", "value_", "source_", "mapping_"))]

    @property
    def source_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith(("source_", "mapping_"))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [self.role_of(place) for place in range(len(self.header))]
        for role, label in ROLES.items():
            if chosen.count(role) > 1 and role != LEAVE_OUT:
                self.add_error(None, _("Two columns are said to be “%(what)s”.") % {"what": label})
        if "name" not in chosen:
            self.add_error(None, _("Say which column has the name."))
        if "kind" not in chosen and not cleaned.get("kind"):
            self.add_error("kind", _("Say which column has the kind, or choose one for all organisations."))
        self.check_places(chosen, cleaned)
        for heading in self.unseen:
            self.add_error(None, _("Look at what the texts of “%(column)s” mean, below.") % {"column": heading})
        if "kind" in chosen and not cleaned.get("kind"):
            place = chosen.index("kind")
            if self.texts_of(place) is None and not self.said_of(place):
                self.add_error(
                    None,
                    _("The column of kinds has too many different texts. Choose a kind for all, or another column."),
                )
            for text in self.texts.get(place, ()):
                if not cleaned.get(name_of(place, text)):
                    self.add_error(name_of(place, text), _("Say what “%(text)s” means.") % {"text": text})
        return cleaned

    def check_places(self, chosen: list[str], cleaned: dict[str, Any]) -> None:
        if "territory" in chosen and cleaned.get("place"):
            self.add_error("place", _("A column says the place already."))
        if "territory" not in chosen and not cleaned.get("place") and "place" not in self.errors:
            self.add_error("place", _("Say which column has the place, or choose one for all organisations."))
        if "territory" in chosen and SCHEME not in chosen and not cleaned.get("scheme"):
            self.add_error("scheme", _("Choose the classification in which the places are looked up."))

    def read(self) -> dict[str, Any]:
        given = self.cleaned_data
        roles = {heading: role for place, heading in enumerate(self.header) if (role := self.role_of(place))}
        # What an earlier file had and this one has not stays for the next.
        values = {self.header[place]: dict(said) for place in range(len(self.header)) if (said := self.said_of(place))}
        for place, texts in self.texts.items():
            meant = {text: given[name_of(place, text)] for text in texts}
            values[self.header[place]] = {**values.get(self.header[place], {}), **meant}
        plain = {
            **{name: value for name, value in given.items() if not name.startswith(("column_", "value_"))},
            "place": f"{given['place'].scheme.code}:{given['place'].code}" if given["place"] else "",
            "scheme": given["scheme"].code if given["scheme"] else "",
            "domain": self.domain_code(),
        }
        now = Described(roles, values, plain)
        found = mapping_of(now, self.format)
        carry_over(found, self.batch.mapping, self.said, now)
        return found

    def domain_code(self) -> str:
        if "domain" not in self.fields:
            return str(self.said.plain.get("domain", ""))
        domain = self.cleaned_data["domain"]
        return domain.code if domain else ""


def name_of(place: int, text: str) -> str:
    """Of the field for a text: the same however the cells are divided."""
    return f"value_{place}_{blake2s(text.encode(), digest_size=6).hexdigest()}"


def choices_for(role: str) -> list[tuple[str, Any]]:
    leave_out = (LEAVE_OUT, _("leave the rows out"))
    passed_over = ("", _("pass over"))
    if role == "kind":
        return [("", _("Choose")), *KIND_CHOICES, leave_out]
    if role == LEAVE_OUT:
        return [("", _("keep the rows")), leave_out]
    if role == "languages":
        return [passed_over, *language_choices()]
    if role in ("marks", "works_as"):
        return [passed_over, *choices_of(Mark if role == "marks" else Work)]
    listed: Any = Domain.objects.all() if role == "domains" else ServiceType.objects.offered()
    return [passed_over, *((one.code, capfirst(one.name)) for one in listed)]
