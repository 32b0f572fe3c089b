"""Forms for asking, answering and typing figures."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.catalogue.periods import period_code
from indicators.models import Dimension, Indicator, Period
from indicators.reports.workbook import MAX_BYTES
from orgs.forms import PortalForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import OrganisationLookup, TerritoryLookup
from orgs.models import Organisation
from orgs.models.reach import places_of_figures


def read_periods(text: str) -> list[Period]:
    """Periods from text with commas between them, in the order of time."""
    codes = [period_code({"code": part}) for part in text.replace(";", ",").split(",") if part.strip()]
    found = list(Period.objects.filter(code__in=codes))
    if "" in codes or len(found) < len(set(codes)):
        raise ValidationError(_("Write periods like 2017, 2017-S1, 2017-Q1 or 2017-03, separated by commas."))
    return found


def indicator_choices() -> list[tuple[str, list[tuple[int, str]]]]:
    """By domain."""
    grouped: dict[str, list[tuple[int, str]]] = {}
    for indicator in Indicator.objects.active().select_related("domain"):
        grouped.setdefault(indicator.domain.name, []).append((indicator.pk, f"{indicator.code} {indicator.name}"))
    return list(grouped.items())


class CellsForm(PortalForm):
    """Which figures: indicators, a place, periods, groups."""

    authority = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=gettext_lazy("Authority"), empty_label=None
    )
    territory = LookupField(TerritoryLookup(ever=True), label=gettext_lazy("Place"))
    with_parts = forms.BooleanField(
        label=gettext_lazy("Also each of its parts"),
        required=False,
        help_text=gettext_lazy("The districts of a city, for instance."),
    )
    dimension: forms.ModelChoiceField = forms.ModelChoiceField(
        queryset=Dimension.objects.all(),
        required=False,
        label=gettext_lazy("By groups of"),
        empty_label=gettext_lazy("No groups, the total alone"),
    )

    def __init__(self, *args: Any, authorities: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["authority"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.filter(pk__in=[authority.pk for authority in authorities])
        if len(authorities) == 1:
            field.widget = forms.HiddenInput()
            field.initial = authorities[0].pk

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        authority, territory = cleaned.get("authority"), cleaned.get("territory")
        if authority and territory:
            own = places_of_figures(authority.territory)
            if not own.filter(pk=territory.pk).exists():
                self.add_error("territory", _("Choose the place of the authority, or one of its parts."))
        return cleaned


class ChooseCellsForm(CellsForm):
    """The table that somebody wants to type."""

    indicator = forms.ModelChoiceField(
        queryset=Indicator.objects.active(), label=gettext_lazy("Indicator"), to_field_name="code"
    )
    period = forms.CharField(
        label=gettext_lazy("Period"),
        max_length=8,
        help_text=gettext_lazy("2017, 2017-S1, 2017-Q1, 2017-03, or 2017-SY for the school year 2017/18."),
        widget=forms.TextInput(attrs={"class": "input-short"}),
    )
    field_order = ["authority", "indicator", "territory", "period", "with_parts", "dimension"]

    def clean_period(self) -> Period:
        return read_periods(self.cleaned_data["period"])[0]


class AskForm(CellsForm):
    """What is asked, of whom and by when."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    note = forms.CharField(
        label=gettext_lazy("What it is for"),
        required=False,
        help_text=gettext_lazy("For those you ask: what to count, and what you will do with it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    organisations = LookupField(
        OrganisationLookup(), several=True, limit=100, label=gettext_lazy("Organisations that are asked")
    )
    indicators = forms.ModelMultipleChoiceField(
        queryset=Indicator.objects.active(),
        label=gettext_lazy("Indicators"),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("Hold Ctrl (or ⌘) to choose several."),
    )
    periods = forms.CharField(
        label=gettext_lazy("Periods"),
        max_length=200,
        help_text=gettext_lazy(
            "2017, 2017-S1, 2017-Q1, 2017-03, or 2017-SY for the school year 2017/18, separated by commas."
        ),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = [
        "authority", "title", "note", "organisations", "indicators", "territory", "with_parts", "dimension", "periods", "due_on",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["indicators"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.choices = indicator_choices()

    def clean_periods(self) -> list[Period]:
        return read_periods(self.cleaned_data["periods"])


class SheetForm(PortalForm):
    """The filled-in spreadsheet."""

    file = forms.FileField(
        label=gettext_lazy("The spreadsheet that you filled in"),
        error_messages={"required": gettext_lazy("Choose the spreadsheet that you filled in.")},
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )
    replace = forms.BooleanField(label=gettext_lazy("Replace what is in the report now"), required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _(
                    "The file is larger than %(limit)s, and our spreadsheet is much smaller. Check that it is the right file."
                ),
                params={"limit": filesizeformat(MAX_BYTES)},
            )
        return file


class ReturnForm(PortalForm):
    note = forms.CharField(
        label=gettext_lazy("What should be changed?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
