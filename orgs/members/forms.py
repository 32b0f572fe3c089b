from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.models import AUTHORITY_ROLES, CSO_ROLES, Membership, Organisation

WHAT_ROLES_DO = {
    Membership.Role.OWNER: _("Owner: changes everything and manages members"),
    Membership.Role.EDITOR: _("Editor: changes the profile and works in partnerships"),
    Membership.Role.MANAGER: _("Manager: changes everything and manages members"),
    Membership.Role.OFFICER: _("Officer: works in partnerships"),
    Membership.Role.STEWARD: _("Steward of figures: imports and releases figures"),
    Membership.Role.VIEWER: _("Viewer: can read what members can read"),
}


class RoleForm(PortalForm):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = AUTHORITY_ROLES if organisation.is_authority else CSO_ROLES
        self.fields["role"].choices = [(role.value, WHAT_ROLES_DO[role]) for role in roles]  # type: ignore[attr-defined]


class InvitationForm(RoleForm):
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ["email", "role"]


class AcceptForm(PortalForm):
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("The other members can see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
