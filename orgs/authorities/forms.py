from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm, WebAddressField
from orgs.languages import own_name
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import AUTHORITY_KINDS, Organisation, User, VerificationRules
from orgs.verification.checklist import checklist_of, ladder_of
from orgs.verification.duplicates import Hint, possible_duplicates
from orgs.vocabulary import Kind, LevelOfGovernment, choices_of


def invitation_language() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Language of the invitation"),
        choices=[(code, own_name(code)) for code in settings.OFFERED_LANGUAGES],
        help_text=_("Somebody who has an account already gets it in the language of that account."),
    )


class AuthorityForm(PortalForm):
    """A new authority and its first manager. What may be the same is shown before anything is stored."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind, label) for kind, label in choices_of(Kind) if kind in AUTHORITY_KINDS],
        widget=forms.RadioSelect,
        initial=Kind.AUTHORITY,
        help_text=_("An agency belongs to an authority, for example a statistical institute or an employment service."),
    )
    level_of_government = forms.ChoiceField(
        label=_("Level of government"),
        choices=choices_of(LevelOfGovernment),
        widget=forms.RadioSelect,
    )
    territory = LookupField(
        TerritoryLookup(),
        label=_("Territory"),
        help_text=_("The place it governs. Its stewards keep the figures of this place and of all places within it."),
    )
    website = WebAddressField(label=_("Website"), required=False)
    public_email = forms.EmailField(label=_("Public e-mail address"), required=False)
    met = forms.MultipleChoiceField(
        label=_("What have you checked?"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The authority is public at once, at the tier that follows."),
    )
    reasons = forms.CharField(
        label=_("How do you know?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "For example its page in the official gazette. Stored with your name; administrators and its reviewers read it."
        ),
    )
    manager = forms.EmailField(
        label=_("E-mail address of its first manager"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("An invitation is sent there. Left empty, you can invite somebody later."),
    )
    language = invitation_language()
    is_another = forms.BooleanField(label=_("It is none of these. Add it."), required=False)

    STANDING = ("name", "kind", "level_of_government", "territory", "website", "public_email")
    VERIFIED = ("met", "reasons")
    INVITED = ("manager", "language")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        rules = VerificationRules.objects.current()
        self.ladder = ladder_of(rules)
        met: forms.MultipleChoiceField = self.fields["met"]  # type: ignore[assignment]
        met.choices = [(question.code, question.text) for question in checklist_of(rules)]
        met.initial = self.ladder[0].criteria
        self.duplicates: list[Hint] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            told = {name: cleaned[name] for name in self.STANDING}
            self.duplicates = possible_duplicates(Organisation(**told), by=self.by)
            if self.duplicates and not cleaned["is_another"]:
                self.add_error("is_another", _("It may be there already. Look at those listed before you add it."))
        return cleaned

    def standing(self) -> list[Any]:
        return [self[name] for name in self.STANDING]

    def verified(self) -> list[Any]:
        return [self[name] for name in self.VERIFIED]

    def invited(self) -> list[Any]:
        return [self[name] for name in self.INVITED]


class LeaderForm(PortalForm):
    """Who is to lead an organisation: its manager, or its owner where it is no authority."""

    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    language = invitation_language()
