from django import forms
from django.utils.translation import gettext_lazy

from orgs.forms import PortalForm


class ConfidentialAccessForm(PortalForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=10,
        max_length=250,
        help_text=gettext_lazy(
            "Why you need the confidential figures. This is recorded with your name and each figure that you view."
        ),
        error_messages={
            "required": gettext_lazy("Say in a few words why you need the figure."),
            "min_length": gettext_lazy("Say in a few words why you need the figure."),
        },
    )
