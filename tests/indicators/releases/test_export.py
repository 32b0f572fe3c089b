"""`manage.py export_figures`: the confidential figures, or a release as it was published."""

import csv
import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from indicators.models import Figure, Indicator, ReleasedFigure, Source
from indicators.releases import actions as releases
from indicators.rollup import worker
from tests.indicators.land import Land


@pytest.fixture
def figures(land: Land) -> Land:
    Indicator.objects.filter(code="PEOPLE").update(threshold=5, rounding=5)
    Source.objects.update(name="=Office")
    for place, people in {"N1": 3, "N2": 31, "N3": 52, "N4": 60}.items():
        land.observe(place, "2020", people, key="sex=F")
    land.observe("N1", "2021", None)
    land.observe("N1", "2021", 17, denominator=52, indicator="RATE")
    worker.roll_up()
    return land


def export(tmp_path, **options) -> list[dict[str, str]]:
    path, said = tmp_path / "figures.csv", io.StringIO()
    call_command("export_figures", path, stdout=said, **options)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert said.getvalue() == f"{len(rows)} figures written.\n"
    return rows


def cells(rows) -> dict[tuple[str, ...], Decimal | None]:
    return {
        (row["indicator"], row["scheme"], row["territory"], row["period"], row["breakdown"]): (
            Decimal(row["value"]) if row["value"] else None
        )
        for row in rows
    }


NAMES = "indicator__code", "territory__scheme__code", "territory__code", "period__code", "breakdown__key"


def test_confidential_figures_are_all_there(figures, tmp_path):
    rows = export(tmp_path)
    assert cells(rows) == {tuple(row[:5]): row[5] for row in Figure.objects.values_list(*NAMES, "value")}
    assert {row["state"] for row in rows} == {"shown", "missing"}
    assert {row["source"] for row in rows} == {"'=Office", ""}
    assert (tmp_path / "figures.csv").stat().st_mode & 0o077 == 0


def test_release_is_exported_as_it_was_published(figures, tmp_path):
    release = releases.publish_release()
    figures.observe("N3", "2020", 999, key="sex=F")
    worker.roll_up()
    rows = export(tmp_path, release=release.pk)
    found = ReleasedFigure.objects.filter(release=release).values_list(*NAMES, "value")
    assert cells(rows) == {tuple(row[:5]): row[5] for row in found}
    assert "suppressed" in {row["state"] for row in rows}
    assert all(row["value"] == row["numerator"] == "" for row in rows if row["state"] == "suppressed")


def test_export_is_narrowed_by_indicator_and_period(figures, tmp_path):
    assert {row["indicator"] for row in export(tmp_path, indicator="RATE")} == {"RATE"}
    rows = export(tmp_path, indicator="PEOPLE", period="2021")
    assert {(row["indicator"], row["period"]) for row in rows} == {("PEOPLE", "2021")}


@pytest.mark.parametrize("options", [{"release": 0}, {"indicator": "NONE"}, {"period": "soon"}])
def test_unknown_wishes_are_told(figures, tmp_path, options):
    with pytest.raises(CommandError, match="There is no"):
        export(tmp_path, **options)
    assert not (tmp_path / "figures.csv").exists()


def test_unpublished_release_is_not_exported(figures, tmp_path):
    with pytest.raises(CommandError, match="no published release"):
        export(tmp_path, release=releases.start_release().pk)
