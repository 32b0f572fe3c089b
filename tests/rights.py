"""What rights rest on, by model, and the forms that ask for it."""

from django.forms import BaseForm

import indicators
import indicators.permissions
import orgs
import orgs.permissions
import partnerships
import partnerships.permissions
from orgs.models import PROTECTED_FACTS

RIGHTS_REST_ON: dict[str, tuple[str, ...]] = {
    **orgs.permissions.RIGHTS_REST_ON,
    **indicators.permissions.RIGHTS_REST_ON,
    **partnerships.permissions.RIGHTS_REST_ON,
}


def rest_on(form: type[BaseForm] | BaseForm) -> tuple[str, ...]:
    """Of the form's model; none where it has no model."""
    model = getattr(getattr(form, "_meta", None), "model", None)
    return RIGHTS_REST_ON.get(model._meta.label, ()) if model else ()


def asked_of(form: BaseForm) -> set[str]:
    """What rights rest on among the fields that whoever got the form can fill in and that are written: what is only proposed is not."""
    proposed = PROTECTED_FACTS if getattr(form, "proposes", False) else ()
    fields = {name for name, field in form.fields.items() if not field.disabled}
    return (fields & set(rest_on(form))) - set(proposed)
