from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orgs.authorities.forms import invitation_language
from orgs.forms.portal import PortalForm, WebAddressField
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.members.forms import RoleForm
from orgs.models import AUTHORITY_KINDS, Organisation, User
from orgs.verification.duplicates import Hint, possible_duplicates
from orgs.vocabulary import Kind, choices_of

KINDS = [(kind, label) for kind, label in choices_of(Kind) if kind not in AUTHORITY_KINDS]


class ListingForm(PortalForm):
    """An organisation that is not there, as far as the one who lists it knows it. What may be the same is shown before it is stored."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=Kind.ASSOCIATION)
    territory = LookupField(TerritoryLookup(), label=_("Based in"), help_text=_("Type the name of the place."))
    website = WebAddressField(label=_("Website"), required=False)
    source = forms.CharField(
        label=_("How do you know of it?"),
        max_length=250,
        required=False,
        help_text=_("For example, the municipal register of associations. It stands on the page."),
    )
    email = forms.EmailField(
        label=_("E-mail address of the organisation"),
        required=False,
        help_text=_("It is asked to claim its page, or to have it taken off. The address is not published."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = invitation_language()
    is_another = forms.BooleanField(label=_("It is none of these. List it."), required=False)

    FACTS = ("name", "kind", "territory", "website", "source", "email", "language")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.duplicates: list[Hint] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            told = Organisation(**{name: cleaned[name] for name in ("name", "kind", "territory", "website")})
            told.public_email = cleaned["email"]
            self.duplicates = possible_duplicates(told, by=self.by)
            if self.duplicates and not cleaned["is_another"]:
                self.add_error("is_another", _("It may be there already. Look at those listed before you add it."))
        return cleaned

    @property
    def facts(self) -> list[Any]:
        return [self[name] for name in self.FACTS]


class InviteToClaimForm(PortalForm):
    email = forms.EmailField(
        label=_("E-mail address of the organisation"),
        help_text=_("It is asked to claim its page, or to have it taken off. The address is not published."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = invitation_language()


class JoinForm(PortalForm):
    said = forms.CharField(
        label=_("What do you do in the organisation?"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("So that they know who asks. Only those who decide read it."),
    )


class JoinByEmailForm(JoinForm):
    """By somebody who is not logged in."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send an e-mail to it, so that you confirm it. It is not published."),
    )
    field_order = ["name", "email", "said"]


class JoinDecisionForm(RoleForm):
    """`role` only where the organisation has people who lead it: its first one becomes the owner."""

    outcome = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("accept", _("Accept")), ("refuse", _("Refuse"))],
        coerce=lambda value: value == "accept",
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed if you refuse it. The person reads them."),
    )
    field_order = ["outcome", "role", "reasons"]

    def __init__(self, *args: Any, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].required = False
        if is_first:
            del self.fields["role"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") and "role" in self.fields and not cleaned.get("role") and "role" not in self.errors:
            self.add_error("role", ValidationError(self.fields["role"].error_messages["required"], code="required"))
        return cleaned
