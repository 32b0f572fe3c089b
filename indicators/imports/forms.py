import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.imports.matching import recognise
from indicators.models import SavedMapping
from orgs.forms import PortalForm
from orgs.forms.files import FileForm
from orgs.models import Organisation

OWN, RECOGNISE, DESCRIBE = "own", "recognise", "describe"


class ImportForm(FileForm):
    """A file of figures and the mapping that says what its columns mean: a saved one, one of one's own as JSON, or one still to be made.

    `cleaned_data["read"]` is the mapping and its name; None where the columns are described in the next step.
    """

    what_is_taken = gettext_lazy(
        "A table as CSV (plain or compressed with gzip), Excel workbook, SDMX-CSV, Eurostat TSV or JSON-stat; at most %(limit)s."
    )
    too_large_text = gettext_lazy(
        "The file is larger than %(limit)s, the most that can be imported at once. Split it, for instance by year."
    )

    authority = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=gettext_lazy("Authority"), empty_label=None, required=False
    )
    mapping = forms.ChoiceField(label=gettext_lazy("Kind of file"))
    definition_file = forms.FileField(
        label=gettext_lazy("Mapping as a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    definition = forms.CharField(
        label=gettext_lazy("Mapping as text"),
        required=False,
        help_text=gettext_lazy("JSON: which column of the file says what."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "dir": "ltr"}),
    )
    field_order = ("authority", "mapping", "file", "definition_file", "definition", "whole")

    def __init__(
        self,
        *args: Any,
        authorities: list[Organisation],
        for_platform: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.authorities = authorities
        self.mappings = {str(mapping.pk): mapping for mapping in SavedMapping.objects.all()}
        kinds = self.fields["mapping"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [
            ("", _("Choose the kind of file")),
            (RECOGNISE, _("Recognise it by its columns")),
            *((key, mapping.title) for key, mapping in self.mappings.items()),
            (DESCRIBE, _("A new kind of file: I will say what its columns mean")),
            (OWN, _("Another kind: I will give its mapping below")),
        ]
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.gz,.xlsx,.json,text/csv"
        field = self.fields["authority"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.filter(pk__in=[authority.pk for authority in authorities])
        field.required = not for_platform
        if for_platform:
            field.empty_label = _("The portal itself, for any place")
        elif len(authorities) < 2:
            field.widget = forms.HiddenInput()
            field.initial = authorities[0].pk if authorities else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        own = [name for name in ("definition_file", "definition") if cleaned.get(name)]
        kind = cleaned.get("mapping")
        if kind == OWN and not own:
            self.add_error("definition", _("Give the mapping, as a file or as text."))
        elif kind and kind != OWN and own:
            self.add_error("mapping", _("Choose a kind of file or give a mapping of your own, not both."))
        elif kind == RECOGNISE and cleaned.get("file"):
            self._recognise(cleaned)
        elif kind == OWN and len(own) == 2:
            self.add_error("definition", _("Give the mapping as a file or as text, not both."))
        elif kind == OWN and own == ["definition_file"]:
            self._read(cleaned, "definition_file", cleaned["definition_file"].read(), cleaned["definition_file"].name)
        elif kind == OWN:
            self._read(cleaned, "definition", cleaned["definition"], "")
        elif kind == DESCRIBE:
            cleaned["read"] = None
        elif kind and kind != RECOGNISE:
            mapping = self.mappings[kind]
            cleaned["read"] = (mapping.definition, mapping.name)
        return cleaned

    def _recognise(self, cleaned: dict[str, Any]) -> None:
        mapping = recognise(cleaned["file"], self.mappings.values())
        cleaned["read"] = None if mapping is None else (mapping.definition, mapping.name)

    def _read(self, cleaned: dict[str, Any], field: str, text: str | bytes, name: str) -> None:
        try:
            definition = json.loads(text)
        except json.JSONDecodeError as error:
            self.add_error(
                field,
                ValidationError(
                    _("This is not valid JSON: line %(line)s, column %(column)s."),
                    params={"line": error.lineno, "column": error.colno},
                ),
            )
        except (UnicodeDecodeError, RecursionError):
            self.add_error(field, _("This is not JSON text."))
        else:
            cleaned["read"] = (definition, name[:120] or _("own mapping"))


class MappingNameForm(PortalForm):
    name = forms.CharField(
        label=gettext_lazy("Name of the mapping"),
        max_length=120,
        help_text=gettext_lazy("The next file of this kind then needs no description."),
        error_messages={"required": gettext_lazy("Give the mapping a name.")},
    )
