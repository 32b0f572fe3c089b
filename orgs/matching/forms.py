from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.offers import WrittenForm
from orgs.forms.portal import PortalForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import LanguageLookup, TerritoryLookup
from orgs.models import Capacity
from orgs.vocabulary import CapacityKind, CapacitySide, choices_of


class CapacityForm(WrittenForm):
    """What an organisation needs or offers."""

    side = forms.ChoiceField(
        label=_("Do you need it, or can you offer it?"), choices=choices_of(CapacitySide), widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(label=_("What is it?"), choices=choices_of(CapacityKind), widget=forms.RadioSelect)
    territory = LookupField(
        TerritoryLookup(), required=False, label=_("Place"), help_text=_("Only if it is not all over where you work.")
    )
    languages = LookupField(
        LanguageLookup(),
        several=True,
        required=False,
        label=_("Languages"),
        help_text=_("Of interpreters, for example."),
    )

    class Meta:
        model = Capacity
        fields = ["side", "kind", "quantity", "territory", "languages", "from_day", "to_day", "note", "written_in"]
        widgets = {
            "from_day": forms.DateInput(attrs={"type": "date"}),
            "to_day": forms.DateInput(attrs={"type": "date"}),
        }
        labels = {
            "quantity": _("How much?"),
            "from_day": _("From"),
            "to_day": _("Until"),
            "note": _("In a few words"),
        }
        help_texts = {
            "quantity": _("For example, “two evenings a week”."),
            "note": _("For example, “a room for 20 people on weekday evenings”."),
        }


class AskForm(PortalForm):
    words = forms.CharField(
        label=_("In a few words"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What for, when, how many. They see your name; your e-mail address only if they agree."),
    )


class AnswerMatchForm(PortalForm):
    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("agreed", _("Agree: we write to each other")), ("declined", _("Decline"))],
        widget=forms.RadioSelect,
    )
