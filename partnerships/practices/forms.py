from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.folding import in_every_language
from orgs.forms import PortalForm, PortalModelForm
from orgs.forms.words import WordsMixin
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import CountryLookup
from orgs.models import Domain
from partnerships.engagement.level_field import LevelField
from partnerships.models import Partnership, Practice, Scale


class PracticeForm(PortalModelForm):
    countries = LookupField(CountryLookup(), several=True, required=False, label=_("Countries"))
    domains: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Domain.objects.all(), label=_("Domains"), widget=forms.CheckboxSelectMultiple
    )
    level = LevelField(label=_("Engagement level that it shows"), required=False, widget=forms.Select, empty_label="–")

    class Meta:
        model = Practice
        fields = ("name", "summary", "place", "countries", "actors", "theme", "domains", "level")
        widgets = {"summary": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level = self.fields["level"]
        assert isinstance(level, LevelField)
        level.offer(Scale.objects.filter(is_current=True).first())


class PracticeEditForm(WordsMixin, PracticeForm):
    """The same in every language, for administrators."""

    words: ClassVar[dict[str, str | Promise]] = {"summary": _("What it does")}
    needed = ()
    columns = ("domains",)

    class Meta:
        model = Practice
        fields = (*in_every_language("summary"), "name", "place", "countries", "actors", "theme", "domains", "level")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stood = self.instance.level
        if stood is not None:
            # Of an older version of the scale, perhaps; the same one has the same code in each.
            self.initial["level"] = self.fields["level"].queryset.filter(code=stood.code).first()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = in_every_language(*self.words)
        if not any(name in self.errors or cleaned.get(name) for name in names):
            self.add_error(
                f"summary_{self.first}",
                ValidationError(_("Say in at least one language what it does."), code="required"),
            )
        return cleaned


class LinkPracticeForm(PortalForm):
    partnership = forms.ModelChoiceField(Partnership.objects.none(), label=_("Partnership"), empty_label=None)

    def __init__(self, *args: Any, partnerships: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partnership"].queryset = partnerships  # type: ignore[attr-defined]
