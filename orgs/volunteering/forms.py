from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.numbers import WholeNumberField
from orgs.forms.offers import OfferForm
from orgs.forms.portal import PortalForm, WebAddressField
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import LanguageLookup, TerritoryLookup
from orgs.models import VolunteerOpportunity
from orgs.vocabulary import CapacityKind, VolunteerKind, choices_of

DAY = forms.DateInput(attrs={"type": "date"})


class VolunteerOpportunityForm(OfferForm):
    columns = ("seeks",)

    kind = forms.ChoiceField(
        label=_("What kind of help is it?"),
        choices=choices_of(VolunteerKind),
        widget=forms.RadioSelect,
        help_text=_("A micro-project is something small that residents and newcomers carry out together."),
    )
    territory = LookupField(
        TerritoryLookup(), required=False, label=_("Place"), help_text=_("Only if it is not all over where you work.")
    )
    languages = LookupField(LanguageLookup(), several=True, required=False, label=_("Languages spoken there"))
    form = WebAddressField(label=_("Web form"), required=False)
    seeks = forms.MultipleChoiceField(
        choices=choices_of(CapacityKind),
        required=False,
        label=_("What the micro-project still needs"),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = VolunteerOpportunity
        fields = [
            "kind",
            "title",
            "description",
            "written_in",
            "territory",
            "from_day",
            "to_day",
            "time",
            "people_sought",
            "seeks",
            "languages",
            "welcomes_learners",
            "training_given",
            "expenses_paid",
            "has_childcare",
            "telephone",
            "email",
            "form",
        ]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "from_day": DAY,
            "to_day": DAY,
            "telephone": forms.TextInput(attrs={"type": "tel"}),
        }


class EndOpportunityForm(PortalForm):
    ended_on = forms.DateField(label=_("Last day"), widget=DAY, initial=timezone.localdate)
    took_part = WholeNumberField(label=_("How many people took part?"), required=False, min_value=0, max_value=100_000)
    hours_given = WholeNumberField(
        label=_("How many hours did all of them give together?"),
        required=False,
        min_value=0,
        max_value=10_000_000,
        help_text=_("An estimate will do. It counts what volunteers give."),
    )
    outcome = forms.CharField(
        label=_("What came of it?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It is public. Name nobody who has not agreed."),
    )
