"""What the form of a service asks for that no field of Django asks."""

import datetime
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.models import ServiceType
from orgs.services.actions import Stretch
from orgs.services.hours import read_stretches, written
from orgs.vocabulary import Weekday

ROWS = 3
"""For days on which it is closed, beyond those that are there."""

Days = tuple[datetime.date, datetime.date]


class ByDomain(ModelChoiceIterator):
    def __iter__(self) -> Iterable[Any]:  # type: ignore[override]
        yield ("", self.field.empty_label)
        for domain, types in groupby(self.queryset, key=lambda one: one.domain):
            yield (str(domain), [self.choice(one) for one in types])


class ServiceTypeField(forms.ModelChoiceField):
    """Chosen from the closed list, which is long: its choices stand under their domains. One that is retired is chosen no more."""

    iterator = ByDomain

    def __init__(self, label: Any = "") -> None:
        super().__init__(
            queryset=ServiceType.objects.offered().select_related("domain"),
            label=label or gettext_lazy("What is it?"),
            help_text=gettext_lazy("By this, people find it in any language."),
            empty_label=gettext_lazy("Nothing in this list"),
            required=False,
        )

    def keep(self, type_id: int | None) -> None:
        """What stands there already may stay."""
        self.queryset |= ServiceType.objects.filter(pk__in=[type_id]).select_related("domain")


class WeekInput(forms.Widget):
    """A line of text for each day: {weekday: what is typed}."""

    template_name = "orgs/widgets/week.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {day: data.get(f"{name}_{day}", "") for day in Weekday.values}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{day}" in data for day in Weekday.values)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed: Mapping[str, Any] = value or {}
        context["days"] = [
            {"name": f"{name}_{day}", "label": capfirst(Weekday(day).label), "value": self.text(typed.get(day, ""))}
            for day in Weekday.values
        ]
        return context

    @staticmethod
    def text(value: str | list[Stretch]) -> str:
        return value if isinstance(value, str) else written(value)

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return ""


class WeekField(forms.Field):
    """{weekday: the stretches in which it is open}, without the days on which it is closed."""

    widget = WeekInput

    def clean(self, value: Mapping[str, str]) -> dict[str, list[Stretch]]:
        week, refusals = {}, []
        for day, text in value.items():
            try:
                week[day] = read_stretches(text)
            except ValidationError as refusal:
                refusals += [f"{capfirst(Weekday(day).label)}: {message}" for message in refusal.messages]
        if refusals:
            raise ValidationError(refusals)
        return {day: stretches for day, stretches in week.items() if stretches}


class DayRangesInput(forms.Widget):
    """Rows of a first and a last day: [(first, last)] as typed."""

    template_name = "orgs/widgets/day_ranges.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        pairs = []
        for row in range(100):
            if f"{name}_first_{row}" not in data:
                break
            pairs.append((data.get(f"{name}_first_{row}", ""), data.get(f"{name}_last_{row}", "")))
        return pairs

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_first_0" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        known = [pair for pair in value or [] if any(pair)]
        context["rows"] = [
            {"first": (f"{name}_first_{row}", self.text(first)), "last": (f"{name}_last_{row}", self.text(last))}
            for row, (first, last) in enumerate([*known, *[("", "")] * ROWS])
        ]
        return context

    @staticmethod
    def text(value: str | datetime.date) -> str:
        return value if isinstance(value, str) else value.isoformat()

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return ""


class DayRangesField(forms.Field):
    """[(first day, last day)], in order; a single day may be typed once."""

    widget = DayRangesInput

    def clean(self, value: list[tuple[str, str]]) -> list[Days]:
        ranges = []
        for first, last in value:
            if not (first.strip() or last.strip()):
                continue
            field = forms.DateField()
            begins, ends = field.clean(first or last), field.clean(last or first)
            if ends < begins:
                raise ValidationError(_("The last day lies before the first."))
            if ends - begins > datetime.timedelta(days=366) or not 1900 <= begins.year <= 2100:
                raise ValidationError(_("Check the years: a service that is closed for so long is better removed."))
            ranges.append((begins, ends))
        return sorted(ranges)
