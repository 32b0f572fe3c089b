from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from orgs.forms.offers import OfferForm
from orgs.forms.portal import WebAddressField
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import LanguageLookup, TerritoryLookup
from orgs.models import Service
from orgs.services.actions import Hours
from orgs.services.fields import DayRangesField, ServiceTypeField, WeekField
from orgs.vocabulary import Accessibility, Delivery, TargetGroup, choices_of


class ServiceForm(OfferForm):
    """What a service is, and how people get it. Only its name and what it is are asked of everybody."""

    columns = ("target_groups", "delivery", "accessibility")
    SECTIONS = (
        (_("What it is"), ("type", "domain", "title", "description", "written_in"), False),
        (_("How people reach it"), ("telephone", "whatsapp", "email", "form"), False),
        (_("Cost and documents"), ("is_free", "cost", "no_documents_required", "documents"), False),
        (_("How people get in"), ("walks_in", "by_appointment", "by_referral", "week", "closed"), True),
        (_("Where"), ("delivery", "address", "is_shelter", "accessibility", "has_childcare"), True),
        (_("For whom"), ("target_groups", "women_only", "territories", "conditions"), True),
        (_("Languages"), ("languages", "interpreter_on_request"), True),
    )
    """Title, fields, and whether it is folded until somebody opens it."""

    type = ServiceTypeField()
    form = WebAddressField(label=_("Web form"), required=False)
    week = WeekField(
        label=_("Opening hours"),
        required=False,
        help_text=_("For example 9–13, 16:30–19. Leave a day empty if it is closed."),
    )
    closed = DayRangesField(
        label=_("Closed on these days"),
        required=False,
        help_text=_("Holidays, for example. The first day and the last."),
    )
    delivery = forms.MultipleChoiceField(
        choices=choices_of(Delivery), required=False, label=_("Where it is given"), widget=forms.CheckboxSelectMultiple
    )
    accessibility = forms.MultipleChoiceField(
        choices=choices_of(Accessibility), required=False, label=_("Accessibility"), widget=forms.CheckboxSelectMultiple
    )
    target_groups = forms.MultipleChoiceField(
        choices=choices_of(TargetGroup),
        required=False,
        label=_("For whom"),
        help_text=_("Nothing ticked: for everybody."),
        widget=forms.CheckboxSelectMultiple,
    )
    territories = LookupField(
        TerritoryLookup(),
        several=True,
        required=False,
        label=_("Only for people of these places"),
        help_text=_("Type the names of the places."),
    )
    languages = LookupField(LanguageLookup(), several=True, required=False, label=_("Languages"))

    class Meta:
        model = Service
        fields = [
            "type",
            "domain",
            "title",
            "description",
            "written_in",
            "telephone",
            "whatsapp",
            "email",
            "form",
            "walks_in",
            "by_appointment",
            "by_referral",
            "delivery",
            "address",
            "is_shelter",
            "accessibility",
            "has_childcare",
            "target_groups",
            "women_only",
            "territories",
            "conditions",
            "languages",
            "interpreter_on_request",
            "is_free",
            "cost",
            "no_documents_required",
            "documents",
        ]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "telephone": forms.TextInput(attrs={"type": "tel"}),
            "whatsapp": forms.TextInput(attrs={"type": "tel"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"].required = False
        self.fields["domain"].help_text = _("Only if it is nothing in the list above.")
        if self.instance.pk:
            self.fields["type"].keep(self.instance.type_id)  # type: ignore[attr-defined]
            hours = Hours.of(self.instance)
            self.initial.update(week=hours.week, closed=hours.closed)

    @property
    def sections(self) -> list[tuple[Any, list[BoundField], bool]]:
        """The page in parts: each with its fields, and whether it is folded. One with an error or with something in it stands open."""
        parts = []
        for title, names, is_folded in self.SECTIONS:
            fields = [self[name] for name in names]
            says_something = any(field.errors or field.value() for field in fields)
            parts.append((title, fields, is_folded and not (says_something and (self.is_bound or self.instance.pk))))
        return parts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("type") is not None:
            cleaned["domain"] = cleaned["type"].domain
            cleaned["is_shelter"] = cleaned.get("is_shelter", False) or cleaned["type"].is_sheltering
        elif "domain" in cleaned and cleaned["domain"] is None:
            self.add_error("type", _("Choose what it is, or at least its domain."))
        return cleaned

    def hours(self) -> Hours:
        return Hours(self.cleaned_data["week"], self.cleaned_data["closed"])
