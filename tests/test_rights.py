"""What rights rest on, model by model: each app lists it, and only administrators change it of what is there."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.forms import BaseForm

import indicators
import indicators.permissions
import integration_portal
import orgs
import orgs.permissions
import partnerships
import partnerships.permissions
from tests.rights import rest_on

OURS = ("orgs", "indicators", "partnerships", "integration_portal")
ASKED = {
    "orgs.organisations.forms.ProfileForm": {"kind", "level_of_government", "territory"},
    "orgs.oversight.forms.KindForm": {"kind", "level_of_government", "territory"},
    "indicators.catalogue.forms.IndicatorForm": {"code", "owner"},
    "partnerships.tables.forms.TableForm": {"convenor"},
}
"""Forms that ask for such a field all the same, of administrators or for what is not there yet: tests/test_access.py looks at every page."""
OF_ADMINISTRATORS = {"orgs.admin.UserAdminForm": {"is_active", "is_staff"}}


def all_forms(base: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    for form in base.__subclasses__():
        yield form
        yield from all_forms(form)


@pytest.mark.parametrize("package", [orgs, indicators, partnerships])
def test_what_rights_rest_on_is_there(package) -> None:
    listed = importlib.import_module(f"{package.__name__}.permissions").RIGHTS_REST_ON
    for label, names in listed.items():
        model = apps.get_model(label)
        assert model._meta.app_label == package.__name__, label
        assert set(names) <= {field.name for field in model._meta.get_fields()}, label


def test_every_form_that_asks_for_what_rights_rest_on_is_known() -> None:
    for package in (orgs, indicators, partnerships, integration_portal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith(("forms", "form", "views")):
                importlib.import_module(module.name)
    ours = [form for form in all_forms() if form.__module__.split(".")[0] in OURS and hasattr(form, "base_fields")]
    found = {f"{form.__module__}.{form.__name__}": set(form.base_fields) & set(rest_on(form)) for form in ours}
    assert len(found) > 40
    assert {name: asked for name, asked in found.items() if asked} == ASKED | OF_ADMINISTRATORS
