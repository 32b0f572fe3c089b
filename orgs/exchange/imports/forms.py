"""A file of organisations, and what its columns mean."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.exchange.imports.mapping import read_mapping
from orgs.forms.files import FileForm
from orgs.models import OrganisationImport

MOST_EARLIER = 50
LONGEST = 50_000


class OrganisationFileForm(FileForm):
    """The mapping is typed, or that of an earlier file; a table that a portal of this kind exported needs none."""

    what_is_taken = gettext_lazy(
        "CSV, Excel workbook, a zip with the tables of HSDS 1.1, or JSON of HSDS 3.0; at most %(limit)s."
    )
    too_large_text = gettext_lazy("The file is larger than %(limit)s, the most that can be imported at once. Split it.")

    earlier = forms.ChoiceField(label=gettext_lazy("Columns as in an earlier file"), required=False)
    mapping = forms.CharField(
        label=gettext_lazy("What the columns mean"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "dir": "ltr"}),
        help_text=gettext_lazy("As JSON. Empty for a table that a portal of this kind exported."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.gz,.xlsx,.zip,.json,text/csv"
        found = OrganisationImport.objects.defer("problems")[:MOST_EARLIER]
        self.earlier_mappings = {str(batch.pk): batch.mapping for batch in found}
        earlier = self.fields["earlier"]
        assert isinstance(earlier, forms.ChoiceField)
        earlier.choices = [("", _("None")), *((str(batch.pk), f"{batch.file_name} ({batch.pk})") for batch in found)]

    def clean_mapping(self) -> Any:
        text = self.cleaned_data["mapping"].strip()
        if not text:
            return None
        try:
            given = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValidationError(_("This is not valid JSON: %(fault)s."), params={"fault": str(error)[:100]}) from None
        try:
            read_mapping(given)
        except ValidationError as refusal:
            raise ValidationError(refusal.messages) from None
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("mapping") is not None and cleaned.get("earlier"):
            self.add_error("mapping", _("Say what the columns mean, or choose an earlier file: not both."))
        return cleaned

    def read(self) -> Any:
        """The mapping, or None."""
        earlier = self.earlier_mappings.get(self.cleaned_data["earlier"])
        return self.cleaned_data["mapping"] if earlier is None else earlier
