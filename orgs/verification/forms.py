from typing import Any, ClassVar, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.models import ProposedChange, Verification
from orgs.verification.checklist import CHECKLIST, Answer, Question

YES_OR_NO = [("yes", _("Yes")), ("no", _("No"))]


class DecisionForm(PortalForm):
    """A decision, and the reasons that the organisation reads."""

    RETURNED: ClassVar[str] = Verification.State.RETURNED

    reasons = forms.CharField(
        label=_("Reasons"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Needed when you send it back. The organisation reads them, in your words."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == self.RETURNED and not cleaned.get("reasons", "").strip():
            self.add_error("reasons", _("Say why you send it back, so that they can correct it."))
        return cleaned


class ChangeDecisionForm(DecisionForm):
    """Whether a verified organisation is from now on what it proposes."""

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[
            (ProposedChange.State.ACCEPTED, _("Accept the change; the public page says it at once")),
            (ProposedChange.State.RETURNED, _("Send back with reasons; the public page stays as it is")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("outcome", "reasons")


class Asked(NamedTuple):
    question: Question
    answer: BoundField
    comment: BoundField


class ReviewForm(DecisionForm):
    """The checklist and the decision. The tier is not in it: it follows from the answers."""

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[
            (Verification.State.VERIFIED, _("Verify, at the tier that follows from the answers")),
            (Verification.State.RETURNED, _("Send back with reasons")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in CHECKLIST:
            self.fields[f"answer_{question.code}"] = forms.ChoiceField(
                label=question.text, help_text=question.hint, choices=YES_OR_NO, widget=forms.RadioSelect
            )
            self.fields[f"comment_{question.code}"] = forms.CharField(
                label=_("What you saw"), required=False, max_length=1000, widget=forms.TextInput
            )
        self.order_fields([*(name for name in self.fields if name not in ("outcome", "reasons")), "outcome", "reasons"])

    def asked(self) -> list[Asked]:
        return [
            Asked(question, self[f"answer_{question.code}"], self[f"comment_{question.code}"]) for question in CHECKLIST
        ]

    def answers(self) -> dict[str, Answer]:
        data = self.cleaned_data
        return {
            question.code: Answer(data[f"answer_{question.code}"] == "yes", data[f"comment_{question.code}"])
            for question in CHECKLIST
        }
