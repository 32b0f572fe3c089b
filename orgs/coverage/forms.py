from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.languages import language_choices
from orgs.lookups.fields import LookupField
from orgs.lookups.sources import TerritoryLookup


class CoverageForm(PortalForm):
    """What is looked at. It stands in the address."""

    territory = LookupField(
        TerritoryLookup(), required=False, label=_("Place"), help_text=_("Includes all places within it.")
    )
    language = forms.ChoiceField(
        choices=lambda: [("", _("Any")), *language_choices()], required=False, label=_("Language")
    )
