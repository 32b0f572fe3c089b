"""The forms of the registry, and the base of every form of the portal."""

from orgs.forms.numbers import NumberField, NumberInput, WholeNumberField
from orgs.forms.portal import PortalForm, PortalModelForm, PortalRenderer, SeenMixin, WebAddressField

__all__ = [
    "NumberField",
    "NumberInput",
    "PortalForm",
    "PortalModelForm",
    "PortalRenderer",
    "SeenMixin",
    "WebAddressField",
    "WholeNumberField",
]
