import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from orgs.models import Territory, TerritoryImport
from tests.factories import TerritorySchemeFactory

pytestmark = pytest.mark.django_db


def load(path, content: str, *options: str) -> str:
    file = path / "places.csv"
    file.write_text(content, encoding="utf-8")
    said = io.StringIO()
    call_command("load_territories", str(file), "--scheme", "land", *options, stdout=said, stderr=said)
    return said.getvalue()


def test_shell_goes_the_same_steps(tmp_path):
    TerritorySchemeFactory(code="land")
    text = "code,name\n08,Barcelona\n08019,Barcelona\n"
    assert "2 new" in load(tmp_path, text, "--kind", "area", "--by-prefix", "--dry-run")
    assert not Territory.objects.exists()
    load(tmp_path, text, "--kind", "area", "--by-prefix")
    assert Territory.objects.get(code="08019").parent == Territory.objects.get(code="08")
    assert "0 new, 0 changed, 2 unchanged" in load(tmp_path, text, "--kind", "area", "--by-prefix")
    load(tmp_path, "code,name\nX,Under\n", "--kind", "area", "--parent", "land:08019")
    assert Territory.objects.get(code="X").parent.code == "08019"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("code,name\nA,\n", ["--kind", "area"]),
        ("code,name\nA,B\n", []),
        ("", []),
        ("code,name\nA,B\n", ["--parent", "land:?"]),
    ],
)
def test_what_is_wrong_stores_nothing(tmp_path, content, options):
    TerritorySchemeFactory(code="land")
    with pytest.raises(CommandError):
        load(tmp_path, content, *options)
    assert not Territory.objects.exists()
    assert not TerritoryImport.objects.exists()


def test_unknown_classification_is_said(tmp_path):
    with pytest.raises(CommandError):
        load(tmp_path, "code,name\nA,B\n")
