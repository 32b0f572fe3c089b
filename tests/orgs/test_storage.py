"""A disk that is full and a queue that hangs: it is said, nothing is half done, and the work goes on."""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from post_office.models import STATUS, Email

from indicators.models import ImportBatch
from orgs import queue
from orgs.mail.emails import queue_text
from orgs.models import Membership
from orgs.storage import A_DAY, NoRoom, WholeFileStorage, files_below, remove_orphans
from orgs.tasks import remove_orphaned_files
from partnerships.models import Document
from tests.factories import AuthorityFactory, MembershipFactory, TerritoryFactory, UserFactory
from tests.factories_partnerships import PartnershipFactory, make_document
from tests.processes import Queue

PDF = b"%PDF-1.7\n" + b"x" * 300_000


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """For this process, by its kernel: what is written beyond it fails in the middle of the file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def small_disk(media: Path) -> Iterator[Path]:
    """A file system of 128 KiB, where this machine lets us mount one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("Only root mounts a file system.")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(media)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("No file system can be mounted here.")
    yield media
    subprocess.run(["umount", str(media)], check=True)


def left_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in files_below(folder)]


# --- The disk ------------------------------------------------------------------------------------------------------------


def test_full_disk_leaves_no_half_file(small_disk: Path) -> None:
    with pytest.raises(NoRoom) as refused:
        default_storage.save("papers/agreement.pdf", ContentFile(PDF))
    assert "because the server is full" in str(refused.value)
    assert left_in(small_disk) == []
    assert default_storage.save("papers/agreement.pdf", ContentFile(b"small")) == "papers/agreement.pdf"


def test_file_that_breaks_off_leaves_nothing(media: Path) -> None:
    with no_file_larger_than(100_000), pytest.raises(NoRoom):
        default_storage.save("papers/agreement.pdf", ContentFile(PDF))
    assert left_in(media) == []


def test_folder_that_cannot_be_written_is_no_room(media: Path) -> None:
    (media / "papers").write_text("a file where a folder should be")
    with pytest.raises(NoRoom):
        default_storage.save("papers/agreement.pdf", ContentFile(PDF))


def test_kept_file_is_whole_private_and_writes_over_nothing(media: Path) -> None:
    first, second = (default_storage.save("a/paper.pdf", ContentFile(content)) for content in (PDF, b"other"))
    assert first == "a/paper.pdf"
    assert second != first
    assert (media / first).read_bytes() == PDF
    assert (media / second).read_bytes() == b"other"
    assert (media / first).stat().st_mode & 0o077 == 0
    assert (media / "a").stat().st_mode & 0o077 == 0


def test_two_at_once_of_one_name_are_two_files(media: Path) -> None:
    names: list[str] = []
    storage = WholeFileStorage()
    threads = [
        threading.Thread(
            target=lambda n=n: names.append(storage.save("same.txt", ContentFile(str(n).encode() * 50_000)))
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8
    assert sorted((media / name).read_bytes()[:1] for name in names) == [str(n).encode() for n in range(8)]


def officer_of(organisation: Any) -> Client:
    client = Client()
    user = UserFactory()
    MembershipFactory(user=user, organisation=organisation, role=Membership.Role.OFFICER)
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_person_is_told_that_the_paper_could_not_be_kept(media: Path) -> None:
    partnership = PartnershipFactory()
    authority = partnership.authority
    client = officer_of(authority)
    address = reverse("partnerships:document_add", args=[partnership.reference])
    form = client.get(address).context["form"]
    data = {
        "kind": form.fields["kind"].choices[1][0],
        "stage": form.fields["stage"].choices[1][0],
        "title": "Agreement",
        "dated_on": "2025-01-01",
    }
    with no_file_larger_than(100_000):
        response = client.post(address, data | {"file": SimpleUploadedFile("agreement.pdf", PDF)})
    assert response.status_code == 200
    assert "because the server is full" in response.content.decode()
    assert 'value="Agreement"' in response.content.decode()
    assert not Document.objects.exists()
    assert left_in(media) == []
    assert client.post(address, data | {"file": SimpleUploadedFile("agreement.pdf", PDF)}).status_code == 302
    assert Document.objects.get().file.size == len(PDF)


@pytest.mark.django_db
def test_steward_is_told_that_the_file_of_figures_could_not_be_kept(media: Path) -> None:
    authority = AuthorityFactory(territory=TerritoryFactory())
    user = UserFactory()
    MembershipFactory(user=user, organisation=authority, role=Membership.Role.STEWARD)
    client = Client()
    client.force_login(user)
    content = b"place,year,value\n" + b"N1,2020,1\n" * 20_000
    with no_file_larger_than(100_000):
        response = client.post(
            reverse("indicators:import_add"),
            {
                "authority": authority.pk,
                "mapping": "describe",
                "whole": "1",
                "file": SimpleUploadedFile("figures.csv", content),
            },
        )
    assert response.status_code == 200
    assert "because the server is full" in response.content.decode()
    assert not ImportBatch.objects.exists()
    assert left_in(media) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["partnerships:document_add", "indicators:import_add"])
def test_full_folder_for_temporary_files_is_said(name: str, settings: Any, tmp_path: Path) -> None:
    """Where a large upload waits while it comes in, before any form has seen it."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    partnership = PartnershipFactory()
    authority = partnership.authority
    client = officer_of(authority)
    MembershipFactory(user=authority.memberships.get().user, organisation=authority, role=Membership.Role.STEWARD)
    address = reverse(name, args=[partnership.reference] if "document" in name else [])
    with no_file_larger_than(100_000):
        response = client.post(address, {"title": "x", "file": SimpleUploadedFile("agreement.pdf", PDF)}, follow=True)
    assert response.status_code in (200, 507)
    assert "server is full" in response.content.decode()
    assert not Document.objects.exists()
    assert not ImportBatch.objects.exists()


@pytest.mark.django_db
def test_files_of_which_no_row_knows_are_swept_after_a_day(media: Path) -> None:
    document = make_document(PartnershipFactory())
    kept = str(document.file.name)
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        undone = str(make_document(PartnershipFactory()).file.name)
        raise ZeroDivisionError
    half = media / "imports" / ".0123.part"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"of a process that died")
    assert {kept, undone, "imports/.0123.part"} == set(left_in(media))
    assert remove_orphaned_files() == 0  # Its transaction may still be open.
    yesterday = time.time() - A_DAY - 60
    for path in files_below(media):
        os.utime(path, (yesterday, yesterday))
    assert remove_orphans(WholeFileStorage()) == sorted([undone, "imports/.0123.part"])
    assert left_in(media) == [kept]
    assert remove_orphaned_files() == 0


# --- The queue -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that takes every connection and never says a word."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    yield int(listener.getsockname()[1])
    listener.close()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_silent_until", 0.0)


@pytest.mark.django_db(transaction=True)
def test_hanging_redis_costs_a_moment_once_and_no_work(hanging: int, tmp_path: Path) -> None:
    broker = Queue(tmp_path)
    with broker:
        broker._send_to(f"redis://127.0.0.1:{hanging}/0")
        took = []
        for number in range(3):
            begun = time.monotonic()
            queue_text(to=f"{number}@portal.example", subject="Hello", body="Still here.")
            took.append(time.monotonic() - begun)
        assert took[0] < 2
        assert max(took[1:]) < 0.2
        assert Email.objects.filter(status=STATUS.queued, scheduled_time__lte=timezone.now()).count() == 3


@pytest.mark.django_db(transaction=True)
def test_queue_is_asked_again_when_it_is_back(hanging: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Queue(tmp_path) as broker:
        broker._send_to(f"redis://127.0.0.1:{hanging}/0")
        queue_text(to="a@portal.example", subject="Hello", body="One.")
        broker._send_to(broker.url)
        queue_text(to="b@portal.example", subject="Hello", body="Two.")
        assert waiting(broker) == 0
        monkeypatch.setattr(queue, "_silent_until", 0.0)  # Half a minute later.
        queue_text(to="c@portal.example", subject="Hello", body="Three.")
        assert waiting(broker) == 1


def waiting(broker: Queue) -> int:
    with redis.Redis.from_url(broker.url) as client:
        return int(client.llen("celery"))
