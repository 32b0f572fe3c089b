"""An address that people may follow is one of the web: in every column that stores one, and wherever one is shown."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.template.loader import render_to_string

from indicators.models import Source
from orgs.organisations.forms import ProfileForm
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db
WRONG = [
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://example.org/",
    "//example.org/",
    "https://",
    "https://a b.org",
]


def columns() -> Iterator[tuple[type[models.Model], models.URLField]]:
    for model in apps.get_models():
        if model._meta.app_label in ("orgs", "indicators", "partnerships") and not model.__name__.endswith("Event"):
            for column in model._meta.fields:
                if isinstance(column, models.URLField):
                    yield model, column


def test_every_column_with_an_address_has_a_constraint() -> None:
    found = {f"{model.__name__}.{column.name}" for model, column in columns()}
    assert {"Organisation.website", "Source.url"} <= found
    for model, column in columns():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
                [model._meta.db_table],
            )
            rules = " ".join(row[0] for row in cursor.fetchall() if str(column.column) in row[0])
        assert "https?://" in rules, f"{model.__name__}.{column.name}"


@pytest.mark.parametrize("address", WRONG)
def test_address_that_is_not_of_the_web_is_not_stored(address: str) -> None:
    with pytest.raises(IntegrityError, match="source_url_of_the_web"), transaction.atomic():
        Source.objects.create(name="Office", url=address)
    with pytest.raises(IntegrityError, match="organisation_website_of_the_web"), transaction.atomic():
        OrganisationFactory(website=address)
    with pytest.raises(ValidationError):
        Source(name="Office", url=address).full_clean()


def test_form_takes_an_address_of_the_web_only() -> None:
    organisation = OrganisationFactory()
    form = ProfileForm({"website": "javascript:alert(1)"}, instance=organisation, by=UserFactory())
    assert "https://" in form.errors["website"][0]
    assert (
        "https://"
        in ProfileForm({"website": "ftp://example.org"}, instance=organisation, by=UserFactory()).errors["website"][0]
    )
    assert "website" not in ProfileForm({"website": "example.org"}, instance=organisation, by=UserFactory()).errors


@pytest.mark.parametrize(
    "template",
    ["indicators/_sources.html", "components/freshness.html", "components/definition.html", "orgs/_glance.html"],
)
def test_what_was_kept_before_is_shown_and_not_followed(template: str) -> None:
    """A release keeps the sources of its day."""
    organisation = OrganisationFactory(name="Office")
    for address, is_link in (("javascript:alert(1)", False), ("https://example.org/", True)):
        organisation.website = address
        source = {"name": "Office", "url": address}
        context = {"source": "Office", "source_url": address, "sources": [source], "organisation": organisation}
        html = render_to_string(template, context)
        assert (f'href="{address}"' in html) == is_link
