"""A file of organisations, and what its columns mean."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.exchange.imports.mapping import read_mapping
from orgs.forms.files import FileForm
from orgs.models import OrganisationImport, OrganisationMapping

MOST_EARLIER = 50
LONGEST = 50_000


class OrganisationFileForm(FileForm):
    """With a mapping that was kept, that of an earlier file or of a file of its own; or none, and the columns are picked on the next page."""

    what_is_taken = gettext_lazy(
        "CSV, Excel workbook, a zip with the tables of HSDS 1.1, or JSON of HSDS 3.0; at most %(limit)s."
    )
    too_large_text = gettext_lazy("The file is larger than %(limit)s, the most that can be imported at once. Split it.")

    earlier = forms.ChoiceField(
        label=gettext_lazy("Columns as before"),
        required=False,
        help_text=gettext_lazy("Otherwise you say on the next page what the columns mean."),
    )
    mapping = forms.FileField(
        label=gettext_lazy("File of a mapping"),
        required=False,
        help_text=gettext_lazy("JSON, as the page of an import gives it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.gz,.xlsx,.zip,.json,text/csv"
        self.fields["mapping"].widget.attrs["accept"] = ".json,application/json"
        saved = OrganisationMapping.objects.all()
        found = OrganisationImport.objects.exclude(mapping={}).defer("problems", "contents")[:MOST_EARLIER]
        self.known = {f"m{one.pk}": (one.definition, one.name) for one in saved}
        self.known |= {str(batch.pk): (batch.mapping, batch.mapping_name) for batch in found}
        earlier = self.fields["earlier"]
        assert isinstance(earlier, forms.ChoiceField)
        earlier.choices = [
            ("", _("None")),
            (_("Kept mappings"), [(f"m{one.pk}", one.name) for one in saved]),
            (_("Earlier files"), [(str(batch.pk), f"{batch.file_name} ({batch.pk})") for batch in found]),
        ]

    def clean_mapping(self) -> Any:
        file = self.cleaned_data["mapping"]
        if not file:
            return None
        if (file.size or 0) > LONGEST:
            raise ValidationError(_("This is too long for a mapping."))
        try:
            given = json.loads(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ValidationError(_("This is no text.")) from None
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("This is not valid JSON: %(fault)s."), params={"fault": str(error)[:100]}) from None
        try:
            read_mapping(given)
        except ValidationError as refusal:
            raise ValidationError(refusal.messages) from None
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("mapping") is not None and cleaned.get("earlier"):
            self.add_error("mapping", _("Choose what was kept, or send a file of a mapping: not both."))
        return cleaned

    def read(self) -> tuple[Any, str]:
        """The mapping, or None, and its name."""
        return self.known.get(self.cleaned_data["earlier"], (self.cleaned_data["mapping"], ""))
