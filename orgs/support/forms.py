from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import OrganisationLookup
from orgs.models import Membership, Organisation
from orgs.models.support import could_vouch_for
from orgs.support.vouching import MOST_ASKED
from orgs.vocabulary import Sector

HOW = _("How do you know the group?")
HOW_HINT = _("One sentence. The group and the reviewers read it; the public sees only that your organisation vouches.")


class AskToVouchForm(PortalForm):
    vouchers = LookupField(
        OrganisationLookup(),
        several=True,
        limit=MOST_ASKED,
        label=_("Who knows you?"),
        help_text=_("Organisations whose documents were seen, or an authority that has no partnership with you."),
        error_messages={
            "unknown": _(
                "“%(text)s” cannot vouch for you: its documents were not seen, or people of your group lead it."
            )
        },
    )

    def __init__(self, *args: Any, group: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vouchers"].lookup = OrganisationLookup(queryset=could_vouch_for(group))  # type: ignore[attr-defined]


class VouchForm(PortalForm):
    """From the page of a group, by somebody who may vouch for several organisations."""

    voucher = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=_("In whose name?"), empty_label=None, widget=forms.RadioSelect
    )
    words = forms.CharField(label=HOW, help_text=HOW_HINT, max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, vouchers: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        voucher: Any = self.fields["voucher"]
        voucher.queryset = vouchers
        voucher.initial = vouchers.first() if len(vouchers) == 1 else None


class AnswerVouchingForm(PortalForm):
    answer = forms.ChoiceField(
        label=_("Does your organisation vouch for it?"),
        choices=[("given", _("Yes, we know this group and what it does")), ("declined", _("No"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=HOW, help_text=HOW_HINT, max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "given" and not cleaned.get("words", "").strip():
            self.add_error("words", _("Say in a sentence how you know the group."))
        return cleaned


class SponsorshipForm(PortalForm):
    sponsored = LookupField(
        OrganisationLookup(),
        label=_("Which organisation do you want to sponsor?"),
        error_messages={"unknown": _("“%(text)s” is not in the directory, or nobody of it has an account here.")},
    )
    gives = forms.CharField(
        label=_("What do you give it?"),
        max_length=200,
        help_text=_(
            "In one line, for example “our bank account and a room on Tuesdays”. It stands on both public pages."
        ),
    )
    from_day = forms.DateField(
        label=_("From"), initial=timezone.localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    to_day = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave it empty if no end is agreed."),
    )

    def __init__(self, *args: Any, sponsor: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        led = Membership.objects.active().filter(role=Membership.Role.OWNER).values("organisation")
        others = Organisation.objects.published().filter(pk__in=led).exclude(sector=Sector.AUTHORITY)
        others = others.exclude(pk=sponsor.pk)
        self.fields["sponsored"].lookup = OrganisationLookup(queryset=others)  # type: ignore[attr-defined]


class AnswerSponsorshipForm(PortalForm):
    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("accepted", _("Accept: it stands on both public pages")), ("declined", _("Decline"))],
        widget=forms.RadioSelect,
    )
