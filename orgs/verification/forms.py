import json
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from orgs.forms.numbers import WholeNumberField
from orgs.forms.portal import PortalForm, SeenMixin
from orgs.locks import RegistryLock, lock_until_commit
from orgs.models import Organisation, ProposedChange, Verification, VerificationRules
from orgs.models.verification_rules import DAYS, LOOKS, MONTHS
from orgs.verification.checklist import Answer, Question, checklist_of
from orgs.verification.profiles import profile_of
from orgs.vocabulary import Tier, VerificationCriterion, choices_of

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


class SeenForm(PortalForm):
    """That a reviewer has seen what an organisation changed: the change that was on the page, and none after it."""

    version = WholeNumberField(widget=forms.HiddenInput)


class ReviewForm(SeenMixin, DecisionForm):
    """The checklist and the decision. The tier is not in it: it follows from the answers. What is decided on is what the reviewer saw."""

    stale = _("The organisation has changed what it says since you opened this page. Look at it again, then decide.")

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[
            (Verification.State.VERIFIED, _("Verify, at the tier that follows from the answers")),
            (Verification.State.RETURNED, _("Send back with reasons")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, rules: VerificationRules, organisation: Organisation, **kwargs: Any) -> None:
        self.organisation = organisation
        super().__init__(*args, **kwargs)
        self.questions = checklist_of(rules)
        for question in self.questions:
            self.fields[f"answer_{question.code}"] = forms.ChoiceField(
                label=question.text, help_text=question.hint, choices=YES_OR_NO, widget=forms.RadioSelect
            )
            self.fields[f"comment_{question.code}"] = forms.CharField(
                label=_("What you saw"), required=False, max_length=1000, widget=forms.TextInput
            )
        self.order_fields([*(name for name in self.fields if name not in ("outcome", "reasons")), "outcome", "reasons"])

    def now(self) -> str:
        vouched = sorted(self.organisation.vouchings.counting().values_list("pk", flat=True))
        said = json.dumps([profile_of(self.organisation), vouched], cls=DjangoJSONEncoder, sort_keys=True)
        return sha256(said.encode()).hexdigest()

    def claim_version(self) -> None:
        self.organisation = Organisation.objects.select_for_update().get(pk=self.organisation.pk)
        super().claim_version()

    def asked(self) -> list[Asked]:
        return [
            Asked(question, self[f"answer_{question.code}"], self[f"comment_{question.code}"])
            for question in self.questions
        ]

    def answers(self) -> dict[str, Answer]:
        data = self.cleaned_data
        return {
            question.code: Answer(data[f"answer_{question.code}"] == "yes", data[f"comment_{question.code}"])
            for question in self.questions
        }


NOT_ASKED = "none"


class RulesForm(SeenMixin, PortalForm):
    """For each criterion of the closed list the tier that needs it; and how long things may take."""

    months_valid = WholeNumberField(
        label=_("Months for which a verification holds"),
        min_value=MONTHS[0],
        max_value=MONTHS[1],
        help_text=_(
            "Each verification keeps the day on which it runs out. From then on it is marked in the list of organisations."
        ),
    )
    days_until_overdue = WholeNumberField(
        label=_("Days after which a registration is overdue"),
        min_value=DAYS[0],
        max_value=DAYS[1],
        help_text=_("Reviewers see what is overdue marked in their queue."),
    )
    months_until_look = WholeNumberField(
        label=_("Months after which a reviewer looks at all of it again"),
        min_value=LOOKS[0],
        max_value=LOOKS[1],
        help_text=_("Until then the organisation renews its verification by itself."),
    )
    note = forms.CharField(
        label=_("Why you change the rules"),
        max_length=250,
        required=False,
        help_text=_("Other administrators read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for criterion in VerificationCriterion:
            self.fields[f"tier_{criterion}"] = forms.ChoiceField(
                label=criterion.label,
                choices=[*choices_of(Tier), (NOT_ASKED, _("Not asked"))],
            )
        self.order_fields([*(name for name in self.fields if name.startswith("tier_"))])

    def now(self) -> str:
        return str(VerificationRules.objects.current().pk or "first")

    def claim_version(self) -> None:
        lock_until_commit(RegistryLock.VERIFICATION_RULES, 0)
        super().claim_version()

    def criteria_fields(self) -> list[BoundField]:
        return [self[f"tier_{criterion}"] for criterion in VerificationCriterion]

    def criteria(self) -> dict[str, list[str]]:
        return {
            tier: [code for code in VerificationCriterion.values if self.cleaned_data[f"tier_{code}"] == tier]
            for tier in Tier.values
        }
