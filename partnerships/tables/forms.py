from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms import PortalForm, PortalModelForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import OrganisationLookup, TerritoryLookup
from orgs.models import Organisation, User
from partnerships.agreements.forms import authorities_of
from partnerships.days import DayInput
from partnerships.models import CoordinationTable, Meeting


class TableForm(PortalModelForm):
    convenor = forms.ModelChoiceField(Organisation.objects.none(), label=_("Convened by"), empty_label=None)
    territory = LookupField(TerritoryLookup(), label=_("Territory"))

    class Meta:
        model = CoordinationTable
        fields = ("name", "convenor", "territory", "mandate", "founded_on", "parent")
        widgets = {"mandate": forms.Textarea(attrs={"rows": 4}), "founded_on": DayInput()}
        help_texts = {"mandate": _("Its tasks, and the staff and money it has for them.")}

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
