import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.forms import PortalForm, PortalModelForm, SeenMixin
from partnerships.assessments.review import Verdict
from partnerships.days import DayInput
from partnerships.engagement.level_field import LevelField, StageLevelsMixin
from partnerships.models import Assessment, AssessmentDecision, Evidence, Experience, Partnership, PartnershipParty

DECISIONS = [
    (AssessmentDecision.Outcome.CONFIRMED, _("Confirm the level that follows from the accepted evidence")),
    (AssessmentDecision.Outcome.RETURNED, _("Return the claim to the authority")),
]


class PeriodForm(PortalModelForm):
    class Meta:
        model = Assessment
        fields = ("starts_on", "ends_on")
        labels = {"starts_on": _("From"), "ends_on": pgettext_lazy("the end of a period", "To")}
        widgets = {"starts_on": DayInput(), "ends_on": DayInput()}

    def __init__(self, *args: Any, partnership: Partnership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.partnership = partnership
        end = min(filter(None, [timezone.localdate(), partnership.ends_on]))
        self.initial.setdefault("ends_on", end)
        self.initial.setdefault("starts_on", max(partnership.starts_on, end - datetime.timedelta(days=364)))


class ClaimForm(StageLevelsMixin, PortalForm):
    """The claim: overall and per stage, with a statement."""

    claimed = LevelField(says="authority_does", label=_("Which level does the authority claim?"))
    statement = forms.CharField(
        label=_("Statement"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the reviewer and the public should know. Everybody can read this."),
    )

    def __init__(self, *args: Any, assessment: Assessment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({"claimed": assessment.claimed, "statement": assessment.statement})
        claimed = self.fields["claimed"]
        assert isinstance(claimed, LevelField)
        claimed.offer(assessment.scale)
        self.add_stage_fields(assessment.scale, {row.stage: row.claimed for row in assessment.stage_levels.all()})


class ExperienceForm(SeenMixin, StageLevelsMixin, PortalForm):
    level = LevelField(says="authority_does", label=_("Overall, what comes nearest to what you experienced?"))
    comment = forms.CharField(
        label=_("In your own words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Everybody can read this once the authority has submitted its claim. Do not name private individuals."
        ),
    )

    def __init__(self, *args: Any, assessment: Assessment, party: PartnershipParty, **kwargs: Any) -> None:
        self.of_party = Experience.objects.filter(assessment=assessment, party=party)
        self.assessment = assessment
        super().__init__(*args, **kwargs)
        given = self.of_party.first()
        if given is not None:
            self.initial.update({"level": given.level, "comment": given.comment})
        level = self.fields["level"]
        assert isinstance(level, LevelField)
        level.offer(assessment.scale)
        stated = {row.stage: row.level for row in given.stage_levels.all()} if given else {}
        self.add_stage_fields(assessment.scale, stated)

    def now(self) -> str:
        """When a view of the organisation was last given."""
        given = self.of_party.first()
        return given.given_at.isoformat() if given else ""

    def claim_version(self) -> None:
        Assessment.objects.select_for_update().get(pk=self.assessment.pk)
        super().claim_version()


class EvidenceRow(NamedTuple):
    evidence: Evidence
    verdict: forms.BoundField
    comment: forms.BoundField


class ReviewForm(PortalForm):
    """A verdict on each piece of evidence, then the decision with its reasons. There is no field for the level: it
    follows.
    """

    VERDICTS = [("yes", _("Accept")), ("no", _("Reject"))]

    outcome = forms.ChoiceField(label=_("Decision"), choices=DECISIONS, widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=_("Reasons"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Both sides get them by e-mail. Those for a confirmed level are public."),
    )

    def __init__(self, *args: Any, evidence: Iterable[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.evidence = list(evidence)
        for piece in self.evidence:
            self.fields[f"verdict_{piece.pk}"] = forms.ChoiceField(
                label=str(piece.record),
                choices=self.VERDICTS,
                widget=forms.RadioSelect,
                required=False,
                initial={True: "yes", False: "no"}.get(piece.is_accepted),  # type: ignore[arg-type]
            )
            self.fields[f"comment_{piece.pk}"] = forms.CharField(
                label=_("Comment"),
                required=False,
                max_length=2000,
                initial=piece.comment,
                widget=forms.TextInput(attrs={"placeholder": _("Comment")}),
            )
        # The verdicts stand in the page before the decision, and so do their errors in the summary.
        self.order_fields([name for name in self.fields if name not in ("outcome", "reasons")])

    def rows(self) -> list[EvidenceRow]:
        return [EvidenceRow(piece, self[f"verdict_{piece.pk}"], self[f"comment_{piece.pk}"]) for piece in self.evidence]

    def accepted(self) -> list[Evidence]:
        """As ticked on the page, valid or not: what the preview is drawn from."""
        return [piece for piece in self.evidence if self[f"verdict_{piece.pk}"].value() == "yes"]

    def verdicts(self) -> dict[int, Verdict]:
        given = {piece.pk: self.cleaned_data[f"verdict_{piece.pk}"] for piece in self.evidence}
        return {
            pk: Verdict(answer == "yes", self.cleaned_data[f"comment_{pk}"]) for pk, answer in given.items() if answer
        }
