from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms import PortalForm, PortalModelForm
from orgs.lookups.fields import CountryLookup, LookupField, OrganisationLookup, TerritoryLookup
from orgs.models import Domain, Organisation, User
from partnerships.agreements.forms import authorities_of
from partnerships.days import DayInput
from partnerships.engagement.level_field import LevelField
from partnerships.models import CoordinationTable, Meeting, Partnership, Practice, Scale


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


class TableForm(PortalModelForm):
    convenor = forms.ModelChoiceField(Organisation.objects.none(), label=_("Convened by"), empty_label=None)
    territory = LookupField(TerritoryLookup(), label=_("Territory"))

    class Meta:
        model = CoordinationTable
        fields = ("name", "convenor", "territory", "mandate", "founded_on", "parent")
        widgets = {"mandate": forms.Textarea(attrs={"rows": 4}), "founded_on": DayInput()}
        help_texts = {"mandate": _("Its tasks, and with which people and money it does them.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        authorities = authorities_of(user).select_related("territory")
        self.fields["convenor"].queryset = authorities  # type: ignore[attr-defined]
        first = authorities.first()
        self.initial.update({"convenor": first, "territory": first.territory} if first else {})


class SeatForm(PortalForm):
    organisation = LookupField(OrganisationLookup(), label=_("Organisation"))
    is_chair = forms.BooleanField(label=_("Chairs the table"), required=False)


class MeetingForm(PortalModelForm):
    class Meta:
        model = Meeting
        fields = ("held_on", "agenda", "minutes")
        widgets = {
            "held_on": DayInput(),
            "agenda": forms.Textarea(attrs={"rows": 3}),
            "minutes": forms.Textarea(attrs={"rows": 6}),
        }


class NewMeetingForm(PortalForm):
    """Opens empty: of a meeting that is there already it may only add what is not there yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= forms.fields_for_model(Meeting, MeetingForm.Meta.fields, widgets={**MeetingForm.Meta.widgets})
