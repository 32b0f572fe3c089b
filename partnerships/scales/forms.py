from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from orgs.folding import in_every_language
from orgs.forms import PortalModelForm
from orgs.forms.words import WordsMixin
from partnerships.engagement.levels import Rule
from partnerships.engagement.soundness import ANY, FAMILIES, faults_of_criterion, stated_rule
from partnerships.engagement.wording import ANY_WORDS, FAMILY_WORDS, RULE_WORDS, stages_words
from partnerships.models import Criterion, Level, Scale
from partnerships.scales.actions import code_of_next
from partnerships.vocabulary import Stage


class ScaleForm(WordsMixin, PortalModelForm):
    words: ClassVar[dict[str, str | Promise]] = {"name": _("Name")}

    class Meta:
        model = Scale
        fields = in_every_language("name")


class VersionForm(ScaleForm):
    """The name of a copy, which nobody takes for that of the scale it was copied from."""

    def __init__(self, *args: Any, original: Scale, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original
        number = code_of_next(original).rpartition("-v")[2]
        for name in in_every_language("name"):
            stands = getattr(original, name)
            self.fields[name].initial = f"{stands} ({number})" if stands else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in in_every_language("name"):
            if cleaned.get(name) and cleaned[name] == getattr(self.original, name):
                self.add_error(name, _("Choose another name, so that people can tell the two scales apart."))
        return cleaned

    def names(self) -> dict[str, str | None]:
        return {name: self.cleaned_data[name] for name in in_every_language("name")}


class LevelForm(WordsMixin, PortalModelForm):
    words: ClassVar[dict[str, str | Promise]] = {
        "name": _("Name"),
        "authority_does": _("What the authority does"),
        "promise": _("Promise to the organisation"),
    }
    needed = ("name", "authority_does", "promise")
    above: forms.ModelChoiceField = forms.ModelChoiceField(
        Level.objects.none(), label=_("Comes after"), required=False, to_field_name="code"
    )

    class Meta:
        model = Level
        fields = [*in_every_language("name", "authority_does", "promise"), "code"]
        labels = {"code": _("Code")}
        help_texts = {
            "code": _(
                "Short and permanent, such as delegate. What partnerships promised follows it to the next version."
            )
        }

    def __init__(self, *args: Any, decides: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decides = decides
        level = self.instance
        if not decides or level.pk:
            del self.fields["code"]
        if not decides:
            del self.fields["above"]
            return
        others = level.scale.levels.exclude(pk=level.pk).order_by("order")
        lower = others.filter(order__lt=level.order) if level.pk else others
        asked = self.fields["above"]
        asked.queryset, asked.initial = others, lower.last()  # type: ignore[attr-defined]
        asked.empty_label = _("None: it is the lowest level")  # type: ignore[attr-defined]
        asked.help_text = _("It holds only where all lower levels hold too.")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "add" or self.instance.scale.levels.filter(code=code).exists():  # "add" is the address of this form.
            raise forms.ValidationError(_("Another level of this scale has this code."))
        return code


class CriterionForm(WordsMixin, PortalModelForm):
    """A criterion: its words, and as long as no assessment uses the scale what decides whether it is met."""

    words: ClassVar[dict[str, str | Promise]] = {"name": _("Name"), "explanation": _("Explanation")}
    columns = tuple(FAMILIES)

    class Meta:
        model = Criterion
        fields = [*in_every_language("name", "explanation"), "code"]
        labels = {"code": _("Code")}
        help_texts = {"code": _("Short, such as C3. Reviewers read it beside the name.")}

    def __init__(self, *args: Any, decides: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decides = decides
        if not decides:
            del self.fields["code"]
            return
        stored = self.instance.evidence_kinds
        for family, kinds in FAMILIES.items():
            offered = [(ANY, capfirst(str(ANY_WORDS[family]))), *((kind.value, capfirst(kind.label)) for kind in kinds)]
            self.fields[family] = forms.MultipleChoiceField(
                label=str(FAMILY_WORDS[family]),
                choices=offered,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=[kind.partition(":")[2] for kind in stored if kind.partition(":")[0] == family],
                help_text=_("A record of any kind that you tick can show that the criterion is met."),
            )
        self._ask_for_rule()

    def _ask_for_rule(self) -> None:
        stored = self.instance.rule
        self.fields["stages"] = forms.TypedChoiceField(
            label=_("In how many stages"),
            choices=[(number, stages_words(number)) for number in range(1, len(Stage) + 1)],
            coerce=int,
            initial=stored.get("stages", Rule().stages),
            help_text=_("Planning, implementation, monitoring and evaluation. Contributions belong to no stage."),
        )
        for name, asked in RULE_WORDS.items():
            self.fields[name] = forms.BooleanField(
                label=str(asked.label), help_text=str(asked.help_text), required=False, initial=stored.get(name, False)
            )

    def kinds(self) -> list[str]:
        """As they are stored; where the same are ticked, as they stood."""
        found = []
        for family in FAMILIES:
            ticked = self.cleaned_data.get(family) or []
            found += [f"{family}:{kind}" for kind in ([ANY] if ANY in ticked else ticked)]
        stored: list[str] = self.instance.evidence_kinds
        return stored if set(stored) == set(found) else found

    def rule(self) -> dict[str, Any]:
        return stated_rule(**{name: self.cleaned_data[name] for name in ("stages", *RULE_WORDS)})

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        others = Criterion.objects.filter(level__scale=self.instance.level.scale_id).exclude(pk=self.instance.pk)
        if others.filter(code=code).exists():
            raise forms.ValidationError(_("Another criterion of this scale has this code."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.decides and not self.errors.keys() & {*FAMILIES, "stages"}:
            faults = faults_of_criterion(self.kinds(), self.rule())
            if faults:
                self.add_error(next(iter(FAMILIES)), faults)
            else:
                self.instance.evidence_kinds, self.instance.rule = self.kinds(), self.rule()
        return cleaned
