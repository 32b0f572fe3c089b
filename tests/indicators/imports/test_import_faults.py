"""Files as people send them: each fault is told with its line and column, or the file is simply right; nothing is half stored."""

import datetime
import gzip
import io
import tracemalloc
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.utils import timezone

from indicators.imports import actions as imports
from indicators.imports.definition import read_mapping
from indicators.imports.messages import message_text
from indicators.imports.readers.rows import open_rows
from indicators.models import ImportBatch, Observation, SavedMapping
from orgs.readers import xlsx
from orgs.readers.problems import FileRefused
from tests.indicators.files import workbook
from tests.indicators.land import MAPPING, Land, make_land, table
from tests.indicators.refusals import told
from tests.threads import at_once


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: some here commit, or make another one."""
    return make_land()


HEADER = ["place", "year", "sex", "people"]
GOOD = ("N1", 2020, "women", 10)


# --- The text -------------------------------------------------------------------------------------------------------------


def test_ragged_rows_are_counted_from_the_first(land: Land) -> None:
    batch = land.check(b"place,year,sex,people\nN1,2020,women,1\nN2,2020,women\nN3,2020,women,1,2\n")
    assert told(batch) == [(3, "", "ragged_row", "3", 2)]


def test_two_headers_of_one_name_are_told(land: Land) -> None:
    batch = land.check(b"place,year,sex,people,year\nN1,2020,women,1,2019\n")
    assert told(batch) == [(1, "year", "double_header", "year", 1)]


def test_one_line_in_another_encoding_is_found(land: Land) -> None:
    content = b"place,year,sex,people\nN1,2020,women,1\n" + "N2,2020,m\xfcnner,1\n".encode("latin-1")
    assert told(land.check(content)) == [(3, "sex", "bad_encoding", "utf-8", 1)]


def test_text_that_breaks_off_within_a_character_of_two_bytes(land: Land) -> None:
    content = "place,year,sex,people\nN1,2020,women,1\n".encode("utf-16")[:-1]
    assert told(land.check(content, encoding="utf-16"))[0][2] == "bad_encoding"


def test_byte_order_mark_before_the_first_name_is_no_part_of_it(land: Land) -> None:
    land.bring_in("\ufeff".encode() + table(GOOD))
    assert Observation.objects.get().numerator == 10


def test_zero_bytes_in_the_middle_are_told(land: Land) -> None:
    content = table(*[("N1", 2020, "women", 1)] * 2000)[:-5] + b"\0,1\n"
    assert told(land.check(content))[0][2] in ("not_text", "ragged_row", "broken_row")


# --- Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,5", "1234.5"),
        ("1234,5", "1234.5"),
        ("12.345.678", "12345678"),
        ("-0", "0"),
        ("0,1234567890", "0.1234567890"),
    ],
)
def test_thousands_and_decimal_commas_are_read(land: Land, text: str, number: str) -> None:
    content = f"place;year;sex;people\nN1;2020;women;{text}\n".encode()
    land.bring_in(content, delimiter=";", decimal=",", thousands=".", indicator={"constant": "SCORE"})
    stored = Observation.objects.get().value
    assert stored is not None
    assert str(stored.normalize() + 0).startswith(number.rstrip("0") or "0")


@pytest.mark.parametrize("text", ["12.34", "1.2345", ".123", "1,234.5", "1.234.56"])
def test_sign_for_thousands_in_another_place_is_no_thousands(land: Land, text: str) -> None:
    content = f"place;year;sex;people\nN1;2020;women;{text}\n".encode()
    batch = land.check(content, delimiter=";", decimal=",", thousands=".")
    assert told(batch) == [(2, "people", "not_a_number", text, 1)]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_any_space_stands_between_thousands(land: Land, space: str) -> None:
    land.bring_in(table(("N1", 2020, "women", f"1{space}234")), thousands=" ")
    assert Observation.objects.get().numerator == 1234


@pytest.mark.parametrize("text", ["NaN", "nan", "inf", "1e308", "1e5", "0x1F", "١٢", "1_000", "--5", "9" * 19])
def test_what_is_no_plain_number_is_told(land: Land, text: str) -> None:
    assert told(land.check(table(GOOD, ("N2", 2020, "women", text)))) == [(3, "people", "not_a_number", text, 1)]


def test_number_with_a_flag_behind_it_is_told_as_such(land: Land) -> None:
    assert told(land.check(table(("N1", 2020, "women", "5 b")))) == [(2, "people", "figure_and_flag", "5 b", 1)]


def test_negative_count_is_told(land: Land) -> None:
    batch = land.check(table(GOOD, ("N2", 2020, "women", -3), ("N3", 2020, "women", -4)))
    assert told(batch) == [(3, "people", "negative", "-3", 2)]


def test_denominator_of_zero_is_told(land: Land) -> None:
    content = table(("N1", 2020, "women", 1, 0), header=(*HEADER, "of"))
    batch = land.check(content, indicator={"constant": "RATE"}, denominator={"column": "of"})
    assert told(batch) == [(2, "people, of", "no_denominator", "", 1)]


def test_figures_side_by_side_are_told_by_their_heading(land: Land) -> None:
    mapping = {
        "columns": {"headings": {"w": {"sex": "F"}, "m": {"sex": "M"}}},
        "numerator": "columns",
        "breakdowns": {},
    }
    batch = land.check(b"place,year,w,m\nN1,2020,1,2\nN2,2020,1,many\n", **mapping)
    assert told(batch) == [(3, "m", "not_a_number", "many", 1)]
    land.bring_in(b"place,year,w,m\nN1,2020,1,2\n", **mapping)
    assert list(Observation.objects.order_by("breakdown__key").values_list("numerator", flat=True)) == [1, 2]


# --- Periods, places, indicators ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"), [("43831", "serial_date"), ("2020-01-31", "day"), ("20200131", "unknown_period")]
)
def test_date_in_place_of_a_period_is_told(land: Land, text: str, code: str) -> None:
    batch = land.check(table(("N1", text, "women", 1)), period={"column": "year"})
    assert told(batch) == [(2, "year", code, text, 1)]


@pytest.mark.parametrize(
    ("kind", "code"), [("year", "2020"), ("half", "2020-S2"), ("quarter", "2020-Q3"), ("month", "2020-08")]
)
def test_day_stands_for_its_period_where_the_mapping_says_which(land: Land, kind: str, code: str) -> None:
    land.bring_in(table(("N1", "2020-08-31", "women", 1)), period={"kind": kind, "column": "year"})
    assert Observation.objects.get().period.code == code


def test_period_before_the_territory_existed_is_told(land: Land) -> None:
    place = land.territories["N1"]
    place.valid_from = datetime.date(2021, 1, 1)
    place.save()
    assert told(land.check(table(GOOD))) == [(2, "place", "outside_validity", "N1 2020", 1)]


def test_retired_indicator_is_told(land: Land) -> None:
    land.indicators["PEOPLE"].retired_on = timezone.now().date()
    land.indicators["PEOPLE"].save()
    assert [message[2:4] for message in told(land.check(table(GOOD)))] == [("retired_indicator", "PEOPLE")]


def test_all_codes_that_the_mapping_does_not_know_are_listed_at_once(land: Land) -> None:
    batch = land.check(table(("N1", 2020, "girls", 1), ("N7", 2020, "boys", 1), ("N8", 2020, "girls", "x")))
    assert {message[:4] for message in told(batch)} == {
        (2, "sex", "unknown_category", "girls"),
        (3, "sex", "unknown_category", "boys"),
        (3, "place", "unknown_territory", "N7"),
        (4, "place", "unknown_territory", "N8"),
        (4, "people", "not_a_number", "x"),
    }


# --- Workbooks and archives -----------------------------------------------------------------------------------------------


def test_workbook_comes_in_like_any_table(land: Land) -> None:
    land.bring_in(workbook(HEADER, ["N1", 2020, "women", 10.0]), format="xlsx")
    assert Observation.objects.get().numerator == 10


def test_formula_merged_heading_and_error_cells_are_told(land: Land) -> None:
    formula = land.check(workbook(HEADER, ["N1", 2020, "women", "=5+5"]), format="xlsx")
    assert told(formula) == [(2, "D2", "formula_without_value", "=5+5", 1)]
    merged = land.check(workbook([*HEADER, None], merged="D1:E1"), format="xlsx")
    assert told(merged) == [(1, "D1:E1", "merged_header", "D1:E1", 1)]
    error = land.check(workbook(HEADER, ["N1", 2020, "women", "#DIV/0!"]), format="xlsx")
    assert told(error) == [(2, "people", "not_a_number", "#DIV/0!", 1)]


def test_workbook_that_unpacks_to_gigabytes_is_refused_unread(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_UNPACKED", 8 << 20)
    bomb = io.BytesIO(workbook(HEADER))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * (9 << 20))
    assert bomb.tell() < 100_000
    assert [message[2] for message in told(land.check(bomb.getvalue(), format="xlsx"))] == ["unpacks_too_large"]


def test_workbook_with_entities_is_refused(land: Land) -> None:
    made, told_of = io.BytesIO(), io.BytesIO(workbook(HEADER, list(GOOD)))
    with zipfile.ZipFile(told_of) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + text.replace(b"women", b"&a;")
            new.writestr(name, text)
    assert [message[2] for message in told(land.check(made.getvalue(), format="xlsx"))] == ["not_workbook"]


def test_damaged_archive_is_told(land: Land) -> None:
    content = gzip.compress(table(*[GOOD] * 5000))
    assert told(land.check(content[: len(content) // 2])) == [(None, "", "broken_archive", "", 1)]


# --- Size -----------------------------------------------------------------------------------------------------------------


class Generated(io.RawIOBase):
    """A CSV file of as many bytes as are asked for, that is nowhere."""

    def __init__(self, size: int) -> None:
        self.line, self.size, self.given = b"N1,2020,women,1\n" * 512, size, 0
        self.head: bytes = b"place,year,sex,people\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.given >= self.size:
            return 0
        chunk = (self.head + self.line)[: len(buffer)] if not self.given else self.line[: len(buffer)]
        buffer[: len(chunk)] = chunk
        self.given += len(chunk)
        return len(chunk)

    def seekable(self) -> bool:
        return True

    def seek(self, position: int, whence: int = 0) -> int:
        self.given = 0
        return 0


def peak_of(size: int) -> int:
    mapping = read_mapping(MAPPING)
    tracemalloc.start()
    try:
        with open_rows(io.BufferedReader(Generated(size), 8192), mapping) as rows:
            while rows.read(8192):
                pass
        assert rows.refusal is None
        assert rows.read_count > size // 20
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    assert peak_of(4 << 20) < 1.1 * peak_of(1 << 20)


def test_line_without_end_is_refused_before_it_is_held() -> None:
    endless = io.BufferedReader(io.BytesIO(b"place,year,sex,people\n" + b"x" * (3 << 20)))
    with open_rows(endless, read_mapping(MAPPING)) as rows:
        assert rows.read() == b""
    assert isinstance(rows.refusal, FileRefused)
    assert rows.refusal.problems[0].code == "endless_line"
    assert rows.refusal.problems[0].line == 2


# --- Twice, and at once ---------------------------------------------------------------------------------------------------


def test_very_same_file_that_waits_for_approval_is_not_stored_again(land: Land) -> None:
    first = imports.store_import(batch=land.check(table(GOOD)))
    again = land.check(table(GOOD))
    with pytest.raises(ValidationError, match=f"has already been imported and is to be approved: import {first.pk}"):
        imports.store_import(batch=again)
    with pytest.raises(ValidationError, match="has already been imported"):
        imports.ingest(store=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", table(GOOD)))
    assert Observation.objects.count() == 1


def test_one_pass_stores_what_check_and_store_would(land: Land) -> None:
    land.bring_in(table(GOOD, ("N2", 2020, "women", 5)))
    content = table(GOOD, ("N2", 2020, "women", 6), ("N3", 2020, "women", 7))
    batch = imports.ingest(store=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", content))
    assert (batch.state, batch.cells_new, batch.cells_changed, batch.cells_same) == (ImportBatch.State.STORED, 1, 1, 1)
    assert sorted(batch.observations.values_list("numerator", "status")) == [(6, "submitted"), (7, "submitted")]
    with batch.file.open() as kept:
        assert kept.read() == content


def test_one_pass_stores_nothing_of_a_file_at_fault(land: Land) -> None:
    content = table(GOOD, ("N2", 2020, "women", "x"))
    batch = imports.ingest(store=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", content))
    assert told(batch) == [(3, "people", "not_a_number", "x", 1)]


def test_two_stewards_at_once_leave_one_value_in_each_cell(lasting_land: Land) -> None:
    def bring_in(people: int) -> Any:
        content = table(*[(place, 2020, "women", people) for place in ("N1", "N2", "N3")])
        batch = imports.ingest(store=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", content))
        return imports.approve_import(batch=batch)

    first, second = at_once(lambda: bring_in(1), lambda: bring_in(2))
    assert isinstance(first, ImportBatch), first
    assert isinstance(second, ImportBatch), second
    approved = Observation.objects.filter(status="approved").values_list("territory__code", "numerator")
    assert sorted(place for place, _people in approved) == ["N1", "N2", "N3"]
    assert len({people for _place, people in approved}) == 1
    assert not Observation.objects.pending().exists()


def test_the_same_file_at_once_is_stored_once(lasting_land: Land) -> None:
    def bring_in() -> ImportBatch:
        return imports.ingest(store=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", table(GOOD)))

    results = at_once(bring_in, bring_in)
    assert sorted(type(result).__name__ for result in results) == ["ImportBatch", "ValidationError"]
    assert Observation.objects.count() == 1


def test_two_workers_at_once_check_a_file_once(lasting_land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    batches = [
        imports.ingest(
            from_page=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", table((place, 2020, "women", 1)))
        )
        for place in ("N1", "N2", "N3")
    ]
    assert sum(at_once(*[imports.work_on_imports] * 3)) == len(batches)
    found = ImportBatch.objects.values_list("state", "cells_new")
    assert list(found) == [(ImportBatch.State.CHECKED, 1)] * 3
    assert imports.work_on_imports() == 0


def test_two_stewards_at_once_describe_the_same_upload_one_after_the_other(lasting_land: Land) -> None:
    batch = imports.ingest(file=SimpleUploadedFile("figures.csv", table(GOOD)))
    names = ("First", "Second")

    def describe(name: str) -> ImportBatch:
        return imports.describe_import(batch=batch, mapping=MAPPING | {"title": {"en": name}}, mapping_name=name)

    for result in at_once(lambda: describe("First"), lambda: describe("Second")):
        assert isinstance(result, ImportBatch), result
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED
    assert batch.mapping["title"] == {"en": batch.mapping_name}
    assert batch.mapping_name in names


def test_two_mappings_of_one_name_at_once_leave_one(lasting_land: Land) -> None:
    def save(title: str) -> SavedMapping:
        return imports.save_mapping(name="Register", definition=MAPPING | {"title": {"en": title}})

    results = at_once(lambda: save("one"), lambda: save("two"))
    assert sorted(type(result).__name__ for result in results) == ["SavedMapping", "ValidationError"]
    assert SavedMapping.objects.count() == 1


# --- What adds up -----------------------------------------------------------------------------------------------------------

SUM = {"breakdowns": {}, "rows_of_one_cell": "sum"}
BESIDE = ("place", "year", "sex", "people", "of", "what")


def test_scores_are_not_added_up(land: Land) -> None:
    rows = [("N1", 2020, "", people, "", "SCORE") for people in (55, 70, 60)]
    with pytest.raises(ValidationError, match="is a score"):
        land.check(table(*rows, header=BESIDE), indicator={"constant": "SCORE"}, **SUM)
    batch = land.check(table(*rows, header=BESIDE), indicator={"column": "what"}, **SUM)
    assert told(batch) == [(2, "people", "cannot_be_added", "", 1)]


@pytest.mark.parametrize("indicator", ["RATE", "MOOD"])
def test_rates_and_means_without_a_base_are_not_added_up(land: Land, indicator: str) -> None:
    definition = {name: value for name, value in MAPPING.items() if name != "numerator"}
    definition |= {"indicator": {"constant": indicator}, "value": {"column": "people"}, **SUM}
    with pytest.raises(ValidationError, match="not added up"):
        read_mapping(definition)
    definition["base"] = {"column": "of"}
    rows = [("N1", 2020, "", 7, 10, ""), ("N1", 2020, "", 5, "", "")]
    batch = imports.ingest(mapping=definition, file=SimpleUploadedFile("rows.csv", table(*rows, header=BESIDE)))
    assert told(batch) == [(2, "people, of", "cannot_be_added", "", 1)]


def test_ratios_with_a_denominator_in_some_rows_only_are_not_added_up(land: Land) -> None:
    rows = [("N1", 2020, "", 7, 10, "RATE"), ("N1", 2020, "", 5, "", "RATE")]
    changes = {"indicator": {"constant": "RATE"}, "denominator": {"column": "of"}, **SUM}
    assert told(land.check(table(*rows, header=BESIDE), **changes))[0][2] == "cannot_be_added"
    land.bring_in(table(rows[0], rows[0], header=BESIDE), **changes)
    assert [(row.numerator, row.denominator) for row in Observation.objects.all()] == [(14, 20)]


# --- Numbers ------------------------------------------------------------------------------------------------------------------

OPEN = (
    ("N1", 2020, "all", "24.512"),
    ("N2", 2020, "all", "10.430"),
    ("N3", 2020, "all", "987"),
    ("N4", 2020, "all", "11.000"),
)


def test_point_before_each_three_digits_is_asked_about(land: Land) -> None:
    batch = land.check(table(*OPEN))
    assert told(batch) == [(2, "people", "two_readings", "24.512", 3)]
    text = message_text(batch.messages.get())
    assert "24,512 or 24.512" in text
    assert "“thousands” or “decimal” is “.”" in text
    land.bring_in(table(*OPEN), thousands=".")
    assert Observation.objects.aggregate(all=Sum("numerator"))["all"] == 46929


def test_rates_with_three_decimals_are_asked_about_too_unless_one_has_other_digits(land: Land) -> None:
    rate = {"indicator": {"constant": "RATE"}, "breakdowns": {}, "denominator": {"column": "base"}}
    header = ("place", "year", "sex", "people", "base")
    rows = [("N1", 2020, "", "24.512", "100"), ("N2", 2020, "", "10.430", "100")]
    assert [message[2] for message in told(land.check(table(*rows, header=header), **rate))] == ["two_readings"]
    land.bring_in(table(*rows, ("N3", 2020, "", "0.5", "100"), header=header), **rate)
    assert set(Observation.objects.values_list("numerator", flat=True)) == {
        Decimal("24.512"),
        Decimal("10.43"),
        Decimal("0.5"),
    }


def test_a_stated_decimal_sign_is_believed_but_a_count_has_no_fraction(land: Land) -> None:
    assert told(land.check(table(*OPEN), decimal="."))[0] == (2, "people", "fraction", "24.512", 2)
    assert told(land.check(table(("N1", 2020, "all", "12.5"))))[0] == (2, "people", "fraction", "12.5", 1)


def test_figures_side_by_side_are_asked_about_column_by_column(land: Land) -> None:
    batch = land.check(
        b"place,year,w,m\nN1,2020,1.234,2\nN2,2020,2.345,3\n",
        breakdowns={},
        columns={"headings": {"w": {"sex": "F"}, "m": {"sex": "M"}}},
        numerator="columns",
    )
    assert told(batch) == [(2, "w", "two_readings", "1.234", 2)]


@pytest.mark.parametrize("signs", [{"decimal": ".", "thousands": "."}, {"decimal": ",", "thousands": ","}])
def test_one_sign_is_not_both(land: Land, signs: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="cannot be the same"):
        land.check(table(GOOD), **signs)


def test_number_of_a_workbook_is_no_question(land: Land) -> None:
    mapping = {"format": "xlsx", "indicator": {"constant": "RATE"}, "denominator": {"column": "base"}, "breakdowns": {}}
    content = workbook(["place", "year", "people", "base"], ["N1", 2020, 24.512, 100], ["N2", 2020, 10.43, 100])
    land.bring_in(content, **mapping)
    assert set(Observation.objects.values_list("numerator", flat=True)) == {Decimal("10.43"), Decimal("24.512")}
    as_text = workbook(["place", "year", "people", "base"], ["N1", 2020, "24.512", 100])
    batch = land.check(as_text, **mapping)
    assert list(batch.messages.values_list("code", flat=True)) == ["two_readings"]
