import re
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms import PortalForm, PortalModelForm
from orgs.listing.forms import KINDS
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import OrganisationLookup, TerritoryLookup
from orgs.models import Domain, Organisation, User
from orgs.verification.duplicates import Hint, possible_duplicates
from orgs.vocabulary import Kind
from partnerships.days import DayInput
from partnerships.engagement.level_field import LevelField
from partnerships.models import Partnership, Practice, Scale
from partnerships.permissions import ACTING_ROLES
from partnerships.vocabulary import PartnershipState, PartyAnswer

SDG_TARGET = re.compile(r"^(1[0-7]|[1-9])\.([0-9]{1,2}|[a-d])$")


def authorities_of(user: User) -> Any:
    """Those that the person acts for."""
    return Organisation.objects.authorities().filter(
        pk__in=user.memberships.acting().filter(role__in=ACTING_ROLES).values("organisation")
    )


MORE = (
    "ends_on",
    "purpose",
    "gender_note",
    "sdg_targets",
    "gcm_objectives",
    "territory_of_origin",
    "practices",
)
"""What of a partnership can wait."""


class PartnershipForm(PortalModelForm):
    """What a partnership is. Two minutes: what comes under "more" can wait."""

    FIRST = ("authority", "title", "partners", "kind", "territory", "domains", "promised", "starts_on")
    UNLISTED = ("new_partner", "new_partner_kind", "new_partner_email")
    """A partner that is not in the directory yet: it is listed with the partnership, and invited."""

    authority = forms.ModelChoiceField(Organisation.objects.none(), label=_("Authority"), empty_label=None)
    partners = LookupField(
        OrganisationLookup(),
        several=True,
        label=_("Partners"),
        help_text=_("One or more organisations of the directory. Type a part of the name."),
    )
    new_partner = forms.CharField(label=_("Name of the organisation"), max_length=200, required=False)
    new_partner_kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=Kind.ASSOCIATION, required=False)
    new_partner_email = forms.EmailField(
        label=_("E-mail address of the organisation"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("It is asked to claim its page, or to have it taken off. The address is not published."),
    )
    offered = forms.CharField(required=False, widget=forms.HiddenInput)
    is_another = forms.BooleanField(label=_("It is none of these. List it."), required=False)
    territory = LookupField(TerritoryLookup(), label=_("Territory"), help_text=_("The place that it is for."))
    domains: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Domain.objects.all(), label=_("Domains"), widget=forms.CheckboxSelectMultiple
    )
    promised = LevelField(
        label=_("What do you promise the partners?"),
        help_text=_(
            "The engagement level that the authority commits to. Any level can be the right one, depending on the decision."
        ),
    )
    sdg_targets = SimpleArrayField(
        forms.CharField(max_length=10),
        required=False,
        label=_("SDG targets"),
        help_text=_("Separated by commas, such as 10.7, 4.5."),
    )
    gcm_objectives = SimpleArrayField(
        forms.IntegerField(min_value=1, max_value=23),
        required=False,
        label=_("Objectives of the Global Compact for Migration"),
        help_text=_("Numbers from 1 to 23, separated by commas."),
    )
    practices: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Practice.objects.all(),
        required=False,
        label=_("Good practices that it follows"),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Partnership
        fields = (
            "title",
            "kind",
            "territory",
            "domains",
            "promised",
            "starts_on",
            *MORE,
        )
        widgets = {
            "starts_on": DayInput(),
            "ends_on": DayInput(),
            "purpose": forms.Textarea(attrs={"rows": 4}),
            "gender_note": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"title": _("Title"), "kind": _("Kind"), "starts_on": _("Starts on"), "ends_on": _("Ends on")}
        help_texts = {
            "gender_note": _("How the partnership sees to women and men, girls and boys."),
            "territory_of_origin": _("If there are partners in a place of origin."),
        }

    def __init__(self, *args: Any, user: User, partner: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and self.instance.pk is None and hasattr(self.data, "getlist"):
            self.offer_as_new()
        self.user = user
        self.duplicates: list[Hint] = []
        is_new = self.instance.pk is None
        promised = self.fields["promised"]
        assert isinstance(promised, LevelField)
        promised.offer(Scale.objects.filter(is_current=True).first() if is_new else self.instance.promised.scale)
        authorities = authorities_of(user).select_related("territory")
        self.fields["authority"].queryset = authorities  # type: ignore[attr-defined]
        if is_new:
            self.fields["partners"].required = not (self.is_bound and self["new_partner"].value())
            first = authorities.first()
            self.initial.update({"authority": first, "starts_on": timezone.localdate()})
            self.initial.update({"territory": first.territory} if first else {})
            self.initial.update({"partners": [partner]} if partner else {})
            if len(authorities) < 2:
                self.fields["authority"].widget = forms.HiddenInput()
        else:
            for name in ("authority", *self.UNLISTED, "offered", "is_another"):
                del self.fields[name]
            self.initial["partners"] = [party.organisation for party in self.instance.partner_parties]
            self.keep_what_was_confirmed()

    def keep_what_was_confirmed(self) -> None:
        parties = self.instance.partner_parties
        # A partner that has closed since stays what it was.
        known = [party.organisation_id for party in parties]
        self.fields["partners"].lookup = OrganisationLookup(  # type: ignore[attr-defined]
            queryset=Organisation.objects.published() | Organisation.objects.filter(pk__in=known)
        )
        if self.instance.state == PartnershipState.ACTIVE:
            self.fields["promised"].disabled = True
            self.fields["promised"].help_text = _(
                "The partners have confirmed it, so it stays what it was at the start."
            )
        if any(party.answer == PartyAnswer.CONFIRMED for party in parties):
            self.fields["partners"].help_text = _("Partners who have confirmed stay. New ones are asked.")

    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST if name in self.fields]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    @property
    def more_is_open(self) -> bool:
        return any(self[name].errors or self[name].value() for name in MORE)

    def offer_as_new(self) -> None:
        """What no organisation is called is offered as the name of a new one. Sent again as it is, it is one; where another partner was
        chosen meanwhile, it was a slip of the finger."""
        data = self.data.copy()  # type: ignore[attr-defined]
        typed = [text.strip() for text in data.getlist("partners") if text.strip()]
        new, offered = data.get("new_partner", "").strip(), data.get("offered", "").strip()
        others = [text for text in typed if text != new]
        if new and new == offered and new not in typed and (others or data.getlist("partners_chosen")):
            data["new_partner"] = new = ""
        data.setlist("partners", others)
        lookup = self.fields["partners"].lookup  # type: ignore[attr-defined]
        unknown = next((text for text in others if not lookup.exact(text) and not lookup.similar(text)), "")
        if unknown and not new:
            data["new_partner"] = data["offered"] = unknown
        self.data = data

    @property
    def unlisted_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.UNLISTED if name in self.fields]

    @property
    def unlisted_is_open(self) -> bool:
        return "partners" in self.errors or any(self[name].errors for name in self.UNLISTED) or bool(self.duplicates)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name, place = cleaned.get("new_partner"), cleaned.get("territory")
        if name and place:
            told = Organisation(
                name=name, territory=place, kind=cleaned["new_partner_kind"], public_email=cleaned["new_partner_email"]
            )
            self.duplicates = possible_duplicates(told, by=self.user)
            if self.duplicates and not cleaned["is_another"]:
                self.add_error("is_another", _("It may be there already. Look at those listed before you add it."))
        return cleaned

    def clean_sdg_targets(self) -> list[str]:
        targets: list[str] = [target.strip() for target in self.cleaned_data["sdg_targets"] if target.strip()]
        wrong = [target for target in targets if not SDG_TARGET.match(target)]
        if wrong:
            raise ValidationError(_("“%(target)s” is not an SDG target, such as 10.7."), params={"target": wrong[0]})
        return targets

    def facts(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class EndForm(PortalForm):
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput(), initial=timezone.localdate)


class AnswerForm(PortalForm):
    """Is this right?"""

    answer = forms.ChoiceField(
        label=_("Is this right?"),
        choices=[
            (PartyAnswer.CONFIRMED, _("Yes, this is right")),
            (PartyAnswer.DISPUTED, _("No, something is not right")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What should be changed?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Only the parties and the reviewers can read this. Needed if something is not right."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == PartyAnswer.DISPUTED and not (cleaned.get("note") or "").strip():
            self.add_error("note", _("Say what is not right."))
        return cleaned
