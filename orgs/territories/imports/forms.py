"""A file of places, and what its columns mean."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.folding import as_shown
from orgs.forms import PortalForm
from orgs.forms.files import FileForm
from orgs.languages import USUAL, name_for_reader
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Territory, TerritoryImport, TerritoryScheme
from orgs.territories.imports import guessing
from orgs.territories.imports.actions import guess_of, texts_in
from orgs.territories.imports.description import (
    CODE,
    KIND,
    LEAVE_OUT,
    NAME,
    NAME_IN,
    PARENT,
    VALID_FROM,
    VALID_TO,
    Description,
)
from orgs.vocabulary import choices_of

MOST_COLUMNS = 60
KINDS = choices_of(Territory.Kind)


class TerritoryFileForm(FileForm):
    what_is_taken = gettext_lazy(
        "A table with a row for each place, as CSV or Excel workbook, or places with their boundaries as GeoJSON or TopoJSON; at most %(limit)s."
    )
    too_large_text = gettext_lazy(
        "The file is larger than %(limit)s, the most that can be imported at once. Split it, for instance by level."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.gz,.xlsx,.json,.geojson,.topojson,text/csv"


def role_choices() -> list[tuple[str, str]]:
    languages = list(dict.fromkeys([*(code for code, _name in settings.LANGUAGES), *USUAL]))
    return [
        ("", _("Not used")),
        (CODE, _("Code")),
        (NAME, _("Name (local)")),
        *((NAME_IN + code, _("Name in %(language)s") % {"language": name_for_reader(code)}) for code in languages),
        (KIND, _("Kind or level")),
        (PARENT, _("Code of the place in which it lies")),
        (VALID_FROM, _("Valid from")),
        (VALID_TO, _("Valid until")),
    ]


class DescriptionForm(PortalForm):
    """Opens with what the file seems to mean. `read()` is the description once it is valid."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of all places"),
        required=False,
        choices=[("", gettext_lazy("As the column says")), *KINDS],
    )
    parent = LookupField(
        TerritoryLookup(ever=True),
        label=gettext_lazy("All lie in"),
        required=False,
        help_text=gettext_lazy(
            "For places of which the file does not say where they lie, such as regions of one country."
        ),
    )
    by_prefix = forms.BooleanField(
        label=gettext_lazy("A place lies in the one with whose code its own begins (08019 in 08)"), required=False
    )
    parent_scheme: "forms.ModelChoiceField[TerritoryScheme]" = forms.ModelChoiceField(
        TerritoryScheme.objects.none(),
        label=gettext_lazy("Codes of places in which they lie may also be of"),
        required=False,
        empty_label=gettext_lazy("No other classification"),
    )
    valid_from = forms.DateField(
        label=gettext_lazy("First day of all places"),
        required=False,
        help_text=gettext_lazy(
            "Where no column says it. A place that is there already ends the day before, and a new one begins."
        ),
    )
    corrects_days = forms.BooleanField(
        label=gettext_lazy("Other first days are corrections: the places stay the same ones"), required=False
    )
    ends_missing = forms.DateField(
        label=gettext_lazy("Last day of places that the file does not have"),
        required=False,
        help_text=gettext_lazy("Empty: they stay as they are."),
    )

    def __init__(self, *args: Any, batch: TerritoryImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch = batch
        self.header: list[str] = batch.contents["header"][:MOST_COLUMNS]
        self.said = Description.from_json(batch.description) if batch.description else guess_of(batch)
        self.initial = {**self.initial_of(self.said), **self.initial}
        others = TerritoryScheme.objects.exclude(pk=batch.scheme_id).order_by(as_shown("name"), "pk")
        self.fields["parent_scheme"].queryset = others  # type: ignore[attr-defined]
        roles = role_choices()
        for place in range(len(self.header)):
            self.fields[f"column_{place}"] = forms.ChoiceField(choices=roles, required=False, label=self.header[place])
        self.texts = texts_in(batch, self.kind_column())
        for number, text in enumerate(self.texts or ()):
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=text or _("blank"),
                choices=[("", _("Choose")), *KINDS, (LEAVE_OUT, _("leave the rows out"))],
                required=False,
            )
            self.initial.setdefault(f"kind_{number}", self.said.kinds.get(text) or guessing.kind_of(text))

    def initial_of(self, said: Description) -> dict[str, Any]:
        given = {
            name: getattr(said, name) for name in ("kind", "by_prefix", "parent_scheme", "valid_from", "corrects_days")
        }
        columns = {f"column_{place}": role for role, place in said.columns.items()}
        return {**given, **columns, "ends_missing": said.ends_missing, "parent": said.parent}

    def kind_column(self) -> int | None:
        """The column of kinds that is chosen, as the form was sent or as it opens."""
        for place in range(len(self.header)):
            name = f"column_{place}"
            if (self.data.get(name) if self.is_bound else self.initial.get(name)) == KIND:
                return place
        return None

    @property
    def column_rows(self) -> list[tuple[str, list[str], forms.BoundField]]:
        """Each column with the first texts in it."""
        rows = self.batch.contents["rows"]
        return [
            (heading, list(dict.fromkeys(row[place] for row in rows if row[place])), self[f"column_{place}"])
            for place, heading in enumerate(self.header)
        ]

    @property
    def kind_rows(self) -> list[forms.BoundField]:
        return [self[f"kind_{number}"] for number in range(len(self.texts or ()))]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(("column_", "kind_"))]

    def columns(self) -> dict[str, int]:
        chosen = [(self.cleaned_data.get(f"column_{place}"), place) for place in range(len(self.header))]
        return {role: place for role, place in reversed(chosen) if role}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [role for place in range(len(self.header)) if (role := cleaned.get(f"column_{place}"))]
        for role in sorted({role for role in chosen if chosen.count(role) > 1}):
            label = dict(role_choices())[role]
            self.add_error(None, _("Two columns are said to be “%(what)s”.") % {"what": label})
        for role, sentence in (
            (CODE, _("Say which column has the code.")),
            (NAME, _("Say which column has the name.")),
        ):
            if role not in chosen:
                self.add_error(None, sentence)
        if KIND not in chosen and not cleaned.get("kind"):
            self.add_error("kind", _("Say which column has the kind, or choose one for all places."))
        if KIND in chosen and self.texts is None:
            self.add_error(None, _("The column of kinds has too many different texts. Is it the right column?"))
        for number, text in enumerate(self.texts or ()):
            if not cleaned.get(f"kind_{number}") and not (text == "" and cleaned.get("kind")):
                self.add_error(f"kind_{number}", _("Say what “%(text)s” means.") % {"text": text})
        if cleaned.get("valid_from") and VALID_FROM in chosen:
            self.add_error("valid_from", _("A column says the first day already."))
        return cleaned

    def read(self) -> Description:
        given = self.cleaned_data
        texts = self.texts or []
        return Description(
            self.columns(),
            kind=given["kind"],
            kinds={text: given[f"kind_{number}"] for number, text in enumerate(texts) if given[f"kind_{number}"]},
            parent=given["parent"].pk if given["parent"] else None,
            parent_scheme=given["parent_scheme"].pk if given["parent_scheme"] else None,
            by_prefix=given["by_prefix"],
            valid_from=given["valid_from"],
            corrects_days=given["corrects_days"],
            ends_missing=given["ends_missing"],
        )
