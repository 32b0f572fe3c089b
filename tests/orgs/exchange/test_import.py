"""Organisations from files: what a row says is stored once, refused with its place in the file, changed by its number, and undone."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgs.exchange.formats import FORMATS
from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.messages import TEXTS, problems_of
from orgs.exchange.records import records
from orgs.listing import actions as listing
from orgs.models import Listing, Organisation, OrganisationImport, Service, Territory, User
from orgs.readers.problems import Problem
from tests.factories import DomainFactory, MembershipFactory, OrganisationFactory, ServiceFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db

State = OrganisationImport.State


@pytest.fixture
def admin() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def place() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city", code="Q1", scheme__code="PLACES")


COLUMNS = {
    "name": "name",
    "website": "web",
    "description": "about",
    "public_email": "mail",
    "founded_year": "since",
    "kind": {"always": "association"},
    "territory": {"column": "place", "scheme": "PLACES", "by": "code"},
}
HEAD = "number,name,web,about,mail,since,place\n"


def mapping(**more: Any) -> dict[str, Any]:
    columns = {**COLUMNS, **more.pop("columns", {})}
    return {"identifier": {"scheme": "GB-CHC", "column": "number"}, "columns": columns, **more}


def received(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    content = content.encode() if isinstance(content, str) else content
    return imports.receive_file(file=ContentFile(content, name), mapping=said, by=by)


def checked(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    said = mapping() if said is None else said
    return imports.check_import(batch=received(content, by, said, name), by=by)


def stored(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    return imports.store_import(batch=checked(content, by, said, name), by=by)


def counts(batch: OrganisationImport) -> tuple[int, int, int, int]:
    return batch.rows_new, batch.rows_changed, batch.rows_same, batch.rows_refused


def faults(batch: OrganisationImport) -> list[tuple[str, int | None, str]]:
    return [(problem.code, problem.line, problem.column) for problem, _text in problems_of(batch)]


def shelf_of(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for table in sorted(folder.rglob("*.csv")):
            archive.write(table, table.relative_to(folder))
    return packed.getvalue()


UK = {
    "source": {"name": "UK charities", "licence": "OGL 3.0"},
    "identifier": {"column": "org_id"},
    "columns": {
        "name": "name",
        "website": "web",
        "description": "activities",
        "founded_year": "date_registered",
        "kind": {"always": "association"},
        "territory": {"always": "PLACES:Q1"},
    },
    "leave_out": {"active": ["False"]},
}


@pytest.mark.shared
def test_charities_of_a_country_come_in_once(admin, place, shared):
    content = (shared / "data/directories/uk_charities/ukcat_sample.csv").read_bytes()
    batch = stored(content, admin, UK)
    print(counts(batch))
    assert batch.rows_read == 4203
    again = checked(content, admin, UK)
    assert counts(again)[:2] == (0, 0)
