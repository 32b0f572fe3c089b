"""Several flags in a cell: read from files, kept in what is added up, said on pages and in files, and what they mean for comparison."""

import csv
import io
import random
from functools import reduce
from operator import or_
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from indicators.dashboards.cards import make_card
from indicators.dashboards.cells import read_released
from indicators.imports import actions as imports
from indicators.imports.mapping import Part, read_flags
from indicators.imports.wizard import guessing
from indicators.models import ComputedFigure, FigureDifference, ImportBatch, Observation, ReleasedFigure
from indicators.releases.export import export_figures
from indicators.rollup import actions as rollups
from indicators.rollup import worker
from indicators.vocabulary import (
    FLAG_CODES,
    JUDGEMENT_OF_FLAG,
    QUALITIES,
    Flag,
    are_comparable_beside,
    are_comparable_over_time,
    codes_of,
    flags_of,
    may_have_tone,
)
from tests.indicators.computed import compare_with_scratch
from tests.indicators.land import Land, table
from tests.indicators.releasing import release

pytestmark = pytest.mark.django_db
LETTERS = {"b": "break", "u": "unreliable", "e": "estimated", "p": "provisional", "z": "inapplicable"}
FLAGGED = ("place", "year", "sex", "people", "flag")
FLAG: dict[str, Any] = {"flag": {"column": "flag", "codes": LETTERS, "total": ["a"]}}
BOTH = Flag.BREAK | Flag.UNRELIABLE


def flags(land: Land, place: str, period: str = "2020", **cell: Any) -> int:
    figure = land.figure(place, period, **cell)
    assert figure is not None
    return figure.flags


# --- Read -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flags"),
    [("", 0), ("b", Flag.BREAK), ("bu", BOTH), ("ub", BOTH), ("b;u", BOTH), ("b, u", BOTH), ("a", 0), ("ba", Flag.BREAK), ("bx", None), ("x", None), ("bb", Flag.BREAK)],
)  # fmt: skip
def test_letters_that_stand_together_are_each_read(text: str, flags: int | None) -> None:
    assert read_flags(Part(column="flag", codes=LETTERS, total=frozenset("a")), text) == flags


def test_text_that_the_mapping_names_means_what_it_says() -> None:
    part = Part(column="flag", codes={**LETTERS, "bu": "estimated", "few": "unreliable provisional"})
    assert read_flags(part, "bu") == Flag.ESTIMATED
    assert read_flags(part, "few") == Flag.UNRELIABLE | Flag.PROVISIONAL


def test_words_are_not_taken_apart_into_letters() -> None:
    words = Part(column="flag", codes={"bad": "unreliable", "b": "break"})
    assert read_flags(words, "bb") is None
    others_are_none = Part(column="flag", codes={"b": "break"}, total=frozenset("*"))
    assert [read_flags(others_are_none, text) for text in ("bu", "u", "number")] == [Flag.BREAK, 0, 0]


def test_codes_of_the_portal_are_read_back_as_they_are_written() -> None:
    everything = reduce(or_, FLAG_CODES.values())
    assert flags_of(codes_of(everything)) == everything
    assert read_flags(Part(column="flags"), codes_of(BOTH)) == BOTH
    assert read_flags(Part(column="flags"), "nonsense") is None


def test_bulk_file_of_eurostat_keeps_every_letter(land: Land) -> None:
    mapping = {
        "source": {"name": "Eurostat"},
        "format": "eurostat-tsv",
        "indicator": {"constant": "PEOPLE"},
        "territory": {"scheme": "test-land", "column": "geo"},
        "period": {"column": "TIME_PERIOD"},
        "numerator": {"column": "OBS_VALUE"},
        "flag": {"column": "OBS_FLAG", "codes": LETTERS},
    }
    content = b"freq,geo\\TIME_PERIOD\t2020 \t2021 \nA,N1\t7 bu\t5 e\nA,N2\t: bz\t: b\n"
    imports.store_import(batch=imports.ingest(mapping=mapping, file=SimpleUploadedFile("bulk.tsv", content)))
    rows = Observation.objects.order_by("territory__code", "period__code").values_list("numerator", "flags")
    assert list(rows) == [
        (7, BOTH),
        (5, Flag.ESTIMATED),
        (None, Flag.NOT_APPLICABLE | Flag.BREAK),
        (None, Flag.MISSING | Flag.BREAK),
    ]


def test_letter_without_a_meaning_is_told(land: Land) -> None:
    batch = land.check(table(("N1", 2020, "all", 3, "bx"), header=FLAGGED), **FLAG)
    assert batch.state == ImportBatch.State.REFUSED
    assert list(batch.messages.values_list("line", "code", "value")) == [(2, "unknown_flag", "bx")]


def test_rows_of_one_cell_keep_the_flags_of_all(land: Land) -> None:
    rows = ("N1", 2020, "women", 3, "e"), ("N1", 2020, "men", 4, "bu"), ("N1", 2020, "all", 4, "")
    land.bring_in(table(*rows, header=FLAGGED), breakdowns={}, rows_of_one_cell="sum", **FLAG)
    assert Observation.objects.approved().get().flags == BOTH | Flag.ESTIMATED


def test_other_flags_are_a_change(land: Land) -> None:
    land.bring_in(table(("N1", 2020, "all", 3, "b"), header=FLAGGED), **FLAG)
    batch = land.check(table(("N1", 2020, "all", 3, "bu"), header=FLAGGED), **FLAG)
    assert (batch.cells_changed, batch.cells_same) == (1, 0)


def test_letters_together_are_guessed() -> None:
    known = guessing.flags()
    assert [known.code_of(text) for text in ("bu", "BU", "e;p", "A", "bx")] == [
        "break unreliable",
        "break unreliable",
        "estimated provisional",
        "",
        None,
    ]


def test_database_holds_no_figure_that_is_missing_and_not_applicable(land: Land) -> None:
    with pytest.raises(IntegrityError, match="observation_flags_known"), transaction.atomic():
        land.observe("N1", "2020", None, flags=Flag.MISSING | Flag.NOT_APPLICABLE)
    with pytest.raises(IntegrityError, match="observation_says_one_thing"), transaction.atomic():
        land.observe("N1", "2020", 1, flags=Flag.MISSING | Flag.BREAK)


# --- Added up -----------------------------------------------------------------------------------------------------------------


def test_what_is_added_up_has_the_flags_of_all_its_parts(land: Land) -> None:
    """Held against a union that is made without the rollup: of random flags over two groups and four places."""
    chance = random.Random(11)
    given: dict[tuple[str, str], int] = {}
    for place in ("N1", "N2", "N3", "N4"):
        for key in ("sex=F", "sex=M"):
            given[place, key] = chance.randint(0, int(QUALITIES)) & chance.randint(0, int(QUALITIES)) & ~Flag.BREAK
            land.observe(place, "2020", 5, key=key, flags=given[place, key])
    worker.roll_up()
    for area, places in {
        "N1": ["N1"],
        "D1": ["N1", "N2"],
        "D2": ["N3", "N4"],
        "CITY": ["N1", "N2", "N3", "N4"],
    }.items():
        for key, groups in {"": ["sex=F", "sex=M"], "sex=F": ["sex=F"]}.items():
            union = reduce(or_, (given[place, group] for place in places for group in groups))
            assert flags(land, area, key=key) == union, (area, key)
    assert len(set(given.values())) > 3
    compare_with_scratch()


def test_flags_travel_through_a_part_that_was_computed_before(land: Land) -> None:
    land.observe("N1", "2020", 5, flags=BOTH)
    worker.roll_up()
    land.observe("N3", "2020", 5)
    worker.roll_up()
    assert (flags(land, "D2"), flags(land, "CITY")) == (0, BOTH)
    land.observe("N1", "2020", 5)
    worker.roll_up()
    assert flags(land, "CITY") == 0
    compare_with_scratch()


def test_missing_and_not_applicable_do_not_travel(land: Land) -> None:
    land.observe("N1", "2020", 5, flags=Flag.ESTIMATED)
    land.observe("N2", "2020", None)
    land.observe("N3", "2020", 4)
    land.observe("N4", "2020", None, flags=Flag.NOT_APPLICABLE)
    worker.roll_up()
    assert (flags(land, "D1"), flags(land, "D2")) == (Flag.ESTIMATED, 0)
    whole = land.figure("D1", "2020")
    assert whole is not None
    assert (whole.reporters, whole.expected) == (1, 2)


def test_year_of_unreliable_quarters_is_unreliable(land: Land) -> None:
    for quarter in (1, 2, 3, 4):
        land.observe("N1", f"2020-Q{quarter}", 20, denominator=4, indicator="MOOD", flags=Flag.UNRELIABLE)
    worker.roll_up()
    assert flags(land, "N1", indicator="MOOD") == Flag.UNRELIABLE
    assert flags(land, "CITY", indicator="MOOD") == Flag.UNRELIABLE


def test_last_month_gives_its_flags_and_every_month_its_break(land: Land) -> None:
    land.indicators["STOCK"].time_operator = "last"
    land.indicators["STOCK"].save()
    for month, each in enumerate((Flag.UNRELIABLE, BOTH, Flag.ESTIMATED), start=1):
        land.observe("N1", f"2020-{month:02d}", 7, indicator="STOCK", flags=each)
    worker.roll_up()
    assert flags(land, "N1", "2020-Q1", indicator="STOCK") == Flag.ESTIMATED | Flag.BREAK


def test_reported_whole_has_its_own_flags(land: Land) -> None:
    land.observe("N1", "2020", 5, flags=Flag.ESTIMATED)
    land.observe("D1", "2020", 5, flags=Flag.PROVISIONAL)
    worker.roll_up()
    assert flags(land, "D1") == Flag.PROVISIONAL
    assert ComputedFigure.objects.get(territory__code="D1").flags == Flag.ESTIMATED
    assert flags(land, "CITY") == Flag.PROVISIONAL


def test_audit_sees_flags_that_were_lost(land: Land) -> None:
    land.observe("N1", "2020", 5, flags=BOTH)
    worker.roll_up()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE indicators_computedplace SET flags = NULL WHERE territory_id = %s", [land.territories["D1"].pk]
        )
    audit = rollups.audit_figures()
    assert audit is not None
    assert audit.differences_count == 1
    assert FigureDifference.objects.get().territory.code == "D1"


# --- What is said of it ------------------------------------------------------------------------------------------------


def test_page_and_file_say_every_flag(client: Client, land: Land) -> None:
    land.observe("N1", "2019", 10)
    land.observe("N1", "2020", 18, flags=BOTH)
    current = release(land)
    released = ReleasedFigure.objects.get(territory__code="CITY", period__code="2020")
    assert (released.state, released.flags) == ("shown", BOTH)
    for place, words in {
        "N1": "break in series, unreliable",
        "CITY": "break in series, unreliable, partial",
    }.items():
        address = reverse("indicators:figure_detail", args=["PEOPLE", "test-land", place, "2020"])
        assert f'class="figure-flag">{words}</span>' in client.get(address).content.decode()
    card = make_card(
        land.indicators["PEOPLE"],
        land.territories["N1"],
        read_released(ReleasedFigure.objects.filter(release=current, territory__code="N1")),
        {},
    )
    assert card is not None
    assert card.change is not None
    assert (card.change.difference, card.change.progress) == (None, "")
    out = io.BytesIO()
    export_figures(out)
    rows = {
        (row["territory"], row["period"]): row["flags"] for row in csv.DictReader(io.StringIO(out.getvalue().decode()))
    }
    assert rows == dict.fromkeys([("N1", "2019"), ("D1", "2019"), ("CITY", "2019")], "") | dict.fromkeys(
        [("N1", "2020"), ("D1", "2020"), ("CITY", "2020")], "break unreliable"
    )


# --- What they mean for comparison ---------------------------------------------------------------------------------------------


def test_every_flag_has_its_place_in_the_table() -> None:
    assert list(JUDGEMENT_OF_FLAG) == list(Flag)


def test_nothing_is_compared_across_a_break() -> None:
    assert are_comparable_over_time(0, 0, Flag.ESTIMATED | Flag.PROVISIONAL)
    assert not are_comparable_over_time(0, BOTH)
    assert not are_comparable_over_time(0, Flag.MISSING | Flag.BREAK, 0)
    assert are_comparable_over_time(Flag.BREAK, Flag.MISSING, 0)
    assert not are_comparable_over_time(0, Flag.MISSING)
    assert not are_comparable_over_time(Flag.NOT_APPLICABLE, 0)


def test_unlike_definitions_are_not_compared() -> None:
    assert are_comparable_over_time(Flag.DEFINITION, Flag.DEFINITION)
    assert not are_comparable_over_time(0, Flag.DEFINITION)
    assert not are_comparable_beside(Flag.DEFINITION, Flag.DEFINITION)
    assert not are_comparable_beside(0, 0, Flag.DEFINITION)
    assert are_comparable_beside(BOTH, Flag.ESTIMATED)
    assert not are_comparable_beside(0, Flag.MISSING)


def test_what_is_unreliable_has_no_tone() -> None:
    assert may_have_tone(Flag.ESTIMATED | Flag.PROVISIONAL | Flag.BREAK, 0)
    assert not may_have_tone(0, BOTH)
