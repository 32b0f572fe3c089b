"""The files of a release: every cell comes back as it was released, and nothing else does."""

import csv
import io
import json
from decimal import Decimal

import jsonschema
import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from jsonstat_validator import validate_jsonstat
from openpyxl import load_workbook
from pysdmx.io.csv.sdmx20.reader import read as read_sdmx

from indicators.models import Category, Dimension, Indicator, Release, ReleasedFigure, Source
from indicators.releases import actions as releases
from indicators.releases.downloads.formats import FORMATS
from indicators.rollup import worker
from indicators.vocabulary import Flag, codes_of
from tests.factories_indicators import released
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db

STATUS = {"suppressed": "Q", "missing": "O", "not_applicable": "M"}
LETTERS = {"": "A", "estimated": "E", "break": "B", "provisional": "P", "unreliable": "U", "break unreliable": "BU"}


def letters(state: str, flags: str) -> str:
    return STATUS.get(state, "") + LETTERS[flags].removeprefix("A") or "A"


@pytest.fixture
def release(land: Land) -> Release:
    """Figures of all kinds: counts, a ratio, a negative score; suppressed, missing, not applicable, zero, and flagged ones."""
    Indicator.objects.filter(code="PEOPLE").update(threshold=5, rounding=5, name="=People", name_en="=People")
    Source.objects.update(name="@Statistics, “office”", licence="CC BY 4.0", publisher="The city")
    for place, people in {"N1": 3, "N2": 31, "N3": 52, "N4": 60}.items():
        land.observe(place, "2020", people, key="sex=F", flags=Flag.ESTIMATED if place == "N4" else 0)
        land.observe(place, "2020", 60, key="sex=M")
    land.observe("N1", "2021", 0)
    land.observe("N2", "2021", None, flags=Flag.MISSING | Flag.BREAK)
    land.observe("N3", "2019", 50, flags=Flag.BREAK | Flag.UNRELIABLE)
    land.observe("N3", "2020-03", 7, indicator="EVENTS", key="age=BABY&sex=F")
    land.observe("N1", "2020", 17, denominator=52, indicator="RATE", flags=Flag.PROVISIONAL)
    land.observe("N2", "2020", None, indicator="SCORE", value=Decimal("-0.5"), flags=Flag.UNRELIABLE, numerator=None)
    worker.roll_up()
    release = releases.publish_release(note="Corrected: N4")
    released(release, land.indicators["SCORE"], land.territories["N4"], "2020", state="not_applicable")
    return release


def fetch(client, release, ending, **query):
    response = client.get(reverse("indicators:release_download", args=[release.pk, ending]), query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def cells_of(release) -> dict[tuple, tuple]:
    """{(indicator, scheme, territory, period, breakdown): (state, value, flags)}."""
    rows = ReleasedFigure.objects.filter(release=release)
    names = "indicator__code", "territory__scheme__code", "territory__code", "period__code", "breakdown__key"
    found = rows.values_list(*names, "state", "value", "flags")
    return {tuple(row[:5]): (row[5], row[6], codes_of(row[7])) for row in found}


def key_of(cell, total="_T", dimensions=("sex", "age")):
    parts = {name: cell[name] for name in sorted(dimensions) if cell[name] != total}
    return "&".join(f"{name}={code}" for name, code in parts.items())


def number(text):
    return None if text in ("", None) else Decimal(str(text))


def test_release_has_every_state(release):
    states = {state for state, _value, _flag in cells_of(release).values()}
    assert states == {"shown", "suppressed", "missing", "not_applicable"}
    values = {value for _state, value, _flag in cells_of(release).values()}
    assert 0 in values
    assert Decimal("-0.5") in values


def read_csv(content):
    lines = content.decode("utf-8-sig").splitlines()
    about = dict(row for row in csv.reader(line for line in lines if line.startswith("#")))
    return about, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_csv_says_every_cell_and_what_one_has_to_know(client, release):
    about, rows = read_csv(fetch(client, release, "csv"))
    found = {
        (row["indicator"], row["scheme"], row["territory"], row["period"], key_of(row)): (
            row["status"], number(row["value"]), row["flags"],
        )
        for row in rows
    }  # fmt: skip
    assert found == cells_of(release)
    assert len(rows) == len(found)
    assert about["# Note"] == "Corrected: N4"
    assert "CC BY 4.0" in about["# Source and licence"]
    assert "fewer than 5" in about["# Disclosure rule of PEOPLE"]
    assert {"# Title", "# Published on", "# On suppression", "# Definition of RATE"} <= about.keys()


def test_count_has_no_denominator_in_any_file(client, release):
    """Of a protected count least of all: not even the least that there could be."""
    counts = {"PEOPLE", "EVENTS"}
    _about, lines = read_csv(fetch(client, release, "csv"))
    book = load_workbook(io.BytesIO(fetch(client, release, "xlsx")), read_only=True)
    names, *rows = book["Figures"].iter_rows(values_only=True)
    book.close()
    (dataset,) = read_sdmx(fetch(client, release, "sdmx.csv").decode())
    tables = {
        "csv": [(line["indicator"], line["denominator"]) for line in lines],
        "xlsx": [(row[names.index("indicator")], row[names.index("denominator")]) for row in rows],
        "sdmx.csv": [(row["INDICATOR"], row["DENOMINATOR"]) for row in dataset.data.fillna("").to_dict("records")],
    }
    for ending, cells in tables.items():
        assert {base for code, base in cells if code in counts} <= {"", None}, ending
        assert [base for code, base in cells if code == "RATE" and base not in ("", None)], ending
        assert counts < {code for code, _base in cells}
    assert b"denominator" not in fetch(client, release, "json").lower()
    assert set(FORMATS) == {*tables, "json"}


def test_made_up_sources_say_so_in_every_file(client, land, release):
    """The mark goes with the name, so that no column, note or attribute can leave it behind."""
    Source.objects.update(is_sample=True)
    later = releases.publish_release(note="Made up")
    for ending in ("csv", "sdmx.csv", "json"):
        assert "(sample, made up)" not in fetch(client, release, ending).decode()
        assert "(sample, made up)" in fetch(client, later, ending).decode()
    about, rows = read_csv(fetch(client, later, "csv"))
    assert "(sample, made up)" in about["# Source and licence"]
    assert any("(sample, made up)" in row["source"] for row in rows)


def test_texts_are_no_formulas_and_numbers_stay_numbers(client, release):
    _about, rows = read_csv(fetch(client, release, "csv"))
    assert {row["indicator_name"] for row in rows if row["indicator"] == "PEOPLE"} == {"'=People"}
    assert "'@Statistics, “office”" in {row["source"] for row in rows}
    assert {row["value"] for row in rows if row["indicator"] == "SCORE"} == {"-0.5", ""}
    book = load_workbook(io.BytesIO(fetch(client, release, "xlsx")))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not (isinstance(cell.value, str) and cell.value[:1] in "=+-@" and len(cell.value) > 1)


def test_xlsx_says_every_cell(client, release):
    book = load_workbook(io.BytesIO(fetch(client, release, "xlsx")), read_only=True)
    names, *lines = book["Figures"].iter_rows(values_only=True)
    rows = [dict(zip(names, line, strict=True)) for line in lines]
    found = {
        (row["indicator"], row["scheme"], row["territory"], row["period"], key_of(row)): (
            row["status"], number(row["value"]), row["flags"] or "",
        )
        for row in rows
    }  # fmt: skip
    assert found.keys() == cells_of(release).keys()
    for cell, (state, value, flags) in cells_of(release).items():
        assert found[cell][0] == state
        assert found[cell][2] == flags
        assert found[cell][1] == (None if value is None else pytest.approx(value, abs=Decimal("1e-9")))
    about = dict(book["About"].iter_rows(values_only=True))
    assert about["Note"] == "Corrected: N4"
    book.close()


def test_sdmx_csv_is_read_back_by_another_reader(client, release):
    (dataset,) = read_sdmx(fetch(client, release, "sdmx.csv").decode())
    assert dataset.short_urn == "Dataflow=PORTAL:FIGURES(1.0)"
    found = {}
    for row in dataset.data.to_dict("records"):
        key = key_of(row, dimensions=("SEX", "AGE")).replace("SEX", "sex").replace("AGE", "age")
        cell = (row["INDICATOR"], row["REF_AREA_SCHEME"], row["REF_AREA"], row["TIME_PERIOD"], key)
        found[cell] = (row["OBS_STATUS"], number(row["OBS_VALUE"]), row["CONF_STATUS"], row["FREQ"])
    expected = {
        (indicator, scheme, place, period, key): (
            letters(state, flags)[0],
            value,
            "N" if state == "suppressed" else "F",
            {"Q": "Q", "S": "S", "": "A"}.get(period[5:6], "M"),
        )
        for (indicator, scheme, place, period, key), (state, value, flags) in cells_of(release).items()
    }
    assert found == expected
    attributes = dataset.data[dataset.data["INDICATOR"] == "PEOPLE"].iloc[0]
    assert attributes["TITLE"] == "'=People"
    assert "CC BY 4.0" in attributes["LICENCE"]
    assert "fewer than 5" in attributes["DISCLOSURE"]


def read_jsonstat(document):
    """{(indicator, scheme, territory, period, breakdown): (status, value)} of a sparse data set, by its own strides."""
    categories = [document["dimension"][name]["category"]["index"] for name in document["id"]]
    found = {}
    for place in document["value"].keys() | document["status"].keys():
        rest, codes = int(place), []
        for size, names in zip(reversed(document["size"]), reversed(categories), strict=True):
            rest, position = divmod(rest, size)
            codes.append(names[position])
        cell = dict(zip(document["id"], reversed(codes), strict=True))
        scheme, _colon, code = cell["territory"].partition(":")
        groups = [name for name in ("sex", "age") if name in cell]
        key = (cell["indicator"], scheme, code, cell["period"], key_of(cell, dimensions=groups))
        found[key] = (document["status"].get(place, "A"), number(document["value"].get(place)))
    return found


def test_jsonstat_is_valid_and_says_every_cell(client, release):
    document = json.loads(fetch(client, release, "json"), parse_float=Decimal)
    assert validate_jsonstat(json.loads(fetch(client, release, "json")))
    assert read_jsonstat(document) == {
        cell: (letters(state, flags), value) for cell, (state, value, flags) in cells_of(release).items()
    }
    assert document["extension"]["disclosure"]["PEOPLE"].startswith("Groups of fewer than 5 people")
    assert "Corrected: N4" in document["note"]


@pytest.mark.shared
def test_jsonstat_fits_the_official_schema(client, release, shared):
    schema = json.loads((shared / "data/formats/json-stat/schemas/dataset.json").read_text(encoding="utf-8"))
    document = json.loads(fetch(client, release, "json"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors({**document, "class": "nonsense"}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"indicator": "RATE"}, lambda cell: cell[0] == "RATE"),
        ({"territory": "test-land:N1"}, lambda cell: cell[2] == "N1"),
        ({"period": "2021"}, lambda cell: cell[3] == "2021"),
        ({"indicator": "PEOPLE", "territory": "test-land:CITY", "period": "2020"}, lambda cell: cell[:4] == ("PEOPLE", "test-land", "CITY", "2020")),
        ({"indicator": "RATE", "period": "2021"}, lambda cell: False),
    ],
)  # fmt: skip
def test_files_hold_what_was_asked_for(client, release, query, expected):
    wanted = {cell for cell in cells_of(release) if expected(cell)}
    _about, rows = read_csv(fetch(client, release, "csv", **query))
    assert {(row["indicator"], row["scheme"], row["territory"], row["period"], key_of(row)) for row in rows} == wanted
    assert read_jsonstat(json.loads(fetch(client, release, "json", **query))).keys() == wanted
    assert len(fetch(client, release, "sdmx.csv", **query).splitlines()) == len(wanted) + 1
    assert (
        len(list(load_workbook(io.BytesIO(fetch(client, release, "xlsx", **query)))["Figures"].rows)) == len(wanted) + 1
    )


@pytest.mark.parametrize("query", [{"indicator": "NONE"}, {"territory": "test-land:NONE"}, {"period": "1066"}])
def test_unknown_wishes_are_not_found(client, release, query):
    assert client.get(reverse("indicators:release_download", args=[release.pk, "csv"]), query).status_code == 404


def test_only_published_releases_and_known_formats_are_there(client, land, release):
    land.observe("N1", "2022", 777)
    worker.roll_up()
    preview = releases.start_release()
    for ending in ("csv", "xlsx", "sdmx.csv", "json"):
        assert client.get(reverse("indicators:release_download", args=[preview.pk, ending])).status_code == 404
        assert b"777" not in fetch(client, release, ending)
    assert client.get(reverse("indicators:release_download", args=[release.pk, "pdf"])).status_code == 404


@pytest.mark.parametrize("ending", ["csv", "xlsx", "sdmx.csv", "json"])
def test_file_is_asked_for_once(client, release, ending, django_assert_max_num_queries):
    url = reverse("indicators:release_download", args=[release.pk, ending])
    first = client.get(url)
    b"".join(first.streaming_content)
    assert "max-age=300" in first["Cache-Control"], "what is recalled shall not stay in caches for long"
    assert "public" in first["Cache-Control"]
    with django_assert_max_num_queries(2):
        again = client.get(url, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    other = client.get(url, {"period": "2020"})
    b"".join(other.streaming_content)
    assert other["ETag"] != first["ETag"]
    head = client.head(url)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])


def test_old_release_keeps_its_words_in_its_files(client, land, release):
    Indicator.objects.filter(code="RATE").update(name_en="Renamed", definition_en="Redefined")
    for ending in ("csv", "sdmx.csv", "json"):
        content = fetch(client, release, ending).decode()
        assert "Renamed" not in content
        assert "Redefined" not in content


def test_old_release_keeps_its_dimensions_in_its_files(client, land, release):
    before = {ending: fetch(client, release, ending) for ending in ("csv", "sdmx.csv", "json")}
    Dimension.objects.create(code="colour", name="Colour", order=0)
    Dimension.objects.filter(code="sex").update(name_en="Gender", order=99)
    Category.objects.filter(code="F").update(name_en="Females")
    assert {ending: fetch(client, release, ending) for ending in before} == before
    sheets = load_workbook(io.BytesIO(fetch(client, release, "xlsx")), read_only=True)
    assert not any("colour" in (row or ()) for sheet in sheets for row in sheet.iter_rows(values_only=True))
    assert release.dimensions.get(code="sex").names["F"] != "Females"
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        release.dimensions.filter(code="sex").update(code="gender")


def test_release_of_before_has_the_dimensions_of_today_in_its_files(client, land, release):
    with pgtrigger.ignore():
        release.dimensions.all().delete()
    Dimension.objects.create(code="colour", name="Colour", order=0)
    Dimension.objects.filter(code="sex").update(name_en="Gender")
    assert b",colour," in fetch(client, release, "csv")
    assert "Gender" in fetch(client, release, "json").decode()


def test_too_many_files_in_a_minute_are_refused(client, release, monkeypatch):
    monkeypatch.setattr("indicators.releases.downloads.views.MOST_A_MINUTE", 2)
    url = reverse("indicators:release_download", args=[release.pk, "csv"])
    answers = []
    for _ in range(3):
        response = client.get(url, REMOTE_ADDR="198.51.100.7")
        b"".join(response)
        answers.append(response.status_code)
    assert answers == [200, 200, 429]


def test_queries_do_not_grow_with_the_release(client, land, release):
    url = reverse("indicators:release_download", args=[release.pk, "csv"])

    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            b"".join(client.get(url, query).streaming_content)
        return len(captured)

    queries(period="2020")  # The first one of a minute is counted in another way.
    assert queries(period="2020") == queries(period="2021")
