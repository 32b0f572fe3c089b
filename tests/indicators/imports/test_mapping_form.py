"""A file of a kind that is new: taken in, looked at, described column by column, checked, and the mapping kept for the next one."""

import csv
import datetime
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from indicators import tasks
from indicators.catalogue import loading
from indicators.imports import actions as imports
from indicators.imports import kept_file
from indicators.imports.messages import message_text
from indicators.imports.readers.sniffing import layout_of, look
from indicators.imports.wizard.form import MappingForm
from indicators.imports.wizard.guessing import age_code, folded, period_in
from indicators.imports.wizard.texts import LEAVE, WHOLE
from indicators.models import ImportBatch, Observation, SavedMapping
from indicators.quality import actions as quality
from indicators.vocabulary import Flag
from orgs.models import Territory, User
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused
from orgs.readers.sniffing import MAX_TEXTS, FileContents
from orgs.territories.loading import load_territories
from tests.factories import AuthorityFactory
from tests.factories_indicators import IndicatorFactory, StewardFactory
from tests.indicators.describing import filled, form_of, post
from tests.indicators.files import csv_file, workbook
from tests.indicators.land import MAPPING, Land, table
from tests.pages import words_of

CREATE = reverse("indicators:import_add")
SEMICOLONS = "Población por barrio\nFuente: padrón\n\nlugar;año;sexo;personas\nN1;2020;Mujeres;10\nN2;2020;Hombres;12\n"


@pytest.fixture
def steward(land: Land) -> User:
    user: User = StewardFactory(organisation__territory=land.territories["CITY"]).user
    return user


@pytest.fixture
def desk(client: Client, steward: User) -> Client:
    client.force_login(steward)
    return client


def upload(client: Client, content: bytes | str, **data: Any) -> Any:
    authority = StewardFactory._meta.model.objects.filter(role="steward").values_list("organisation", flat=True).first()
    given = {"authority": authority, "mapping": "describe", "file": csv_file(content), "whole": "1", **data}
    return client.post(CREATE, given, follow=True)


def described(content: bytes | str, by: User, **data: Any) -> tuple[ImportBatch, dict[str, Any]]:
    """A received file and what its form would send with the given answers."""
    batch = imports.ingest(file=csv_file(content), authority=by.memberships.get().organisation, by=by)
    answers = filled(form_of(batch))
    return batch, answers | {"indicator": "=PEOPLE", "source_name": "Test office"} | data


# --- The first look -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (b"a,b\n1,2\n", {"format": "csv", "delimiter": ",", "encoding": "utf-8", "header_row": 1}),
        (b"a\tb\n1,5\t2\n", {"format": "csv", "delimiter": "\t", "encoding": "utf-8", "header_row": 1}),
        (SEMICOLONS.encode(), {"format": "csv", "delimiter": ";", "encoding": "utf-8", "header_row": 4}),
        (SEMICOLONS.encode("cp1252"), {"format": "csv", "delimiter": ";", "encoding": "cp1252", "header_row": 4}),
        (SEMICOLONS.encode("utf-16"), {"format": "csv", "delimiter": ";", "encoding": "utf-16", "header_row": 4}),
        (gzip.compress(b"a;b\n1;2\n"), {"format": "csv", "delimiter": ";", "encoding": "utf-8", "header_row": 1}),
        (b"freq,geo\\TIME_PERIOD\t2020 \nA,ES\t1 \n", {"format": "eurostat-tsv", "encoding": "utf-8"}),
        (
            b"DATAFLOW,FREQ,OBS_VALUE\nX,A,1\n",
            {"format": "sdmx-csv", "delimiter": ",", "encoding": "utf-8"},
        ),
        (b'{"class": "dataset"}', {"format": "json-stat"}),
        (workbook(["place", "people"], ["N1", 3]), {"format": "xlsx", "header_row": 1}),
        (workbook(["Residents", None, None], ["place", "year", "people"], ["N1", 2020, 3], ["N2", 2020, 4]), {"format": "xlsx", "header_row": 2}),
    ],
    ids=["commas", "tabs", "semicolons", "cp1252", "utf-16", "gzip", "eurostat", "sdmx", "json-stat", "workbook", "workbook with a title"],
)  # fmt: skip
def test_how_a_file_is_written_is_seen(content: bytes, layout: dict[str, Any]) -> None:
    assert layout_of(io.BytesIO(content)).as_json() == layout


def test_look_lists_the_texts_of_each_column_up_to_a_limit() -> None:
    content = "place,year\n" + "".join(f"N{number},{2000 + number % 2}\n" for number in range(MAX_TEXTS + 5))
    seen = look(io.BytesIO(content.encode()), FileLayout("csv"))
    assert (seen.header, seen.texts_of(1), seen.more) == (["place", "year"], ["2000", "2001"], [0])
    assert len(seen.texts_of(0)) == MAX_TEXTS
    assert (seen.has_all_texts(0), seen.has_all_texts(1)) == (False, True)
    assert FileContents.from_json(json.loads(json.dumps(seen.as_json()))) == seen


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"place,year\n", "no_rows"),
        (b"a,a\n1,2\n", "double_header"),
        (b"\x89PNG\r\n\x00\x01\x00,\x00", "not_text"),
        (b"PK\x03\x04 no workbook", "not_workbook"),
        (b"\x1f\x8b no archive", "broken_archive"),
        (b"{ no json", "not_json"),
    ],
)
def test_file_that_is_no_table_is_refused_at_the_first_look(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        look(io.BytesIO(content), layout_of(io.BytesIO(content)))
    assert refusal.value.problems[0].code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0-4", "Y0-4"),
        ("05-9", "Y5-9"),
        ("De 15 a 64 años", "Y15-64"),
        (">=95", "Y_GE95"),
        ("95+", "Y_GE95"),
        ("65 and over", "Y_GE65"),
        ("<5", "Y_LT5"),
        ("2017", ""),
        ("Total", ""),
    ],
)
def test_spans_of_ages_have_a_code(text: str, code: str) -> None:
    assert age_code(text) == code


def test_spellings_of_a_name_are_alike() -> None:
    assert folded("el  Poble-sec") == folded("El Poble-Sec ")
    assert folded("São Tomé") == "saotome"


# --- The whole way ------------------------------------------------------------------------------------------------------


def test_file_without_a_mapping_is_described_checked_and_stored(desk: Client, steward: User) -> None:
    response = upload(desk, table(("N1", 2020, "women", 10), ("N1", 2020, "men", 12)))
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.created_by) == (ImportBatch.State.RECEIVED, steward)
    assert response.redirect_chain[-1][0] == reverse("indicators:import_map", args=[batch.pk])
    text = words_of(response.content.decode())
    assert "N1 2020 women 10" in text  # the first rows
    data = filled(form_of(batch))
    assert (data["territory"], data["period"], data["group_sex"], data["number"]) == ("c0", "c1", "c2", "c3")
    response = post(desk, batch, data | {"indicator": "=PEOPLE", "source_name": "Test office"})
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 2)
    assert not Observation.objects.exists()
    assert batch.mapping["breakdowns"] == {"sex": {"column": "sex", "codes": {"women": "F", "men": "M"}}}
    desk.post(reverse("indicators:import_store", args=[batch.pk]))
    assert sorted(Observation.objects.values_list("breakdown__key", "numerator")) == [("sex=F", 10), ("sex=M", 12)]


def test_titles_above_the_table_and_another_language_are_understood(desk: Client, steward: User, land: Land) -> None:
    batch, data = described(SEMICOLONS.encode("cp1252"), steward)
    assert post(desk, batch, data).status_code == 200
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 2)


def test_text_without_a_meaning_is_listed_and_asked_for(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10), ("N1", 2020, "zz", 12), ("N1", 2020, "all", 22)), steward)
    data["group_sex"] = "c2"
    response = post(desk, batch, data | {"group_sex": "c2"})
    text = words_of(response.content.decode())
    assert "Check below what the texts in the column “sex” mean" in text or "no meaning yet: “zz”" in text
    codes = {f"code-group_sex-2-{number}": code for number, code in enumerate(["F", "", WHOLE])}
    text = words_of(post(desk, batch, data | codes).content.decode())
    assert "1 text of the column “sex” has no meaning yet: “zz”" in text
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED
    codes["code-group_sex-2-1"] = LEAVE
    post(desk, batch, data | codes)
    batch.refresh_from_db()
    assert batch.mapping["where_not"] == {"sex": ["zz"]}
    assert batch.mapping["breakdowns"]["sex"] == {"column": "sex", "codes": {"women": "F"}, "total": ["all"]}
    assert (batch.state, batch.cells_new, batch.rows_left_out) == (ImportBatch.State.CHECKED, 2, 1)


def test_column_that_was_only_just_chosen_is_shown_before_the_check(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    unseen = {name: value for name, value in data.items() if not name.startswith("code-")}
    text = words_of(post(desk, batch, unseen).content.decode())
    assert "Check below what the texts in the column “sex” mean, and submit again." in text
    shown = post(desk, batch, unseen | {"show": "1"}).content.decode()
    assert 'name="code-group_sex-2-0"' in shown
    assert "There is a problem" not in words_of(shown)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


def test_constants_stand_for_what_the_file_does_not_say(desk: Client, steward: User) -> None:
    batch, data = described("people,of\n5,10\n", steward)
    data |= {
        "indicator": "=RATE",
        "scheme": "test-land",
        "territory": "=",
        "territory_always": "N1",
        "period": "=",
        "period_always": "2020",
        "group_sex": "=F",
        "number": "c0",
        "beside": "c1",
    }
    post(desk, batch, data)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED, words_of(post(desk, batch, data).content.decode())
    imports.store_import(batch=batch)
    found = Observation.objects.get()
    assert (found.territory.code, found.period.code, found.breakdown.key) == ("N1", "2020", "sex=F")
    assert (found.numerator, found.denominator) == (5, 10)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"indicator": ""}, "This field is required"),
        ({"indicator": "=NOSUCH"}, "Select a valid choice"),
        ({"number": "c99"}, "Select a valid choice"),
        ({"territory": "=", "territory_always": "Atlantis"}, "Give the code of a territory in this classification"),
        ({"period": "=", "period_always": "yesterday"}, "Write 2020, 2020-03, 2020-Q1, 2020-S1 or 2020/21"),
        ({"period_part": "c1"}, "say which of them it is"),
        ({"thousands": ".", "decimal": "."}, "cannot be the same"),
        ({"source_name": ""}, "This field is required"),
        ({"code-group_sex-2-0": "nonsense"}, "has no meaning yet: “women”"),
        ({"source_url": "javascript:alert(1)"}, "Enter a web address"),
        ({"name": "x" * 200}, "at most 120 characters"),
        ({"indicator": "c\u0661"}, "Select a valid choice"),
    ],
)
def test_bad_answer_is_told_at_its_field_and_changes_nothing(
    desk: Client, steward: User, answers: dict[str, str], words: str
) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    response = post(desk, batch, data | answers)
    assert response.status_code == 200
    assert words in words_of(response.content.decode())
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


def test_refused_file_can_be_described_again(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10), ("N1", 2020, "women", 12)), steward)
    text = words_of(post(desk, batch, data).content.decode())
    assert "The cell occurs twice" in text
    assert "Change what the columns mean" in text
    batch.refresh_from_db()
    data = filled(form_of(batch))
    assert data["indicator"] == "=PEOPLE"  # as it was said
    post(desk, batch, data | {"adds_up": "on"})
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 1)
    assert not batch.messages.exists()


def test_file_is_read_again_as_somebody_says(desk: Client, steward: User) -> None:
    batch, _data = described("x|y\nplace|people\nN1|3\n", steward)
    assert batch.contents is not None
    assert batch.contents["header"] == ["x", "y"]
    layout = {"layout-format": "csv", "layout-delimiter": "|", "layout-encoding": "utf-8", "layout-header_row": "2"}
    post(desk, batch, layout | {"read_again": "1"})
    batch.refresh_from_db()
    assert batch.contents is not None
    assert (batch.contents["header"], batch.mapping["header_row"]) == (["place", "people"], 2)
    text = words_of(post(desk, batch, layout | {"layout-format": "xlsx", "read_again": "1"}).content.decode())
    assert "not an Excel workbook" in text
    batch.refresh_from_db()
    assert batch.mapping["format"] == "csv"


# --- Kept mappings ------------------------------------------------------------------------------------------------------


def test_mapping_is_kept_under_a_name_and_recognised_next_time(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    post(desk, batch, data | {"name": "Register"})
    batch.refresh_from_db()
    saved = SavedMapping.objects.get()
    assert (saved.name, saved.definition) == ("Register", batch.mapping)
    upload(desk, table(("N2", 2021, "women", 4)), mapping="recognise")
    again = ImportBatch.objects.first()
    assert again is not None
    assert (again.state, again.mapping_name) == (ImportBatch.State.CHECKED, "Register")


def test_kept_mapping_is_called_by_its_title_and_a_changed_one_by_its_name(desk: Client, steward: User) -> None:
    title = {"en": "People of the register", "es": "Personas del padrón"}
    kept = SavedMapping.objects.create(name="register", definition=MAPPING | {"title": title})
    assert "People of the register" in words_of(desk.get(CREATE).content.decode())
    desk.cookies["django_language"] = "es"
    assert "Personas del padrón" in words_of(desk.get(CREATE).content.decode())
    batch, _data = described(table(("N1", 2020, "women", 10)), steward)
    form = MappingForm(contents=kept_file.contents_of(batch), base=kept.definition | batch.mapping)
    post(desk, batch, filled(form) | {"name": "Another"})
    assert SavedMapping.objects.get(name="Another").title == "Another"


def test_mapping_that_refuses_its_own_file_is_not_kept(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", "many")), steward, number="c3")
    post(desk, batch, data | {"name": "Register"})
    batch.refresh_from_db()
    assert (batch.state, batch.mapping_name) == (ImportBatch.State.REFUSED, "Register")
    assert not SavedMapping.objects.exists()


def test_mapping_is_kept_from_the_result(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    assert "Save the mapping" in words_of(post(desk, batch, data).content.decode())
    address = reverse("indicators:mapping_save", args=[batch.pk])
    assert "Give the mapping a name" in words_of(desk.post(address, follow=True).content.decode())
    text = words_of(desk.post(address, {"name": "Register"}, follow=True).content.decode())
    assert "Saved. It will be offered for the next file." in text
    assert "Save the mapping" not in text
    batch.refresh_from_db()
    assert SavedMapping.objects.get().definition == batch.mapping


def test_another_mapping_of_the_same_name_stays_as_it_is(desk: Client, steward: User) -> None:
    SavedMapping.objects.create(name="Register", definition=MAPPING)
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    text = words_of(post(desk, batch, data | {"name": "Register"}).content.decode())
    assert "There is already a mapping with this name" in text
    assert SavedMapping.objects.get().definition == MAPPING
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


def test_kept_mapping_is_opened_and_changed(desk: Client, steward: User) -> None:
    saved = SavedMapping.objects.create(name="Register", definition=MAPPING | {"where": {"sex": ["women", "all"]}})
    batch, _data = described("place,year,sex,people\nN1,2020,women,1\nN1,2020,all,3\n", steward)
    address = reverse("indicators:import_map", args=[batch.pk])
    response = desk.get(address, {"from": saved.pk})
    form = response.context["form"]
    data = filled(form)
    assert (data["indicator"], data["source_name"], data["code-group_sex-2-1"]) == ("=PEOPLE", "Test office", WHOLE)
    desk.post(f"{address}?from={saved.pk}", data | {"source_licence": "CC0", "name": "Register 2"})
    changed = SavedMapping.objects.get(name="Register 2").definition
    assert changed["source"]["licence"] == "CC0"
    assert changed["where"] == {"sex": ["women", "all"]}
    assert changed["breakdowns"]["sex"]["codes"] == {"women": "F", "men": "M"}  # "men" is not in this file
    assert changed["period"] == {"kind": "year", "column": "year"}
    saved.refresh_from_db()
    assert saved.definition["source"]["licence"] == "CC BY 4.0"


def test_mapping_that_says_more_than_a_form_is_not_opened(desk: Client, steward: User) -> None:
    wide = MAPPING | {"columns": {"headings": "*", "name": "w"}, "numerator": "columns"}
    saved = SavedMapping.objects.create(name="Wide", definition=wide)
    batch, _data = described(table(("N1", 2020, "women", 10)), steward)
    address = reverse("indicators:import_map", args=[batch.pk])
    assert "Wide" not in words_of(desk.get(address).content.decode())
    text = words_of(desk.get(address, {"from": saved.pk}).content.decode())
    assert "This page cannot show the whole mapping" in text
    assert desk.get(address, {"from": "\u0661"}).status_code == 200


# --- Who may, and when ----------------------------------------------------------------------------------------------------


def test_file_of_another_authority_does_not_exist(desk: Client, steward: User) -> None:
    other = imports.ingest(file=csv_file(table(("N1", 2020, "women", 10))), authority=AuthorityFactory())
    for name in ("import_map", "refused_rows", "import_detail"):
        assert desk.get(reverse(f"indicators:{name}", args=[other.pk])).status_code == 404
    assert desk.post(reverse("indicators:import_map", args=[other.pk]), {"show": 1}).status_code == 404
    assert desk.post(reverse("indicators:mapping_save", args=[other.pk]), {"name": "x"}).status_code == 404


def test_stored_import_is_described_no_more(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    post(desk, batch, data)
    desk.post(reverse("indicators:import_store", args=[batch.pk]))
    response = post(desk, batch, data)
    assert response.redirect_chain[-1][0] == batch.get_absolute_url()
    with pytest.raises(ValidationError, match="already in the state"):
        imports.describe_import(batch=batch, mapping=MAPPING)


def test_upload_that_nobody_describes_is_thrown_away(
    desk: Client, steward: User, django_capture_on_commit_callbacks: Any
) -> None:
    batch, _data = described(table(("N1", 2020, "women", 10)), steward)
    kept = Path(batch.file.path)
    assert "Say what they mean" in words_of(desk.get(batch.get_absolute_url()).content.decode())
    os.utime(kept, (0, 0))  # A file of today stays for the backup.
    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(reverse("indicators:import_undo", args=[batch.pk]), follow=True)
    assert "undone" in words_of(response.content.decode())
    batch.refresh_from_db()
    assert (batch.state, batch.file.name, batch.contents) == (ImportBatch.State.UNDONE, "", None)
    assert not kept.exists()


def test_unreadable_file_is_told_on_the_form_and_not_kept(desk: Client) -> None:
    text = words_of(upload(desk, b"a,a\n1,2\n").content.decode())
    assert "Two columns are called “a”" in text
    assert not ImportBatch.objects.exists()


def test_upload_that_broke_off_is_told_and_not_kept(desk: Client) -> None:
    text = words_of(upload(desk, table(("N1", 2020, "women", 10)), whole="").content.decode())
    assert "The upload was interrupted" in text
    assert not ImportBatch.objects.exists()


class GoneBrowser(io.RawIOBase):
    """The body of a request whose sender went away in the middle."""

    def read(self, size: int = -1) -> bytes:
        raise OSError("the connection is gone")


def test_browser_that_is_closed_midway_leaves_nothing(desk: Client) -> None:
    body: dict[str, Any] = {"wsgi.input": GoneBrowser()}
    response = desk.post(CREATE, {"mapping": "describe", "file": csv_file("a,b\n1,2\n")}, follow=True, **body)
    assert "The upload was interrupted" in words_of(response.content.decode())
    assert not ImportBatch.objects.exists()


def test_kept_file_that_is_gone_gets_a_message(desk: Client, steward: User) -> None:
    batch, data = described(table(("N1", 2020, "women", 10)), steward)
    Path(batch.file.path).unlink()
    response = post(desk, batch, data)
    assert response.status_code == 200
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


# --- Again the same file --------------------------------------------------------------------------------------------------


def test_same_file_after_its_approval_names_the_earlier_import(desk: Client, steward: User) -> None:
    content = table(("N1", 2020, "women", 10))
    batch, data = described(content, steward)
    post(desk, batch, data | {"name": "Register"})
    for step in ("store", "approve"):
        desk.post(reverse(f"indicators:import_{step}", args=[batch.pk]))
    text = words_of(upload(desk, content, mapping=SavedMapping.objects.get().pk).content.decode())
    assert "This file has been imported before, with the same mapping" in text
    assert f"Import {batch.pk} of" in text
    assert "You can continue if you want to" in text
    assert "This file has been imported before" in words_of(upload(desk, content).content.decode())


# --- Large files ----------------------------------------------------------------------------------------------------------


def test_large_file_is_checked_by_the_worker(
    desk: Client, steward: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    saved = SavedMapping.objects.create(name="Register", definition=MAPPING)
    with django_capture_on_commit_callbacks() as asked:
        text = words_of(upload(desk, table(("N1", 2020, "women", 10)), mapping=saved.pk).content.decode())
    assert "The file is being checked" in text
    assert any(call.args == (imports.WORK,) for call in asked)
    batch = ImportBatch.objects.get()
    assert batch.state == ImportBatch.State.CHECKING
    assert tasks.work_on_imports() == 1
    assert tasks.work_on_imports() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 1)
    assert "Store and send for approval" in words_of(desk.get(batch.get_absolute_url()).content.decode())


def test_large_file_that_is_described_waits_for_the_worker(
    desk: Client, steward: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    batch, data = described(table(("N1", 2020, "women", "x")), steward, number="c3")
    assert "The file is being checked" in words_of(post(desk, batch, data).content.decode())
    tasks.work_on_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.messages.get().code) == (ImportBatch.State.REFUSED, "not_a_number")


def test_mapping_at_fault_is_told_before_the_worker_is_asked(
    desk: Client, steward: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    territory = {"scheme": "atlantis", "column": "place"}
    saved = SavedMapping.objects.create(name="Register", definition=MAPPING | {"territory": territory})
    text = words_of(upload(desk, table(("N1", 2020, "women", 10)), mapping=saved.pk).content.decode())
    assert "geographic classification that the portal does not know: atlantis" in text
    assert not ImportBatch.objects.exists()


def test_large_file_is_stored_by_the_worker_once(
    desk: Client, steward: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    batch = checked(desk)
    monkeypatch.setattr(imports, "LARGE", 10)
    with django_capture_on_commit_callbacks() as asked:
        text = words_of(desk.post(f"{batch.get_absolute_url()}store/", follow=True).content.decode())
    assert "The file is being stored" in text
    assert any(call.args == (imports.WORK,) for call in asked)
    assert not Observation.objects.exists()
    assert "undone" not in words_of(desk.post(f"{batch.get_absolute_url()}undo/", follow=True).content.decode())
    assert tasks.work_on_imports() == 1
    assert tasks.work_on_imports() == 0
    batch.refresh_from_db()
    assert (batch.state, Observation.objects.get().status) == (ImportBatch.State.STORED, "submitted")


def test_large_file_that_no_longer_fits_is_checked_again(
    desk: Client, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(desk)
    monkeypatch.setattr(imports, "LARGE", 10)
    desk.post(f"{batch.get_absolute_url()}store/")
    land.territories["N1"].code = "N1-old"
    land.territories["N1"].save()
    assert tasks.work_on_imports() == 0
    assert tasks.work_on_imports() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.messages.get().line) == (ImportBatch.State.REFUSED, 2)
    assert not Observation.objects.exists()


def test_large_file_that_is_in_already_is_told_at_once(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked(desk)
    upload(desk, table(("N1", 2020, "women", 10)), mapping=SavedMapping.objects.get().pk)
    second = ImportBatch.objects.exclude(pk=first.pk).get()
    imports.store_import(batch=first)
    monkeypatch.setattr(imports, "LARGE", 10)
    text = words_of(desk.post(f"{second.get_absolute_url()}store/", follow=True).content.decode())
    assert f"is to be approved: import {first.pk}" in text
    second.refresh_from_db()
    assert second.state == ImportBatch.State.CHECKED


def test_storing_that_kills_its_workers_is_given_up(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = checked(desk)
    ImportBatch.objects.update(state=ImportBatch.State.STORING, attempts=ImportBatch.MAX_ATTEMPTS)
    tasks.work_on_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.messages.get().code) == (ImportBatch.State.CHECKED, "work_failed")
    assert not Observation.objects.exists()


def checked(desk: Client) -> ImportBatch:
    """A file of one figure, by a saved mapping."""
    saved = SavedMapping.objects.create(name="Register", definition=MAPPING)
    upload(desk, table(("N1", 2020, "women", 10)), mapping=saved.pk)
    return ImportBatch.objects.get(state=ImportBatch.State.CHECKED)


def test_check_is_taken_up_again_and_given_up_after_three_deaths(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    batch = imports.ingest(from_page=True, mapping=MAPPING, file=csv_file(table(("N1", 2020, "women", 10))))
    Path(batch.file.path).rename(f"{batch.file.path}.away")
    for attempt in (1, 2):
        assert tasks.work_on_imports() == 0
        batch.refresh_from_db()
        assert (batch.state, batch.attempts) == (ImportBatch.State.CHECKING, attempt)
    Path(f"{batch.file.path}.away").rename(batch.file.path)
    assert tasks.work_on_imports() == 1
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED
    ImportBatch.objects.update(state=ImportBatch.State.CHECKING, attempts=ImportBatch.MAX_ATTEMPTS)
    tasks.work_on_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.messages.get().code) == (ImportBatch.State.REFUSED, "work_failed")


# --- The rows with a fault --------------------------------------------------------------------------------------------------


def refused(client: Client, batch: ImportBatch) -> list[list[str]]:
    response = client.get(reverse("indicators:refused_rows", args=[batch.pk]))
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]


def check(steward: User, content: bytes, **mapping: Any) -> ImportBatch:
    return imports.ingest(
        mapping=MAPPING | mapping,
        file=csv_file(content),
        authority=steward.memberships.get().organisation,
        by=steward,
    )


def test_rows_with_a_fault_are_a_file_with_line_and_reason(desk: Client, steward: User) -> None:
    content = table(
        ("N1", 2020, "women", 1), ("N7", 2020, "girls", 2), ("N1", 2020, "men", "=1+1"), ("N7", "x", "men", 4)
    )
    head, *rows = refused(desk, check(steward, content + b"N2,2020\n"))
    assert head == ["place", "year", "sex", "people", "Line", "What is wrong"]
    assert [row[:-1] for row in rows] == [
        ["N7", "2020", "girls", "2", "3"],
        ["N1", "2020", "men", "'=1+1", "4"],
        ["N7", "x", "men", "4", "5"],
        ["N2", "2020", "6"],
    ]
    assert "“N7” is not a territory" in rows[0][-1]
    assert "“girls” is not a group" in rows[0][-1]
    assert "is not a number" in rows[1][-1]
    assert "is not a month, quarter, half-year or year" in rows[2][-1]
    assert "The row has 2 columns" in rows[3][-1]


def test_rows_that_contradict_each_other_are_among_them(desk: Client, steward: User) -> None:
    content = table(("N1", 2020, "women", -1), ("N2", 2020, "women", 2), ("N2", 2020, "women", 3))
    _head, *rows = refused(desk, check(steward, content))
    assert [row[:-1] for row in rows] == [["N1", "2020", "women", "-1", "2"], ["N2", "2020", "women", "3", "4"]]
    assert "is below 0" in rows[0][-1]
    assert "as in line 3" in rows[1][-1]


def test_there_are_no_such_rows_without_a_refused_table(desk: Client, steward: User) -> None:
    fine = check(steward, table(("N1", 2020, "women", 1)))
    assert desk.get(reverse("indicators:refused_rows", args=[fine.pk])).status_code == 404
    nothing = check(steward, b"\x89PNG\r\n\x00\x01")
    assert not nothing.file
    assert "The portal no longer has the file. Send it again." in words_of(_asked(desk, nothing))


def _asked(desk: Client, batch: ImportBatch) -> str:
    """The page on which one is after asking for the rows with a fault, where there are none."""
    response = desk.get(reverse("indicators:refused_rows", args=[batch.pk]), follow=True)
    assert response.redirect_chain == [(batch.get_absolute_url(), 302)]
    return response.content.decode()


def test_rows_of_a_file_that_is_gone_get_a_message(desk: Client, steward: User) -> None:
    batch = check(steward, table(("N7", 2020, "women", 1)))
    Path(batch.file.path).unlink()
    assert "The portal no longer has the file. Send it again." in words_of(_asked(desk, batch))


def test_rows_by_a_mapping_that_does_not_fit_any_more_get_a_message(desk: Client, steward: User) -> None:
    batch = check(steward, table(("N7", 2020, "women", 1)))
    ImportBatch.objects.update(mapping=MAPPING | {"territory": {"scheme": "atlantis", "column": "place"}})
    assert "geographic classification that the portal does not know: atlantis" in words_of(_asked(desk, batch))


# --- A real file ----------------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.django_db
def test_population_of_barcelona_is_described_from_nothing(client: Client, shared: Path) -> None:
    """It ends with the same observations as a mapping written by hand."""
    data = Path(settings.BASE_DIR)
    load_territories(**json.loads((data / "orgs/data/territories_barcelona.json").read_text()))
    loading.load_dimensions(json.loads((data / "indicators/data/dimensions.json").read_text()))
    IndicatorFactory(code="C1")
    with (shared / "data/indicators/barcelona/population.csv").open(encoding="utf-8") as file:
        content = "".join(line for line in file if line.startswith(("Year", "2017")))
    city = Territory.objects.get(scheme__code="barcelona", code="080193")
    person = StewardFactory(organisation__territory=city).user
    client.force_login(person)
    batch, answers = described(content, person, indicator="=C1", source_name="Open Data BCN: population")
    assert content.splitlines()[0].split(",")[int(answers["territory"][1:])].startswith("Neighborhood.")
    assert "The cell occurs twice" in words_of(post(client, batch, answers).content.decode())
    post(client, batch, answers | {"adds_up": "on"})
    batch.refresh_from_db()
    assert (batch.state, batch.rows_read) == (ImportBatch.State.CHECKED, content.count("\n") - 1)
    imports.store_import(batch=batch)
    quality.accept_findings(batch=batch, reason="A test says so", by=None)
    imports.approve_import(batch=batch)
    by_hand = json.loads((data / "tests/mappings/barcelona_population.json").read_text())
    again = imports.ingest(mapping=by_hand, file=csv_file(content))
    assert (again.cells_new, again.cells_changed, again.cells_same) == (0, 0, batch.cells_new)
    assert batch.cells_new == 73 * 2 * 20


# --- Files of which no figures came ---------------------------------------------------------------------------------------


def test_files_without_figures_are_removed_in_time(
    desk: Client, steward: User, django_capture_on_commit_callbacks: Any
) -> None:
    waiting, _data = described(table(("N1", 2020, "women", 10)), steward)
    bad = check(steward, table(("N7", 2020, "women", 1)))
    good = check(steward, table(("N1", 2020, "women", 1)))
    paths = [Path(batch.file.path) for batch in (waiting, bad, good)]
    days = ImportBatch.DAYS_KEPT
    page = words_of(desk.get(bad.get_absolute_url()).content.decode())
    until = timezone.localdate() + datetime.timedelta(days=days)
    assert f"are kept for {days} days, this one until {date_format(until, 'DATE_FORMAT')}" in page
    assert "are kept for" not in words_of(desk.get(good.get_absolute_url()).content.decode())
    assert f"keeps the file until {date_format(until, 'DATE_FORMAT')}" in words_of(
        desk.get(reverse("indicators:import_map", args=[waiting.pk])).content.decode()
    )
    now = timezone.now()
    for path in paths:
        os.utime(path, (0, 0))  # As old as they are said to be.
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.remove_old_files(now=now + datetime.timedelta(days=days, minutes=-1)) == 0
        assert imports.remove_old_files(now=now + datetime.timedelta(days=days, minutes=1)) == 2
        assert tasks.remove_old_files() == 0
    assert [path.exists() for path in paths] == [False, False, True]
    waiting.refresh_from_db()
    bad.refresh_from_db()
    assert (waiting.state, waiting.contents, bad.state) == (ImportBatch.State.UNDONE, None, ImportBatch.State.REFUSED)
    page = words_of(desk.get(bad.get_absolute_url()).content.decode())
    assert "The file itself is no longer kept" in page
    assert "is not a territory" in page
    assert "The rows with a fault" not in page
    assert desk.get(waiting.get_absolute_url()).status_code == 200


def test_file_that_is_mended_in_time_is_not_removed(steward: User) -> None:
    batch = check(steward, table(("N1", 2020, "women", "-")))
    ImportBatch.objects.update(created_at=timezone.now() - datetime.timedelta(days=ImportBatch.DAYS_KEPT + 1))
    imports.describe_import(batch=batch, mapping=MAPPING | {"missing": ["-"]})
    assert imports.remove_old_files(now=timezone.now()) == 0
    assert Path(batch.file.path).exists()


# --- Figures side by side -------------------------------------------------------------------------------------------------


def test_flags_that_stand_together_are_guessed_and_kept(desk: Client, steward: User) -> None:
    batch, data = described(
        "place,year,people,OBS_STATUS,OBS_FLAG\nN1,2020,10,B,bu\nN2,2020,11,E,e\nN3,2020,12,A,\n", steward
    )
    page = words_of(desk.get(reverse("indicators:import_map", args=[batch.pk])).content.decode())
    assert "break in series, unreliable" in page
    text = words_of(post(desk, batch, data).content.decode())
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED, text
    assert batch.mapping["flag"] == {"column": "OBS_FLAG", "codes": {"bu": "break unreliable", "e": "estimated"}}
    imports.store_import(batch=batch)
    found = Observation.objects.order_by("territory__code").values_list("flags", flat=True)
    assert list(found) == [Flag.BREAK | Flag.UNRELIABLE, Flag.ESTIMATED, 0]


YEARS = "place,note,2019,2020\nN1,x,10,11\nN2,y,20,\n"
SEXES = "place;year;Mujeres;Hombres;Total;padron\nN1;2020;1,5;2;3,5;77\nN2;2020;3;4;7;77\n"


def test_columns_of_years_are_guessed_and_described(desk: Client, steward: User) -> None:
    batch, data = described(YEARS, steward)
    assert (data["number"], data["across"], data["period_kind"], data["period"]) == (":columns", "period", "year", "")
    page = desk.get(reverse("indicators:import_map", args=[batch.pk])).content.decode()
    assert "2019 such as 10" in words_of(page)
    assert 'name="code-columns-period-2"' in page
    text = words_of(post(desk, batch, data).content.decode())
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 4), text
    assert batch.mapping["columns"] == {"headings": {"2019": {"period": "2019"}, "2020": {"period": "2020"}}}
    imports.store_import(batch=batch)
    found = Observation.objects.order_by("territory__code", "period__code").values_list("numerator", "flags")
    assert list(found) == [(10, 0), (11, 0), (20, 0), (None, Flag.MISSING)]


def test_more_columns_side_by_side_than_a_page_lists_are_told(desk: Client, steward: User) -> None:
    """With the texts of the other columns: a page lists as many as a form can send."""
    months = [f"{year}-{month:02}" for year in range(1940, 2020) for month in range(1, 13)]
    rows = [f"X{n},S{n},A{n},{','.join('5' for _month in months)}" for n in range(200)]
    content = "\n".join([f"place,gender,years,{','.join(months)}", *rows, ""])
    batch, data = described(content, steward)
    data |= {"number": ":columns", "across": "period", "period_kind": "month", "period": "", "territory": "c0"}
    data |= {"group_sex": "c1", "group_age": "c2"}
    response = post(desk, batch, data)
    assert response.status_code == 200
    assert "960 columns side by side are too many to describe here" in words_of(response.content.decode())
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


def test_columns_of_groups_with_a_total_are_guessed_and_described(desk: Client, steward: User) -> None:
    batch, data = described(SEXES, steward, indicator="=SCORE")
    assert (data["number"], data["across"], data["decimal"], data.get("group_sex")) == (
        ":columns",
        "group_sex",
        ",",
        None,
    )
    assert [data[f"code-columns-group_sex-{place}"] for place in (2, 3, 4, 5)] == ["F", "M", WHOLE, ""]
    text = words_of(post(desk, batch, data).content.decode())
    assert "1 column has no meaning yet: “padron”. Say below what it stands for, or leave it out." in text
    post(desk, batch, data | {"code-columns-group_sex-5": LEAVE})
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 6)
    assert batch.mapping["columns"]["headings"] == {"Mujeres": {"sex": "F"}, "Hombres": {"sex": "M"}, "Total": {}}


def test_columns_of_indicators_with_one_denominator(desk: Client, steward: User) -> None:
    content = "place,year,RATE,of,EVENTS\nN1,2020,3,10,4\n"
    batch, data = described(content, steward, indicator="")
    assert (data["number"], data["across"]) == (":columns", "indicator")
    post(desk, batch, data | {"beside": "c3", "code-columns-indicator-4": LEAVE})
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED
    imports.store_import(batch=batch)
    found = Observation.objects.get()
    assert (found.indicator.code, found.numerator, found.denominator) == ("RATE", 3, 10)


def test_columns_of_places(desk: Client, steward: User) -> None:
    batch, data = described("year,N1,N2\n2019,5,6\n2020,7,8\n", steward)
    data |= {"scheme": "test-land", "territory": "", "number": ":columns", "across": "territory"}
    data = {name: value for name, value in data.items() if not name.startswith("code-")}
    text = words_of(post(desk, batch, data).content.decode())
    batch.refresh_from_db()
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 4), text


def test_described_columns_come_back_when_they_are_changed(desk: Client, steward: User) -> None:
    batch, data = described(SEXES, steward)
    post(desk, batch, data | {"code-columns-group_sex-5": LEAVE})
    batch.refresh_from_db()
    form = form_of(batch)
    assert not form.says_too_much
    again = filled(form)
    assert {name: again[name] for name in again if name.startswith("code-columns")} == {
        "code-columns-group_sex-2": "F", "code-columns-group_sex-3": "M", "code-columns-group_sex-4": WHOLE,
        "code-columns-group_sex-5": LEAVE,
    }  # fmt: skip
    made = batch.mapping
    post(desk, batch, again)
    batch.refresh_from_db()
    assert batch.mapping == made


@pytest.mark.parametrize(
    ("columns", "fits"),
    [
        ({"headings": {"w": {"sex": "F"}, "m": {"sex": "M"}}}, True),
        ({"headings": {"w": {"sex": "F", "age": "CHILD"}, "m": {"sex": "M"}}}, False),
        ({"headings": {"w": {"sex": "F", "beside": "all"}, "m": {"sex": "M"}}}, False),
    ],
)
def test_mapping_with_columns_that_differ_in_one_thing_is_offered(
    desk: Client, steward: User, columns: dict[str, Any], fits: bool
) -> None:
    mapping = {**MAPPING, "columns": columns, "numerator": "columns", "breakdowns": {}}
    saved = SavedMapping.objects.create(name="Wide", definition=mapping)
    batch, _data = described("place,year,w,m,all\nN1,2020,1,2,3\n", steward)
    page = desk.get(reverse("indicators:import_map", args=[batch.pk]), {"from": saved.pk}).content.decode()
    assert (f'<option value="{saved.pk}" selected>' in page) == fits
    assert ("This page cannot show the whole mapping" in page) != fits


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"across": ""}, "Say what the columns of figures differ in."),
        ({"number": "c2"}, "There is one column of figures, so nothing differs."),
        ({"period": "=", "period_always": "2020"}, "The columns side by side already say this"),
        ({"code-columns-period-2": LEAVE, "code-columns-period-3": LEAVE}, "what at least one column stands for"),
        ({"code-columns-period-2": "2019-13"}, "1 column has no meaning yet: “2019”"),
        ({"across": "nonsense"}, "Select a valid choice"),
    ],
)
def test_bad_answer_about_columns_is_told(desk: Client, steward: User, answers: dict[str, str], words: str) -> None:
    batch, data = described(YEARS, steward)
    assert words in words_of(post(desk, batch, data | answers).content.decode())
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.RECEIVED


def test_columns_of_something_else_are_shown_before_the_check(desk: Client, steward: User) -> None:
    batch, data = described(SEXES, steward)
    data = {name: value for name, value in data.items() if not name.startswith("code-columns")}
    assert "1 column has no meaning yet" in words_of(post(desk, batch, data).content.decode())
    shown = post(desk, batch, data | {"across": "group_age", "show": "1"}).content.decode()
    assert 'name="code-columns-group_age-2"' in shown
    assert "5 columns without a meaning" not in words_of(shown)


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("2019", "2019"), ("Year 2019", "2019"), ("pop_2019", "2019"), ("Año: 2019", "2019"), ("2019-Q1", "2019-Q1"),
        ("2019M03", "2019-03"), ("12019", None), ("2019 provisional", None), ("people", None), ("1234", None),
    ],
)  # fmt: skip
def test_headings_name_periods(heading: str, code: str | None) -> None:
    assert period_in(heading) == code


# --- What a file leaves open --------------------------------------------------------------------------------------------------

OPEN_NUMBERS = (
    "place,year,sex,people\nN1,2020,Women,24.512\nN2,2020,Women,10.430\nN3,2020,Women,987\nN4,2020,Women,11.000\n"
)


def test_number_with_two_readings_is_asked_about(desk: Client, steward: User) -> None:
    batch, data = described(OPEN_NUMBERS, steward, source_name="Office")
    page = desk.get(reverse("indicators:import_map", args=[batch.pk])).content.decode()
    assert "What does “24.512” mean?" in page
    assert "24,512: the sign separates thousands" in page
    assert "24.512: the sign is the decimal sign" in page
    assert "the file does not show it" in words_of(post(desk, batch, data).content.decode())
    assert not ImportBatch.objects.filter(state="checked").exists()
    post(desk, batch, data | {"reading": "thousands"})
    batch.refresh_from_db()
    assert (batch.state, batch.mapping["thousands"]) == ("checked", ".")
    imports.store_import(batch=batch)
    assert Observation.objects.aggregate(all=Sum("numerator"))["all"] == 46929


def test_number_that_shows_how_it_is_written_is_not_asked_about(steward: User) -> None:
    content = OPEN_NUMBERS.replace(",", ";").replace("11.000", "1.234.567")
    batch, data = described(content, steward)
    form = form_of(batch)
    assert "reading" not in form.fields
    assert (data["decimal"], data["thousands"]) == (",", ".")


def test_two_years_in_a_row_are_asked_about(desk: Client, steward: User) -> None:
    content = "place,course,sex,people\nN1,2009-10,Women,5\nN1,2010-11,Women,6\n"
    batch, data = described(content, steward, source_name="Office")
    assert form_of(batch)["period"].value() == "c1"
    assert not form_of(batch)["period_kind"].value()
    assert "This field is required" in words_of(post(desk, batch, data).content.decode())
    post(desk, batch, data | {"period_kind": "year"})
    batch.refresh_from_db()
    assert [message.code for message in batch.messages.all()] == ["span_of_years", "span_of_years"]
    post(desk, batch, data | {"period_kind": "school"})
    batch.refresh_from_db()
    imports.store_import(batch=batch)
    assert set(Observation.objects.values_list("period__code", flat=True)) == {"2009-SY", "2010-SY"}


def test_school_years_side_by_side(desk: Client, steward: User) -> None:
    batch, data = described("place,sex,2009/10,2010/11\nN1,Women,5,6\n", steward, source_name="Office")
    assert (data["number"], data["across"]) == (":columns", "period")
    data = {name: value for name, value in data.items() if not name.startswith("code-columns")} | {
        "period_kind": "school"
    }
    shown = post(desk, batch, data | {"show": "1"}).content.decode()
    assert "school year 2009/10" in shown
    post(desk, batch, data | {"code-columns-period-2": "2009-SY", "code-columns-period-3": "2010-SY"})
    batch.refresh_from_db()
    assert batch.state == "checked", [message_text(message) for message in batch.messages.all()]
    imports.store_import(batch=batch)
    assert set(Observation.objects.values_list("period__code", "numerator")) == {("2009-SY", 5), ("2010-SY", 6)}
