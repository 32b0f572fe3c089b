"""The steward's desk: bringing a file in, seeing what is wrong with it, letting it count, taking it back."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from indicators.models import (
    DirtyMark,
    Figure,
    ImportBatch,
    ImportMessage,
    Observation,
    Release,
    RollupRun,
    SavedMapping,
    Slice,
)
from indicators.releases.actions import publish_release
from indicators.rollup import worker
from indicators.vocabulary import Status
from tests.factories import TerritoryFactory, UserFactory
from tests.factories_indicators import (
    ImportBatchFactory,
    IndicatorFactory,
    ReleaseFactory,
    SavedMappingFactory,
    StewardFactory,
    breakdown,
    definition_for,
    observed,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
CREATE = reverse("indicators:import_add")
FINE = b"place,year,people\nM,2016,100\nM,2017,120\n"


@pytest.fixture
def city():
    return TerritoryFactory(name="Rivertown", code="M")


@pytest.fixture
def indicator():
    breakdown()
    return IndicatorFactory(code="PEOPLE", threshold=0, rounding=1)


@pytest.fixture
def mapping(city, indicator) -> SavedMapping:
    return SavedMappingFactory(name="Residents", definition=definition_for(indicator, city))


@pytest.fixture
def steward(city):
    return StewardFactory(organisation__territory=city).user


@pytest.fixture
def desk(client, steward) -> Client:
    client.force_login(steward)
    return client


def csv_file(content=FINE, name="people.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def upload(client, mapping, content=FINE, **data):
    authority = StewardFactory._meta.model.objects.filter(role="steward").values_list("organisation", flat=True).first()
    return client.post(
        CREATE,
        {"authority": authority, "mapping": mapping.pk, "file": csv_file(content), "whole": "1", **data},
        follow=True,
    )


# --- Who may ------------------------------------------------------------------------------------------------------------


def pages_of_the_desk(batch):
    return [
        reverse("indicators:import_list"),
        CREATE,
        batch.get_absolute_url(),
        reverse("indicators:import_messages", args=[batch.pk]),
        reverse("indicators:import_progress", args=[batch.pk]),
        reverse("indicators:run_list"),
        reverse("indicators:release_add"),
    ]


def test_desk_is_for_stewards_managers_and_administrators(client, city):
    batch = ImportBatchFactory(authority__territory=city)
    for url in pages_of_the_desk(batch):
        assert client.get(url).status_code == 302, url  # to the login
    for role in ("officer", "viewer"):
        client.force_login(StewardFactory(organisation=batch.authority, role=role).user)
        for url in pages_of_the_desk(batch):
            assert client.get(url).status_code == 403, url
    people = [StewardFactory(organisation=batch.authority, role=role).user for role in ("steward", "manager")]
    for person in [*people, UserFactory(is_staff=True)]:
        client.force_login(person)
        asked = client.get(reverse("indicators:import_messages", args=[batch.pk]))
        assert asked["Location"].startswith(reverse("indicators:batch_access", args=[batch.pk])), "a reason first"
        client.post(reverse("indicators:batch_access", args=[batch.pk]), {"reason": "To see what is wrong in it"})
        for url in pages_of_the_desk(batch):
            assert client.get(url).status_code == 200, url


def test_imports_of_another_authority_do_not_exist(desk):
    other = ImportBatchFactory()
    assert desk.get(other.get_absolute_url()).status_code == 404
    for step in ("store", "approve", "undo"):
        assert desk.post(reverse(f"indicators:import_{step}", args=[other.pk])).status_code == 404
    assert other.file_name not in desk.get(reverse("indicators:import_list")).content.decode()


def test_steps_are_taken_by_post_only(desk, steward):
    batch = ImportBatchFactory(authority=steward.memberships.get().organisation)
    for step in ("store", "approve", "undo"):
        assert desk.get(reverse(f"indicators:import_{step}", args=[batch.pk])).status_code == 405


def test_upload_without_its_token_is_refused(steward, mapping):
    client = Client(enforce_csrf_checks=True)
    client.force_login(steward)
    assert upload(client, mapping).status_code == 403
    assert not ImportBatch.objects.exists()


def test_nobody_imports_in_the_name_of_another_authority(desk, mapping):
    other = StewardFactory().organisation
    response = desk.post(CREATE, {"authority": other.pk, "mapping": mapping.pk, "file": csv_file()})
    assert response.status_code == 200
    assert not ImportBatch.objects.exists()


# --- The whole way ------------------------------------------------------------------------------------------------------


def test_from_the_file_to_the_public_page(desk, steward, mapping, city, indicator, client):
    response = upload(desk, mapping)
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.cells_new, batch.created_by) == (ImportBatch.State.CHECKED, 2, steward)
    assert batch.authority == steward.memberships.get().organisation
    assert not Observation.objects.exists()
    assert "Store and send for approval" in words_of(response.content.decode())

    response = desk.post(reverse("indicators:import_store", args=[batch.pk]), follow=True)
    assert Observation.objects.filter(status=Status.SUBMITTED).count() == 2
    assert "Approve" in words_of(response.content.decode())

    response = desk.post(reverse("indicators:import_approve", args=[batch.pk]), follow=True)
    assert Observation.objects.filter(status=Status.APPROVED, approved_by=steward).count() == 2
    progress = reverse("indicators:import_progress", args=[batch.pk])
    assert f'data-hx-get="{progress}"' in response.content.decode()
    assert "The figures are being rolled up" in words_of(response.content.decode())
    assert f'data-hx-get="{progress}"' in desk.get(progress).content.decode()

    worker.roll_up()
    done = desk.get(progress).content.decode()
    assert "The figures are rolled up" in words_of(done)
    assert "hx-get" not in done

    response = desk.post(reverse("indicators:release_add"), {"note": "First figures"}, follow=True)
    assert "Figures in all 2 Protected 0 New 2" in words_of(response.content.decode())
    approve = reverse("indicators:release_approve", args=[Release.objects.get().pk])
    refused = desk.post(approve, {"note": "First figures"}, follow=True)
    assert "so somebody else has to approve it" in words_of(refused.content.decode())
    desk.force_login(StewardFactory(organisation=steward.memberships.get().organisation, role="manager").user)
    response = desk.post(approve, {"note": "First figures"}, follow=True)
    release = Release.objects.current()
    assert (release.note, release.created_by, release.figures_count) == ("First figures", steward, 2)
    assert "First figures" in words_of(response.content.decode())
    desk.logout()
    assert "120" in words_of(client.get(city.get_absolute_url()).content.decode())


def test_undo_takes_the_figures_back(desk, mapping):
    upload(desk, mapping)
    batch = ImportBatch.objects.get()
    for step in ("store", "approve", "undo"):
        response = desk.post(reverse(f"indicators:import_{step}", args=[batch.pk]), follow=True)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.UNDONE
    assert not Figure.objects.exists()
    assert "undone" in words_of(response.content.decode())


def test_a_step_taken_twice_says_so_and_changes_nothing(desk, mapping):
    upload(desk, mapping)
    batch = ImportBatch.objects.get()
    url = reverse("indicators:import_store", args=[batch.pk])
    desk.post(url)
    response = desk.post(url, follow=True)
    assert "This import is already in the state" in words_of(response.content.decode())
    assert Observation.objects.count() == 2


def test_a_file_that_is_already_held_has_nothing_to_store(desk, mapping):
    upload(desk, mapping)
    first = ImportBatch.objects.get()
    for step in ("store", "approve"):
        desk.post(reverse(f"indicators:import_{step}", args=[first.pk]))
    response = upload(desk, mapping)
    assert "There is nothing to store" in words_of(response.content.decode())


# --- Bad files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        (b"place,year\nM,2017\n", 1, "people", "The column “people” is not in the file"),
        (b"place,year,people\nX,2017,5\n", 2, "place", "“X” is not a territory"),
        (b"place,year,people\nM,2016,5\nM,2017,many\n", 3, "people", "“many” is not a number"),
        (b"place,year,people\nM,2017,5\nM,2017,6\n", 3, "", "The cell occurs twice"),
        (b"\x89PNG\r\n\x00\x01", 1, "", "not a text file"),
        (b"place,year,people\n", 1, "", "no rows"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_column(desk, mapping, content, line, column, words):
    response = upload(desk, mapping, content)
    assert response.status_code == 200
    batch = ImportBatch.objects.get()
    assert batch.state == ImportBatch.State.REFUSED
    assert not Observation.objects.exists()
    message = batch.messages.first()
    assert (message.line, message.column) == (line, column)
    text = words_of(response.content.decode())
    assert words in text
    assert "nothing of it is stored" in text
    assert "Store and send" not in text


def test_an_empty_file_gets_a_message(desk, mapping):
    text = words_of(upload(desk, mapping, b"").content.decode())
    assert "The file is empty" in text
    assert not ImportBatch.objects.exists()


def test_a_file_above_the_limit_gets_a_message_and_is_not_kept(desk, mapping, settings):
    settings.IMPORT_MAX_BYTES = 100_000
    response = upload(desk, mapping, b"place,year,people\n" + b"M,2017,5\n" * 40_000)
    html = response.content.decode()
    assert response.status_code == 200
    assert "The file is larger than 97.7" in words_of(html)
    assert "<title>Error:" in html
    assert f'<option value="{mapping.pk}" selected>' in html  # what was chosen is kept
    assert not ImportBatch.objects.exists()


def test_a_file_of_fifty_megabytes_gets_a_message(desk, mapping):
    response = upload(desk, mapping, b"place,year,people\n" + b"M,2017,5\n" * (50 * 1024 * 1024 // 9))
    assert "The file is larger than 40.0" in words_of(response.content.decode())
    assert not ImportBatch.objects.exists()


def test_a_file_far_too_large_is_refused_by_its_announced_size(desk, settings):
    response = desk.post(CREATE, {"mapping": "1"}, CONTENT_LENGTH=str(settings.IMPORT_MAX_BYTES * 11), follow=True)
    assert "The file is larger than" in words_of(response.content.decode())


def test_a_pasted_mapping_beyond_all_measure_gets_a_message(desk, settings):
    response = desk.post(CREATE, {"definition": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}, follow=True)
    assert response.status_code == 200
    assert not ImportBatch.objects.exists()


def test_messages_are_a_table_that_no_spreadsheet_executes(desk, steward):
    batch = ImportBatchFactory(
        authority=steward.memberships.get().organisation,
        state=ImportBatch.State.REFUSED,
        problems=1,
        created_by=steward,
    )
    ImportMessage.objects.create(batch=batch, code="not_a_number", line=7, column="people", value="=1+1", rows=3)
    response = desk.get(reverse("indicators:import_messages", args=[batch.pk]))
    assert "attachment" in response["Content-Disposition"]
    head, row = csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")))
    assert head[0] == "Line"
    assert row[:4] == ["7", "people", "'=1+1", "3"]
    assert "is not a number" in row[4]


# --- Mappings -----------------------------------------------------------------------------------------------------------


def test_a_mapping_of_ones_own_as_text_or_file(desk, city, indicator, steward):
    authority = steward.memberships.get().organisation.pk
    definition = json.dumps(definition_for(indicator, city))
    desk.post(
        CREATE, {"authority": authority, "mapping": "own", "definition": definition, "file": csv_file(), "whole": 1}
    )
    given = SimpleUploadedFile("own.json", definition.encode())
    desk.post(
        CREATE, {"authority": authority, "mapping": "own", "definition_file": given, "file": csv_file(), "whole": 1}
    )
    assert list(ImportBatch.objects.order_by("pk").values_list("state", "mapping_name")) == [
        ("checked", "own mapping"),
        ("checked", "own.json"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"mapping": ""}, "This field is required"),
        ({"mapping": "own"}, "Give the mapping, as a file or as text"),
        ({"mapping": "own", "definition": '{"source": \n oops}'}, "not valid JSON: line 2, column 2"),
        ({"mapping": "own", "definition": "[]"}, "A mapping is a JSON object"),
        ({"mapping": "own", "definition": '{"colour": 1}'}, "colour"),
        ({"definition": "{}"}, "not both"),
    ],
)
def test_a_bad_mapping_is_told_on_the_form(desk, mapping, steward, data, words):
    authority = steward.memberships.get().organisation.pk
    response = desk.post(
        CREATE, {"authority": authority, "mapping": mapping.pk, "file": csv_file(), "whole": 1, **data}
    )
    assert words in words_of(response.content.decode())
    assert not ImportBatch.objects.exists()


def test_an_empty_table_and_the_mapping_can_be_downloaded(desk, mapping):
    response = desk.get(reverse("indicators:mapping_template", args=[mapping.pk]))
    assert response.getvalue().decode("utf-8-sig").strip() == "place,year,people"
    response = desk.get(reverse("indicators:mapping_download", args=[mapping.pk]))
    assert response.json() == mapping.definition


def test_kind_of_file_is_recognised_by_its_columns(desk, mapping, steward):
    SavedMappingFactory(name="Others", definition=mapping.definition | {"numerator": {"column": "households"}})
    codes = {"column": "place", "codes": {"Elsewhere": "M"}, "scheme": mapping.definition["territory"]["scheme"]}
    SavedMappingFactory(name="Names", definition=mapping.definition | {"territory": codes})
    data = {"authority": steward.memberships.get().organisation.pk, "mapping": "recognise", "whole": 1}
    desk.post(CREATE, data | {"file": csv_file()})
    batch = ImportBatch.objects.get()
    assert (batch.mapping_name, batch.state) == ("Residents", "checked")
    response = desk.post(CREATE, data | {"file": csv_file(b"a,b\n1,2\n")}, follow=True)
    assert "Say what its columns mean" in words_of(response.content.decode())
    assert ImportBatch.objects.first().state == "received"


# --- Lists --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "language", "words"),
    [
        ({"title": {"en": "Residents by age", "es": "Residentes por edad"}}, "en", "Residents by age"),
        ({"title": {"en": "Residents by age", "es": "Residentes por edad"}}, "es", "Residentes por edad"),
        ({"title": {"en": "Residents by age"}}, "fr", "Residents by age"),
        ({}, "en", "city_people"),
        ({"title": "Residents"}, "en", "city_people"),
    ],
)
def test_import_names_its_kind_of_file_in_the_readers_language(desk, steward, definition, language, words):
    authority = steward.memberships.get().organisation
    batch = ImportBatchFactory(authority=authority, mapping=definition, mapping_name="city_people")
    steward.language = language
    steward.save()
    for url in (batch.get_absolute_url(), reverse("indicators:import_list")):
        html = desk.get(url).content.decode()
        assert words in html
        assert ("city_people" in words_of(html)) == (words == "city_people")


def test_imports_are_filtered_by_state(desk, steward):
    authority = steward.memberships.get().organisation
    ImportBatchFactory(authority=authority, file_name="fine.csv")
    ImportBatchFactory(authority=authority, file_name="bad.csv", state=ImportBatch.State.REFUSED)
    url = reverse("indicators:import_list")
    text = words_of(desk.get(url).content.decode())
    assert "fine.csv" in text
    assert "bad.csv" in text
    text = words_of(desk.get(url, {"state": "refused"}).content.decode())
    assert "fine.csv" not in text
    assert "bad.csv" in text
    assert "No imports here" in words_of(desk.get(url, {"state": "undone"}).content.decode())


def test_runs_show_what_waits_and_what_was_given_up(desk, indicator, city):
    RollupRun.objects.create(claimed_by="worker:1", state=RollupRun.State.DONE, figures=12)
    observed(indicator, city, "2017", 5)
    url = reverse("indicators:run_list")
    text = words_of(desk.get(url).content.decode())
    assert "1 place is to be rolled up" in text
    assert "worker:1" in text
    Slice.objects.update(attempts=3, parked_at="2026-01-01T00:00Z", error="ArithmeticError: too much")
    text = words_of(desk.get(url).content.decode())
    assert "Failed" in text
    assert "too much" in text


def test_no_release_while_figures_wait_for_the_rollup(desk, indicator, city):
    observed(indicator, city, "2017", 5)
    assert DirtyMark.objects.exists()
    response = desk.post(reverse("indicators:release_add"), {"note": ""})
    assert "still being rolled up" in words_of(response.content.decode())
    assert not Release.objects.exists()


def test_preview_counts_what_is_new_changed_gone_and_small(desk, city):
    small = IndicatorFactory(threshold=5, rounding=5)
    breakdown()
    observed(small, city, "2015", 100)
    changing = observed(small, city, "2016", 100)
    going = observed(small, city, "2017", 100)
    worker.roll_up()
    publish_release()
    for old in (changing, going):
        old.status = Status.SUPERSEDED
        old.save()
    observed(small, city, "2016", 3)
    observed(small, city, "2018", 50)
    worker.roll_up()
    desk.post(reverse("indicators:release_add"), {"note": ""})
    release = Release.objects.open().get()
    desk.force_login(UserFactory(is_staff=True))
    response = desk.get(release.get_absolute_url())
    counts = (release.figures_count, release.new_count, release.changed_count, release.gone_count)
    assert counts == (3, 1, 1, 1)
    assert release.indicators.get().primary_count == 1
    text = words_of(response.content.decode())
    assert "the note has to say why" in text
    assert "The largest changes" in text
    refused = desk.post(reverse("indicators:release_approve", args=[release.pk]), {"note": ""}, follow=True)
    assert "say why" in words_of(refused.content.decode())
    assert Release.objects.current() != release


def test_release_list_is_empty_at_first_and_then_names_the_current_one(desk):
    url = reverse("indicators:release_list")
    assert "Nothing is published yet" in words_of(desk.get(url).content.decode())
    ReleaseFactory(note="Second thoughts")
    assert "Second thoughts" in words_of(desk.get(url).content.decode())
