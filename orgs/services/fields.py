"""Choosing a type of service from the closed list, which is long: its choices stand under their domains."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from orgs.models import ServiceType


class ByDomain(ModelChoiceIterator):
    def __iter__(self) -> Iterable[Any]:  # type: ignore[override]
        yield ("", self.field.empty_label)
        for domain, types in groupby(self.queryset, key=lambda one: one.domain):
            yield (str(domain), [self.choice(one) for one in types])


class ServiceTypeField(forms.ModelChoiceField):
    iterator = ByDomain

    def __init__(self, label: Any = "") -> None:
        super().__init__(
            queryset=ServiceType.objects.select_related("domain"),
            label=label or _("What is it?"),
            help_text=_("By this, people find it in any language."),
            empty_label=_("Nothing in this list"),
            required=False,
        )
