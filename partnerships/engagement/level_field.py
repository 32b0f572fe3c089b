from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partnerships.models import Level, Scale
from partnerships.vocabulary import Stage


class LevelField(forms.ModelChoiceField):
    """The levels of a scale, from the least to the most effective, each with its promise or with what the authority
    does.
    """

    def __init__(self, *, says: str = "promise", **options: Any) -> None:
        self.says = says
        options.setdefault("widget", forms.RadioSelect)
        options.setdefault("empty_label", None)
        super().__init__(Level.objects.none(), **options)

    def offer(self, scale: Scale | None) -> None:
        self.queryset = Level.objects.filter(scale=scale).order_by("order")

    def label_from_instance(self, level: Any) -> str:
        return f"{level.name}: {getattr(level, self.says)}" if self.says else str(level.name)


class StageLevelsMixin(forms.Form):
    """A level for each of the four stages, each of which may be left open. `stage_levels()` gives those that were
    stated.
    """

    def add_stage_fields(self, scale: Scale, initial: dict[str, Level]) -> None:
        for stage in Stage:
            field = LevelField(
                says="",
                required=False,
                label=stage.label.capitalize(),
                widget=forms.Select,
                empty_label=_("no level stated"),
                initial=initial.get(stage),
            )
            field.offer(scale)
            self.fields[f"stage_{stage}"] = field

    def stage_fields(self) -> list[forms.BoundField]:
        return [self[f"stage_{stage}"] for stage in Stage]

    @property
    def stage_levels_are_open(self) -> bool:
        """Whether something stands in them already."""
        return any(bound.value() or bound.errors for bound in self.stage_fields())

    def stage_levels(self) -> dict[str, Level]:
        stated = {str(stage): self.cleaned_data.get(f"stage_{stage}") for stage in Stage}
        return {stage: level for stage, level in stated.items() if level is not None}
