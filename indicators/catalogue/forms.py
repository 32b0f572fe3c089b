"""The forms by which stewards add and edit an indicator, and set its targets."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from indicators.catalogue.actions import COUNTING
from indicators.catalogue.goals import GCM_OBJECTIVES
from indicators.catalogue.wording import TRANSLATED, WORDS, WordingChange
from indicators.models import Indicator, Target
from indicators.permissions import authorities_of
from indicators.vocabulary import PROTECTIONS, Direction
from orgs.forms import NumberInput, PortalModelForm, WholeNumberField
from orgs.forms.words import first_language, other_languages
from orgs.models import Organisation, User

CHANGE = ("wording", "valid_from_year", "note")
MEANING = ("direction", "ideal_value", "population", "comparator")
PLACE = ("domain", "owner", "order", "is_headline")
LINKS = ("sdg_targets", "gcm_objectives", "eurostat_datasets")
SHOWING = ("decimals", "threshold", "rounding")


class IndicatorForm(PortalModelForm):
    """An indicator in all languages of the portal. What can change no more is shown, and what is posted for it is not read."""

    wording = forms.ChoiceField(
        label=_("If you changed words: what kind of change is it?"),
        choices=WordingChange,
        required=False,
        widget=forms.RadioSelect,
    )
    valid_from_year = WholeNumberField(
        label=_("Counted like this from the year"),
        min_value=1900,
        max_value=2100,
        required=False,
        help_text=_("Only if something else is counted. Figures for earlier years keep the definition they had."),
        widget=NumberInput(mode="numeric"),
    )
    note = forms.CharField(
        label=_("Why it changes"),
        max_length=250,
        required=False,
        help_text=_(
            "Everybody can read this in the history of the definition. It is also the reason given for weaker "
            "protection, which a second person has to agree to."
        ),
    )
    gcm_objectives = forms.TypedMultipleChoiceField(
        label=_("Objectives of the Global Compact for Migration"),
        choices=[(number, format_lazy("{}. {}", number, name)) for number, name in GCM_OBJECTIVES.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Indicator
        fields = ["code", *WORDS, *COUNTING, *MEANING, "breakdowns", *PLACE, *LINKS, *SHOWING]
        widgets = {
            "breakdowns": forms.CheckboxSelectMultiple,
            "direction": forms.RadioSelect,
            "threshold": forms.Select(choices=[(number, number) for number in sorted({one for one, _ in PROTECTIONS})]),
            "rounding": forms.Select(choices=[(number, number) for number in sorted({one for _, one in PROTECTIONS})]),
        }
        labels = {
            "factor": _("Multiplied by"),
            "decimals": _("Decimals shown"),
            "owner": _("Owner"),
            "order": _("Place within its domain"),
            **WORDS,
        }
        help_texts = {
            "code": _("Short and permanent, such as D1.7. Files refer to the indicator by this code."),
            "framework": _("Where the definition comes from."),
            "owner": _("The authority whose stewards maintain the definition. If there is none, administrators do."),
            "order": _("A number: smaller ones come first."),
            "is_headline": _("Shown first on the page of a place."),
            "sdg_targets": _("Separated by commas, such as 10.7, 4.5."),
            "eurostat_datasets": _("Codes separated by commas, such as lfsa_ergan."),
            "ideal_value": _("Only if being nearer to an ideal value is better."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.is_locked = not self.is_new and self.instance.has_figures
        for name in ("code",) if not self.is_new else CHANGE:
            del self.fields[name]
        self.fields["direction"].choices = Direction.choices  # type: ignore[attr-defined]
        for name in COUNTING:
            self.fields[name].disabled = self.is_locked
        for code, _name in settings.LANGUAGES:
            self._set_language(code)
        self._offer_owners(user)

    def _set_language(self, code: str) -> None:
        is_first = code == first_language()
        info = get_language_info(code)
        for name in TRANSLATED:
            field = self.fields[build_localized_fieldname(name, code)]
            field.required = is_first and name in ("name", "definition")
            if name == "definition":
                field.widget = forms.Textarea(attrs={"rows": 4})
            field.widget.attrs |= {"lang": code, "dir": "rtl" if info["bidi"] else "ltr"}

    def _offer_owners(self, user: User) -> None:
        """An indicator of nobody in particular is the platform's; who owns one there is, administrators say."""
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        if not user.is_staff and not self.is_new:
            del self.fields["owner"]
            return
        owner.queryset = Organisation.objects.filter(pk__in=[authority.pk for authority in authorities_of(user)])
        owner.required = not user.is_staff
        owner.empty_label = str(_("The portal")) if user.is_staff else None

    def asked(self) -> list[tuple[str, int, int]]:
        """The weaker protection that waits for a second person: each rule's name, what it is now, and what is asked for."""
        change = self.instance.protection_changes.open().first()
        return [
            (str(self.fields[name].label), getattr(self.instance, name), value)
            for name, value in (change.rules.items() if change else ())
        ]

    def _bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def first_language(self) -> str:
        """As the reader calls it."""
        return str(get_language_info(first_language())["name_translated"])

    def words(self) -> list[forms.BoundField]:
        code = first_language()
        return self._bound(["code", *(build_localized_fieldname(name, code) for name in TRANSLATED), "framework"])

    def translations(self) -> list[dict[str, Any]]:
        """The words in each other language, with what the language calls itself; open where there is something to mend."""
        found = []
        for code in other_languages():
            fields = self._bound(build_localized_fieldname(name, code) for name in TRANSLATED)
            is_open = any(field.errors for field in fields)
            name = capfirst(get_language_info(code)["name_local"])
            found.append({"code": code, "name": name, "fields": fields, "is_open": is_open})
        return found

    def change(self) -> list[forms.BoundField]:
        return self._bound(CHANGE)

    def counting(self) -> list[forms.BoundField]:
        return self._bound(COUNTING)

    def meaning(self) -> list[forms.BoundField]:
        return self._bound(MEANING)

    def place(self) -> list[forms.BoundField]:
        return self._bound(PLACE)

    def showing(self) -> list[forms.BoundField]:
        return self._bound(SHOWING)

    def facts(self) -> dict[str, Any]:
        """What the action takes beside the indicator itself."""
        return {name: self.cleaned_data[name] for name in ("breakdowns", *CHANGE) if name in self.fields}


class TargetForm(PortalModelForm):
    class Meta:
        model = Target
        fields = ["baseline_year", "baseline_value", "year", "value", "source"]
