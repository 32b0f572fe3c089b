import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.authorities.forms import invitation_language
from orgs.forms.portal import PortalForm
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup


class AppointmentForm(PortalForm):
    """Somebody who is to review: by the address of the account, or by one to which an invitation goes."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("Whoever has an account is appointed at once. Anybody else gets an invitation."),
    )
    territory = LookupField(
        TerritoryLookup(), label=_("Territory"), help_text=_("And all places within it. Type the name of the place.")
    )
    starts_on = forms.DateField(label=_("From"), required=False, help_text=_("Empty means from now on."))
    ends_on = forms.DateField(
        label=_("Until"), required=False, help_text=_("The last day. Empty means until you end it.")
    )
    language = invitation_language()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and start < timezone.localdate():
            self.add_error("starts_on", _("An appointment cannot begin in the past."))
        if start and end and end < start:
            self.add_error("ends_on", _("An appointment ends after it begins."))
        return cleaned

    def period(self) -> dict[str, datetime.datetime | None]:
        """From the beginning of the first day, or now, to the end of the last one."""
        start, end = self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]
        return {
            "starts_at": midnight(start) if start and start > timezone.localdate() else None,
            "ends_at": midnight(end + datetime.timedelta(days=1)) if end else None,
        }


def midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
