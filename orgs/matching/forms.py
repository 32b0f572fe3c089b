from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm


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
