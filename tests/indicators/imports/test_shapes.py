"""No shape of file is an exception: whatever comes in by browser, worker or command is read, or refused in words."""

import csv
import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import composite
from openpyxl import Workbook

from indicators.imports import actions as imports
from indicators.imports import kept_file
from indicators.imports.definition import read_mapping
from indicators.imports.error_rows import refused_rows
from indicators.imports.matching import recognise
from indicators.imports.messages import message_text
from indicators.imports.wizard.form import MappingForm
from indicators.models import ImportBatch, Observation, SavedMapping
from tests.factories_indicators import StewardFactory
from tests.indicators.land import MAPPING, Land

HEADER = ["place", "year", "sex", "people"]
WIDER = b"place,year,sex,people,note,more\nN1,2020,women,1\nN2,2020,women,2\n"
FORMATS: dict[str, dict[str, Any]] = {
    "csv": {},
    "semicolons": {"delimiter": ";"},
    "utf-16": {"encoding": "utf-16"},
    "wide": {"columns": {"headings": "*", "name": "year"}, "period": {"column": "year"}, "numerator": "columns"},
    "xlsx": {"format": "xlsx"},
    "sdmx-csv": {"format": "sdmx-csv"},
    "eurostat-tsv": {"format": "eurostat-tsv"},
    "json-stat": {"format": "json-stat", "numerator": {"column": "value"}},
}

TEXTS = st.sampled_from(
    ["N1", "N2", "N7", "2020", "2009-10", "women", "all", "1", "1.234", "-3", "1e9", "9" * 40, "", " ", "=1+1", "a\0b", '"', "'", "\ufeff", "é", "\ud800", "NaN", ";", "\t"]
)  # fmt: skip
CELLS = st.one_of(TEXTS, st.text(max_size=6))


@composite
def texts_with_columns(draw: st.DrawFn) -> bytes:
    """A heading with rows that are wider and narrower than it, in any dialect and encoding, perhaps cut off."""
    header = draw(st.one_of(st.just(HEADER), st.lists(st.one_of(st.sampled_from(HEADER), CELLS), max_size=6)))
    rows = draw(st.lists(st.lists(CELLS, max_size=6), max_size=5))
    text = io.StringIO()
    delimiter = draw(st.sampled_from(",;\t|"))
    quoting: Any = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows([header, *rows])
    first = draw(
        st.sampled_from(["", "", "\ufeff", "\n\n", "DATAFLOW,", "STRUCTURE,", "freq,unit,geo\\TIME_PERIOD\t", "{", '"'])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1", "cp1252"]))
    content = (first + text.getvalue()).encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@composite
def workbooks(draw: st.DrawFn) -> bytes:
    """Merged cells, formulas, dates, truth values; other sheets; parts of the archive missing or damaged."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    values = st.one_of(
        st.sampled_from(["N1", "women", 2020, 1.234, "=A1", True, None, -1, 1e300, "x" * 200]),
        st.dates(),
        st.times(),
        st.datetimes(),
    )
    if draw(st.booleans()):
        sheet.append(HEADER)
    for row in draw(st.lists(st.lists(values, max_size=6), max_size=5)):
        sheet.append(row)
    if draw(st.booleans()):
        sheet.merge_cells(draw(st.sampled_from(["A1:B1", "A1:A3", "B2:C3", "D1:D2"])))
    if draw(st.booleans()):
        book.create_chartsheet()
    saved = io.BytesIO()
    book.save(saved)
    content = saved.getvalue()
    if draw(st.booleans()):
        parts = {
            part: zipfile.ZipFile(io.BytesIO(content)).read(part)
            for part in zipfile.ZipFile(io.BytesIO(content)).namelist()
        }
        victim = draw(st.sampled_from(sorted(parts)))
        parts[victim] = draw(
            st.sampled_from(
                [b"", b"<", parts[victim][: len(parts[victim]) // 2], parts[victim].replace(b"A1", b"ZZZZ9")]
            )
        )
        damaged = io.BytesIO()
        with zipfile.ZipFile(damaged, "w") as archive:
            for part, held in parts.items():
                archive.writestr(part, held)
        content = damaged.getvalue()
    if draw(st.booleans()):
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + bytes([draw(st.integers(0, 255))]) + content[place + 1 :]
    return content


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@composite
def cubes(draw: st.DrawFn) -> bytes:
    """JSON-stat whose sizes, indexes and values do not fit each other."""
    names = draw(st.lists(st.sampled_from([*HEADER[:3], "status"]), max_size=4))
    dimension = {
        name: {
            "category": {
                "index": draw(
                    st.one_of(st.lists(TEXTS, max_size=3), st.dictionaries(TEXTS, st.integers(-1, 3), max_size=3), ODD)
                )
            }
        }
        for name in names
    }
    dataset: dict[str, Any] = {
        "version": "2.0", "class": "dataset", "id": names, "dimension": dimension,
        "size": [draw(st.integers(-1, 3)) for _name in names],
        "value": draw(st.one_of(st.lists(st.integers(-3, 99), max_size=9), st.dictionaries(st.sampled_from("0129x²"), ODD, max_size=4), ODD)),
    }  # fmt: skip
    for part in draw(st.lists(st.sampled_from([*dataset, "role", "status"]), max_size=2)):
        dataset[part] = draw(ODD)
    return json.dumps(dataset).encode("utf-8", "replace")


FILES = st.one_of(
    texts_with_columns(), texts_with_columns(), workbooks(), cubes(), st.binary(max_size=60), texts_with_columns().map(gzip.compress),
    texts_with_columns().map(lambda content: gzip.compress(content)[:-3]),
)  # fmt: skip


def definition(kind: str) -> dict[str, Any]:
    return json.loads(json.dumps(MAPPING)) | FORMATS[kind]


def told(batch: ImportBatch) -> list[str]:
    return [message_text(message) for message in batch.messages.all()]


def refused_in_words(refusal: ValidationError) -> None:
    assert refusal.messages
    assert all(text.strip() for text in refusal.messages)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FILES, kind=st.sampled_from(sorted(FORMATS)))
@example(content=WIDER, kind="csv")
@example(content=b"place,sex\nN1,women\n", kind="wide")
@example(content=b"pl\0ace,y\n", kind="csv")
@example(content="place\ud800,y\n".encode("utf-8", "surrogatepass"), kind="csv")
def test_any_file_by_a_mapping_is_fine_or_refused(land: Land, content: bytes, kind: str) -> None:
    """As the worker and the browser check it, with its refused rows."""
    batch = imports.ingest(mapping=definition(kind), file=SimpleUploadedFile("file", content))
    assert (batch.state == ImportBatch.State.REFUSED) == bool(told(batch))
    assert all(text.strip() for text in told(batch))
    for row, line, _text in refused_rows(io.BytesIO(content), read_mapping(batch.mapping)):
        assert line >= 0
        assert isinstance(row, list)
    recognise(io.BytesIO(content), [SavedMapping(pk=1, name="kind", definition=definition(kind))])
    assert not Observation.objects.exists()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FILES)
@example(content=WIDER)
@example(content=b"place,year\n" + b"N1\n" * 3)
def test_any_file_of_a_new_kind_is_described_or_refused(land: Land, content: bytes) -> None:
    """As the browser takes it in: a first look, the form with its guesses, and the check of what the form makes."""
    try:
        batch = imports.ingest(file=SimpleUploadedFile("file", content))
    except ValidationError as refusal:
        refused_in_words(refusal)
        return
    form = MappingForm(contents=kept_file.contents_of(batch), base=batch.mapping)
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    data |= {row.name: row.code or ":leave" for translation in form.translations for row in translation.rows}
    data |= {"indicator": "=PEOPLE", "source_name": "Office", "scheme": "test-land"}
    sent = MappingForm(data, contents=kept_file.contents_of(batch), base=batch.mapping)
    if sent.is_valid():
        try:
            imports.describe_import(batch=batch, mapping=sent.cleaned_data["definition"])
        except ValidationError as refusal:
            refused_in_words(refusal)
        else:
            assert (ImportBatch.objects.get(pk=batch.pk).state == ImportBatch.State.REFUSED) == bool(told(batch))
    else:
        assert sent.errors


def test_heading_longer_than_every_row_is_told_with_its_line(
    land: Land, client: Client, tmp_path: Any, monkeypatch: Any
) -> None:
    steward = StewardFactory(organisation__territory=land.territories["CITY"])
    client.force_login(steward.user)
    saved = SavedMapping.objects.create(name="Kind", definition=definition("csv"))
    data = {
        "authority": steward.organisation_id,
        "mapping": saved.pk,
        "whole": "1",
        "file": SimpleUploadedFile("f.csv", WIDER),
    }
    page = client.post(reverse("indicators:import_add"), data, follow=True)
    assert page.status_code == 200
    assert "The row has 4 columns instead of those of the first line." in page.content.decode()
    batch = ImportBatch.objects.get()
    assert list(batch.messages.values_list("code", "line", "rows")) == [("ragged_row", 2, 2)]
    table = client.get(reverse("indicators:refused_rows", args=[batch.pk]))
    assert b"N2,2020,women,2,3," in b"".join(table.streaming_content)  # type: ignore[attr-defined]
    with pytest.raises(ValidationError, match="has 4 columns"):
        imports.ingest(file=SimpleUploadedFile("f.csv", WIDER))
    path, mapping = tmp_path / "f.csv", tmp_path / "mapping.json"
    path.write_bytes(WIDER)
    mapping.write_text(json.dumps(definition("csv")))
    with pytest.raises(CommandError, match="Nothing was stored"):
        call_command("import_observations", str(path), mapping=mapping)
    monkeypatch.setattr(imports, "LARGE", 0)
    batch = imports.ingest(from_page=True, mapping=definition("csv"), file=SimpleUploadedFile("f.csv", WIDER))
    assert imports.work_on_imports() == 1
    assert [message.code for message in batch.messages.all()] == ["ragged_row"]


def test_rows_of_a_file_with_too_many_texts_are_asked_for_without_an_error(land: Land, monkeypatch: Any) -> None:
    monkeypatch.setattr("indicators.imports.resolvers.MAX_VALUES", 1)
    content = b"place,year,sex,people\nN1,2020,women,1\nN2,2020,women,2\n"
    batch = imports.ingest(mapping=definition("csv"), file=SimpleUploadedFile("f.csv", content))
    assert [message.code for message in batch.messages.all()] == ["too_many_values"]
    assert next(refused_rows(io.BytesIO(content), read_mapping(batch.mapping)))[0] == HEADER
