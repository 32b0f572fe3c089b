"""Every file of the reference data: brought in by a mapping of tests/mappings, or refused with the reason that it deserves.

What a file needs of the portal (indicators, territories, groups beyond the standard list) is made from its own codes.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from indicators.catalogue import loading
from indicators.imports import engine
from indicators.imports.definition import read_mapping
from indicators.models import Category, Dimension, ImportBatch, Indicator, Observation, Source
from indicators.vocabulary import Flag
from orgs.models import Territory, TerritoryScheme
from tests.factories import DomainFactory
from tests.settled import settle

pytestmark = pytest.mark.shared

OWN_DATA = Path(settings.BASE_DIR) / "indicators" / "data"
FOLDERS = [Path(__file__).resolve().parents[2] / "mappings", OWN_DATA / "mappings"]
HEADING = "(heading)"


@dataclass(frozen=True)
class Case:
    """A file, its mapping, and what must come of it."""

    file: str
    mapping: str
    read: int
    """Rows read."""
    left_out: int = 0
    stored: int = 0
    """Observations stored, one for each cell of a row."""
    missing: int = 0
    """How many of those say that there is no figure."""
    not_applicable: int = 0
    """How many say that there cannot be one."""
    refused: tuple[str, int | None] | None = None
    """The first problem's code and line, where nothing may be stored."""
    rows: str = ""
    """What the column of the rows is called here, where the mapping of the family calls it otherwise."""
    period: str = ""
    """Which period it is, where the family says 2024. What is pooled over several years stands at the last of them."""

    @property
    def name(self) -> str:
        return f"{Path(self.file).name}-{self.mapping}"


def basel(
    number: int, mapping: str, read: int, left_out: int = 0, stored: int = 0, missing: int = 0, **fields: Any
) -> Case:
    return Case(f"indicators/basel/tsv/{number}.tsv", f"basel_{mapping}", read, left_out, stored, missing, **fields)


CASES: list[Case] = [
    Case("indicators/barcelona/population.csv", "barcelona_population", 70_080, 0, 14_600),
    Case("indicators/barcelona/immigrants_by_nationality.csv", "barcelona_arrivals", 35_224, 0, 35_224),
    Case("indicators/barcelona/unemployment.csv", "barcelona_unemployment", 14_208, 5328, 8880),
    Case("indicators/berlin/wide_2023-02/t1-planning-areas.csv", "berlin_wide_t1", 542, 0, 3252),
    Case("indicators/berlin/wide_2023-02/t2-planning-areas.csv", "berlin_wide_t2", 542, 0, 5962),
    Case("indicators/berlin/wide_2023-02/t3-planning-areas.csv", "berlin_wide_t3", 542, 0, 5962),
    Case("indicators/berlin/wide_2023-02/t4-planning-areas.csv", "berlin_wide_t4", 542, 0, 15_176),
    Case("indicators/berlin/mss_2021_context_indicators_plr.csv", "berlin_mss_context", 542, 0, 7588, 58, 28),
    Case("indicators/eurostat/estat_lfsa_ergan_filtered.tsv", "eurostat_tsv_lfsa_ergan", 3240, 0, 3240, 463),
    Case("indicators/eurostat/estat_migr_resfirst_filtered.tsv", "eurostat_tsv_migr_resfirst", 160, 0, 160),
    Case("indicators/eurostat/LFSA_ERGAN_sdmxcsv2_labels_both.csv", "eurostat_lfsa_ergan", 7983, 0, 7983, 188),
    Case("indicators/eurostat/EDAT_LFS_9911_sdmxcsv2_labels_both.csv", "eurostat_edat_lfs_9911", 1023, 0, 1023, 67),
    Case("indicators/eurostat/ILC_DI15_sdmxcsv1_labels_name.csv", "eurostat_names_ilc_di15", 2151, 638, 1513, 93),
    Case("indicators/eurostat/DEMO_POPPCCTB_sdmxcsv1_labels_name.csv", "eurostat_names_demo_poppcctb", 1269, 420, 849),
    Case("indicators/oecd/MIG_NUP_RATES_GENDER.csv", "oecd_mig_nup_rates", 12_053, 0, 12_053),
    Case("indicators/oecd/OECD_DSD_MIG_B11_ITA_sdmxcsv2.csv", "oecd_mig_inflows", 9065, 8, 9057, 45),
    Case(
        "indicators/istat/POPSTRBIL1_foreign_balance_provinces_sdmxcsv1.csv", "istat_popstrbil1", 42_612, 10_854, 31_758
    ),
    Case(
        "indicators/istat/POPSTRBIL1_foreign_balance_provinces_sdmxcsv1.csv",
        "istat_popstrbil1_balances",
        42_612,
        refused=("negative", 17),
    ),
    Case("indicators/istat/ACQCITIZ_sdmxcsv1.csv", "istat_acqcitiz", 408, 0, 408),
    Case("indicators/istat/TAXOCCU1_istat_legacy.csv", "istat_legacy_taxoccu1", 1200, 0, 1200),
    Case("indicators/unhcr/solutions.csv", "unhcr_solutions", 21_258, 0, 85_032, 61_555),
    Case("indicators/unhcr/countries.csv", "unhcr_solutions", 0, refused=("missing_column", 1)),
    Case("indicators/undesa/migrant_stock_1990_2019.csv", "undesa_migrant_stock", 1937, 7, 1930),
    Case(
        "indicators/italy_municipalities/foreigners_by_municipality.csv",
        "italy_municipalities",
        7295,
        refused=("unknown_territory", 2),
    ),
    Case(
        "indicators/basel/integration_chapters_A_C.catalog.json", "json_stat_corpus", 0, refused=("not_json_stat", None)
    ),
    Case("formats/json-stat/samples/canada.json", "json_stat_canada", 120, 60, 60),
    Case("formats/json-stat/samples/galicia.json", "json_stat_galicia", 3960, 0, 3960, 4),
    Case("formats/json-stat/samples/oecd.json", "json_stat_oecd", 432, 0, 432),
    Case("formats/json-stat/samples/order.json", "json_stat_order", 24, refused=("not_a_number", 1)),
    Case("formats/json-stat/samples/hierarchy.json", "json_stat_hierarchy", 0, refused=("missing_column", 1)),
    Case("formats/json-stat/schemas/collection.json", "json_stat_corpus", 0, refused=("not_json_stat", None)),
    Case("formats/json-stat/schemas/dataset.json", "json_stat_corpus", 0, refused=("not_json_stat", None)),
    Case("formats/json-stat/schemas/dimension.json", "json_stat_corpus", 0, refused=("not_json_stat", None)),
    Case("formats/json-stat/schemas/index.json", "json_stat_corpus", 0, refused=("not_json_stat", None)),
    Case("formats/json-stat/corpus_cases.json", "json_stat_corpus", 0, refused=("not_json_stat", None)),
    basel(6057, "share", 20, 0, 20),
    basel(6058, "years_by_nationality_and_sex", 20, 0, 40),
    basel(6063, "years_by_nationality_and_sex", 20, 0, 120),
    basel(6059, "years_by_nationality", 20, 0, 200),
    basel(6075, "years_by_nationality", 20, 0, 200),
    basel(6076, "years_by_nationality", 19, 0, 209),
    basel(6078, "years_by_nationality", 20, 0, 220),
    basel(6406, "years_by_nationality", 11, 0, 121),
    basel(6419, "years_by_nationality", 10, 0, 110),
    basel(6426, "years_by_nationality", 8, 0, 96),
    basel(6427, "years_by_nationality", 8, 0, 96, 8),
    basel(6430, "years_by_nationality", 21, 0, 231),
    basel(6431, "years_by_nationality", 21, 0, 126),
    basel(6060, "countries", 10, 0, 10, rows="Land 2024"),
    basel(6061, "countries", 7, 0, 7),
    basel(6400, "countries", 11, 0, 11),
    basel(6401, "countries", 11, 0, 11),
    basel(6062, "sex_by_nationality", 3, 0, 30),
    basel(6064, "age_by_sex", 20, 0, 40, period="2005"),
    basel(6065, "age_by_sex", 20, 0, 40, period="2005"),
    basel(6066, "age_by_sex", 20, 0, 40),
    basel(6067, "age_by_sex", 20, 0, 40),
    basel(6407, "age_by_sex", 10, 0, 20, period="2004"),
    basel(6408, "age_by_sex", 10, 0, 20, period="2004"),
    basel(6409, "age_by_sex", 10, 0, 20),
    basel(6410, "age_by_sex", 10, 0, 20),
    basel(6428, "age_by_sex", 14, 0, 28),
    basel(6429, "age_by_sex", 14, 0, 28),
    basel(6068, "nationality_by_year", 11, 0, 22, rows="Staatasngehörigkeit"),
    basel(6069, "nationality_by_year", 11, 0, 22),
    basel(6073, "nationality_by_year", 10, 0, 20),
    basel(6070, "age_by_year", 96, 0, 288),
    basel(6071, "years_by_group", 20, 0, 120),
    basel(6420, "years_by_group", 20, 0, 140),
    basel(6421, "years_by_group", 20, 0, 140),
    basel(6072, "nationality_by_group", 10, 0, 60),
    basel(6402, "nationality_by_group", 11, 0, 22, period="2023"),
    basel(6404, "nationality_by_group", 3, 0, 6, rows="Herkunft", period="2023"),
    basel(6405, "nationality_by_group", 3, 0, 6, rows="Herkunft", period="2023"),
    basel(6074, "places_beside", 10, 0, 20),
    basel(6077, "nationality", 11, 0, 11, rows="Ländergruppe"),
    basel(6079, "nationality", 11, 0, 11),
    basel(6398, "districts", 21, 0, 21),
    basel(6399, "districts_by_nationality", 21, 0, 210, 1),
    basel(6403, "age_by_group", 4, 0, 8, period="2023"),
    basel(6432, "age_by_group", 10, 0, 20),
    basel(6570, "age_by_group", 6, 0, 36),
    basel(6411, "industry_by_nationality", 11, 0, 22),
    basel(6412, "months_by_sex", 240, 0, 480),
    basel(6413, "months_by_sex", 240, 0, 480),
    basel(6415, "activity", 3, refused=("span_of_years", 4)),
    basel(6418, "activity", 3, refused=("span_of_years", 4)),
    basel(6416, "employment", 11, 0, 11, period="2023"),
    basel(6417, "age_by_nationality_and_sex", 5, 0, 20, period="2023"),
    basel(6422, "rank_by_nationality", 6, 0, 36),
    basel(6423, "rank_by_nationality", 6, 0, 42),
    basel(6424, "rank_by_nationality", 5, 0, 55, period="2015"),
    basel(6425, "rank_by_nationality", 5, 0, 55),
    basel(6467, "quintiles", 15, refused=("unknown_period", 2)),
    basel(6468, "income_by_year", 11, 0, 22),
    basel(6469, "income_by_year", 11, 0, 22),
    basel(6471, "income_by_year", 11, 0, 22),
    basel(6470, "top_incomes", 10, 0, 20, period="2022"),
    basel(6472, "answers", 28, 7, 126),
    basel(6473, "answers", 28, 7, 126),
]


def definition_of(case: Case) -> dict[str, Any]:
    path = next(folder / f"{case.mapping}.json" for folder in FOLDERS if (folder / f"{case.mapping}.json").exists())
    definition: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "basel/tsv" in case.file and "indicator" in definition:  # A family of files; each is an indicator of its own.
        definition["indicator"] = {"constant": f"B{Path(case.file).stem}"}
    if case.rows:
        for part in definition["breakdowns"].values():
            if part.get("column") not in (None, HEADING):
                part["column"] = case.rows
    if case.period:
        definition["period"]["constant"] = case.period
    return definition


# --- What a file needs ------------------------------------------------------------------------------------------------


def records_of(path: Path, definition: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The rows of a file by the names of its columns, read without the portal's readers."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    form = definition.get("format", "csv")
    if form == "json-stat":
        dataset = json.loads(content)
        for name, dimension in dataset.get("dimension", {}).items() if isinstance(dataset, dict) else ():
            for code in dimension["category"].get("index") or dimension["category"].get("label", {}):
                yield {name: code}
        return
    text = io.StringIO(content.decode(definition.get("encoding", "utf-8-sig")).removeprefix("\ufeff"), newline="")
    reader = csv.reader(text, delimiter="\t" if form == "eurostat-tsv" else definition.get("delimiter", ","))
    header = [name.strip() for name in next(reader)]
    if form == "eurostat-tsv":
        keys = header[0].split("\\")[0].split(",")
        for row in reader:
            yield dict(zip(keys, row[0].split(","), strict=True))
        return
    for row in reader:
        if row:
            yield {name: field.strip() for name, field in zip(header, row, strict=True)}


def codes_of(part: dict[str, Any], name: str, definition: dict[str, Any], records: list[dict[str, str]]) -> set[str]:
    """Every code of ours that a part of the mapping can give for the file."""
    codes: set[str] = set()
    headings = definition.get("columns", {}).get("headings")
    if isinstance(headings, dict):
        codes |= {says[name] for says in headings.values() if name in says}
    if "constant" in part:
        codes.add(part["constant"])
    elif "codes" in part:
        codes |= set(part["codes"].values())
    elif "column" in part:
        codes |= {record[part["column"]] for record in records if part["column"] in record} - set(part.get("total", []))
    return codes - {""}


def measure_of(definition: dict[str, Any]) -> str:
    beside = any("beside" in says for says in _headings(definition))
    if "numerator" in definition:
        return "ratio" if "denominator" in definition or beside else "count"
    return "mean" if "base" in definition or beside else "ratio"


def _headings(definition: dict[str, Any]) -> Iterable[dict[str, Any]]:
    headings = definition.get("columns", {}).get("headings")
    return headings.values() if isinstance(headings, dict) else ()


def furnish(definition: dict[str, Any], records: list[dict[str, str]]) -> None:
    """Makes the indicators, the territories and the categories that are not there, each kind in one statement."""
    domain = DomainFactory()
    codes = codes_of(definition.get("indicator", {}), "indicator", definition, records)
    measure = measure_of(definition)
    Indicator.objects.bulk_create(
        Indicator(
            code=code, name=code, definition=code, domain=domain, unit="count", measure=measure, direction="context"
        )
        for code in sorted(codes)
    )
    scheme = TerritoryScheme.objects.create(code=definition["territory"]["scheme"], name="Of the file")
    part = {key: value for key, value in definition["territory"].items() if key not in ("scheme", "by")}
    places = sorted(codes_of(part, "territory", definition, records))
    if scheme.code == "istat-comuni":  # The register has numbers; the file has names.
        named = [(f"{number:06d}", name) for number, name in enumerate(places)]
    else:
        named = [(code, code) for code in places]
    Territory.objects.bulk_create(
        Territory(scheme=scheme, code=code, name=name, kind=Territory.Kind.AREA) for code, name in named
    )
    names = set(definition.get("breakdowns", {})) | {
        name
        for says in _headings(definition)
        for name in says
        if name not in ("indicator", "territory", "period", "beside")
    }
    for name in sorted(names):
        dimension, _created = Dimension.objects.get_or_create(code=name, defaults={"name": name, "order": 50})
        known = set(dimension.categories.values_list("code", flat=True))
        wanted = codes_of(definition.get("breakdowns", {}).get(name, {}), name, definition, records)
        Category.objects.bulk_create(
            Category(dimension=dimension, code=code, name=code, is_part=False) for code in sorted(wanted - known)
        )


@pytest.fixture(scope="module")
def standard_list(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The portal's standard list of groups, once for the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load_dimensions(json.loads((OWN_DATA / "dimensions.json").read_text(encoding="utf-8")))
        settle()
        yield
        transaction.set_rollback(True)


def bring_in(path: Path, definition: dict[str, Any]) -> tuple[engine.Findings, int, int]:
    """What a look at the file finds, how many observations are stored of it, and how many of those are missing."""
    mapping = read_mapping(definition)
    with path.open("rb") as file:
        findings = engine.examine(file, mapping, to_store=True)
    if findings.problems:
        return findings, 0, 0
    source = Source.objects.create(name=mapping.source["name"])
    batch = ImportBatch.objects.create(
        source=source, mapping=definition, file_name=path.name, size=0, checksum="", state=ImportBatch.State.STORED
    )
    stored = engine.store(batch.pk, source.pk)
    return findings, stored, Observation.objects.filter(batch=batch, flags__gte=Flag.MISSING).count()


def test_no_file_and_no_mapping_is_forgotten(shared: Path) -> None:
    data = shared / "data"
    files = {
        str(path.relative_to(data))
        for folder in ("indicators", "formats/json-stat")
        for path in (data / folder).rglob("*")
        if path.is_file()
    }
    # Berlin's archive has a test of its own, tests/indicators/test_berlin.py.
    assert files == {case.file for case in CASES} | {"indicators/berlin/berlin_lor_long_2015S1_2023S2.csv.gz"}
    mappings = {path.stem for path in FOLDERS[0].glob("*.json")}
    assert mappings - {case.mapping for case in CASES} == {"berlin_t1", "berlin_t2", "berlin_t3", "berlin_t4"}


@pytest.mark.usefixtures("standard_list", "db")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_file_is_stored_or_refused(case: Case, shared: Path) -> None:
    path = shared / "data" / case.file
    definition = definition_of(case)
    furnish(definition, list(records_of(path, definition)))
    findings, stored, missing = bring_in(path, definition)
    told = [(problem.code, problem.line) for problem in findings.problems]
    if case.refused:
        assert told[:1] == [case.refused]
        assert findings.rows_read == case.read
        assert not Observation.objects.exists()
    else:
        assert told == []
        assert (findings.rows_read, findings.rows_left_out, stored, missing) == (
            case.read,
            case.left_out,
            case.stored,
            case.missing,
        )
        assert Observation.objects.filter(flags=Flag.NOT_APPLICABLE).count() == case.not_applicable
        assert Observation.objects.filter(status="submitted").count() == case.stored


# How many observations of each case are stored, or the first problem's code and the part of the dataset where it is.
CORPUS: dict[str, int | tuple[str, str]] = {
    "valid/minimal-dataset": 4,
    "valid/sparse-dataset": ("missing_column", "year"),
    "valid/collection-embedded": ("not_json_stat", ""),
    "valid/hierarchy": ("missing_column", "year"),
    "invalid/value-len-mismatch": ("invalid_json_stat", "value"),
    "invalid/id-size-len-mismatch": ("invalid_json_stat", "id, size"),
    "invalid/dim-key-id-mismatch": ("invalid_json_stat", "dimension"),
    "invalid/sparse-key-out-of-range": ("invalid_json_stat", "value"),
    "invalid/role-id-unknown": ("invalid_json_stat", "role"),
    "invalid/status-len-mismatch": ("invalid_json_stat", "status"),
    "invalid/index-count-mismatch": ("invalid_json_stat", "dimension.sex.category.index, size"),
    "invalid/index-positions-invalid": ("invalid_json_stat", "dimension.sex.category.index"),
    "invalid/label-key-unknown": ("invalid_json_stat", "dimension.sex.category.label"),
    "invalid/unit-key-unknown": ("invalid_json_stat", "dimension.metric.category.unit"),
    "invalid/coord-key-unknown": ("invalid_json_stat", "dimension.geo.category.coordinates"),
    "invalid/note-key-unknown": ("invalid_json_stat", "dimension.sex.category.note"),
    "invalid/child-id-unknown": ("invalid_json_stat", "dimension.geo.category.child"),
    "invalid/child-cycle": ("invalid_json_stat", "dimension.geo.category.child"),
    "invalid/metric-unit-missing": ("missing_column", "year"),
    "invalid/bundle-deprecated": ("not_json_stat", ""),
}


@pytest.mark.usefixtures("standard_list", "db")
def test_corpus_of_json_stat(shared: Path, tmp_path: Path) -> None:
    """Datasets for validators: the faulty ones are refused as such, the good ones as far as they have a place for a period."""
    definition = json.loads((FOLDERS[0] / "json_stat_corpus.json").read_text(encoding="utf-8"))
    furnish(definition, [])
    told: dict[str, int | tuple[str, str]] = {}
    for case in json.loads((shared / "data" / "formats/json-stat/corpus_cases.json").read_text(encoding="utf-8")):
        path = tmp_path / "case.json"
        path.write_text(json.dumps(case["input"]), encoding="utf-8")
        findings, stored, _missing = bring_in(path, definition)
        first = findings.problems[:1]
        told[case["id"]] = (first[0].code, first[0].column) if first else stored
    assert told == CORPUS
