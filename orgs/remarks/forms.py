from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.models import Remark, User
from orgs.permissions import can_judge_remark


class RemarkForm(PortalForm):
    words = forms.CharField(
        label=_("What is wrong?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}), strip=True
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        required=False,
        help_text=_("Only if you want an answer. It is deleted when you have it, and after 180 days at the latest."),
    )
    page = forms.CharField(max_length=300, widget=forms.HiddenInput, required=False)


class AnswerForm(PortalForm):
    answer = forms.CharField(
        label=_("Your answer"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you have changed, or why it is right as it is. Whoever said it gets your answer by e-mail."),
    )

    def __init__(self, *args: Any, remark: Remark, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if remark.is_answered_by_email:
            return
        field = self.fields["answer"]
        if can_judge_remark(by, remark):
            field.required = False
            field.help_text = _("Nobody reads it: you may close the remark without an answer.")
        else:
            field.help_text = _("What you have changed, or why it is right as it is. Only a reviewer reads it.")
