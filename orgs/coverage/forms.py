from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Domain


class CoverageForm(PortalForm):
    """What is looked at. It stands in the address."""

    territory = LookupField(
        TerritoryLookup(), required=False, label=_("Place"), help_text=_("Includes all places within it.")
    )
    domain: "forms.ModelChoiceField[Domain]" = forms.ModelChoiceField(
        Domain.objects.all(),
        to_field_name="slug",
        required=False,
        label=_("Domain"),
        empty_label=_("Any"),
        help_text=_("Choose a domain to see each type of service, place by place."),
    )
    language = forms.ChoiceField(
        choices=lambda: [("", _("Any")), *language_choices()], required=False, label=_("Language")
    )
