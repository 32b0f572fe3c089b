"""The source of what an authority types, and of what is reported to it, is tied to the authority and not to a name."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from indicators.models import ImportBatch, Source
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from indicators.sources import actions as sources
from indicators.sources.actions import source_of_reports, source_of_typed
from orgs.models import Organisation
from tests.factories import AuthorityFactory, UserFactory
from tests.factories_indicators import ImportBatchFactory, SourceFactory
from tests.indicators.desk import Desk
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db


@pytest.fixture
def council() -> Organisation:
    authority: Organisation = AuthorityFactory(name="City council")
    return authority


def test_typed_figures_stay_with_their_source_whatever_it_and_the_authority_are_called(council: Organisation) -> None:
    source = source_of_typed(council)
    assert (source.name, source.publisher, source.typed_by) == ("City council", "City council", council)
    source.name = "Municipal register"
    sources.save_source(source=source, by=UserFactory(is_staff=True))
    Organisation.objects.filter(pk=council.pk).update(name="Council of the city")
    council.refresh_from_db()
    assert source_of_typed(council) == source
    assert list(Source.objects.filter(publisher="City council").values_list("name", flat=True)) == [
        "Municipal register"
    ]


def test_source_that_was_found_by_the_name_of_the_authority_stays_the_one(council: Organisation) -> None:
    before = SourceFactory(name="City council", licence="CC0")
    assert source_of_typed(council) == before
    before.refresh_from_db()
    assert (before.typed_by, before.licence) == (council, "CC0")


def test_two_authorities_of_one_name_have_a_source_each(council: Organisation) -> None:
    other = AuthorityFactory(name="City council")
    assert source_of_typed(council) != source_of_typed(other)
    assert [source_of_typed(one).name for one in (council, other)] == ["City council", "City council (2)"]


def test_reports_stay_with_one_source_in_every_language(land: Land) -> None:
    desk = Desk(land)
    report = desk.sent()
    with translation.override("es"):
        other = desk.ask(title="Others")
        answers = {cell.key: Typed(Decimal(3)) for cell in reports.cells_of_request(other.request)}
        other = reports.save_report(report=other, answers=answers, version=other.version, by=desk.owner)
        other = reports.submit_report(report=other, by=desk.owner)
    assert report.batch is not None
    assert other.batch is not None
    assert report.batch.source == other.batch.source
    assert source_of_typed(desk.authority) != source_of_reports(desk.authority)


def test_database_ties_one_source_to_an_authority(council: Organisation) -> None:
    source_of_typed(council)
    with pytest.raises(IntegrityError, match="source_one_for_what_an_authority_types"), transaction.atomic():
        SourceFactory(name="Another", typed_by=council)
    source_of_reports(council)
    with pytest.raises(IntegrityError, match="source_one_for_what_is_reported"), transaction.atomic():
        SourceFactory(name="Another", reported_to=council)
    with pytest.raises(IntegrityError, match="source_typed_or_reported"), transaction.atomic():
        SourceFactory(name="Another", reported_to=AuthorityFactory(), typed_by=AuthorityFactory())


def test_sources_of_before_are_tied_to_the_authority_that_used_them_last(council: Organisation) -> None:
    kind = ImportBatch.Kind.ENTRY
    earlier, later, shared = (SourceFactory(name=name) for name in ("City council", "Register", "Shared"))
    for source in (earlier, later):
        ImportBatchFactory(kind=kind, authority=council, source=source)
    for authority in (AuthorityFactory(), AuthorityFactory()):
        ImportBatchFactory(kind=kind, authority=authority, source=shared)
    reported = ImportBatchFactory(kind=ImportBatch.Kind.REPORT, authority=council, source=SourceFactory(name="Reports"))
    module = import_module("indicators.migrations.0010_typed_figures_keep_their_source")
    for operation in module.Migration.operations:
        with connection.cursor() as cursor:
            cursor.execute(operation.sql)
    assert source_of_typed(council) == later
    assert source_of_reports(council) == reported.source
    shared.refresh_from_db()
    assert (shared.typed_by, shared.reported_to) == (None, None)
