"""Every format gives a heading and records, whatever it looks like from outside."""

import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from indicators.imports.definition import read_mapping
from indicators.imports.readers.rows import open_rows, read_table
from orgs.readers.problems import FileRefused
from tests.indicators.files import workbook

MAPPING: dict[str, Any] = {
    "source": {"name": "Test office"},
    "indicator": {"constant": "PEOPLE"},
    "territory": {"scheme": "test-land", "constant": "N1"},
    "period": {"constant": "2020"},
    "numerator": {"column": "people"},
}


def read(content: bytes, **changes: Any) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The heading, and the records with their lines."""
    table = read_table(io.BytesIO(content), read_mapping(MAPPING | changes).layout)
    return table.header, list(table.records)


def refusal(content: bytes, **changes: Any) -> tuple[str, int | None, str]:
    with pytest.raises(FileRefused) as refused:
        read(content, **changes)
    problem = refused.value.problems[0]
    return problem.code, problem.line, problem.column


def copied(content: bytes, **changes: Any) -> list[str]:
    """The lines that go to COPY."""
    with open_rows(io.BytesIO(content), read_mapping(MAPPING | changes)) as rows:
        text = b"".join(iter(lambda: rows.read(7), b"")).decode()
        assert rows.refusal is None
    return text.splitlines()


# --- Texts --------------------------------------------------------------------------------------------------------------


def test_csv_in_another_dialect_gives_the_same_records() -> None:
    plain = read("place,people\nÑ,1\n".encode())
    assert read("place;people\nÑ;1\n".encode("latin-1"), delimiter=";", encoding="latin-1") == plain
    assert read("place\tpeople\nÑ\t1\n".encode("utf-16"), delimiter="\t", encoding="utf-16") == plain
    assert read(gzip.compress("\ufeffplace,people\nÑ,1\n".encode())) == plain


def test_header_row_may_stand_below_a_title() -> None:
    assert read(b"Table 5\n\nplace,people\nN1,1\n", header_row=3) == (["place", "people"], [(4, ["N1", "1"])])


def test_sdmx_csv_with_codes_and_names_in_one_cell_keeps_the_codes() -> None:
    content = b"DATAFLOW,SEX: Sex,TIME_PERIOD: Time,OBS_VALUE\nX:Y(1.0),F: Females,2020,5\n"
    header, records = read(content, format="sdmx-csv")
    assert header == ["DATAFLOW", "SEX", "TIME_PERIOD", "OBS_VALUE"]
    assert records == [(2, ["X:Y(1.0)", "F", "2020", "5"])]


def test_sdmx_csv_2_with_names_beside_the_codes() -> None:
    content = b"STRUCTURE[;],STRUCTURE_ID,ACTION,sex,Sex,Age,Age,OBS_VALUE\ndataflow,A:B(1.0),I,F,Females,Y1,One,5\n"
    header, records = read(content, format="sdmx-csv")
    assert header == ["STRUCTURE", "STRUCTURE_ID", "ACTION", "sex", "Sex", "Age", "Age (name)", "OBS_VALUE"]
    assert records[0][1][3:7] == ["F", "Females", "Y1", "One"]


def test_sdmx_csv_that_deletes_is_refused() -> None:
    content = b"STRUCTURE,STRUCTURE_ID,ACTION,OBS_VALUE\ndataflow,A:B(1.0),I,5\ndataflow,A:B(1.0),D,5\n"
    assert refusal(content, format="sdmx-csv") == ("deletion", 3, "ACTION")
    assert refusal(b"place,people\nN1,1\n", format="sdmx-csv") == ("not_sdmx", 1, "")


def test_eurostat_tsv_unpacks_key_periods_and_flags() -> None:
    content = b"freq,sex,geo\\TIME_PERIOD\t2015 \t2016 \nA,F,AT\t69.3 \t: bu\nA,F,BE\t: \t0.0 e\n"
    header, records = read(content, format="eurostat-tsv")
    assert header == ["freq", "sex", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"]
    assert records == [
        (2, ["A", "F", "AT", "2015", "69.3", ""]),
        (2, ["A", "F", "AT", "2016", ":", "bu"]),
        (3, ["A", "F", "BE", "2015", ":", ""]),
        (3, ["A", "F", "BE", "2016", "0.0", "e"]),
    ]
    assert read_mapping(MAPPING | {"format": "eurostat-tsv"}).missing == {"", ":"}
    assert refusal(b"freq\tgeo\n", format="eurostat-tsv") == ("not_eurostat", 1, "")


# --- Spreadsheets ---------------------------------------------------------------------------------------------------------


def test_xlsx_reads_the_sheet_and_row_that_the_mapping_names() -> None:
    content = workbook(["Foreign residents"], [], ["place", "year", "people"], ["01", 2020, 5.0], title="Data")
    header, records = read(content, format="xlsx", sheet="Data", header_row=3)
    assert (header, records) == (["place", "year", "people"], [(4, ["01", "2020", "5"])])
    assert read(content, format="xlsx", header_row=3)[1] == records
    assert refusal(content, format="xlsx", sheet="Tables") == ("no_sheet", None, "Tables")


def test_xlsx_number_is_written_with_the_decimal_sign_of_the_mapping() -> None:
    content = workbook(["a", "b", "c", "d"], [1234.5, 0.1 + 0.2, 1e308, 1e-12])
    assert read(content, format="xlsx", decimal=",", thousands=".")[1][0][1] == ["1234,5", "0,3", "1e+308", "0"]


def test_xlsx_merged_heading_is_told_by_its_cells() -> None:
    content = workbook(["place", "people", None], ["N1", 1, 2], merged="B1:C1")
    assert refusal(content, format="xlsx") == ("merged_header", 1, "B1:C1")


def test_xlsx_formula_without_a_value_is_told_by_its_cell() -> None:
    assert refusal(workbook(["place", "people"], ["N1", "=1+1"]), format="xlsx") == ("formula_without_value", 2, "B2")


def test_xlsx_formula_with_a_value_is_its_value() -> None:
    made, told = io.BytesIO(), io.BytesIO(workbook(["place", "people"], ["N1", "=1+1"]))
    with zipfile.ZipFile(told) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name,
                text.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
                ),
            )
    assert read(made.getvalue(), format="xlsx")[1] == [(2, ["N1", "2"])]


@pytest.mark.parametrize(
    "content", [b"place,people\n", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 old", gzip.compress(b"x", mtime=0)]
)
def test_xlsx_that_is_none_is_refused(content: bytes) -> None:
    assert refusal(content, format="xlsx")[0] in ("not_workbook", "old_workbook", "packed_workbook")


# --- Cubes ----------------------------------------------------------------------------------------------------------------


def cube(**changes: Any) -> bytes:
    dimension = {
        "sex": {"category": {"index": {"F": 1, "M": 0}}},
        "year": {"category": {"label": {"2020": "2020"}}},
    }
    dataset = {"version": "2.0", "class": "dataset", "id": ["sex", "year"], "size": [2, 1], "dimension": dimension}
    return json.dumps(dataset | {"value": [1, None]} | changes).encode()


def test_json_stat_gives_a_record_for_each_value() -> None:
    header, records = read(cube(status=["", "u"]), format="json-stat")
    assert header == ["sex", "year", "value", "status"]
    assert records == [(1, ["M", "2020", "1", ""]), (2, ["F", "2020", "", "u"])]


def test_json_stat_sparse_has_only_the_cells_that_it_lists() -> None:
    assert read(cube(value={"1": 2.50}, status="e"), format="json-stat")[1] == [(2, ["F", "2020", "2.5", "e"])]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"[1, 2]", "not_json_stat"),
        (b'{"class": "collection"}', "not_json_stat"),
        (b'{"class": ', "not_json"),
        (b"[" * 100_000, "not_json"),
        (cube(value=[1]), "invalid_json_stat"),
        (cube(size=[2, 2]), "invalid_json_stat"),
        (cube(id=["sex"]), "invalid_json_stat"),
        (cube(value={"2": 1}), "invalid_json_stat"),
        (cube(dimension=[]), "invalid_json_stat"),
        (cube(value={}, size=["x", 1]), "invalid_json_stat"),
    ],
)
def test_json_stat_that_contradicts_itself_is_refused(content: bytes, code: str) -> None:
    assert refusal(content, format="json-stat")[0] == code


def test_json_stat_of_too_many_cells_is_refused_before_they_are_made() -> None:
    many = {"category": {"index": [str(number) for number in range(3000)]}}
    content = cube(id=["a", "b"], size=[3000, 3000], dimension={"a": many, "b": many}, value={"0": 1})
    assert refusal(content, format="json-stat")[0] == "cube_too_large"


@pytest.mark.shared
def test_json_stat_corpus_is_read_or_refused_as_its_authors_say(shared: Any) -> None:
    cases = json.loads((shared / "data/formats/json-stat/corpus_cases.json").read_text())
    refused = set()
    for case in cases:
        try:
            read(json.dumps(case["input"]).encode(), format="json-stat")
        except FileRefused:
            refused.add(case["id"])
    wanted = {case["id"] for case in cases if not case["expected"].get("valid")}
    assert refused == wanted | {"valid/collection-embedded"}


# --- Wide tables ----------------------------------------------------------------------------------------------------------


def test_wide_table_of_periods_becomes_a_row_for_each() -> None:
    mapping = {key: value for key, value in MAPPING.items() if key != "period"} | {
        "columns": {"headings": "*", "name": "year"},
        "territory": {"scheme": "test-land", "column": "place"},
        "period": {"column": "year"},
        "numerator": "columns",
    }
    with open_rows(io.BytesIO(b"place,2019,2020\nN1,5,6\nN2,7,\n"), read_mapping(mapping)) as rows:
        text = rows.read().decode()
    assert text.splitlines() == [
        '"2","N1","2019","5"',
        '"2","N1","2020","6"',
        '"3","N2","2019","7"',
        '"3","N2","2020",""',
    ]


def test_wide_table_says_what_each_heading_stands_for() -> None:
    headings = {"Women": {"sex": "F"}, "Men": {"sex": "M"}, "All": {}, "Share": {"indicator": "RATE", "beside": "All"}}
    mapping = read_mapping(MAPPING | {"columns": {"headings": headings}, "numerator": "columns"})
    assert {name: mapping.breakdowns["sex"].translate(name) for name in headings} == {
        "Women": "F",
        "Men": "M",
        "All": "",
        "Share": "",
    }
    assert [mapping.indicator.translate(name) for name in headings] == ["PEOPLE", "PEOPLE", "PEOPLE", "RATE"]
    assert mapping.numbers == {"numerator": "(figure)", "denominator": "(beside)"}
    lines = copied(b"Women,Men,All,Share\n1,2,3,4\n", columns={"headings": headings}, numerator="columns")
    assert lines == ['"2","Women","1",""', '"2","Men","2",""', '"2","All","3",""', '"2","Share","4","3"']


def test_one_column_gives_several_parts_with_a_default() -> None:
    part = {"column": "measure"}
    mapping = read_mapping(
        MAPPING
        | {
            "indicator": part | {"codes": {"foreigners": "C1", "*": "C2"}},
            "breakdowns": {"age": part | {"codes": {"age_6_15": "Y6-14"}, "total": ["*"]}},
        }
    )
    texts = ("foreigners", "age_6_15", "inhabitants")
    assert [mapping.indicator.translate(text) for text in texts] == ["C1", "C2", "C2"]
    assert [mapping.breakdowns["age"].translate(text) for text in texts] == ["", "Y6-14", ""]


def test_rows_are_kept_and_left_out_by_their_texts() -> None:
    content = b"kind,people\na,1\nb,2\nc,3\n"
    assert copied(content, where={"kind": ["a", "b"]}, where_not={"kind": ["b"]}) == ['"2","1"']


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "pdf"},
        {"encoding": "klingon"},
        {"encoding": "idna"},
        {"delimiter": "::"},
        {"header_row": 0},
        {"columns": {"headings": {}}, "numerator": "columns"},
        {"columns": {"headings": "*"}},
        {"columns": {"headings": {"Women": "F"}}, "numerator": "columns"},
        {"columns": {"headings": {"2020": {"period": "2020"}}}, "numerator": "columns", "period": {"column": "year"}},
        {"where": {"kind": "a"}},
        {"indicator": None},
    ],
)
def test_mapping_that_cannot_be_is_refused_in_words(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        read_mapping(MAPPING | changes)
    assert all(refused.value.messages)
