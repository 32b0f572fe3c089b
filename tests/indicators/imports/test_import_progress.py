"""How far the worker is with a large file, as the page says it, without JavaScript too."""

import io
import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from indicators import tasks
from indicators.file_progress import FileProgress, claim, progress_of
from indicators.imports import actions as imports
from indicators.imports import engine
from indicators.imports.definition import read_mapping
from indicators.imports.progress import expected_figures
from indicators.models import ImportBatch
from tests.factories_indicators import StewardFactory
from tests.indicators.land import MAPPING, Land, make_land, table
from tests.pages import words_of


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: some here commit, or make another one."""
    return make_land()


ROWS = 40_000
FILE = table(*[("N1", 2020, "women", 10)] * ROWS)


class Slow(io.BytesIO):
    """A file that waits before its last half is read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.is_half_read, self.may_go_on = threading.Event(), threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > len(FILE) // 2:
            self.is_half_read.set()
            self.may_go_on.wait(30)
        return super().read(size)

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(size)


def test_rows_are_counted_while_they_are_read(lasting_land: Land) -> None:
    file, mapping = Slow(FILE), read_mapping(MAPPING)
    found: list[engine.Findings] = []

    def check() -> None:
        try:
            with transaction.atomic():
                claim(77)
                found.append(engine.examine(file, mapping))
        finally:
            connection.close()

    assert progress_of(77, ROWS) == FileProgress()
    checker = threading.Thread(target=check)
    checker.start()
    assert file.is_half_read.wait(30)
    progress = progress_of(77, ROWS)
    file.may_go_on.set()
    checker.join(60)
    assert progress.is_begun
    assert progress.read is not None
    assert ROWS // 4 < progress.read < ROWS
    assert progress.percent is not None
    assert 25 < progress.percent < 75
    assert "of about 40,000 figures" in progress.words
    assert found[0].rows_read == ROWS
    assert progress_of(77) == FileProgress()


@pytest.mark.django_db
def test_page_says_that_approval_is_in_the_queue_under_way_and_done(
    client: Client, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    steward = StewardFactory(organisation__territory=land.territories["CITY"])
    client.force_login(steward.user)
    file = SimpleUploadedFile(
        "figures.csv", table(*[(place, 2020, "women", 100) for place in ("N1", "N2", "N3", "N4")])
    )
    batch = imports.ingest(mapping=MAPPING, file=file, authority=steward.organisation)
    batch = imports.store_import(batch=batch)
    page = batch.get_absolute_url()
    client.post(f"{page}approve/", follow=True)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.APPROVING
    assert "It is in the queue." in words_of(client.get(page).content.decode())
    with transaction.atomic():
        claim(batch.pk)
        body = client.get(page).content.decode()
        assert "It is in the queue." not in words_of(body)
        assert '<progress id="check"' in body
        assert "The figures are being approved" in words_of(body)
    tasks.work_on_imports()
    body = client.get(page).content.decode()
    assert '<progress id="check"' not in body
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.APPROVED


def mapping_of(**entries: Any) -> Any:
    return read_mapping(MAPPING | entries)


@pytest.mark.parametrize(
    ("content", "mapping", "expected"),
    [
        (FILE, {}, ROWS),
        (b"place,year,w,m\n" + b"N1,2020,1,2\n" * 900, {"columns": {"headings": {"w": {"sex": "F"}, "m": {"sex": "M"}}}, "numerator": "columns", "breakdowns": {}}, 1800),
        (FILE, {"where": {"sex": ["women"]}}, None),
        (b"\x1f\x8b" + FILE, {}, None),
        (FILE, {"format": "xlsx"}, None),
        (b"place,year,sex,people\n", {}, None),
    ],
)  # fmt: skip
def test_number_of_figures_is_guessed_by_the_first_lines(
    content: bytes, mapping: dict[str, Any], expected: int | None
) -> None:
    guessed = expected_figures(io.BytesIO(content), len(content), mapping_of(**mapping))
    assert guessed is expected or (guessed is not None and expected is not None and abs(guessed / expected - 1) < 0.01)


def test_words_of_each_stage() -> None:
    assert (FileProgress().percent, FileProgress().words) == (None, "It is in the queue.")
    assert FileProgress(True, 1234).words == "1,234 figures are read so far."
    assert FileProgress(True, 500, 1000).percent == 50
    assert FileProgress(True, 5000, 1000).percent == 99
    assert (FileProgress(True).percent, FileProgress(True).words[:21]) == (99, "All figures are read.")


@pytest.mark.django_db
def test_waiting_page_says_how_far_it_is(client: Client, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)
    steward = StewardFactory(organisation__territory=land.territories["CITY"])
    client.force_login(steward.user)
    batch = imports.ingest(
        from_page=True, mapping=MAPPING, file=SimpleUploadedFile("figures.csv", FILE), authority=steward.organisation
    )
    assert "It is in the queue." in words_of(client.get(batch.get_absolute_url()).content.decode())
    with transaction.atomic():
        claim(batch.pk)
        page = client.get(batch.get_absolute_url()).content.decode()
        assert "All figures are read." in words_of(page)
        assert '<progress id="check" value="99" max="100">' in page
    tasks.work_on_imports()
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.REFUSED  # One cell, forty thousand times.
    assert "All figures are read." not in client.get(batch.get_absolute_url()).content.decode()
