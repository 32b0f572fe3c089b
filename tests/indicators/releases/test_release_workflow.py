"""A release from the draft to the frozen copy: who may take which step, what is refused, and what a dead worker leaves."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from indicators.models import (
    DirtyMark,
    Indicator,
    Release,
    ReleasedFigure,
    ReleasedIndicator,
    ReleaseFile,
)
from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.tasks import make_releases
from indicators.vocabulary import Flag
from orgs.models import User
from tests.factories import UserFactory
from tests.indicators.land import Land

State = Release.State


def administrator() -> User:
    user: User = UserFactory(is_staff=True)
    return user


def preview(land: Land, *, by=None, note="") -> Release:
    worker.roll_up()
    return releases.start_release(note=note, by=by)


def publish(land: Land, **about) -> Release:
    return releases.approve_release(release=preview(land, **about))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every release is one for the worker."""
    monkeypatch.setattr("indicators.releases.actions.LARGE", -1)


def test_small_release_is_a_preview_at_once_and_public_once_approved(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release = preview(land, by=UserFactory())
    assert (release.state, release.figures_count, release.new_count) == (State.PREVIEW, 3, 3)
    assert Release.objects.current() is None
    releases.approve_release(release=release, by=administrator())
    assert Release.objects.current() == release


def test_large_release_is_made_by_the_worker(land: Land, large: None) -> None:
    land.observe("N1", "2020", 30)
    release = preview(land)
    assert (release.state, release.figures.count()) == (State.DRAFT, 0)
    assert make_releases() == 1
    release.refresh_from_db()
    assert (release.state, release.figures.count()) == (State.PREVIEW, 3)
    assert make_releases() == 0
    assert release.figures.count() == 3


def test_worker_makes_nothing_while_figures_are_rolled_up(land: Land, large: None) -> None:
    release = preview(land)
    land.observe("N1", "2020", 30)
    assert make_releases() == 0
    release.refresh_from_db()
    assert (release.state, release.attempts) == (State.DRAFT, 0)
    worker.roll_up()
    assert make_releases() == 1


def test_release_that_failed_three_times_is_given_up(land: Land, large: None) -> None:
    land.observe("N1", "2020", 30)
    release = preview(land)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE indicators_releasedfigure ADD CONSTRAINT broken CHECK (reporters > 99)")
    for attempt in (1, 2, 3):
        assert make_releases() == 0
        release.refresh_from_db()
        assert (release.attempts, release.figures.count()) == (attempt, 0)
    assert release.state == State.FAILED
    assert "broken" in release.error
    assert releases.discard_release(release=release).state == State.DISCARDED


def test_only_one_release_is_open(land: Land) -> None:
    preview(land)
    with pytest.raises(ValidationError, match="being prepared"):
        releases.start_release()
    with pytest.raises(IntegrityError, match="release_one_open"), transaction.atomic():
        Release.objects.create()


def test_release_waits_for_the_rollup(land: Land) -> None:
    land.observe("N1", "2020", 30)
    assert DirtyMark.objects.exists()
    with pytest.raises(ValidationError, match="rolled up"):
        releases.start_release()
    assert not Release.objects.exists()


def test_discarded_release_leaves_its_row_and_no_figures(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release = releases.discard_release(release=preview(land), by=administrator())
    assert (release.state, release.figures.count(), release.indicators.count()) == (State.DISCARDED, 0, 0)
    for step in (releases.discard_release, releases.approve_release):
        with pytest.raises(ValidationError, match="already"):
            step(release=release)
    assert preview(land).state == State.PREVIEW


def test_published_release_is_neither_approved_again_nor_discarded(land: Land) -> None:
    release = publish(land)
    for step in (releases.discard_release, releases.approve_release):
        with pytest.raises(ValidationError, match="already"):
            step(release=release)
    assert Release.objects.get().state == State.PUBLISHED


def test_release_takes_two_people(land: Land) -> None:
    """By the page, by the action, and by the database."""
    maker, other = administrator(), administrator()
    release = preview(land, by=maker)
    with pytest.raises(ValidationError, match="somebody else"):
        releases.approve_release(release=release, by=maker)
    with pytest.raises(IntegrityError, match="release_takes_two_people"), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(
            state=State.PUBLISHED, published_at=timezone.now(), decided_by=maker
        )
    with pytest.raises(ValidationError, match="Another release"):
        releases.publish_release()
    assert releases.approve_release(release=release, by=other).decided_by == other
    assert Release.objects.count() == 1


def test_recalled_release_is_read_no_more_and_the_one_before_leads_again(
    land: Land, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    land.observe("N1", "2020", 30)
    first = publish(land)
    land.observe("N1", "2020", 41)
    second = publish(land, note="Counted again")
    page, file, other = (
        reverse("indicators:release_detail", args=[second.pk]),
        reverse("indicators:release_download", args=[second.pk, "csv"]),
        reverse("indicators:release_download", args=[first.pk, "csv"]),
    )
    chart = reverse("indicators:indicator_chart", args=["PEOPLE"]) + "?territory=test-land:N1"
    compared = reverse("indicators:compare_chart", args=["PEOPLE"]) + "?territory=test-land:N1&territory=test-land:CITY"
    for address in (chart, compared):
        assert ",41," in client.get(address).content.decode()
    etag = client.head(file).headers["ETag"]
    for cached in (client.head(file), client.head(other)):
        assert "max-age=300" in cached.headers["Cache-Control"], "what is recalled shall not stay in caches for a week"
        assert "immutable" not in cached.headers["Cache-Control"]
    stored = ReleaseFile.objects.create(
        release=second,
        format="csv",
        language="en",
        state="ready",
        size=2,
        made_at=timezone.now(),
        file="releases/x.csv",
    )
    kept = stored.file.storage.save("releases/x.csv", ContentFile(b"41"))
    ReleaseFile.objects.update(file=kept)
    admin = administrator()
    client.force_login(admin)
    recall = reverse("indicators:release_recall", args=[second.pk])
    assert "Give the reason for recalling it" in client.post(recall, {"reason": " "}).content.decode()
    assert Release.objects.current() == second
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(recall, {"reason": "A family could be told by it"}).status_code == 302
    assert not ReleaseFile.objects.filter(release=second).exists()
    assert not stored.file.storage.exists(kept), "the files that were made are gone too"
    client.logout()
    assert Release.objects.current() == first
    for address in (chart, compared):
        rows = client.get(address).content.decode()
        assert ",30," in rows
        assert ",41," not in rows
    for address in (page, file, file + "?indicator=PEOPLE"):
        gone = client.get(address)
        assert gone.status_code == 410
        assert "A family could be told by it" in gone.content.decode()
        assert "no-store" in gone.headers["Cache-Control"]
        assert ">41<" not in gone.content.decode()
    assert client.get(file, headers={"If-None-Match": etag}).status_code == 410, "no cache is told that its copy holds"
    assert client.head(file).status_code == 410
    still = client.get(other)
    assert b"".join(still.streaming_content)  # type: ignore[attr-defined]
    log = client.get(reverse("indicators:release_list")).content.decode()
    assert "A family could be told by it" in log
    assert str(admin) not in log, "who it was is not everybody's business"
    second.refresh_from_db()
    assert (second.recalled_by, second.state, second.figures.count()) == (admin, State.RECALLED, 3)
    for step in (releases.discard_release, releases.approve_release):
        with pytest.raises(ValidationError, match="already"):
            step(release=second)
    with pytest.raises(ValidationError, match="already"):
        releases.recall_release(release=second, reason="Twice")
    third = publish(land, note="Counted again")
    assert (Release.objects.current(), third.follows) == (third, first)


def test_only_release_is_recalled_and_nothing_is_public(land: Land, client: Client) -> None:
    land.observe("N1", "2020", 30)
    publish(land)
    chart = reverse("indicators:indicator_chart", args=["PEOPLE"]) + "?territory=test-land:N1"
    assert client.get(chart).status_code == 200
    releases.recall_release(release=Release.objects.get(), reason="Wrong file")
    assert Release.objects.current() is None
    assert client.get(chart).status_code == 404
    assert client.get(land.territories["CITY"].get_absolute_url()).status_code == 200


def test_preview_that_followed_a_recalled_release_is_made_again(land: Land) -> None:
    land.observe("N1", "2020", 30)
    first = publish(land)
    land.observe("N2", "2020", 30)
    second = preview(land)
    releases.recall_release(release=first, reason="Wrong file")
    with pytest.raises(ValidationError, match="changed in the meantime"):
        releases.approve_release(release=second)


@pytest.mark.parametrize(
    "change", [{"note": "Better"}, {"published_at": None}, {"state": State.PUBLISHED}, {"recall_reason": "Other"}]
)
def test_recall_is_the_only_change_of_a_published_release(land: Land, change: dict[str, Any]) -> None:
    land.observe("N1", "2020", 30)
    release = releases.recall_release(release=publish(land), reason="Wrong file")
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(**change)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        ReleasedFigure.objects.filter(release=release)._raw_delete("default")
    other = publish(land)
    with pytest.raises(IntegrityError, match="release_recalled_with_a_reason"), transaction.atomic():
        Release.objects.filter(pk=other.pk).update(state=State.RECALLED, recalled_at=timezone.now())
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Release.objects.filter(pk=other.pk).update(
            state=State.RECALLED, recalled_at=timezone.now(), recall_reason="Why", figures_count=1
        )


def test_correction_needs_a_note(land: Land) -> None:
    land.observe("N1", "2020", 30)
    publish(land)
    land.observe("N1", "2020", 40)
    release = preview(land)
    assert (release.new_count, release.changed_count, release.gone_count) == (0, 3, 0)
    with pytest.raises(ValidationError) as refusal:
        releases.approve_release(release=release, note=" ", by=administrator())
    assert list(refusal.value.error_dict) == ["note"]
    assert releases.approve_release(release=release, note="N1 was counted again", by=administrator()).note


def test_preview_counts_and_lists_what_changed(land: Land) -> None:
    land.observe("N1", "2020", 30)
    land.observe("N3", "2020", 1000)
    land.observe("N1", "2019", 7)
    publish(land)
    land.observe("N1", "2020", 90)
    land.observe("N2", "2021", 5)
    land.observe("N1", "2019", 7).delete()
    release = preview(land)
    assert (release.new_count, release.changed_count, release.gone_count) == (3, 3, 3)
    indicator = release.indicators.get(code="PEOPLE")
    assert (indicator.new_count, indicator.changed_count, indicator.gone_count) == (3, 3, 3)
    by_territory = {place["id"]: place for place in release.changes["territories"]}
    assert by_territory[land.territories["N2"].pk] | {"id": 0} == {"id": 0, "new": 1, "changed": 0, "gone": 0}
    largest = release.changes["largest"]
    assert [(Decimal(one["before"]), Decimal(one["after"])) for one in largest] == [(30, 90), (30, 90), (1030, 1090)]


def test_preview_says_how_many_are_small_and_how_many_protect_them(land: Land) -> None:
    Indicator.objects.filter(code="PEOPLE").update(threshold=5, rounding=5)
    for place, people in {"N1": 2, "N2": 30, "N3": 40, "N4": 50}.items():
        land.observe(place, "2020", people)
    release = preview(land)
    indicator = release.indicators.get()
    assert (indicator.suppressed_count, indicator.primary_count) == (release.suppressed_count, 1)
    assert indicator.complementary_count == release.suppressed_count - 1 > 0


def test_released_words_stay_when_the_catalogue_changes(land: Land) -> None:
    land.observe("N1", "2020", 30)
    old = publish(land)
    Indicator.objects.filter(code="PEOPLE").update(name="Folk", name_en="Folk", unit="days")
    land.observe("N2", "2020", 30)
    new = publish(land, note="New words")
    assert [(one.name, one.unit) for one in (old.indicators.get(), new.indicators.get())] == [
        ("PEOPLE", "count"),
        ("Folk", "days"),
    ]
    assert [source["name"] for source in new.indicators.get().sources] == ["Observed by hand"]


# --- Frozen -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE indicators_releasedfigure SET value = 1",
        "UPDATE indicators_releasedfigure SET release_id = {other} WHERE release_id = {release}",
        "UPDATE indicators_releasedfigure SET release_id = {release} WHERE release_id = {other}",
        "DELETE FROM indicators_releasedfigure WHERE release_id = {release}",
        (
            "INSERT INTO indicators_releasedfigure SELECT (r).* FROM (SELECT jsonb_populate_record(f, '{{\"period_id\": 1}}') "
            "AS r FROM indicators_releasedfigure f WHERE release_id = {release} LIMIT 1) AS made"
        ),
    ],
)
def test_no_statement_changes_the_figures_of_a_published_release(land: Land, change: str, trusted: bool) -> None:
    land.observe("N1", "2020", 30)
    release = publish(land)
    land.observe("N2", "2021", 30)
    other = preview(land)
    before = list(release.figures.order_by("pk").values())
    with connection.cursor() as cursor:
        if trusted:
            cursor.execute("SELECT set_config('portal.release_in_the_making', %s, true)", [str(release.pk)])
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            cursor.execute(change.format(release=release.pk, other=other.pk))
    assert list(release.figures.order_by("pk").values()) == before


def test_published_release_and_its_words_cannot_be_changed_or_deleted(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release = publish(land)
    for change in (
        lambda: Release.objects.update(note="Other"),
        lambda: Release.objects.update(state=State.PREVIEW, published_at=None),
        lambda: release.delete(),
        lambda: ReleasedIndicator.objects.update(unit="days"),
        lambda: ReleasedIndicator.objects.all().delete(),
        lambda: ReleasedFigure.objects.filter(release=release).update(state="missing", value=None, numerator=None),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()


def test_figures_of_a_preview_can_still_change(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release = preview(land)
    assert ReleasedFigure.objects.filter(release=release).update(flags=Flag.ESTIMATED) == 3
