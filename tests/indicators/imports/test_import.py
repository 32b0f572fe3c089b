import gzip
import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators.catalogue.periods import period_code
from indicators.imports import actions as imports
from indicators.imports import engine
from indicators.imports.definition import read_mapping
from indicators.imports.messages import message_text
from indicators.models import DirtyMark, ImportBatch, Observation
from indicators.vocabulary import Flag
from tests.indicators.land import MAPPING, Land, table


def messages(batch: ImportBatch) -> list[tuple[int | None, str, str]]:
    assert not Observation.objects.exists()
    assert all(message_text(message) for message in batch.messages.all())
    return list(batch.messages.values_list("line", "column", "code"))


def test_import_stores_nothing_before_store(land: Land) -> None:
    batch = land.check(table(("N1", 2020, "women", 10), ("N1", 2020, "men", 12)))
    assert (batch.state, batch.rows_read, batch.cells_new) == (ImportBatch.State.CHECKED, 2, 2)
    assert not Observation.objects.exists()


def test_import_of_many_pieces_stores_every_cell_once(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PAGES_AT_ONCE", 1)
    places, sexes = ("N1", "N2", "N3", "N4"), ("women", "men", "all")
    rows = [(place, year, sex, year) for year in range(1990, 2021) for place in places for sex in sexes]
    with CaptureQueriesContext(connection) as queries:
        batch = imports.store_import(batch=land.check(table(*rows)))
    assert sum("INSERT INTO indicators_observation" in query["sql"] for query in queries) > 2
    assert batch.cells_new == len(rows) == Observation.objects.filter(batch=batch, status="submitted").count()


def test_import_counts_only_after_approval(land: Land) -> None:
    batch = imports.store_import(batch=land.check(table(("N1", 2020, "women", 10))))
    assert Observation.objects.get().status == "submitted"
    assert not DirtyMark.objects.exists()
    imports.approve_import(batch=batch)
    assert Observation.objects.get().status == "approved"
    assert DirtyMark.objects.count() == 1


@pytest.mark.parametrize("step", [imports.store_import, imports.approve_import, imports.undo_import])
def test_import_refuses_a_step_from_the_wrong_state(land: Land, step) -> None:
    batch = land.bring_in(table(("N1", 2020, "women", 10)))
    imports.undo_import(batch=batch)
    with pytest.raises(ValidationError):
        step(batch=batch)


def test_new_value_supersedes_and_undo_brings_the_old_one_back(land: Land) -> None:
    land.bring_in(table(("N1", 2020, "women", 10), ("N1", 2020, "men", 7)))
    second = land.bring_in(table(("N1", 2020, "women", 11), ("N1", 2020, "men", 7)))
    assert (second.cells_new, second.cells_changed, second.cells_same) == (0, 1, 1)
    values = dict(Observation.objects.order_by("pk").values_list("numerator", "status"))
    assert values == {10: "superseded", 7: "approved", 11: "approved"}
    imports.undo_import(batch=second)
    values = dict(Observation.objects.order_by("pk").values_list("numerator", "status"))
    assert values == {10: "approved", 7: "approved", 11: "withdrawn"}


def test_undo_of_an_older_import_leaves_the_newer_value(land: Land) -> None:
    first = land.bring_in(table(("N1", 2020, "women", 10)))
    land.bring_in(table(("N1", 2020, "women", 11)))
    imports.undo_import(batch=first)
    assert Observation.objects.get(status="approved").numerator == 11


def test_same_file_twice_changes_nothing(land: Land) -> None:
    content = table(("N1", 2020, "women", 10))
    land.bring_in(content)
    again = land.check(content)
    assert (again.cells_new, again.cells_changed, again.cells_same) == (0, 0, 1)
    imports.approve_import(batch=imports.store_import(batch=again))
    assert Observation.objects.count() == 1


def test_missing_is_a_state_and_never_zero(land: Land) -> None:
    land.bring_in(table(("N1", 2020, "women", ":"), ("N1", 2020, "men", 0)), missing=[":"])
    missing, zero = Observation.objects.order_by("breakdown__key")
    assert (missing.numerator, missing.flags) == (None, Flag.MISSING)
    assert (zero.numerator, zero.flags) == (0, 0)


def test_rows_that_the_mapping_leaves_out_are_counted(land: Land) -> None:
    batch = land.check(
        table(
            ("N1", 2020, "women", 10, "x"),
            ("N1", 2020, "women", 3, "y"),
            header=("place", "year", "sex", "people", "kind"),
        ),
        where={"kind": ["x"]},
    )
    assert (batch.rows_read, batch.rows_left_out, batch.cells_new) == (2, 1, 1)


def test_finer_rows_add_up_where_the_mapping_says_so(land: Land) -> None:
    rows = table(("N1", 2020, "women", 10), ("N1", 2020, "women", 10))
    assert land.check(rows).state == ImportBatch.State.REFUSED
    land.bring_in(rows, rows_of_one_cell="sum")
    assert Observation.objects.get().numerator == 20


def test_ratio_keeps_its_parts_and_a_mean_its_sum(land: Land) -> None:
    header = ("place", "year", "sex", "people", "base")
    land.bring_in(
        table(("N1", 2020, "women", 3, 12), header=header),
        indicator={"constant": "RATE"},
        denominator={"column": "base"},
    )
    mean = {key: value for key, value in MAPPING.items() if key != "numerator"} | {
        "indicator": {"constant": "MOOD"},
        "value": {"column": "people"},
        "base": {"column": "base"},
    }
    content = table(("N1", 2020, "women", "7.5", 12), header=header)
    batch = imports.ingest(mapping=mean, file=SimpleUploadedFile("mean.csv", content))
    assert batch.state == ImportBatch.State.CHECKED
    imports.store_import(batch=batch)
    assert list(Observation.objects.order_by("pk").values_list("numerator", "denominator")) == [(3, 12), (90, 12)]


def test_compressed_file_decimal_comma_and_thousands(land: Land) -> None:
    content = gzip.compress("place;year;sex;people\nN1;2020;women;1.234,5\n".encode("latin-1"))
    signs = {"delimiter": ";", "encoding": "latin-1", "decimal": ",", "thousands": "."}
    mean = {"indicator": {"constant": "MOOD"}, "value": {"column": "people"}, "numerator": None}
    definition = {name: value for name, value in (MAPPING | signs | mean).items() if value is not None}
    batch = imports.ingest(mapping=definition, file=SimpleUploadedFile("figures.csv.gz", content))
    imports.store_import(batch=batch)
    assert Observation.objects.get().value == Decimal("1234.5")


def test_byte_order_mark_and_blank_lines_are_no_fault(land: Land) -> None:
    batch = land.check(b"\xef\xbb\xbfplace,year,sex,people\r\n\r\nN1,2020,women,1\r\n\r\n")
    assert (batch.state, batch.rows_read) == (ImportBatch.State.CHECKED, 1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(None, "", "empty")]),
        (b"  \n\n", [(None, "", "empty")]),
        (b"place,year,sex,people\n", [(1, "", "no_rows")]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", [(1, "", "not_text")]),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", [(1, "", "not_text")]),
        (b"place,year,sex\nN1,2020,women\n", [(1, "people", "missing_column")]),
        (b"place;year;sex;people\nN1;2020;women;1\n", [(1, name, "missing_column") for name in ("place", "year", "sex", "people")]),
        (b"place,year,sex,people,people\nN1,2020,women,1,2\n", [(1, "people", "double_header")]),
        (b"place,year,sex,people\nN1,2020,women,1\nN2,2020,women\n", [(3, "", "ragged_row")]),
        ("place,year,sex,people\nN1,2020,women,1\nN2,2020,m\xe9n,1\n".encode("latin-1"), [(3, "sex", "bad_encoding")]),
        (table(("N1", 2020, "women", 1), ("N7", 2020, "women", 1)), [(3, "place", "unknown_territory")]),
        (table(("N1", 2020, "women", 1), ("N1", 2020, "men", "many")), [(3, "people", "not_a_number")]),
        (table(("N1", 2020, "women", "NaN")), [(2, "people", "not_a_number")]),
        (table(("N1", 2020, "women", "1e308")), [(2, "people", "not_a_number")]),
        (table(("N1", 2020, "women", "1,234")), [(2, "people", "not_a_number")]),
        (table(("N1", 2020, "women", -3)), [(2, "people", "negative")]),
        (table(("N1", 2020, "girls", 3)), [(2, "sex", "unknown_category")]),
        (table(("N1", "last year", "women", 3)), [(2, "year", "unknown_period")]),
        (table(("N1", 2020, "women", 3), ("N2", 2020, "women", 3), ("N1", 2020, "women", 4)), [(4, "", "duplicate_cell")]),
        (table(("N1", 2020, "women", 'a "quote'), ("N1", 2020, "men", 1)), [(2, "people", "not_a_number")]),
        (b'place,year,sex,people\nN1,2020,women,"1\n', [(2, "", "open_quote")]),
        (b'place,year,sex,people\nN1,2020,"women,1\nN2,2020,women,1\nN3,2020,"men",1\n', [(2, "", "open_quote")]),
        (b'<?xml version="1.0"?>\n<message:StructureSpecificData/>', [(1, "", "markup")]),
        ("\ufeff <!DOCTYPE html><html>".encode("utf-16"), [(1, "", "markup")]),
        (table(("N1", 2020, "women", "1.12345678901")), [(2, "people", "too_many_decimals")]),
    ],
)  # fmt: skip
def test_faulty_file_is_refused_with_line_and_column(land: Land, content: bytes, expected: list) -> None:
    batch = land.check(content)
    assert batch.state == ImportBatch.State.REFUSED
    assert messages(batch) == expected


def test_every_fault_of_a_kind_is_counted_once(land: Land) -> None:
    batch = land.check(table(*[("N7", 2020, "women", n) for n in range(30)]))
    message = batch.messages.get()
    assert (message.line, message.rows, message.value) == (2, 30, "N7")
    assert "29 more rows" in message_text(message)


def test_period_before_the_territory_existed_is_refused(land: Land) -> None:
    territory = land.territories["N1"]
    territory.valid_from = "2019-01-01"
    territory.save()
    batch = land.check(table(("N1", 2018, "women", 3)))
    assert messages(batch) == [(2, "place", "outside_validity")]


def test_ratio_without_denominator_is_refused(land: Land) -> None:
    batch = land.check(table(("N1", 2020, "women", 3)), indicator={"constant": "RATE"})
    assert messages(batch) == [(2, "people", "no_denominator")]


def test_retired_indicator_takes_no_figures(land: Land) -> None:
    land.indicators["PEOPLE"].retired_on = "2020-01-01"
    land.indicators["PEOPLE"].save()
    assert messages(land.check(table(("N1", 2020, "women", 3)))) == [(2, "", "retired_indicator")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": {}}, "columns"),
        ({"source": {}}, "source"),
        ({"value": {"column": "people"}}, "numerator"),
        ({"territory": {"scheme": "mars", "column": "place"}}, "mars"),
        ({"breakdowns": {"shoe": {"column": "sex"}}}, "shoe"),
        ({"period": {"kind": "week", "year": {"column": "year"}}}, "week"),
        ({"indicator": {}}, "indicator"),
    ],
)
def test_faulty_mapping_is_named(land: Land, change: dict, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        land.check(table(("N1", 2020, "women", 1)), **change)
    assert said in " ".join(refusal.value.messages)


def test_mapping_lists_each_column_once() -> None:
    mapping = read_mapping(MAPPING | {"where": {"sex": ["women"], "kind": ["x"]}})
    assert mapping.file_columns == ["place", "year", "sex", "people", "kind"]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"code": "2017"}, "2017"),
        ({"code": "2017-03"}, "2017-03"),
        ({"code": "2017M3"}, "2017-03"),
        ({"code": "2017Q4"}, "2017-Q4"),
        ({"code": "2017-s2"}, "2017-S2"),
        ({"code": "17"}, ""),
        ({"year": "2017", "month": "3"}, "2017-03"),
        ({"year": "2017", "month": "March"}, ""),
        ({"year": "2017", "half": "2"}, "2017-S2"),
    ],
)
def test_period_code(texts: dict, code: str) -> None:
    assert period_code(texts) == code


def test_command_imports_or_says_what_is_wrong(land: Land, tmp_path, capsys) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps(MAPPING))
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(table(("N1", 2020, "women", 1)))
    bad.write_bytes(table(("N1", 2020, "women", "one")))
    call_command("import_observations", str(good), mapping=mapping, dry_run=True)
    assert not Observation.objects.exists()
    call_command("import_observations", str(good), mapping=mapping, approve=True)
    assert Observation.objects.get().status == "approved"
    with pytest.raises(CommandError, match="Nothing was stored"):
        call_command("import_observations", str(bad), mapping=mapping)
    assert "line 2, column people" in capsys.readouterr().err
