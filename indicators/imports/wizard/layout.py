"""The form that says how a file is written."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from orgs.forms import PortalForm, WholeNumberField
from orgs.readers.layout import FileLayout


class LayoutForm(PortalForm):
    """How a file is written, where the first look took it for something else."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            ("csv", gettext_lazy("Text with columns (CSV)")),
            ("xlsx", gettext_lazy("Excel workbook")),
            ("sdmx-csv", "SDMX-CSV"),
            ("eurostat-tsv", "Eurostat TSV"),
            ("json-stat", "JSON-stat"),
        ],
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Between the columns"),
        required=False,
        choices=[
            (",", gettext_lazy("Comma")),
            (";", gettext_lazy("Semicolon")),
            ("tab", gettext_lazy("Tab")),
            ("|", gettext_lazy("Vertical bar")),
        ],
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=[
            ("utf-8", "UTF-8"),
            ("cp1252", "Windows-1252"),
            ("latin-1", "ISO 8859-1"),
            ("utf-16", "UTF-16"),
            ("cp1256", "Windows-1256"),
        ],
    )
    header_row = WholeNumberField(
        label=gettext_lazy("Line with the names of the columns"), required=False, min_value=1, max_value=10_000
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Of a workbook: its name, or its number from 1."),
    )

    def __init__(self, *args: Any, layout: dict[str, Any], **kwargs: Any) -> None:
        shown = {**layout, "delimiter": "tab" if layout.get("delimiter") == "\t" else layout.get("delimiter", ",")}
        super().__init__(
            *args,
            **{
                "initial": {"format": "csv", "encoding": "utf-8", "header_row": 1, **shown},
                "prefix": "layout",
                **kwargs,
            },
        )

    def layout(self) -> FileLayout:
        cleaned = self.cleaned_data
        delimiter = cleaned.get("delimiter") or ","
        return FileLayout(
            format=cleaned["format"],
            delimiter="\t" if delimiter == "tab" else delimiter,
            encoding=cleaned.get("encoding") or "utf-8",
            sheet=cleaned.get("sheet") or "",
            header_row=cleaned.get("header_row") or 1,
        )
