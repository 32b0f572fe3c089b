"""The form that describes a file: it shows what was seen in the file and makes a mapping of what a person says of it.

It knows nothing of its own of mappings: what it makes is read by the one reader (indicators/imports/mapping.py), whose refusals it shows.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indicators.catalogue.formatting import period_words
from indicators.catalogue.periods import kind_of_texts, period_code
from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ANY, MISSING, ImportMapping, Part, layout_entries
from indicators.imports.readers.sniffing import FileContents
from indicators.imports.resolvers import NamedPlaces
from indicators.imports.wizard import guessing
from indicators.imports.wizard.columns import (
    SIDE_BY_SIDE,
    PeriodVocabulary,
    Side,
    columns_entry,
    fits_form,
    side_of,
    years_near,
)
from indicators.imports.wizard.guessing import KnownCodes
from indicators.imports.wizard.texts import KEEP, LEAVE, WHOLE, Choices, TextRow, Translation, code_for
from indicators.models import Category, Dimension, Indicator, Period, Source
from indicators.vocabulary import (
    CALENDAR,
    CURRENCY_OF_UNIT,
    FLAG_CODES,
    FLAG_LABELS,
    Flag,
    PeriodKind,
    flag_labels,
    flags_of,
)
from orgs.forms import PortalForm, WebAddressField
from orgs.models import Territory, TerritoryScheme
from orgs.numbers import Writing, write_number, writing_of

ALWAYS = "="
FILTERS = ("filter_1", "filter_2")
THOUSANDS, DECIMAL = "thousands", "decimal"
"""The entries of the mapping that say what a sign stands for."""
MAX_ROWS = 1500
"""Of texts to translate on one page: a request may not have many more fields."""
FIELD_OF = {
    "indicator": "indicator",
    "territory": "territory",
    "period": "period",
    "source": "source_name",
    "decimal": "decimal",
    "thousands": "thousands",
    "not_applicable": "not_applicable",
    "zero": "zero",
    "rows_of_one_cell": "adds_up",
}
"""{what a refusal of the reader names: the field of the form}."""


def _quoted(rows: list[TextRow]) -> str:
    """The first few texts."""
    return ", ".join(f"“{row.text}”" for row in rows[:5]) + ("…" if len(rows) > 5 else "")


class MappingForm(PortalForm):
    """Which column of a file says what. `data` may lack what a step adds: the texts of a column that was only just chosen."""

    indicator = forms.ChoiceField(label=gettext_lazy("Indicator"))
    territory = forms.ChoiceField(label=gettext_lazy("Territory"))
    scheme = forms.ChoiceField(
        label=gettext_lazy("Division of the land"), help_text=gettext_lazy("Within which the codes of places count.")
    )
    territory_always = forms.CharField(
        label=gettext_lazy("The one territory"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Its code, where the whole file is about one place."),
    )
    territory_by_name = forms.BooleanField(
        label=gettext_lazy("The places stand there by their names"),
        required=False,
        help_text=gettext_lazy(
            "As the division has them, in any of its languages. Below you then see only the names that it does not know."
        ),
    )
    territory_within = forms.ChoiceField(
        label=gettext_lazy("Column with the state or province"),
        required=False,
        help_text=gettext_lazy("Where several places have one name."),
    )
    territory_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of place"),
        required=False,
        choices=[("", gettext_lazy("Any")), *Territory.Kind.choices],
        help_text=gettext_lazy("Where a city is called as its province."),
    )
    period_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of period"),
        choices=[("", gettext_lazy("Choose")), *PeriodKind.choices],
        help_text=gettext_lazy("2009-10 may be a month, a school year or a financial year."),
    )
    period = forms.ChoiceField(label=gettext_lazy("Period"))
    period_part = forms.ChoiceField(
        label=gettext_lazy("Month, quarter or half-year in a column of its own"), required=False
    )
    period_always = forms.CharField(
        label=gettext_lazy("The one period"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Such as 2020, 2020-Q1 or 2020-03, where the whole file is about one period."),
    )
    number = forms.ChoiceField(label=gettext_lazy("The figure"))
    across = forms.ChoiceField(
        label=gettext_lazy("What the columns differ in"),
        required=False,
        help_text=gettext_lazy(
            "Where figures stand side by side: a column for each year, or one for women and one for men."
        ),
    )
    number_is = forms.ChoiceField(
        label=gettext_lazy("What the figure is"),
        choices=[
            ("numerator", gettext_lazy("A number of people or cases")),
            ("value", gettext_lazy("A rate, a mean or a score")),
        ],
        widget=forms.RadioSelect,
    )
    beside = forms.ChoiceField(
        label=gettext_lazy("Of how many"),
        required=False,
        help_text=gettext_lazy("The denominator of a share, or how many people a mean is of."),
    )
    flag = forms.ChoiceField(label=gettext_lazy("Flags"), required=False)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        required=False,
        help_text=gettext_lazy("Where the figures are money: of the indicator's own currency, or the file is refused."),
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal sign"),
        required=False,
        choices=[
            ("", gettext_lazy("As the figures show")),
            (".", gettext_lazy("Point: 1234.5")),
            (",", gettext_lazy("Comma: 1234,5")),
        ],
    )
    thousands = forms.ChoiceField(
        label=gettext_lazy("Sign for thousands"),
        required=False,
        choices=[
            ("", gettext_lazy("None")),
            (".", gettext_lazy("Point: 1.234")),
            (",", gettext_lazy("Comma: 1,234")),
            ("space", gettext_lazy("Space: 1 234")),
            ("'", gettext_lazy("Apostrophe: 1'234")),
        ],
    )
    reading = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    missing = forms.CharField(
        label=gettext_lazy("Signs for “no figure”"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Separated by blanks, such as “: - n/a”. An empty cell always means it."),
    )
    not_applicable = forms.CharField(
        label=gettext_lazy("Signs for “not applicable”"),
        required=False,
        max_length=120,
        help_text=gettext_lazy(
            "Where a figure cannot exist, such as “x”. A share of nobody is not applicable without any sign."
        ),
    )
    zero = forms.CharField(
        label=gettext_lazy("Signs for 0"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Where nobody was counted, such as “-”."),
    )
    filter_1 = forms.ChoiceField(
        label=gettext_lazy("Leave rows out by the column"),
        required=False,
        help_text=gettext_lazy("Its texts are then listed above, to say which rows are kept."),
    )
    filter_2 = forms.ChoiceField(label=gettext_lazy("And by the column"), required=False)
    adds_up = forms.BooleanField(
        label=gettext_lazy("Add up the rows of one cell"),
        required=False,
        help_text=gettext_lazy(
            "Where the file is finer than what you keep of it. Otherwise a cell that occurs twice is told."
        ),
    )
    source_name = forms.CharField(
        label=gettext_lazy("Source"), max_length=200, help_text=gettext_lazy("As it stands beside every figure.")
    )
    source_publisher = forms.CharField(label=gettext_lazy("Publisher"), required=False, max_length=200)
    source_licence = forms.CharField(label=gettext_lazy("Licence"), required=False, max_length=120)
    source_url = WebAddressField(label=gettext_lazy("Address"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Keep it for the next file, under the name"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The next file of this kind then needs no description."),
    )

    def __init__(
        self,
        *args: Any,
        contents: FileContents,
        base: dict[str, Any],
        only_shown: bool = False,
        together: Callable[[list[int], str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`base`: a mapping to start from, or the entries that say how the file is written. `only_shown`: nothing is judged yet.

        `together`: from places of columns and a sign to the different texts that they have together, with the sign between them.
        """
        self.together = together or self._texts_of_first_rows
        self.only_shown = only_shown
        self.contents = contents
        self.base = base
        self.known = guessing.groups()
        self.dimensions = list(Dimension.objects.all())
        self.schemes = list(TerritoryScheme.objects.all())
        self.side: Side | None = None
        self.read: ImportMapping | None = None
        """What the definition that the form starts from says; None where it is new or says more than a form can."""
        self.start: dict[str, Any] = {}
        super().__init__(*args, **kwargs)
        if set(base) - set(layout_entries(base)):
            self.start = self._from_definition()
        if self.read is None:
            self.start = self._from_guess()
        for name, value in self.start.items():
            self.initial.setdefault(name, value)
        self._make_choices()
        if self.differing in self.fields:
            self.fields[self.differing].required = False

    # --- What may be chosen -------------------------------------------------------------------------------------------

    def _columns(self) -> list[tuple[str, str]]:
        return [(f"c{place}", name) for place, name in enumerate(self.contents.header) if name]

    def _make_choices(self) -> None:
        columns = (_("A column of the file"), self._columns())
        nowhere = ("", _("Not in the file"))
        choose = ("", _("Choose"))
        indicators = [(f"{ALWAYS}{one.code}", f"{one.code} {one.name}") for one in Indicator.objects.active()]
        self._choose("indicator", [choose, columns, (_("Always"), indicators)])
        self._choose("territory", [choose, (ALWAYS, _("Always the one given below")), columns])
        self._choose("scheme", [choose, *((one.code, one.name) for one in self.schemes)])
        self._choose("period", [choose, (ALWAYS, _("Always the one given below")), columns])
        self._choose("period_part", [nowhere, columns])
        self._choose("number", [choose, (SIDE_BY_SIDE, _("In several columns, side by side")), columns])
        self._choose("beside", [nowhere, columns])
        self._choose("territory_within", [nowhere, columns])
        for name in FILTERS:
            self._choose(name, [("", _("None")), columns])
        self._choose("flag", [nowhere, columns])
        money = [(f"{ALWAYS}{code}", code) for code in sorted(set(CURRENCY_OF_UNIT.values()))]
        self._choose("currency", [("", _("They are no money")), columns, (_("Always"), money)])
        differing = [("period", _("Period")), ("territory", _("Territory")), ("indicator", _("Indicator"))]
        differing += [(f"group_{one.code}", one.name) for one in self.dimensions]
        self._choose("across", [("", _("Nothing: there is one column of figures")), *differing])
        categories = self._categories
        for dimension in self.dimensions:
            always = [(f"{ALWAYS}{code}", name) for code, name in categories.get(dimension.code, [])]
            self.fields[f"group_{dimension.code}"] = forms.ChoiceField(
                label=dimension.name, required=False, choices=[nowhere, columns, (_("Always"), always)]
            )
        self._ask_for_reading()

    def _ask_for_reading(self) -> None:
        """What 24.512 means, where nothing else in its column tells; the field is there only then."""
        text, sign = self._open_number()
        if not sign:
            del self.fields["reading"]
            return
        field = self.fields["reading"]
        field.required = True
        field.error_messages["required"] = _("Say what the number means: the file does not tell.")
        field.label = _("What does “%(text)s” mean?") % {"text": text}
        field.help_text = _("Every figure with this sign has three digits behind it.")
        thousands, decimal = Writing("-", sign).read(text), Writing(sign).read(text)
        self._choose(
            "reading",
            [
                (THOUSANDS, _("%(number)s: it stands between thousands") % {"number": write_number(thousands)}),
                (DECIMAL, _("%(number)s: it is the decimal sign") % {"number": write_number(decimal)}),
            ],
        )

    def _open_number(self) -> tuple[str, str]:
        """The first figure that can be read in two ways, and its sign; nothing where a person has said how numbers are written."""
        if self._chosen("decimal") or self._chosen("thousands"):
            return "", ""
        for place in self._places_of_figures():
            texts = [text for text in self.contents.some_texts(place) if guessing.A_NUMBER.match(text)]
            _writing, sign = writing_of(texts)
            if sign:
                return next(text for text in texts if sign in text), sign
        return "", ""

    def _places_of_figures(self) -> list[int]:
        if self._chosen("number") == SIDE_BY_SIDE:
            used = {self.place_of(name) for name in self.fields if name != "number"}
            numeric = [place for place, name in enumerate(self.contents.header) if name and place not in used]
            return [place for place in numeric if guessing.is_of_numbers(self.contents, place)]
        return [place for name in ("number", "beside") if (place := self.place_of(name)) is not None]

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @cached_property
    def _categories(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for one in Category.objects.select_related("dimension"):
            found.setdefault(one.dimension.code, []).append((one.code, one.name))
        return found

    def group_fields(self) -> list[forms.BoundField]:
        return [self[f"group_{dimension.code}"] for dimension in self.dimensions]

    # --- Where it starts ----------------------------------------------------------------------------------------------

    def _from_guess(self) -> dict[str, Any]:
        guess = guessing.guess(self.contents, [scheme.code for scheme in self.schemes], self.known)

        def column(place: int | None) -> str:
            return "" if place is None else f"c{place}"

        return {
            "indicator": column(guess.indicator),
            "territory": column(guess.territory),
            "scheme": guess.scheme or (self.schemes[0].code if len(self.schemes) == 1 else ""),
            "period": column(guess.period),
            "period_kind": guess.period_kind,
            "period_part": column(guess.period_part),
            "number": SIDE_BY_SIDE if guess.across else column(guess.number),
            "across": guess.across,
            "number_is": "numerator",
            "flag": column(guess.flag),
            "territory_by_name": guess.territory in self.contents.more,
            "decimal": guess.decimal,
            "thousands": "space" if guess.thousands == " " else guess.thousands,
            "missing": " ".join(MISSING.get(self.base.get("format", ""), [])).strip(),
            **{f"group_{dimension}": column(place) for dimension, place in guess.groups.items()},
        }

    def _from_definition(self) -> dict[str, Any]:
        """What the definition says, as far as a form can say it: columns that differ in two things, for one, it cannot."""
        try:
            mapping = read_mapping(self.base)
        except ValidationError:
            return {}
        if not fits_form(mapping):
            return {}
        self.read, self.side = mapping, side_of(mapping)
        places = {name: place for place, name in enumerate(self.contents.header)}

        def shown(part: Part | None) -> str:
            if part is None or (self.side is not None and part is self.side.part):
                return ""
            if part.column is None:
                return f"{ALWAYS}{part.constant}"
            return f"c{places[part.column]}" if part.column in places else ""

        parts = mapping.period
        part = next((kind for kind in ("month", "quarter", "half") if kind in parts), "")
        period = shown(parts.get("code") or parts.get("year"))
        number = "numerator" if "numerator" in mapping.numbers else "value"
        beside = mapping.numbers.get("denominator") or mapping.numbers.get("base")
        if self.side is not None:
            beside = self.side.beside
        return {
            "indicator": shown(mapping.indicator),
            "scheme": mapping.territory_scheme,
            "territory": shown(mapping.territory)[:1] if mapping.territory.column is None else shown(mapping.territory),
            "territory_always": mapping.territory.constant or "",
            "territory_by_name": mapping.territory_by == "name",
            "territory_within": shown(Part(mapping.territory.within[0])) if mapping.territory.within else "",
            "territory_kind": mapping.territory_kind,
            "period": period[:1] if period.startswith(ALWAYS) else period,
            "period_always": period.removeprefix(ALWAYS) if period.startswith(ALWAYS) else "",
            "period_kind": part or mapping.period_kind or self._kind_of(parts),
            "period_part": shown(parts.get(part)),
            "number": SIDE_BY_SIDE if self.side else shown(Part(column=mapping.numbers[number])),
            "across": self.side.across if self.side else "",
            "number_is": number,
            "beside": shown(Part(column=beside)) if beside else "",
            "flag": shown(mapping.flag),
            "currency": shown(mapping.currency),
            "decimal": mapping.writing.decimal if mapping.is_writing_stated or mapping.writing.decimal != "." else "",
            "thousands": "space" if mapping.writing.signs[:1] == " " else mapping.writing.thousands,
            "missing": " ".join(sorted(text for text in mapping.missing if text)),
            "not_applicable": " ".join(sorted(mapping.not_applicable)),
            "zero": " ".join(sorted(mapping.zero)),
            **self._filters(mapping, places),
            "adds_up": mapping.sums_rows,
            "source_name": mapping.source.get("name", ""),
            "source_publisher": mapping.source.get("publisher", ""),
            "source_licence": mapping.source.get("licence", ""),
            "source_url": mapping.source.get("url", ""),
            **{f"group_{dimension}": shown(group) for dimension, group in mapping.breakdowns.items()},
        }

    def _filters(self, mapping: ImportMapping, places: dict[str, int]) -> dict[str, str]:
        """Columns by which rows are left out, and which mean nothing else here: as many as there are fields."""
        used = set(mapping.columns)
        named = [name for name in (*mapping.where, *mapping.where_not) if name in places and name not in used]
        shown = [name for name in dict.fromkeys(named) if self.contents.has_all_texts(places[name])]
        return {field: f"c{places[name]}" for field, name in zip(FILTERS, shown, strict=False)}

    def _kind_of(self, parts: Mapping[str, Part]) -> str:
        """The kind of period of a definition that does not name it; "" where the texts do not tell."""
        if "year" in parts:
            return PeriodKind.YEAR.value
        places = [place for place, name in enumerate(self.contents.header) if name == parts["code"].column]
        texts = [text for place in places for text in self.contents.texts_of(place)]
        return (
            kind_of_texts([parts["code"].translate(text) or "" for text in texts] or [parts["code"].constant or ""])
            or ""
        )

    @property
    def says_too_much(self) -> bool:
        """Whether the definition that was to be changed says what no form can."""
        return self.read is None and bool(set(self.base) - set(layout_entries(self.base)))

    # --- Texts and their codes ----------------------------------------------------------------------------------------

    def _chosen(self, name: str) -> str:
        given = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
        return str(given)

    def place_of(self, name: str) -> int | None:
        """The place of the column that is chosen in the field."""
        chosen = self._chosen(name)
        if chosen[:1] == "c" and chosen[1:].isascii() and chosen[1:].isdecimal() and len(chosen) < 6:
            place = int(chosen[1:])
            return place if place < len(self.contents.header) else None
        return None

    @property
    def differing(self) -> str:
        """In what the columns of the figures differ; "" where there is one."""
        return self._chosen("across") if self._chosen("number") == SIDE_BY_SIDE else ""

    @cached_property
    def translations(self) -> list[Translation]:
        """For every part that is drawn from a column and has codes: what each text of the column means."""
        found = [
            self._translation(
                "indicator", _("Indicator"), lambda texts: guessing.indicators(), self._indicator_choices
            ),
            self._translation("territory", _("Territory"), self._way, self._territory_choices),
            *(
                self._translation(
                    f"group_{one.code}",
                    one.name,
                    lambda texts, code=one.code: self.known.get(code, KnownCodes()),
                    lambda code=one.code: self._categories.get(code, []),
                )
                for one in self.dimensions
            ),
            self._translation("flag", _("Flags"), lambda texts: guessing.flags(), self._flag_choices),
            self._headings(),
            *(self._filter(name) for name in FILTERS),
        ]
        kept, rows = [], 0
        for translation in found:
            if translation is not None and rows + len(translation.rows) <= MAX_ROWS:
                rows += len(translation.rows)
                kept.append(translation)
        return kept

    def _translation(self, part: str, label: str, vocabulary: Any, codes_of: Any) -> Translation | None:
        place = self.place_of(part)
        if place is None:
            return None
        has_more = not self.contents.has_all_texts(place)
        texts = [text for text in self.contents.texts_of(place) if text or part != "flag"]
        known = vocabulary(texts)
        column = self.contents.header[place]
        if part == "territory" and self._is_by_name:
            return self._names(label, place, codes_of)
        if part == "territory" and place in self.contents.more:
            return None  # Thousands of places: the file has to name them by their codes, or all by their names.
        read = self._read_part(part, column)
        dropped = self.read.where_not.get(column, frozenset()) if self.read else frozenset()
        is_new = False
        choices = Choices(part, list(codes_of()))
        rows = []
        for number, text in enumerate(texts):
            name = f"code-{part}-{place}-{number}"
            if self.is_bound and name in self.data:
                code = choices.code_of(str(self.data[name]).strip(), known)
            else:
                is_new = is_new or self.is_bound
                code = LEAVE if text in dropped else code_for(text, read, known)
                code = code if code in choices.codes else ""
            rows.append(TextRow(name, text, code))
        return Translation(part, label, column, choices, rows, is_new, has_more)

    @property
    def _is_by_name(self) -> bool:
        return self._chosen("territory_by_name") not in ("", "False")

    def _names(self, label: str, place: int, codes_of: Any) -> Translation:
        """Names of places, of which only those are listed that the division does not know, or that it knows twice."""
        within = self.place_of("territory_within")
        places = [place] if within is None else [within, place]
        column = ", ".join(self.contents.header[one] for one in places)
        scheme = TerritoryScheme.objects.filter(code=self._chosen("scheme")).first()
        names = NamedPlaces(scheme, self._chosen("territory_kind")) if scheme else None
        choices = Choices("territory", list(codes_of()), may_leave=within is None)
        before = self.read.territory if self.read else None
        given = (
            before.codes or {}
            if before and before.columns == tuple(self.contents.header[one] for one in places)
            else {}
        )
        dropped = self.read.where_not.get(column, frozenset()) if self.read else frozenset()
        rows, is_new = [], False
        for number, text in enumerate(self.together(places, Part.join)):
            above = [text.partition(Part.join)[0]] if within is not None else []
            is_known = text in choices.codes or (names and len(names.codes(text, above, Part.join)) == 1)
            if is_known and text not in given:
                continue
            name = f"code-territory-{'-'.join(map(str, places))}-{number}"
            if self.is_bound and name in self.data:
                code = choices.code_of(str(self.data[name]).strip(), KnownCodes())
            else:
                is_new = is_new or self.is_bound
                code = LEAVE if text in dropped else given.get(text, "")
                code = code if code in choices.codes else ""
            rows.append(TextRow(name, text, code))
        return Translation("territory", label, column, choices, rows[:MAX_ROWS], is_new)

    def _texts_of_first_rows(self, places: list[int], join: str) -> list[str]:
        if len(places) == 1:
            return self.contents.some_texts(places[0])
        return list(dict.fromkeys(join.join(row[place].strip() for place in places) for row in self.contents.rows))

    def _filter(self, name: str) -> Translation | None:
        """The texts of a column by which rows are kept or left out."""
        place = self.place_of(name)
        if place is None:
            return None
        column = self.contents.header[place]
        choices = Choices(name, [(KEEP, _("keep the rows"))])
        dropped = self.read.where_not.get(column, frozenset()) if self.read else frozenset()
        kept = self.read.where.get(column) if self.read else None
        rows, is_new = [], False
        for number, text in enumerate(self.contents.texts_of(place)):
            field = f"code-{name}-{place}-{number}"
            if self.is_bound and field in self.data:
                code = str(self.data[field]) if str(self.data[field]) in choices.codes else KEEP
            else:
                is_new = is_new or self.is_bound
                code = LEAVE if text in dropped or (kept is not None and text not in kept) else KEEP
            rows.append(TextRow(field, text, code))
        has_more = not self.contents.has_all_texts(place)
        return Translation(name, _("Rows"), column, choices, rows, is_new, has_more)

    def _headings(self) -> Translation | None:
        """What each heading of the figures side by side stands for. Columns that say something else are not among them."""
        across = self.differing
        if not across or across not in dict(self.fields["across"].choices):  # type: ignore[attr-defined]
            return None
        known, codes = self._meanings(across)
        choices = Choices(across, codes, are_columns=True)
        used = {self.place_of(name) for name in self.fields if name not in ("number", across)}
        is_new, rows = False, []
        for place, text in enumerate(self.contents.header):
            if not text or place in used:
                continue
            name = f"code-columns-{across}-{place}"
            if self.is_bound and name in self.data:
                code = choices.code_of(str(self.data[name]).strip(), known)
            else:
                is_new = is_new or self.is_bound
                code = self._code_of_heading(place, text, across, known)
                code = code if code in choices.codes else ""
            example = next((row[place] for row in self.contents.rows if row[place]), "")
            rows.append(TextRow(name, text, code, example))
        label = str(dict(self.fields["across"].choices)[across])  # type: ignore[attr-defined]
        return Translation("across", _("Columns side by side"), label, choices, rows, is_new, are_columns=True)

    def _code_of_heading(self, place: int, text: str, across: str, known: KnownCodes) -> str:
        if self.side is not None and self.side.across == across:
            code = self.side.code_of(text)
            return LEAVE if code is None else code or WHOLE
        if not guessing.is_of_numbers(self.contents, place):
            return LEAVE
        return code_for(text, None, known)

    def _meanings(self, across: str) -> tuple[KnownCodes, list[tuple[str, str]]]:
        """What headings may stand for: how their texts are understood, and (code, name) of all."""
        if across == "period":
            kind = self._chosen("period_kind")
            near = years_near(self.contents.header, kind)
            periods = Period.objects.filter(kind=kind, year__range=near).order_by("-starts_on")
            names = [(one.code, period_words(one) if one.kind not in CALENDAR else one.code) for one in periods]
            return PeriodVocabulary({code for code, _name in names}, kind=kind), names
        if across == "territory":
            return self._way(self.contents.header), self._territory_choices()
        if across == "indicator":
            return guessing.indicators(), self._indicator_choices()
        dimension = across.removeprefix("group_")
        return self.known.get(dimension, KnownCodes()), self._categories.get(dimension, [])

    def _read_part(self, part: str, column: str) -> Part | None:
        if self.read is None:
            return None
        parts = {"indicator": self.read.indicator, "territory": self.read.territory, "flag": self.read.flag}
        parts |= {f"group_{dimension}": group for dimension, group in self.read.breakdowns.items()}
        found = parts.get(part)
        return found if found is not None and found.column == column else None

    def _way(self, texts: list[str]) -> KnownCodes:
        return guessing.way_of(texts, guessing.places(self._chosen("scheme")))[1]

    def _indicator_choices(self) -> list[tuple[str, str]]:
        return [(one.code, f"{one.code} {one.name}") for one in Indicator.objects.active()]

    def _territory_choices(self) -> list[tuple[str, str]]:
        places = Territory.objects.filter(scheme__code=self._chosen("scheme")).order_by("code", "valid_from")
        names = {one.code: f"{one.local_name} ({one.get_kind_display()})" for one in places}
        return list(names.items())

    def _flag_choices(self) -> list[tuple[str, str]]:
        """Each flag, and those that the file or the definition has together."""
        single = {code: str(FLAG_LABELS[flag]) for code, flag in FLAG_CODES.items() if flag != Flag.MISSING}
        place = self.place_of("flag")
        known, read = guessing.flags(), self.read.flag if self.read else None
        together = {known.code_of(text) or "" for text in self.contents.texts_of(place)} if place is not None else set()
        together |= set((read.codes or {}).values()) if read else set()
        several = [(code, ", ".join(flag_labels(flags_of(code) or 0))) for code in sorted(together) if " " in code]
        return [*single.items(), *several]

    def full_clean(self) -> None:
        if not self.only_shown:
            super().full_clean()
            return
        self._errors, self.cleaned_data = ErrorDict(), {}

    # --- What it makes ------------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._clean_always(cleaned)
        if cleaned.get("period_part") and cleaned.get("period_kind") not in (*CALENDAR[:3], None):
            self.add_error(
                "period_kind", _("With a month, quarter or half-year in a column of its own, say which of them it is.")
            )
        if cleaned.get("decimal") and cleaned.get("decimal") == cleaned.get("thousands"):
            self.add_error("thousands", _("The decimal sign and the sign for thousands cannot be the same."))
        self._clean_columns(cleaned)
        for translation in self.translations:
            self._clean_translation(translation)
        if not self.errors:
            cleaned["definition"] = self.definition()
            try:
                read_mapping(cleaned["definition"])
            except ValidationError as refusal:
                for error in refusal.error_list:
                    named = str((error.params or {}).get("name", ""))
                    self.add_error(FIELD_OF.get(named), error)
        return cleaned

    def _clean_always(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("territory") == ALWAYS:
            code, scheme = cleaned.get("territory_always", ""), cleaned.get("scheme", "")
            if not Territory.objects.filter(scheme__code=scheme, code=code).exists():
                self.add_error("territory_always", _("Give the code of a territory of this division."))
        always, kind = {"code": cleaned.get("period_always", "")}, cleaned.get("period_kind", "")
        if cleaned.get("period") == ALWAYS and kind and not period_code(always, kind):
            self.add_error(
                "period_always", _("Write 2020, 2020-03, 2020-Q1, 2020-S1 or 2020/21, as the kind of period has it.")
            )

    def _clean_columns(self, cleaned: dict[str, Any]) -> None:
        is_side_by_side, across = cleaned.get("number") == SIDE_BY_SIDE, cleaned.get("across", "")
        if is_side_by_side and not across and "across" not in self.errors:
            self.add_error("across", _("Say in what the columns of the figures differ."))
        if across and not is_side_by_side and "number" not in self.errors:
            self.add_error("across", _("There is one column of figures, so that nothing differs."))
        if self.differing and cleaned.get(self.differing):
            self.add_error(self.differing, _("The columns side by side say it already: choose nothing here."))

    def _clean_translation(self, translation: Translation) -> None:
        if translation.are_columns and not translation.codes and not translation.open_rows:
            self.add_error(translation.part, _("Say below of at least one column what it stands for."))
        elif translation.are_columns and translation.open_rows:
            count = len(translation.open_rows)
            self.add_error(
                translation.part,
                ngettext(
                    "Of %(count)s column nobody knows what it stands for: %(texts)s. Say it below, or leave it out.",
                    "Of %(count)s columns nobody knows what they stand for: %(texts)s. Say it below, or leave them out.",
                    count,
                )
                % {"count": count, "texts": _quoted(translation.open_rows)},
            )
        elif translation.are_columns and translation.is_new and not translation.says_nothing:
            self.add_error(translation.part, _("Look below at what the columns stand for, and check again."))
        elif translation.open_rows:
            count = len(translation.open_rows)
            self.add_error(
                translation.part,
                ngettext(
                    "%(count)s text of the column “%(column)s” has no meaning yet: %(texts)s. Say below what it means.",
                    "%(count)s texts of the column “%(column)s” have no meaning yet: %(texts)s. Say below what they mean.",
                    count,
                )
                % {
                    "count": count,
                    "column": translation.column,
                    "texts": _quoted(translation.open_rows),
                },
            )
        elif translation.is_new and not translation.says_nothing:
            self.add_error(
                translation.part,
                _("Look below at what the texts of the column “%(column)s” mean, and check again.")
                % {"column": translation.column},
            )

    def definition(self) -> dict[str, Any]:
        """The mapping as JSON has it (docs/formats.md). What the form does not ask for stays as it was, but for the title: the name says it."""
        cleaned = self.cleaned_data
        rest = layout_entries(self.base) | {name: value for name, value in self.base.items() if name == "where"}
        number, beside = cleaned["number_is"], cleaned.get("beside")
        across = self.differing
        made: dict[str, Any] = rest | {
            "source": self._source(),
            "territory": {
                "scheme": cleaned["scheme"],
                **self._by_name(),
                **({} if across == "territory" else self._part("territory", cleaned.get("territory_always", ""))),
            },
            "period": {"kind": cleaned["period_kind"]} if across == "period" else self._period(),
            "breakdowns": {
                one.code: self._part(f"group_{one.code}") for one in self.dimensions if cleaned.get(f"group_{one.code}")
            },
            number: "columns" if across else {"column": self._column("number")},
            **self._writing(),
            "missing": ["", *cleaned.get("missing", "").split()],
            "rows_of_one_cell": "sum" if cleaned.get("adds_up") else "refuse",
        }
        if across != "indicator":
            made["indicator"] = self._part("indicator")
        if across:
            rows = next(one.rows for one in self.translations if one.are_columns)
            made["columns"] = columns_entry(across, rows, self._column("beside") if beside else None)
        elif beside:
            made["denominator" if number == "numerator" else "base"] = {"column": self._column("beside")}
        if cleaned.get("not_applicable"):
            made["not_applicable"] = cleaned["not_applicable"].split()
        if cleaned.get("flag"):
            made["flag"] = self._part("flag")
        if cleaned.get("currency"):
            made["currency"] = self._part("currency")
            kept = self.base.get("currency", {})
            if kept.get("column", "") == made["currency"].get("column"):
                made["currency"] = kept
        if cleaned.get("zero"):
            made["zero"] = cleaned["zero"].split()
        filtered = {self.contents.header[place] for name in FILTERS if (place := self.place_of(name)) is not None}
        if "where" in made:
            made["where"] = {column: kept for column, kept in made["where"].items() if column not in filtered}
        if dropped := self._where_not():
            made["where_not"] = dropped
        return made

    def _writing(self) -> dict[str, str]:
        """What nobody said is not in the mapping, so that a number that can be read in two ways is asked about."""
        cleaned = self.cleaned_data
        _text, sign = self._open_number()
        if sign:
            return {cleaned["reading"]: sign}
        thousands = " " if cleaned.get("thousands") == "space" else cleaned.get("thousands")
        given = {"decimal": cleaned.get("decimal"), "thousands": thousands}
        return {name: value for name, value in given.items() if value}

    def _by_name(self) -> dict[str, str]:
        if not self._is_by_name or self.place_of("territory") is None:
            return {}
        kind = self.cleaned_data.get("territory_kind")
        return {"by": "name", **({"kind": kind} if kind else {})}

    def _column(self, name: str) -> str:
        place = self.place_of(name)
        assert place is not None
        return self.contents.header[place]

    def _part(self, name: str, always: str = "") -> dict[str, Any]:
        place = self.place_of(name)
        if place is None:
            return {"constant": always or self.cleaned_data[name].removeprefix(ALWAYS)}
        if name == "territory" and self._is_by_name:
            return self._named_part(place)
        part: dict[str, Any] = {"column": self.contents.header[place]}
        translation = next((one for one in self.translations if one.part == name), None)
        if translation is None:
            return part
        before = self._read_part(name, translation.column)
        codes = dict(before.codes or {}) if before else {}
        total = sorted((set(before.total) if before else set()) - {row.text for row in translation.rows})
        codes = {text: code for text, code in codes.items() if text not in {row.text for row in translation.rows}}
        codes |= translation.codes
        total += translation.texts_with(WHOLE)
        if any(text != code for text, code in codes.items()) or (name == "flag" and codes):
            part["codes"] = codes
        if total:
            part["total"] = total
        return part

    def _named_part(self, place: int) -> dict[str, Any]:
        """Names as they stand, but for those that are given a meaning."""
        within = self.place_of("territory_within")
        columns = [self.contents.header[one] for one in (within, place) if one is not None]
        part: dict[str, Any] = {"column": columns[0]} if within is None else {"columns": columns}
        codes = next((one.codes for one in self.translations if one.part == "territory"), {})
        return part | ({"codes": {**codes, ANY: ANY}} if codes else {})

    def _where_not(self) -> dict[str, list[str]]:
        kept = {column: list(texts) for column, texts in self.base.get("where_not", {}).items()}
        for translation in self.translations:
            if translation.are_columns:
                continue
            texts = {row.text for row in translation.rows}
            dropped = [text for text in kept.get(translation.column, []) if text not in texts]
            kept[translation.column] = list(dict.fromkeys([*dropped, *translation.texts_with(LEAVE)]))
        return {column: texts for column, texts in kept.items() if texts}

    def _period(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kind = cleaned["period_kind"]
        if cleaned["period"] == ALWAYS:
            return {"kind": kind, "constant": cleaned["period_always"]}
        column = {"column": self._column("period")}
        if not cleaned.get("period_part"):
            return {"kind": kind, **column}
        return {"kind": kind, "year": column, kind: {"column": self._column("period_part")}}

    def _source(self) -> dict[str, str]:
        """What is left blank of a source that the portal knows stays as it knows it."""
        given = {name: self.cleaned_data.get(f"source_{name}", "") for name in ("publisher", "licence", "url")}
        known = Source.objects.filter(name=self.cleaned_data["source_name"]).first()
        if known is not None:
            given = {name: value or getattr(known, name) for name, value in given.items()}
        return {"name": self.cleaned_data["source_name"], **given}
