from django import forms
from django.utils.translation import gettext_lazy

from orgs.forms import PortalForm


class ReleaseForm(PortalForm):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=250,
        required=False,
        help_text=gettext_lazy(
            "What is new or corrected. Everybody can read it. You can still change it before it is published."
        ),
    )


class ReleaseApprovalForm(PortalForm):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("What is new or corrected, and why. Everybody can read it."),
    )


class RecallForm(PortalForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=250,
        help_text=gettext_lazy("Everybody can read this. Do not name the person, place or figure concerned."),
        error_messages={"required": gettext_lazy("Give the reason for recalling it.")},
    )
