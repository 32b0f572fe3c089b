from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.models import Measure


class MeasureForm(PortalForm):
    kind = forms.ChoiceField(
        label=_("What do you decide?"),
        choices=[
            (Measure.Kind.SUSPENSION, _("Suspend it: its page is not public until this is lifted")),
            (Measure.Kind.WITHDRAWAL, _("Withdraw its verification")),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Those who lead the organisation get them by e-mail, in your words. They can appeal once, to another reviewer."
        ),
    )


class AppealForm(PortalForm):
    appeal = forms.CharField(
        label=_("Why is this decision wrong?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("You can appeal once. Another reviewer decides."),
    )


class AppealDecisionForm(PortalForm):
    outcome = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("lift", _("Lift the measure")), ("uphold", _("Uphold it"))],
        coerce=lambda value: value == "lift",
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The organisation and the first reviewer read them."),
    )
