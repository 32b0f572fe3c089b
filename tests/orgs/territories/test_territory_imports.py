"""Files of places: what is read of them, what they do, and that the same file again does nothing."""

import datetime
import io
import json
import time
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from openpyxl import Workbook

from orgs.models import Territory, TerritoryClosure, TerritoryImport, TerritoryOutline, TerritoryScheme
from orgs.territories import loading
from orgs.territories.imports import actions as imports
from orgs.territories.imports import guessing
from orgs.territories.imports.description import LEAVE_OUT, Description
from orgs.territories.imports.reading import read_day
from tests.factories import TerritoryFactory, TerritorySchemeFactory
from tests.orgs.territories.bringing import checked, counts, faults, history, received, stored, successions

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "orgs" / "data"

SMALL = """code,name,name_es,kind,parent
R,North,Norte,region,
A,Ashford,,municipality,R
B,Birk,,municipality,R
"""


@pytest.fixture
def scheme() -> TerritoryScheme:
    return TerritorySchemeFactory(code="land", name="Land")


def test_small_file_makes_a_tree(scheme):
    batch = stored(scheme, SMALL)
    assert counts(batch) == (3, 0, 0, 0)
    assert history(scheme) == ["A .. Ashford < R@", "B .. Birk < R@", "R .. North"]
    assert Territory.objects.get(code="R").names == {"es": "Norte"}
    assert TerritoryClosure.objects.filter(ancestor__code="R").count() == 3


def test_dry_run_stores_nothing(scheme):
    batch = checked(scheme, SMALL)
    assert (batch.state, counts(batch)) == (TerritoryImport.State.CHECKED, (3, 0, 0, 0))
    assert not Territory.objects.exists()


def test_same_file_again_changes_nothing(scheme):
    stored(scheme, SMALL)
    before = list(Territory.objects.order_by("pk").values())
    batch = checked(scheme, SMALL)
    assert counts(batch) == (0, 0, 3, 0)
    assert not batch.can_be_stored
    with pytest.raises(ValidationError, match="nothing to store"):
        imports.store_import(batch=batch, by=None)
    assert list(Territory.objects.order_by("pk").values()) == before


def test_names_kinds_and_parents_are_corrected_in_place(scheme):
    stored(scheme, SMALL)
    keys = dict(Territory.objects.values_list("code", "pk"))
    batch = stored(scheme, "code,name,kind,parent\nA,Ash Ford,district,B\n")
    assert counts(batch) == (0, 1, 0, 0)
    assert history(scheme) == ["A .. Ash Ford < B@", "B .. Birk < R@", "R .. North"]
    assert dict(Territory.objects.values_list("code", "pk")) == keys
    assert {(code, what) for code, _place, what, _before, _now in batch.changes} == {
        ("A", "name"),
        ("A", "kind"),
        ("A", "parent"),
    }


def test_later_first_day_begins_a_new_place_and_ends_the_old_one(scheme):
    stored(scheme, SMALL)
    batch = stored(scheme, "code,name,kind,parent,valid_from\nA,New Ashford,municipality,R,2021-01-01\n")
    assert counts(batch) == (1, 0, 0, 1)
    assert history(scheme) == [
        "A ..2020-12-31 Ashford < R@",
        "A 2021-01-01.. New Ashford < R@",
        "B .. Birk < R@",
        "R .. North",
    ]
    assert successions(scheme) == ["A@2020-12-31 → A@2021-01-01 1"]
    again = checked(scheme, "code,name,kind,parent,valid_from\nA,New Ashford,municipality,R,2021-01-01\n")
    assert counts(again) == (0, 0, 1, 0)


def test_what_lies_in_a_place_that_gives_way_begins_anew(scheme):
    """So that the figures of before stay with the place of before."""
    stored(scheme, SMALL + "A1,Mill,,neighbourhood,A\n")
    Territory.objects.filter(code="A1").update(has_all_parts=False)
    TerritoryOutline.objects.create(territory=Territory.objects.get(code="A1"), geometry=square(1))
    batch = stored(scheme, "code,name,kind,parent,valid_from\nA,New Ashford,municipality,R,2021\n")
    assert counts(batch) == (2, 0, 0, 2)
    assert history(scheme)[:4] == [
        "A ..2020-12-31 Ashford < R@",
        "A 2021-01-01.. New Ashford < R@",
        "A1 ..2020-12-31 Mill < A@",
        "A1 2021-01-01.. Mill < A@2021-01-01",
    ]
    mill = Territory.objects.get(code="A1", valid_from="2021-01-01")
    assert (mill.outline.geometry, mill.has_all_parts) == (square(1), False)
    assert "A1@2020-12-31 → A1@2021-01-01 1" in successions(scheme)


def test_correction_of_days_keeps_the_place(scheme):
    stored(scheme, SMALL)
    key = Territory.objects.get(code="A").pk
    batch = stored(
        scheme, "code,name,kind,parent,valid_from\nA,Ashford,municipality,R,1990-01-01\n", corrects_days=True
    )
    assert counts(batch) == (0, 1, 0, 0)
    assert (Territory.objects.get(code="A").pk, history(scheme)[0]) == (key, "A 1990-01-01.. Ashford < R@")


def test_whole_history_comes_in_one_file_in_any_order(scheme):
    rows = [
        "A,Third,municipality,R,2010-01-01,",
        "A,First,municipality,R,1990-01-01,1999-12-31",
        "R,North,region,,,",
        "A,Second,municipality,R,2000-01-01,",
    ]
    stored(scheme, "code,name,kind,parent,valid_from,valid_to\n" + "\n".join(rows))
    assert history(scheme) == [
        "A 1990-01-01..1999-12-31 First < R@",
        "A 2000-01-01..2009-12-31 Second < R@",
        "A 2010-01-01.. Third < R@",
        "R .. North",
    ]
    assert successions(scheme) == ["A@1999-12-31 → A@2000-01-01 1", "A@2009-12-31 → A@2010-01-01 1"]


def test_earlier_place_is_put_before_what_stands(scheme):
    stored(scheme, "code,name,kind,valid_from\nA,Now,municipality,2010-01-01\n")
    stored(scheme, "code,name,kind,valid_from\nA,Before,municipality,1990-01-01\n")
    assert history(scheme) == ["A 1990-01-01..2009-12-31 Before", "A 2010-01-01.. Now"]
    assert successions(scheme) == ["A@2009-12-31 → A@2010-01-01 1"]


def test_what_the_file_does_not_have_ends_only_where_that_is_said(scheme):
    stored(scheme, SMALL)
    part = "code,name,kind,parent\nR,North,region,\nA,Ashford,municipality,R\n"
    assert counts(checked(scheme, part)) == (0, 0, 2, 0)
    batch = stored(scheme, part, ends_missing=datetime.date(2025, 12, 31))
    assert counts(batch) == (0, 0, 2, 1)
    assert history(scheme)[1] == "B ..2025-12-31 Birk < R@"


def test_place_not_stated_does_not_end_with_what_is_missing(scheme):
    stored(scheme, SMALL)
    TerritoryFactory(scheme=scheme, code="XX", kind=Territory.Kind.UNALLOCATED)
    batch = checked(scheme, SMALL, ends_missing=datetime.date(2025, 12, 31))
    assert counts(batch) == (0, 0, 3, 0)


def test_what_ends_with_parts_that_do_not_is_refused(scheme):
    stored(scheme, SMALL)
    batch = checked(scheme, "code,name,kind,valid_to\nR,North,region,2025-12-31\n")
    assert [code for code, *_ in batch.problems] == []
    batch = checked(
        scheme, "code,name,kind,parent\nA,Ashford,municipality,R\n", ends_missing=datetime.date(2025, 12, 31)
    )
    assert faults(batch) == [("parent_ends", 2, "parent")]


FAULTS = [
    ("A,Ash,municipality,Q,,", "unknown_parent", "parent"),
    ("A,Ash,municipality,A,,", "within_itself", "parent"),
    (",Ash,municipality,,,", "no_code", "code"),
    ("A/B,Ash,municipality,,,", "bad_code", "code"),
    ("..,Ash,municipality,,,", "bad_code", "code"),
    ("A@2020-01-01,Ash,municipality,,,", "bad_code", "code"),
    ("A,\u2800 ,municipality,,,", "no_name", "name"),
    ("A,Ash,hamlet,,,", "unknown_kind", "kind"),
    ("A,Ash,,,,", "no_kind", "kind"),
    ("A,Ash,municipality,,31/31/2020,", "bad_day", "valid_from"),
    ("A,Ash,municipality,,2020-02-30,", "bad_day", "valid_from"),
    ("A,Ash,municipality,,2020,2019", "days_reversed", "valid_to"),
    ("A,Ash,municipality", "ragged_row", ""),
    (f"{'A' * 41},Ash,municipality,,,", "too_long", "code"),
    (f"A,{'A' * 201},municipality,,,", "too_long", "name"),
]


@pytest.mark.parametrize(("row", "code", "column"), FAULTS)
def test_fault_is_said_by_line_and_column(scheme, row, code, column):
    batch = checked(scheme, f"code,name,kind,parent,valid_from,valid_to\nR,Region,region,,,\n{row}\n")
    assert faults(batch) == [(code, 3, column)]
    with pytest.raises(ValidationError):
        imports.store_import(batch=batch, by=None)
    assert not Territory.objects.exists()


@pytest.mark.parametrize(
    "rows",
    [
        ["A,Ash,municipality,,", "A,Ash again,municipality,,"],
        ["A,Ash,municipality,2020,2025", "A,Ash again,municipality,2023,"],
        ["A,Ash,municipality,2020,", "A,Ash again,municipality,2020,"],
    ],
)
def test_code_twice_at_one_time_is_refused(scheme, rows):
    batch = checked(scheme, "code,name,kind,valid_from,valid_to\n" + "\n".join(rows))
    assert faults(batch) == [("twice_at_one_time", 3, "")]


def test_circle_is_refused_also_through_what_stands(scheme):
    stored(scheme, SMALL + "A1,Mill,,neighbourhood,A\n")
    batch = checked(scheme, "code,name,kind,parent\nR,North,region,A1\n")
    assert [(code, column) for code, _line, column, _value in batch.problems] == [("within_itself", "parent")]


def test_circle_through_another_classification_is_refused(scheme):
    stored(scheme, SMALL)
    other = TerritorySchemeFactory(code="other", name="Other")
    TerritoryFactory(scheme=other, code="X", parent=Territory.objects.get(code="A"))
    batch = checked(scheme, "code,name,kind,parent\nR,North,region,X\n", parent_scheme=other.pk)
    assert {code for code, *_ in batch.problems} & {"within_itself", "too_deep"}


def test_thirteen_levels_are_refused(scheme):
    rows = [f"C{n},Level {n},area,{f'C{n - 1}' if n else ''}" for n in range(13)]
    head = "code,name,kind,parent\n"
    assert faults(checked(scheme, head + "\n".join(rows))) == [("too_deep", 14, "parent")]
    stored(scheme, head + "\n".join(rows[:12]))


def test_parents_of_another_classification_and_one_for_all(scheme):
    country = TerritoryFactory(scheme=TerritorySchemeFactory(code="world"), code="ES", kind="country")
    stored(scheme, "code,name,kind,parent\nA,Ash,municipality,ES\n", parent_scheme=country.scheme_id)
    stored(scheme, "code,name\nB,Birk\n", kind="municipality", parent=country.pk)
    assert {place.code: place.parent_id for place in scheme.territories.all()} == {"A": country.pk, "B": country.pk}


def test_parent_by_the_beginning_of_the_code(scheme):
    text = "code,name,kind\nES,Spain,country\nES5,East,region\nES51,Catalonia,region\nES511,Barcelona,province\n"
    stored(scheme, text, by_prefix=True)
    assert [line.partition(" < ")[2] for line in history(scheme)] == ["", "ES@", "ES5@", "ES51@"]


def test_what_changed_meanwhile_is_checked_again_and_not_stored(scheme):
    batch = checked(scheme, SMALL)
    TerritoryFactory(scheme=scheme, code="A", name="Somebody else's")
    batch = imports.store_import(batch=batch, by=None)
    assert (batch.state, counts(batch)) == (TerritoryImport.State.CHECKED, (2, 1, 0, 0))
    assert scheme.territories.count() == 1
    assert imports.store_import(batch=batch, by=None).is_stored


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_are_read_however_they_are_written(scheme, encoding, delimiter):
    text = "Código,Nombre,Tipo,Pertenece a\r\nR,Norteña,región,\r\nA,Peñón,municipio,R\r\n".replace(",", delimiter)
    stored(scheme, text.encode(encoding))
    assert history(scheme) == ["A .. Peñón < R@", "R .. Norteña"]


def test_workbook_is_read(scheme):
    book, file = Workbook(), io.BytesIO()
    for row in (["code", "name", "kind", "valid from"], ["01", "Ash", "municipality", datetime.date(2020, 1, 1)]):
        book.active.append(row)
    book.save(file)
    stored(scheme, file.getvalue())
    assert history(scheme) == ["01 2020-01-01.. Ash"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04nonsense", b"<html>", b'{"type": "Feature', b"[1, 2]", b"\xd0\xcf\x11\xe0", b"code\n"]
)
def test_what_is_no_table_is_refused_and_not_kept(scheme, content):
    with pytest.raises(ValidationError):
        received(scheme, content)
    assert not TerritoryImport.objects.exists()


@pytest.mark.parametrize(
    ("text", "last", "day"),
    [
        ("2020", False, "2020-01-01"),
        ("2020", True, "2020-12-31"),
        ("20200131", False, "2020-01-31"),
        ("2020-1-31", False, "2020-01-31"),
        ("31/01/2020", False, "2020-01-31"),
        ("1.2.2020", False, "2020-02-01"),
        ("2020-01-31T00:00:00", False, "2020-01-31"),
        ("2020113", False, None),
        ("1/31/2020", False, None),
        ("0000-01-01", False, None),
        ("next year", False, None),
    ],
)
def test_days_are_read_as_people_write_them(text, last, day):
    assert read_day(text, is_last=last) == (datetime.date.fromisoformat(day) if day else None)


# --- Boundaries ---------------------------------------------------------------------------------------------------------


def square(at: float) -> dict:
    return {"type": "Polygon", "coordinates": [[[at, 0.0], [at + 1, 0.0], [at + 1, 1.0], [at, 1.0], [at, 0.0]]]}


def feature(code, geometry, **properties):
    return {"type": "Feature", "properties": {"code": code, "name": code, **properties}, "geometry": geometry}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def test_geojson_brings_places_with_their_boundaries(scheme):
    file = collection(feature("A", square(1)), feature("B", None))
    batch = stored(scheme, file, kind="municipality")
    assert (counts(batch), batch.outlines_read) == ((2, 0, 0, 0), 1)
    assert dict(TerritoryOutline.objects.values_list("territory__code", "geometry")) == {"A": square(1)}
    assert counts(checked(scheme, file, kind="municipality")) == (0, 0, 2, 0)
    batch = stored(scheme, collection(feature("A", square(2))), kind="municipality")
    assert (counts(batch), batch.changes) == ((0, 1, 0, 0), [["A", "A", "outline", "", "✓"]])


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": [1, 1]}, "not_polygon"),
        ({"type": "Polygon", "coordinates": []}, "not_polygon"),
        ({"type": "Polygon", "coordinates": "x"}, "not_polygon"),
        ({"type": "Polygon", "coordinates": [[["a", 1], [1, 1]]]}, "not_polygon"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "not_polygon"),
        ({"type": "Polygon", "coordinates": [[[430000, 4580000], [430001, 4580000], [430001, 4580001]]]}, "off_globe"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [1, 1], [1, 1], [1, 1]]]}, "no_area"),
        ({"type": "Polygon", "coordinates": [[[1e300, 1], [1, 2], [1, 1], [1e300, 1]]]}, "off_globe"),
    ],
)
def test_boundary_that_is_none_is_said_by_feature(scheme, geometry, code):
    batch = checked(scheme, collection(feature("A", square(1)), feature("B", geometry)), kind="municipality")
    assert faults(batch) == [(code, 2, "")]


def test_coordinates_of_another_system_are_refused(scheme):
    file = collection(feature("A", square(1))) | {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::25831"}}}
    with pytest.raises(ValidationError, match="WGS 84"):
        received(scheme, file)
    received(scheme, file | {"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}})


def test_long_boundary_is_simplified_and_stays_close(scheme):
    ring = [[2 + 0.3 * n / 20000, 41 + (0.001 if n % 2 else 0)] for n in range(20000)]
    shape = {"type": "Polygon", "coordinates": [[*ring, [2.3, 42], [2, 42], ring[0]]]}
    stored(scheme, collection(feature("A", shape)), kind="municipality")
    kept = TerritoryOutline.objects.get().geometry["coordinates"][0]
    assert len(kept) <= 2000
    assert kept[0] == kept[-1]
    assert {(2.3, 42), (2, 42)} <= {tuple(point) for point in kept}


TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.5, 0.5], "translate": [10, 20]},
    "arcs": [[[2, 0], [0, 2]], [[2, 2], [-2, 0], [0, -2], [2, 0]], [[2, 2], [2, 0], [0, -2], [-2, 0]]],
    "objects": {
        "towns": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "id": "A", "properties": {"name": "Left"}},
                {"type": "MultiPolygon", "arcs": [[[-1, -3]]], "id": "B", "properties": {"name": "Right"}},
            ],
        }
    },
}


def test_topojson_is_put_together_again(scheme):
    """Two squares that share a side; the expected rings are written out by hand."""
    stored(scheme, TOPOLOGY, kind="municipality")
    outlines = dict(TerritoryOutline.objects.values_list("territory__code", "geometry"))
    assert outlines["A"]["coordinates"] == [[[11, 20], [11, 21], [10, 21], [10, 20], [11, 20]]]
    assert sorted(map(tuple, outlines["B"]["coordinates"][0])) == sorted(
        [(11, 21), (11, 20), (12, 20), (12, 21), (11, 21)]
    )
    assert history(scheme) == ["A .. Left", "B .. Right"]


@pytest.mark.parametrize(
    "broken",
    [
        {"arcs": []},
        {"arcs": "x"},
        {"objects": None},
        {"transform": {"scale": [1]}},
        {"objects": {"a": {"type": "Polygon", "arcs": [["x"]]}}},
        {"objects": {}},
    ],
)
def test_broken_topology_is_refused(scheme, broken):
    with pytest.raises(ValidationError):
        received(scheme, TOPOLOGY | broken)


def test_topology_that_would_swell_is_refused(scheme):
    """A line of ten thousand points, named a thousand times."""
    swelling = {
        "type": "Topology",
        "arcs": [[[0, n / 10000] for n in range(10_000)]],
        "objects": {"a": {"type": "Polygon", "arcs": [[0] * 1000]}},
    }
    with pytest.raises(ValidationError, match="points"):
        received(scheme, swelling)


def test_real_boundaries_come_in(scheme, shared):
    """Spain's provinces as TopoJSON."""
    content = (shared / "data/geo/spain/provinces.json").read_bytes()
    batch = received(scheme, content, name="provinces.json")
    described = imports.guess_of(batch)
    assert described.columns.keys() >= {"code", "name"}
    layers = dict.fromkeys(imports.texts_in(batch, described.columns["kind"]), LEAVE_OUT) | {"provinces": "province"}
    batch = imports.check_import(batch=batch, description=Description(described.columns, kinds=layers), by=None)
    assert batch.problems == []
    batch = imports.store_import(batch=batch, by=None)
    assert batch.is_stored
    there = len(json.loads(content)["objects"]["provinces"]["geometries"])
    assert scheme.territories.count() == TerritoryOutline.objects.count() == there > 50


# --- Time and number ----------------------------------------------------------------------------------------------------


def municipalities(number: int, *, day: str = "") -> str:
    """A country of 50 provinces, as Spain has them, and so many municipalities."""
    provinces = [f"{n:02},Provincia {n},Province {n},province,,{day}" for n in range(1, 51)]
    towns = [f"{n % 50 + 1:02}{n:04},Municipio {n},,municipality,{n % 50 + 1:02},{day}" for n in range(number)]
    return "code,name,name_en,kind,parent,valid_from\n" + "\n".join([*towns, *provinces])


MOST_OF_BARE = 3
"""How many times the seconds of a bare INSERT storing may take: its paths, its reach and its history are of several times as many rows."""


def test_ten_thousand_places_come_in_at_once(scheme, capsys, django_assert_max_num_queries):
    """The number of statements does not follow the number of places, and the seconds stay a few times those of a bare INSERT of the rows."""
    took = {}
    with django_assert_max_num_queries(40):
        started = time.perf_counter()
        batch = checked(scheme, municipalities(10_000))
        took["check"] = time.perf_counter() - started
        started = time.perf_counter()
        imports.store_import(batch=batch, by=None)
        took["store"] = time.perf_counter() - started
    assert scheme.territories.count() == 10_050
    bare = bare_insert(scheme)
    assert took["store"] < MOST_OF_BARE * bare
    with connection.cursor() as cursor:  # As the autovacuum does within a minute.
        cursor.execute("ANALYZE orgs_territory, orgs_territoryclosure, orgs_territoryreach")
    started = time.perf_counter()
    assert counts(checked(scheme, municipalities(10_000))) == (0, 0, 10_050, 0)
    took["check again"] = time.perf_counter() - started
    started = time.perf_counter()
    batch = stored(scheme, municipalities(10_000, day="2026-01-01"))
    took["all anew"] = time.perf_counter() - started
    assert counts(batch) == (10_050, 0, 0, 10_050)
    place = Territory.objects.filter(valid_from="2026-01-01", kind="municipality")[:1].get()
    place.name = "Renamed"
    started = time.perf_counter()
    place.save()
    took["one saved"] = time.perf_counter() - started
    with capsys.disabled():
        said = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in took.items())
        print(f"\n10,050 places: {said}; a bare INSERT {bare:.2f} s, stored in {took['store'] / bare:.1f} times of it")


def bare_insert(scheme: TerritoryScheme) -> float:
    """Seconds for the same rows in a table with the same indexes, constraints and generated columns, and nothing that follows from them."""
    columns = "scheme_id, code, name, names, kind, parent_id, valid_from, valid_to, has_all_parts"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (LIKE orgs_territory INCLUDING ALL) ON COMMIT DROP")
        started = time.perf_counter()
        cursor.execute(
            f"INSERT INTO bare ({columns}) SELECT {columns} FROM orgs_territory WHERE scheme_id = %s ORDER BY id",
            [scheme.pk],
        )
        return time.perf_counter() - started


# --- Files --------------------------------------------------------------------------------------------------------------


def test_stale_files_are_removed_and_history_stays(scheme, django_capture_on_commit_callbacks):
    kept = stored(scheme, SMALL)
    stale = checked(scheme, SMALL + "C,Cliff,,municipality,R\n")
    TerritoryImport.objects.update(created_at=timezone.now() - datetime.timedelta(days=TerritoryImport.DAYS_KEPT + 1))
    fresh = received(scheme, SMALL)
    name = stale.file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.remove_stale_imports(now=timezone.now()) == 1
    assert imports.remove_stale_imports(now=timezone.now()) == 0
    assert set(TerritoryImport.objects.all()) == {kept, fresh}
    assert default_storage.exists(kept.file.name)
    assert not TerritoryImport.objects.filter(file=name).exists()


def test_file_that_is_gone_is_said(scheme):
    batch = received(scheme, SMALL)
    Path(batch.file.path).unlink()
    with pytest.raises(ValidationError, match="Send it again"):
        imports.check_import(batch=batch, description=imports.guess_of(batch), by=None)


def test_the_demo_as_a_file_is_the_demo_as_loaded(scheme):
    """The places of Barcelona, written as a table, come in as `load_territories` brings them in."""
    entries = json.loads((DATA / "territories_barcelona.json").read_text())
    loading.load_territories(schemes=entries["schemes"], territories=entries["territories"])
    loaded = TerritoryScheme.objects.get(code="barcelona")
    rows = ["code\tname\tkind\tparent\tvalid_from\tvalid_to"]
    for place in loaded.territories.select_related("parent"):
        parent = place.parent.code if place.parent else ""
        begins = "" if place.valid_from.year == 1 else place.valid_from.isoformat()
        ends = "" if place.valid_to.year == 9999 else place.valid_to.isoformat()
        rows.append("\t".join([place.code, place.name, place.kind, parent, begins, ends]))
    others = set(loaded.territories.exclude(parent=None).values_list("parent__scheme", flat=True)) - {loaded.pk}
    description = {"parent_scheme": others.pop() if others else None}
    description["kinds"] = {kind: kind for kind in Territory.Kind.values}
    stored(scheme, "\n".join(rows), **description)
    assert [line.partition("<")[0] for line in history(scheme)] == [line.partition("<")[0] for line in history(loaded)]
    again = checked(loaded, "\n".join(rows), **description)
    assert (counts(again)[:2], again.changes) == ((0, 0), [])


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["code", "name", "name_en", "name_es"], {"code": 0, "name": 1, "name:en": 2, "name:es": 3}),
        (
            ["Nombre", "Nombre en inglés", "Código INE", "Nombre en catalán"],
            {"name": 0, "name:en": 1, "code": 2, "name:ca": 3},
        ),
        (["LEVL_CODE", "NUTS_ID", "CNTR_CODE", "NUTS_NAME"], {"kind": 0, "code": 1, "name": 3}),
        (
            ["Schlüssel", "Bezeichnung", "gültig ab", "gültig bis", "Ebene"],
            {"code": 0, "name": 1, "valid_from": 2, "valid_to": 3, "kind": 4},
        ),
        (
            ["code", "nom", "depuis", "jusqu’au", "niveau"],
            {"code": 0, "name": 1, "valid_from": 2, "valid_to": 3, "kind": 4},
        ),
        (["name_en", "code"], {"name": 0, "code": 1}),
        (["population", "area"], {}),
    ],
)
def test_columns_are_guessed_from_headings_in_several_languages(header, columns):
    assert guessing.columns_of(header) == columns
