"""Files of large releases: made once by a worker, served as they stand; what is asked for beyond the limits keeps nobody from the portal."""

import contextlib
import datetime
import gzip
import http.client
import socket
import time

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from indicators.models import Release, ReleaseFile
from indicators.models.release import IN_THE_MAKING
from indicators.releases import actions as releases
from indicators.releases import file_actions as release_files
from indicators.releases.downloads.formats import FORMATS
from indicators.releases.file_actions import KEPT
from indicators.tasks import make_release_files
from orgs.file_turns import TURNS, turn
from orgs.locks import RegistryLock
from tests.indicators.land import Land, make_land
from tests.processes import free_port, started, wait_until


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: some here commit, or make another one."""
    return make_land()


State = ReleaseFile.State

# A number for each place and each of the first so many months.
FILL = """
    INSERT INTO indicators_releasedfigure (release_id, indicator_id, territory_id, period_id, breakdown_id, state, numerator, value,
        flags, origin, reporters, expected, periods_used, periods_expected, oldest_input_at)
    SELECT %(release)s, %(indicator)s, t.id, p.id, b.id, 'shown', p.id, p.id, 0, 'reported', 1, 1, 1, 1, now()
    FROM orgs_territory t, indicators_breakdown b, (SELECT id FROM indicators_period WHERE kind = 'month' ORDER BY id LIMIT %(months)s) AS p
    WHERE b.key = ''
"""


def published(land: Land, months: int) -> Release:
    """A release of one indicator in each place of the land and so many months."""
    land.observe("N1", "2020", 30, indicator="EVENTS")  # so that there is the total among the breakdowns
    release = Release.objects.create(note="Many")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [IN_THE_MAKING, str(release.pk)])
        cursor.execute(FILL, {"release": release.pk, "indicator": land.indicators["EVENTS"].pk, "months": months})
        release.figures_count = cursor.rowcount
        cursor.execute("SELECT set_config(%s, '', false)", [IN_THE_MAKING])
    indicator = land.indicators["EVENTS"]
    release.indicators.create(
        indicator=indicator, order=0, code=indicator.code, texts={"name": {"en": "Events"}}, domain=indicator.domain.code,
        unit=indicator.unit, factor=1, decimals=0, measure=indicator.measure, threshold=5, rounding=5,
        figures_count=release.figures_count, is_provisional=False,
    )  # fmt: skip
    release.state = Release.State.PREVIEW
    release.save()
    return releases.approve_release(release=release, note="Many")


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written at once is so little that a small release is a large one."""
    for one in list(FORMATS.values()):
        monkeypatch.setitem(FORMATS, one.ending, one._replace(at_once=9))


def fetch(client, release: Release, ending: str, **query) -> bytes:
    answer = client.get(address(release, ending), query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def address(release: Release, ending: str) -> str:
    return reverse("indicators:release_download", args=[release.pk, ending])


@pytest.mark.django_db
@pytest.mark.usefixtures("small_limits")
class TestLargeReleases:
    @pytest.fixture
    def release(self, land: Land) -> Release:
        return published(land, months=2)  # of eight places

    def test_every_format_is_made_in_every_language_and_only_once(self, release, settings):
        assert ReleaseFile.objects.filter(state=State.WAITING).count() == len(FORMATS) * len(settings.LANGUAGES)
        assert make_release_files() == len(FORMATS) * len(settings.LANGUAGES)
        assert not ReleaseFile.objects.exclude(state=State.READY).exists()
        assert make_release_files() == 0

    @pytest.mark.parametrize("wanted", FORMATS.values(), ids=lambda one: one.ending)
    def test_file_is_served_as_the_worker_made_it(self, client, release, wanted):
        before = client.get(address(release, wanted.ending))
        assert (before.status_code, before["Retry-After"], before["Cache-Control"]) == (503, "60", "no-store")
        make_release_files()
        answer = client.get(address(release, wanted.ending))
        assert (answer.status_code, answer["Content-Type"]) == (200, wanted.content_type)
        assert f"release-{release.pk}.{wanted.ending}" in answer["Content-Disposition"]
        content = b"".join(answer.streaming_content)
        with release.files.get(format=wanted.ending, language="en").file.open() as file:
            stored = file.read()
        assert content == (gzip.decompress(stored) if wanted.is_text else stored)
        assert b"2100" not in content
        if wanted.is_text:
            assert content.count(b"1900-02") >= 1
            packed = client.get(address(release, wanted.ending), headers={"accept-encoding": "br, gzip"})
            assert packed["Content-Encoding"] == "gzip"
            assert gzip.decompress(b"".join(packed.streaming_content)) == content
            refused = client.get(address(release, wanted.ending), headers={"accept-encoding": "gzip;q=0"})
            assert b"".join(refused.streaming_content) == content

    def test_part_is_written_at_once_within_the_limit_and_refused_beyond_it(self, client, release):
        part = client.get(address(release, "csv"), {"period": "1900-01"})
        assert b"".join(part.streaming_content).count(b"1900-01,") == 8
        much = client.get(address(release, "csv"), {"indicator": "EVENTS"})
        assert much.status_code == 400
        assert "have at most 9 cells" in much.content.decode()
        assert not ReleaseFile.objects.filter(attempts__gt=0).exists()

    def test_page_of_the_release_says_what_is_being_made_and_how_large_it_is(self, client, release):
        url = release.get_absolute_url()
        page = client.get(url).content.decode()
        assert page.count("This file is being made") == len(FORMATS)
        assert address(release, "csv") not in page
        make_release_files()
        page = client.get(url).content.decode()
        assert address(release, "csv") in page
        assert "bytes" in page or "KB" in page

    @pytest.mark.parametrize(
        ("ending", "limit"),
        [
            ("xlsx", "indicators.releases.downloads.tables.MOST_IN_A_SHEET"),
            ("json", "indicators.releases.downloads.json_stat.MOST_CELLS"),
        ],
    )
    def test_formats_that_cannot_hold_it_say_so(self, client, release, monkeypatch, ending, limit):
        monkeypatch.setattr(limit, 3)
        make_release_files()
        answer = client.get(address(release, ending))
        assert answer.status_code == 400
        assert "cannot hold that many cells" in answer.content.decode()
        assert "too large for this format" in client.get(release.get_absolute_url()).content.decode()

    def test_file_whose_maker_dies_three_times_is_given_up(self, release):
        release.files.update(attempts=ReleaseFile.MAX_ATTEMPTS)
        assert make_release_files() == 0
        assert set(release.files.values_list("state", flat=True)) == {State.FAILED}

    def test_file_that_a_dead_maker_left_is_replaced(self, release):
        name = default_storage.save(f"releases/{release.pk}-en.csv.gz", ContentFile(b"half"))
        make_release_files()
        stored = release.files.get(format="csv", language="en")
        assert stored.file.name == name
        assert stored.file.size == stored.size > 4

    def test_files_of_earlier_releases_go_after_a_month_and_are_made_again_when_asked_for(
        self, client, land, release, django_capture_on_commit_callbacks
    ):
        make_release_files()
        names = [file.file.name for file in release.files.all()]
        now = timezone.now() + KEPT + datetime.timedelta(minutes=1)
        assert release_files.remove_old_release_files(now=now) == 0
        Release.objects.create(state="published", published_at=timezone.now(), note="Newer")
        with django_capture_on_commit_callbacks(execute=True):
            assert release_files.remove_old_release_files(now=now) == len(names)
        assert not [name for name in names if default_storage.exists(name)]
        assert client.get(address(release, "csv")).status_code == 503
        assert make_release_files() == 1
        assert b"1900-01" in fetch(client, release, "csv")


@pytest.mark.django_db
def test_no_more_than_a_few_files_are_written_at_once(client, land):
    release = published(land, months=2)
    with contextlib.ExitStack() as held:
        others = [connection.copy() for _turn in range(TURNS)]
        for number, other in enumerate(others):
            held.callback(other.close)
            other.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [RegistryLock.DOWNLOAD.value, number])
        answer = client.get(address(release, "csv"))
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert b"1900-01" in fetch(client, release, "csv")
    request = RequestFactory().get("/")
    with turn(request) as first, turn(request) as second:
        assert (first, second) == (True, True)


@pytest.mark.django_db
def test_no_file_is_written_for_a_reader_who_left_before_her_turn(client, land):
    release = published(land, months=2)
    ours, hers = socket.socketpair()
    with ours, hers:
        client.defaults["gunicorn.socket"] = ours
        assert b"1900-01" in fetch(client, release, "csv")
        hers.sendall(b"GET /the/next HTTP/1.1")
        assert b"1900-01" in fetch(client, release, "csv")
        hers.close()
        ours.recv(100)
        assert client.get(address(release, "csv")).status_code == 503


@pytest.mark.django_db(transaction=True)
def test_portal_answers_while_visitors_ask_for_large_files_and_leave() -> None:
    release = published(make_land(), months=1240)
    assert 9_000 < release.figures_count <= FORMATS["xlsx"].at_once
    port = free_port()
    command = (
        "-m",
        "gunicorn",
        "integration_portal.wsgi",
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
        "--no-control-socket",
    )
    with started(*command, ALLOWED_HOSTS="127.0.0.1", PUBLIC_URL=f"http://127.0.0.1:{port}", DEMO="1"):
        wait_until(lambda: status_of(port, "/healthz") == 200, what="the web server")
        begun = time.monotonic()
        assert status_of(port, address(release, "xlsx")) == 200
        one_file = time.monotonic() - begun
        visitors = [socket.create_connection(("127.0.0.1", port)) for _visitor in range(16)]
        for visitor in visitors:
            visitor.sendall(f"GET {address(release, 'xlsx')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        for visitor in visitors:
            visitor.close()
        waits = []
        for path in ("/healthz", "/figures/releases/", "/healthz"):
            begun = time.monotonic()
            assert status_of(port, path) == 200
            waits.append(time.monotonic() - begun)
        # Two are written at once and the others are refused; one after the other they would take sixteen times as long.
        assert max(waits) < 4 * one_file + 1, (waits, one_file)
        # The work of those who left ends, and gives its turn back.
        begun = time.monotonic()
        wait_until(lambda: status_of(port, address(release, "xlsx")) == 200, what="a turn, of those who left")
        assert time.monotonic() - begun < 6 * one_file + 1


def status_of(port: int, path: str) -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        answer.read()
        return answer.status
    except OSError:
        return 0
    finally:
        link.close()
