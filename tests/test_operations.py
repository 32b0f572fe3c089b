"""What operators rely on is in step with the code."""

import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands

from devtools.embedded.postgres import client_variables
from tests.factories_partnerships import PartnershipFactory, make_document
from tests.settings import another_redis_database


def test_every_variable_that_the_settings_read_is_explained_in_the_example():
    code = (settings.BASE_DIR / "integration_portal" / "settings.py").read_text()
    read = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"(\w+)\"", code))
    explained = set(re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 10
    assert read - explained == set()


@pytest.mark.parametrize(
    ("url", "further", "expected"),
    [
        (
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=0",
            8,
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=8",
        ),
        (
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=8",
            3,
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=11",
        ),
        ("redis://127.0.0.1:6379/0", 8, "redis://127.0.0.1:6379/8"),
        ("redis://:secret@queue/9", 8, "redis://:secret@queue/1"),
    ],
)
def test_tests_move_to_another_redis_database(url, further, expected):
    assert another_redis_database(url, further=further) == expected


@pytest.mark.parametrize(
    ("address", "variables"),
    [
        (
            "postgres://portal@:5432//tmp/portal-a/portal",
            {"PGHOST": "/tmp/portal-a", "PGPORT": "5432", "PGUSER": "portal", "PGDATABASE": "portal"},
        ),
        (
            "postgres://portal:se%40cret@db.example:5433/integration",
            {
                "PGHOST": "db.example",
                "PGPORT": "5433",
                "PGUSER": "portal",
                "PGPASSWORD": "se@cret",
                "PGDATABASE": "integration",
            },
        ),
    ],
)
def test_clients_are_told_the_database_of_the_portal(address, variables):
    assert client_variables(address) == variables


# --- Backup and restore, as the page says ---------------------------------------------------------------------------------

FILL = """
from django.core.files.base import ContentFile
from tests.factories import OrganisationFactory
from tests.factories_partnerships import PartnershipFactory, current_scale, make_document
current_scale()
OrganisationFactory(published=True, name="Kept by the backup")
partnership = PartnershipFactory(title="With papers")
for title in ("Old paper", "Paper that is taken back meanwhile"):
    make_document(partnership, title=title)
"""
OLD = """
import os
from partnerships.models import Document
os.utime(Document.objects.get(title="Old paper").file.path, (0, 0))
"""
TAKE_BACK = """
from functools import partial
from django.db import transaction
from partnerships.models import Document
for document in Document.objects.all():
    with transaction.atomic():
        transaction.on_commit(partial(document.file.storage.delete, document.file.name))
        document.delete()
"""
LOOK = """
from orgs.models import Organisation
from partnerships.models import Document
print(Organisation.objects.filter(name="Kept by the backup").count(), sorted((each.title, each.file.size) for each in Document.objects.all()))
"""


def commands_of(heading: str) -> list[str]:
    """The lines of the block below a heading of docs/operations.md, as somebody would type them."""
    page = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    block = re.search(rf"^### {heading}\n.*?^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert block, heading
    return block[1].splitlines()


class Checkout:
    """A folder in which the documented commands find what they find in a checkout, with a `var` of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path in settings.BASE_DIR.iterdir():
            if path.name not in ("var", "backup"):
                (folder / path.name).symlink_to(path)

    def run(self, command: str) -> str:
        gone = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "DEMO")
        kept = {name: value for name, value in os.environ.items() if name not in gone}
        ended = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=kept | {"VAR_DIR": str(self.folder / "var")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def shell(self, code: str) -> str:
        (self.folder / "code.py").write_text(code)
        return self.run(".venv/bin/python manage.py shell --no-imports < code.py")


def test_documented_backup_is_restored_whole_by_the_documented_commands(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.run(".venv/bin/python manage.py prepare && .venv/bin/python manage.py check_uploads")
    checkout.shell(FILL + OLD)
    before = checkout.shell(LOOK)
    assert before.startswith("1 [('Old paper', ")
    assert "Paper that is taken back meanwhile" in before
    key = (tmp_path / "var" / "secret_key").read_text()
    for command in commands_of("Back up a checkout"):
        checkout.run(command)
        if "pg_dump" in command:  # Somebody goes on working.
            checkout.shell(TAKE_BACK)
            assert checkout.shell(LOOK) == "1 []\n"
    assert oct((tmp_path / "backup").stat().st_mode & 0o777) == "0o700"
    for command in commands_of("Restore a checkout"):
        said = checkout.run(command)
    assert said == "2 uploads are there.\n"
    assert checkout.shell(LOOK) == before
    assert (tmp_path / "var" / "secret_key").read_text() == key
    assert (tmp_path / "var-before").is_dir()


def test_backups_do_not_reach_git_or_an_image():
    for name in (".gitignore", ".dockerignore"):
        lines = (settings.BASE_DIR / name).read_text().splitlines()
        assert {line.strip("/") for line in lines} >= {"backup*", "*.dump"}, name


@pytest.mark.django_db
def test_upload_that_is_missing_is_named():
    document = make_document(PartnershipFactory())
    call_command("check_uploads", stdout=io.StringIO())
    Path(document.file.path).unlink()
    said = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1 uploads are missing"):
        call_command("check_uploads", stderr=said)
    assert str(document.file.name) in said.getvalue()


def test_every_command_that_the_page_names_is_there():
    page = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    named = set(re.findall(r"manage\.py ([a-z_]+)", page))
    assert {"prepare", "check_uploads", "remove_second_step"} <= named
    assert named <= set(get_commands())
