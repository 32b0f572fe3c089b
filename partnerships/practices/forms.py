from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms import PortalForm, PortalModelForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import CountryLookup
from orgs.models import Domain
from partnerships.engagement.level_field import LevelField
from partnerships.models import Partnership, Practice, Scale


class PracticeForm(PortalModelForm):
    countries = LookupField(CountryLookup(), several=True, required=False, label=_("Countries"))
    domains: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Domain.objects.all(), label=_("Domains"), widget=forms.CheckboxSelectMultiple
    )
    level = LevelField(label=_("Engagement level that it shows"), required=False, widget=forms.Select, empty_label="–")

    class Meta:
        model = Practice
        fields = ("name", "summary", "place", "countries", "actors", "theme", "domains", "level")
        widgets = {"summary": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level = self.fields["level"]
        assert isinstance(level, LevelField)
        level.offer(Scale.objects.filter(is_current=True).first())


class LinkPracticeForm(PortalForm):
    partnership = forms.ModelChoiceField(Partnership.objects.none(), label=_("Partnership"), empty_label=None)

    def __init__(self, *args: Any, partnerships: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partnership"].queryset = partnerships  # type: ignore[attr-defined]
