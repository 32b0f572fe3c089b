"""School years, financial years and means over several years: read as what they are, never added up to a year, told in words."""

import csv
import datetime
import io
import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from indicators.catalogue.formatting import period_words
from indicators.catalogue.periods import fill_periods, kind_of_texts, period_code
from indicators.dashboards.cells import kind_to_show, period_at, read_confidential, time_line
from indicators.models import Figure, Observation, Period, Release, ReleasedFigure
from indicators.releases import actions as releases
from indicators.rollup.worker import roll_up
from indicators.vocabulary import CALENDAR, PeriodKind
from tests.indicators.land import Land, table
from tests.indicators.refusals import told


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("2009-10", "school", "2009-SY"),
        ("2009/10", "fiscal", "2009-FY"),
        ("2009–2010", "school", "2009-SY"),
        ("1999-00", "school", "1999-SY"),
        ("2009-10", "years2", "2009-P2Y"),
        ("2006_2008", "years3", "2006-P3Y"),
        ("2006-2008", "", "2006-P3Y"),
        ("2009-SY", "school", "2009-SY"),
        ("2009-09-01/P1Y", "school", "2009-SY"),
        ("2006-01-01/P3Y", "years3", "2006-P3Y"),
        ("2010-03-15", "school", "2009-SY"),
        ("2010-03-15", "fiscal", "2009-FY"),
        ("2010-04-01", "fiscal", "2010-FY"),
        ("2009-10", "month", "2009-10"),
        ("2009-10", "", "2009-10"),
        ("2009-10", "year", ""),
        ("2009-Q1", "year", ""),
        ("2009", "school", ""),
        ("2009-11", "school", ""),
        ("2006_2008", "years4", ""),
        ("2008_2006", "years3", ""),
        ("2009/10", "", ""),
        ("2010-03-15", "years3", ""),
    ],
)
def test_a_text_is_read_as_the_kind_that_is_stated(text: str, kind: str, code: str) -> None:
    assert period_code({"code": text}, kind) == code


def test_year_in_a_column_of_its_own_is_a_year() -> None:
    assert period_code({"year": "2009-10"}) == ""
    assert period_code({"year": "2009"}) == "2009"
    assert period_code({"year": "2009-10"}, "school") == "2009-SY"


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["2009", "2010"], "year"),
        (["2009-10", "2010-11"], ""),
        (["2009-10", "2009-11"], "month"),
        (["2006_2008", "2007_2009"], "years3"),
        (["2009/10"], ""),
        (["2009", "2009-10"], None),
        (["12345"], None),
        ([], None),
    ],
)
def test_kind_of_all_texts_together(texts: list[str], kind: str | None) -> None:
    assert kind_of_texts(texts) == kind


@pytest.mark.parametrize("kind", ["year", ""])
def test_two_years_are_not_a_month(land: Land, kind: str) -> None:
    period = {"column": "year"} | ({"kind": kind} if kind else {})
    rows = [("N1", text, "all", 5) for text in ("2009-10", "2010-11")]
    batch = land.check(table(*rows), period=period)
    assert [message[:4] for message in told(batch)] == [
        (2, "year", "span_of_years", "2009-10"),
        (3, "year", "span_of_years", "2010-11"),
    ]
    land.bring_in(table(*rows), period={"column": "year", "kind": "school"})
    stored = Observation.objects.order_by("period__starts_on").values_list("period__code", "period__starts_on")
    assert list(stored) == [("2009-SY", datetime.date(2009, 9, 1)), ("2010-SY", datetime.date(2010, 9, 1))]


def test_period_of_another_kind_than_stated_is_refused(land: Land) -> None:
    batch = land.check(table(("N1", "2009-Q1", "all", 5)), period={"column": "year", "kind": "year"})
    assert told(batch) == [(2, "year", "other_kind", "2009-Q1", 1)]
    with pytest.raises(ValidationError, match="month"):
        land.check(
            table(("N1", 2009, "all", 5)),
            period={"kind": "year", "year": {"column": "year"}, "month": {"column": "sex"}},
        )


def test_school_years_and_means_are_no_part_of_years_and_months_no_part_of_them(land: Land) -> None:
    for month in range(1, 13):
        land.observe("N1", f"2009-{month:02d}", 10, indicator="EVENTS")
    for code in ("2009-SY", "2009-FY", "2009-P3Y"):
        land.observe("N2", code, 7, indicator="EVENTS")
    roll_up()
    assert land.value("N1", "2009", indicator="EVENTS") == 120
    assert land.value("D1", "2009", indicator="EVENTS") == 120
    for code in ("2009-SY", "2009-FY", "2009-P3Y"):
        assert land.value("N1", code, indicator="EVENTS") is None
        assert land.value("D1", code, indicator="EVENTS") == 7
    assert land.value("N2", "2009", indicator="EVENTS") is None


@pytest.mark.parametrize("kind", [kind for kind in PeriodKind if kind not in CALENDAR])
def test_calendar_has_them_all_and_an_older_one_is_completed(db: None, kind: PeriodKind) -> None:
    stored = Period.objects.filter(kind=kind)
    assert stored.count() == 201
    one = stored.get(year=1999)
    built = period_at(one.starts_on, kind)
    assert (built.code, built.ends_on) == (one.code, one.ends_on)
    stored.delete()
    fill_periods(using="default")
    assert Period.objects.filter(kind=kind).count() == 201


def test_means_over_years_line_up_by_the_step_that_they_have(land: Land) -> None:
    for first in (2000, 2003, 2009):
        land.observe("N1", f"{first}-P3Y", 5)
    roll_up()
    cells = read_confidential(Figure.objects.filter(territory=land.territories["N1"]))
    assert kind_to_show(cells, land.indicators["PEOPLE"]) == "years3"
    assert [one.code for one in time_line(cells, "years3")] == ["2000-P3Y", "2003-P3Y", "2006-P3Y", "2009-P3Y"]
    land.observe("N1", "2001-P3Y", 5)
    roll_up()
    cells = read_confidential(Figure.objects.filter(territory=land.territories["N1"]))
    assert len(time_line(cells, "years3")) == 10


def test_periods_in_words(db: None) -> None:
    said = {code: period_words(Period.objects.get(code=code)) for code in ("2009-SY", "1999-FY", "2006-P3Y")}
    assert said == {
        "2009-SY": "school year 2009/10",
        "1999-FY": "financial year 1999/00",
        "2006-P3Y": "mean of 2006 to 2008",
    }


def publish(land: Land, rows: dict[str, int]) -> Release:
    for code, people in rows.items():
        land.observe("N1", code, people)
    roll_up()
    return releases.publish_release(note="")


def fetch(client: Client, release: Release, ending: str) -> bytes:
    response = client.get(reverse("indicators:release_download", args=[release.pk, ending]))
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_downloads_name_the_period_and_are_read_back(land: Land, client: Client) -> None:
    release = publish(land, {"2009": 20, "2009-SY": 25, "2006-P3Y": 30})
    content = fetch(client, release, "sdmx.csv")
    rows = [row for row in csv.DictReader(io.StringIO(content.decode())) if row["REF_AREA"] == "N1"]
    assert {(row["FREQ"], row["TIME_PERIOD"], row["OBS_VALUE"]) for row in rows} == {
        ("A", "2009", "20"),
        ("A", "2009-09-01/P1Y", "25"),
        ("A", "2006-01-01/P3Y", "30"),
    }
    cube = json.loads(fetch(client, release, "json"))["dimension"]["period"]["category"]
    assert cube["index"] == ["2006-P3Y", "2009", "2009-SY"]
    assert cube["label"]["2009-SY"] == "school year 2009/10"
    Observation.objects.all().delete()
    land.bring_in(
        content,
        format="sdmx-csv",
        territory={"scheme": "test-land", "column": "REF_AREA"},
        period={"column": "TIME_PERIOD"},
        breakdowns={},
        numerator={"column": "OBS_VALUE"},
        where={"REF_AREA": ["N1"]},
    )
    stored = dict(Observation.objects.values_list("period__code", "numerator"))
    assert stored == {"2009": 20, "2009-SY": 25, "2006-P3Y": 30}


def test_figure_of_several_years_gives_no_hidden_year_away(land: Land) -> None:
    land.indicators["PEOPLE"].threshold = land.indicators["PEOPLE"].rounding = 5
    land.indicators["PEOPLE"].save()
    publish(land, {"2006": 3, "2007": 20, "2008": 30, "2006-P3Y": 53})
    states = dict(ReleasedFigure.objects.filter(territory=land.territories["N1"]).values_list("period__code", "state"))
    assert states["2006"] == "suppressed"
    assert "suppressed" in (states["2007"], states["2008"], states["2006-P3Y"])


def test_pages_speak_of_the_school_year(land: Land, client: Client) -> None:
    publish(land, {"2009-SY": 25, "2010-SY": 30})
    page = client.get(
        reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "N1", "2010-SY"])
    ).content.decode()
    assert "school year 2010/11" in page
    page = client.get(
        reverse("indicators:indicator_detail", args=["PEOPLE"]), {"territory": "test-land:N1"}
    ).content.decode()
    assert "school year 2010/11" in page
    assert "Up 5.0 from the school year 2009/10 to the school year 2010/11" in " ".join(strip_tags(page).split())
