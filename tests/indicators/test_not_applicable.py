"""A figure that cannot exist, from the file to the page and the files: neither 0, nor missing, nor protected, and never added up."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from indicators.imports import actions as imports
from indicators.imports.definition import read_mapping
from indicators.imports.messages import message_text
from indicators.imports.wizard import guessing
from indicators.models import (
    Finding,
    ImportBatch,
    Observation,
    Release,
    ReleasedFigure,
    ReleasedIndicator,
    ReportAnswer,
)
from indicators.quality import messages
from indicators.releases.export import export_figures
from indicators.reports.cells import Typed, in_words
from indicators.rollup import worker
from indicators.vocabulary import Flag
from tests.indicators.asking import Asking, association, number
from tests.indicators.computed import compare_with_scratch
from tests.indicators.land import MAPPING, Land, table
from tests.indicators.releasing import hidden, protect, release, shown

pytestmark = pytest.mark.django_db
OF = ("place", "year", "sex", "people", "of")
RATE: dict[str, Any] = {"indicator": {"constant": "RATE"}, "denominator": {"column": "of"}}
FLAGGED = ("place", "year", "sex", "people", "flag")
FLAG: dict[str, Any] = {"flag": {"column": "flag", "codes": {"z": "inapplicable", "e": "estimated"}}}
NOTHING = (None, None, None, Flag.NOT_APPLICABLE)


def stored(land: Land, content: bytes, **mapping: Any) -> dict[str, tuple[Any, ...]]:
    """{place: numerator, denominator, value, flag}."""
    land.bring_in(content, **mapping)
    rows = Observation.objects.approved().values_list("territory__code", "numerator", "denominator", "value", "flags")
    return {row[0]: row[1:] for row in rows}


def faults(batch: ImportBatch) -> list[tuple[int | None, str, str]]:
    assert batch.state == ImportBatch.State.REFUSED
    assert all(message_text(message) for message in batch.messages.all())
    return list(batch.messages.values_list("line", "code", "value"))


# --- From a file ------------------------------------------------------------------------------------------------------------


def test_share_of_nobody_is_not_applicable(land: Land) -> None:
    content = table(("N1", 2020, "all", 0, 0), ("N2", 2020, "all", "", 0), ("N3", 2020, "all", "", 8), header=OF)
    assert stored(land, content, **RATE) == {"N1": NOTHING, "N2": NOTHING, "N3": (None, None, None, Flag.MISSING)}


def test_mean_of_nobody_is_not_applicable(land: Land) -> None:
    mapping = {"indicator": {"constant": "MOOD"}, "value": {"column": "people"}, "base": {"column": "of"}}
    definition = {name: entry for name, entry in MAPPING.items() if name != "numerator"} | mapping
    content = table(("N1", 2020, "all", "", 0), ("N2", 2020, "all", 0, 0), ("N3", 2020, "all", 7.5, 4), header=OF)
    batch = imports.ingest(mapping=definition, file=SimpleUploadedFile("means.csv", content))
    imports.approve_import(batch=imports.store_import(batch=batch))
    assert list(Observation.objects.order_by("territory__code").values_list("numerator", "flags")) == [
        (None, Flag.NOT_APPLICABLE),
        (None, Flag.NOT_APPLICABLE),
        (30, 0),
    ]
    seven = table(("N1", 2020, "all", 7.5, 0), header=OF)
    assert faults(imports.ingest(mapping=definition, file=SimpleUploadedFile("seven.csv", seven))) == [
        (2, "no_denominator", "")
    ]


def test_number_of_nobody_is_a_fault(land: Land) -> None:
    batch = land.check(table(("N1", 2020, "all", 1, 0), header=OF), **RATE)
    assert faults(batch) == [(2, "no_denominator", "")]


def test_sign_of_the_source_is_not_applicable(land: Land) -> None:
    content = table(
        ("N1", 2020, "all", "", "z"), ("N2", 2020, "all", "", "e"), ("N3", 2020, "all", 0, ""), header=FLAGGED
    )
    found = stored(land, content, **FLAG)
    assert found == {"N1": NOTHING, "N2": (None, None, None, Flag.MISSING | Flag.ESTIMATED), "N3": (0, None, None, 0)}


def test_sign_in_the_place_of_the_number_is_not_applicable(land: Land) -> None:
    content = table(("N1", 2020, "all", "x"), ("N2", 2020, "all", "-"))
    found = stored(land, content, not_applicable=["x"], missing=["", "-"])
    assert found == {"N1": NOTHING, "N2": (None, None, None, Flag.MISSING)}


def test_bulk_file_of_eurostat_says_so_by_its_flag(land: Land) -> None:
    content = b"freq,geo\\TIME_PERIOD\t2020 \t2021 \nA,N1\t: z\t5 e\nA,N2\t: m\t: \n"
    codes = {"z": "inapplicable", "m": "inapplicable", "e": "estimated"}
    mapping = {
        "source": {"name": "Eurostat"},
        "format": "eurostat-tsv",
        "indicator": {"constant": "PEOPLE"},
        "territory": {"scheme": "test-land", "column": "geo"},
        "period": {"column": "TIME_PERIOD"},
        "numerator": {"column": "OBS_VALUE"},
        "flag": {"column": "OBS_FLAG", "codes": codes},
    }
    batch = imports.ingest(mapping=mapping, file=SimpleUploadedFile("bulk.tsv", content))
    imports.store_import(batch=batch)
    rows = Observation.objects.order_by("territory__code", "period__code").values_list("numerator", "flags")
    assert list(rows) == [
        (None, Flag.NOT_APPLICABLE),
        (5, Flag.ESTIMATED),
        (None, Flag.NOT_APPLICABLE),
        (None, Flag.MISSING),
    ]


@pytest.mark.parametrize("flag", ["z", "o"])
def test_number_with_a_sign_that_there_is_none_is_a_fault(land: Land, flag: str) -> None:
    codes = {"z": "inapplicable", "o": "missing"}
    content = table(("N1", 2020, "all", 0, flag), header=FLAGGED)
    batch = land.check(content, flag={"column": "flag", "codes": codes})
    assert faults(batch) == [(2, "number_that_is_none", "0")]
    assert not Observation.objects.exists()


def test_one_sign_cannot_mean_both(land: Land) -> None:
    with pytest.raises(ValidationError, match="cannot mean both"):
        read_mapping({**MAPPING, "missing": ["", "x"], "not_applicable": ["x"]})


def test_rows_that_are_added_up_leave_out_what_cannot_exist(land: Land) -> None:
    content = table(
        ("N1", 2020, "women", 3, 10), ("N1", 2020, "men", 0, 0), ("N2", 2020, "women", 0, 0), ("N2", 2020, "men", "", 0), header=OF
    )  # fmt: skip
    everybody = {"breakdowns": {}, "rows_of_one_cell": "sum", **RATE}
    assert stored(land, content, **everybody) == {"N1": (3, 10, None, 0), "N2": NOTHING}


def test_rows_with_a_sign_are_left_out_of_the_sum(land: Land) -> None:
    content = table(
        ("N1", 2020, "women", 3, "e"), ("N1", 2020, "men", "", "z"), ("N2", 2020, "women", "", "z"), ("N2", 2020, "men", "", "z"),
        ("N3", 2020, "women", "", ""), ("N3", 2020, "men", "", "z"), header=FLAGGED,
    )  # fmt: skip
    found = stored(land, content, breakdowns={}, rows_of_one_cell="sum", **FLAG)
    assert found == {"N1": (3, None, None, Flag.ESTIMATED), "N2": NOTHING, "N3": (None, None, None, Flag.MISSING)}
    contradicting = table(("N1", 2020, "women", 3, "e"), ("N1", 2020, "men", 4, "z"), header=FLAGGED)
    batch = land.check(contradicting, breakdowns={}, rows_of_one_cell="sum", **FLAG)
    assert [code for _line, code, _value in faults(batch)] == ["number_that_is_none"]


def test_letters_of_the_code_lists_are_guessed() -> None:
    """SDMX's M and Eurostat's older z say that there cannot be a figure; L that it was not collected."""
    known = guessing.flags()
    assert [known.code_of(text) for text in ("M", "m", "z", "L")] == ["inapplicable"] * 3 + [None]


def test_database_holds_no_number_that_is_not_applicable(land: Land) -> None:
    with pytest.raises(IntegrityError, match="observation_says_one_thing"), transaction.atomic():
        land.observe("N1", "2020", 0, flags=Flag.NOT_APPLICABLE)


# --- Typed and reported -------------------------------------------------------------------------------------------------


def test_zero_of_zero_is_typed_and_comes_back(land: Land) -> None:
    rate, typed = land.indicators["RATE"], number(0, 0)
    assert typed.fault(rate) is None
    assert typed.as_observation(rate)["flags"] == Flag.NOT_APPLICABLE
    assert in_words(typed, rate) == "not applicable"
    fault = number(1, 0).fault(rate)
    assert fault is not None
    assert "0 of 0" in fault[1]
    row = land.observe("N1", "2020", None, indicator="RATE", flags=Flag.NOT_APPLICABLE)
    assert Typed.of(row) == typed
    count = land.observe("N1", "2020", None, flags=Flag.NOT_APPLICABLE)
    assert Typed.of(count).number is None  # Blank in the table, so that saving it changes nothing.
    assert in_words(Typed.of(count), land.indicators["PEOPLE"]) == "not applicable"


def test_report_of_nobody_adds_nothing_and_lacks_nothing(asking: Asking, land: Land) -> None:
    organisations = association("One"), association("Two")
    one, two = asking.ask(*organisations, indicator="RATE").reports.order_by("organisation__name")
    asking.approve(asking.send(one, number(0, 0)))
    only = Observation.objects.approved().get()
    assert (only.numerator, only.flags) == (None, Flag.NOT_APPLICABLE)
    asking.approve(asking.send(two, number(3, 10)))
    both = Observation.objects.approved().get()
    assert (both.numerator, both.denominator, both.flags) == (3, 10, 0)
    with pytest.raises(IntegrityError, match="report_answer_base_positive"), transaction.atomic():
        ReportAnswer.objects.filter(report=one).update(number=1)


# --- Added up, looked at, released ------------------------------------------------------------------------------------------


def void(land: Land, place: str, period: str = "2020", **fields: Any) -> Observation:
    return land.observe(place, period, None, flags=Flag.NOT_APPLICABLE, **fields)


def test_what_is_not_applicable_is_never_added_up(land: Land) -> None:
    void(land, "N1", indicator="RATE")
    land.observe("N2", "2020", 3, denominator=10, indicator="RATE")
    void(land, "N3", indicator="RATE")
    void(land, "N4", indicator="RATE")
    release(land)
    assert land.value("D1", "2020", indicator="RATE") == 30
    assert land.figure("D2", "2020", indicator="RATE") is None
    assert shown(land, "N1", indicator="RATE") == ("not_applicable", None)


def test_what_is_not_applicable_completes_a_set_and_a_coverage(land: Land) -> None:
    void(land, "N1", indicator="RATE", key="sex=F")
    land.observe("N1", "2020", 5, denominator=10, indicator="RATE", key="sex=M")
    land.observe("N2", "2020", 1, denominator=10, indicator="RATE")
    for key in ("sex=F", "sex=M"):
        void(land, "N3", indicator="RATE", key=key)
    release(land)
    assert land.value("N1", "2020", indicator="RATE") == 50
    whole = land.figure("D1", "2020", indicator="RATE")
    assert whole is not None
    assert (whole.value, whole.reporters, whole.expected) == (30, 2, 2)
    assert land.figure("N3", "2020", indicator="RATE") is None
    compare_with_scratch()


def test_reported_as_not_applicable_stands_before_what_could_be_added_up(land: Land) -> None:
    for place in ("N1", "N2"):
        land.observe(place, "2020", 10)
    void(land, "D1")
    release(land)
    assert shown(land, "D1") == ("not_applicable", None)


def test_year_in_which_it_does_not_apply_is_no_gap(land: Land) -> None:
    for year in (2015, 2016, 2017, 2019, 2020):
        land.observe("N1", str(year), 50)
    void(land, "N1", "2018")
    land.observe("N2", "2015", 50)
    batch = land.check(table(("N1", 2021, "all", 50), ("N2", 2021, "all", 50)))
    imports.store_import(batch=batch)
    told = list(messages.tell(Finding.objects.filter(batch=batch).select_related(*messages.CELL_ROWS)))
    assert [one.finding.territory.code for one in told if one.finding.rule == "gap"] == ["N2"]


def test_part_that_cannot_exist_leaves_no_room_for_a_small_remainder(land: Land) -> None:
    """N2 has no pupils by nature: whoever knows D1 and N1 knows that nothing is left between them, and there is nothing to protect."""
    protect(land)
    for place, people in {"N1": 40, "N3": 40, "N4": 50, "D1": 43}.items():
        land.observe(place, "2020", people)
    void(land, "N2")
    release(land)
    assert hidden() == set()
    Observation.objects.filter(territory__code="N2").update(status="withdrawn")
    release(land)
    assert "N1" in hidden()  # Now three people may live there.


def test_release_counts_what_is_not_applicable(land: Land) -> None:
    land.observe("N1", "2020", 0)
    land.observe("N2", "2020", None)
    void(land, "N3")
    release(land)
    states = dict(
        ReleasedFigure.objects.filter(territory__code__startswith="N").values_list("territory__code", "state")
    )
    assert states == {"N1": "shown", "N2": "missing", "N3": "not_applicable"}
    counted = ReleasedIndicator.objects.get()
    assert (counted.missing_count, counted.not_applicable_count, counted.suppressed_count) == (1, 1, 0)


# --- What is said of it ------------------------------------------------------------------------------------------------


@pytest.fixture
def current(land: Land) -> Release:
    protect(land)
    for place, people in {"N1": 3, "N3": 50, "N4": 0}.items():
        land.observe(place, "2020", people)
    land.observe("N2", "2020", None)
    void(land, "D2")
    return release(land)


def fetch(client: Client, current: Release, ending: str) -> bytes:
    response = client.get(reverse("indicators:release_download", args=[current.pk, ending]))
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_files_tell_it_from_missing_suppressed_and_zero(client: Client, current: Release) -> None:
    lines = fetch(client, current, "csv").decode("utf-8-sig").splitlines()
    rows = {row["territory"]: row for row in csv.DictReader(line for line in lines if not line.startswith("#"))}
    told = {place: (row["status"], row["value"], row["flags"]) for place, row in rows.items()}
    assert told["D2"] == ("not_applicable", "", "")
    assert (told["N2"][:2], told["N4"][:2]) == (("missing", ""), ("shown", "0"))
    text = fetch(client, current, "sdmx.csv").decode("utf-8-sig")
    of_sdmx = {row["REF_AREA"]: (row["OBS_STATUS"], row["OBS_VALUE"]) for row in csv.DictReader(io.StringIO(text))}
    assert (of_sdmx["D2"], of_sdmx["N2"], of_sdmx["N4"]) == (("M", ""), ("O", ""), ("A", "0"))
    cube = json.loads(fetch(client, current, "json"))
    place = cube["dimension"]["territory"]["category"]["index"]
    order = place.index("test-land:D2") if isinstance(place, list) else place["test-land:D2"]
    assert cube["status"][str(order)] == "M"
    assert str(order) not in cube["value"]


def test_confidential_figures_are_exported_with_the_state(land: Land) -> None:
    void(land, "N1")
    worker.roll_up()
    out = io.BytesIO()
    export_figures(out)
    row = next(csv.DictReader(io.StringIO(out.getvalue().decode())))
    assert (row["state"], row["value"]) == ("not_applicable", "")


def test_page_of_the_figure_explains_it(client: Client, land: Land, current: Release) -> None:
    page = client.get(reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "D2", "2020"])).content.decode()
    assert "figure-not-applicable" in page
    assert "There cannot be a figure here" in page
    assert "figure-missing" not in page
