"""What an administrator types about classifications and places."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs import installation
from orgs.forms import PortalForm, PortalModelForm
from orgs.forms.numbers import NumberField
from orgs.languages import name_for_reader
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Territory, TerritoryScheme
from orgs.models.territory import BEGINNING, END
from orgs.readers.geographic import read_geographic
from orgs.readers.problems import FileRefused, Problem
from orgs.territories.actions import SplitPart
from orgs.territories.imports.messages import all_texts, problem_text
from orgs.territories.outlines import NoOutline, outline_of
from orgs.vocabulary import choices_of

KINDS = choices_of(Territory.Kind)
MOST_PIECES = 6
RESERVED_CODES = {"add"}
"""They stand in an address where the code of a classification may."""
FROM_DAY = gettext_lazy("From which day")


class SchemeForm(PortalModelForm):
    class Meta:
        model = TerritoryScheme
        fields = ["code", *(f"name_{language}" for language, _name in settings.LANGUAGES), "source", "licence"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, _name in settings.LANGUAGES:
            self.fields[f"name_{language}"].label = _("Name in %(language)s") % {"language": name_for_reader(language)}
        self.fields[f"name_{installation.current().default_language}"].required = True
        self.fields["code"].help_text = _(
            "Lower case, digits and hyphens, such as “nuts-2024”. It becomes part of web addresses and cannot be changed later."
        )
        self.fields["code"].disabled = bool(self.instance.pk)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code in RESERVED_CODES:
            raise ValidationError(_("This code is used by the portal itself. Choose another."))
        return code


class NamesForm(PortalForm):
    """The local name, and those of other languages where they differ."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("Its local name."))

    def __init__(self, *args: Any, place: Territory | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = place.names if place is not None else {}
        languages = list(dict.fromkeys([*(language for language, _name in settings.LANGUAGES), *known]))
        self.languages = languages
        for language in languages:
            self.fields[f"name_{language}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": name_for_reader(language)},
                max_length=200,
                required=False,
                initial=known.get(language, ""),
            )
        if place is not None:
            self.fields["name"].initial = place.name

    @property
    def names(self) -> dict[str, str]:
        given = {language: self.cleaned_data[f"name_{language}"] for language in self.languages}
        return {language: name for language, name in given.items() if name and name != self.cleaned_data["name"]}


class PlaceFactsForm(PortalForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS)
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"),
        required=False,
        help_text=gettext_lazy("Its first day. Empty: as far back as is known."),
    )
    valid_to = forms.DateField(
        label=gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("Its last day. Empty: it is there today."),
    )
    has_all_parts = forms.BooleanField(
        label=gettext_lazy("All its parts are known"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Only then can figures of its parts be added up."),
    )

    @property
    def facts(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "code": given["code"],
            "kind": given["kind"],
            "valid_from": given["valid_from"] or BEGINNING,
            "valid_to": given["valid_to"] or END,
            "has_all_parts": given["has_all_parts"],
        }


class PlaceForm(NamesForm, PlaceFactsForm):
    parent = LookupField(TerritoryLookup(ever=True), label=gettext_lazy("Lies in"), required=False)

    field_order = ["code", "name"]


class CorrectForm(PlaceFactsForm):
    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(
            {
                "code": place.code,
                "kind": place.kind,
                "valid_from": None if place.valid_from == BEGINNING else place.valid_from,
                "valid_to": None if place.valid_to == END else place.valid_to,
                "has_all_parts": place.has_all_parts,
            }
        )


class FromDayForm(PortalForm):
    """A change from a day on, or a correction of what was always so."""

    on = forms.DateField(
        label=FROM_DAY,
        required=False,
        help_text=gettext_lazy("Empty: this is a correction, and it was always so."),
    )


class RenameForm(NamesForm, FromDayForm):
    field_order = ["name"]


class MoveForm(FromDayForm):
    parent = LookupField(TerritoryLookup(ever=True), label=gettext_lazy("Lies in"), required=False)
    field_order = ["parent", "on"]

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("parent", place.parent)


class EndForm(PortalForm):
    last_day = forms.DateField(label=gettext_lazy("Its last day"))
    with_parts = forms.BooleanField(label=gettext_lazy("All that lies in it ends too"), required=False)

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MergeForm(PortalForm):
    others = LookupField(
        TerritoryLookup(), several=True, label=gettext_lazy("With which places it merges"), required=False
    )
    on = forms.DateField(label=FROM_DAY)
    into = LookupField(
        TerritoryLookup(),
        label=gettext_lazy("Into a place that goes on as it is"),
        required=False,
        help_text=gettext_lazy("Empty: a new place begins, with the code and name below."),
    )
    code = forms.CharField(
        label=gettext_lazy("Code of the new place"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("It may be the code of one of those that end."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the new place"), max_length=200, required=False)

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_scheme = Territory.objects.filter(scheme=place.scheme).exclude(pk=place.pk)
        for name in ("others", "into"):
            self.fields[name].lookup = TerritoryLookup(of_scheme)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("into") and not self.errors.get("into"):
            for name in ("code", "name"):
                if not cleaned.get(name):
                    self.add_error(name, _("Give the new place a code and a name, or choose a place that goes on."))
        return cleaned


class SplitForm(PortalForm):
    on = forms.DateField(label=FROM_DAY)

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_PIECES + 1):
            needed = number <= 2
            at = {"number": number}
            self.fields[f"code_{number}"] = forms.CharField(
                label=_("Code of place %(number)s") % at, max_length=40, required=needed
            )
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("Name of place %(number)s") % at, max_length=200, required=needed
            )
            self.fields[f"share_{number}"] = NumberField(
                label=_("Share of place %(number)s, in %%") % at, min_value=0, max_value=100, required=needed
            )
        self.fields["share_1"].help_text = _("How much of the old place goes to it, for instance of its residents.")

    @property
    def pieces(self) -> list[SplitPart]:
        given = self.cleaned_data
        return [
            SplitPart(given[f"code_{number}"], given[f"name_{number}"], (given[f"share_{number}"] or Decimal(0)) / 100)
            for number in range(1, MOST_PIECES + 1)
            if given[f"code_{number}"]
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, MOST_PIECES + 1):
            parts = [f"{part}_{number}" for part in ("code", "name", "share")]
            given = [name for name in parts if cleaned.get(name) not in (None, "")]
            for name in set(parts) - set(given) if given else ():
                if name not in self.errors:
                    self.add_error(name, _("Give its code, its name and its share."))
        return cleaned


class SharesForm(PortalForm):
    """One number for each place that another became."""

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for succession in place.successions.select_related("successor").order_by("successor__name_folded", "pk"):
            self.fields[str(succession.pk)] = NumberField(
                label=_("Share of %(place)s, in %%") % {"place": succession.successor.local_name},
                min_value=0,
                max_value=100,
                initial=succession.percent.normalize(),
            )

    @property
    def shares(self) -> dict[int, Decimal]:
        return {int(key): percent / 100 for key, percent in self.cleaned_data.items()}


class DeleteForm(PortalForm):
    """Nothing is asked but that what follows has been seen."""

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class PassCodeForm(NamesForm):
    on = forms.DateField(label=FROM_DAY)
    share = NumberField(
        label=gettext_lazy("How much of the old place is in the new one, in %"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=gettext_lazy("Empty: not known. Its figures are then not compared with those of before."),
    )
    field_order = ["on", "name"]


class OutlineForm(PortalForm):
    file = forms.FileField(
        label=gettext_lazy("Boundary as GeoJSON or TopoJSON"),
        required=False,
        help_text=gettext_lazy(
            "One area, in degrees (WGS 84). A file with several places is searched for the code of this one. Boundaries of more than 2,000 points "
            "are simplified."
        ),
        widget=forms.FileInput(attrs={"accept": ".json,.geojson,.topojson,.gz,application/json"}),
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove the boundary"), required=False)

    def __init__(self, *args: Any, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        if not hasattr(place, "outline"):
            del self.fields["remove"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if not file and not cleaned.get("remove") and not self.errors:
            self.add_error("file", _("Choose a file."))
        if file and not self.errors:
            try:
                cleaned["geometry"] = self.geometry_in(file)
            except FileRefused as refusal:
                self.add_error("file", all_texts(refusal.problems))
            except NoOutline as fault:
                self.add_error("file", problem_text(Problem(fault.code, value=fault.value)))
        return cleaned

    def geometry_in(self, file: Any) -> dict[str, Any]:
        """The one area of the file, or the one of the feature that has the code of the place among its properties."""
        table = read_geographic(file)
        found = table.geometries or {}
        if len(found) > 1:
            lines = [line for line, record in table.records if self.place.code in record and line in found]
            found = {line: found[line] for line in lines}
            if len(found) != 1:
                raise NoOutline("not_one_area", str(self.place.code))
        if not found:
            raise NoOutline("not_polygon", "")
        return outline_of(next(iter(found.values())))
