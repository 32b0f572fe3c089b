"""Uploads: told from their bytes, stored under a name that says nothing, served to those who may read them, always as a download."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from partnerships.models import Document
from partnerships.vocabulary import PartnershipState
from tests.factories_partnerships import PDF, make_document
from tests.partnerships.conftest import content_of

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 40
JPG = bytes.fromhex("ffd8ffe000104a46494600010101004800480000") + b"\0" * 40


def office(*names, mimetype=""):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")
ODT = office("content.xml", mimetype="application/vnd.oasis.opendocument.text")
ODS = office("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet")


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (PDF, "pdf"),
        (DOCX, "docx"),
        (XLSX, "xlsx"),
        (ODT, "odt"),
        (ODS, "ods"),
        (PNG, "png"),
        (JPG, "jpg"),
        ("Acta de la reunión\nسلام\n".encode(), "txt"),
        (b"\xef\xbb\xbfWith a byte order mark", "txt"),
    ],
)
def test_known_kinds_are_taken_whatever_they_are_called(world, content, extension):
    partnership = world.partnership()
    document = make_document(partnership, file=SimpleUploadedFile("minutes.exe", content))
    assert document.file_name == f"minutes.{extension}"
    assert Path(document.file.path).read_bytes() == content
    assert Path(document.file.path).name.isalnum()


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + b"\0" * 100,
        b"\x7fELF" + b"\0" * 100,
        b"GIF89a" + b"\0" * 50,
        b"PK\x03\x04 broken",
        office("payload.js"),
        office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        office("content.xml", "Basic/script.xml", mimetype="application/vnd.oasis.opendocument.text"),
        office("content.xml", mimetype="application/vnd.oasis.opendocument.presentation"),
        office("content.xml", mimetype="text/html"),
        "Rés".encode("latin-1") + b"\xff\xfe",
        b"text with \x00 in it",
        b"\x1b[31mterminal",
        b"{\\rtf1 x}",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    ],
)
def test_other_kinds_are_refused_and_nothing_is_stored(world, content):
    with pytest.raises(ValidationError, match="is not accepted"):
        make_document(world.partnership(), file=SimpleUploadedFile("minutes.pdf", content, "application/pdf"))
    assert not Document.objects.exists()


def test_empty_and_large_files_are_refused(world, settings):
    partnership = world.partnership()
    with pytest.raises(ValidationError, match="empty"):
        make_document(partnership, file=SimpleUploadedFile("minutes.pdf", b""))
    settings.DOCUMENT_MAX_BYTES = 100
    with pytest.raises(ValidationError, match="too large"):
        make_document(partnership, file=SimpleUploadedFile("minutes.pdf", PDF + b"0" * 100))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ana\\acta final.pdf", "acta_final.pdf"),
        ('x"; filename="evil.html', "x_filenameevil.pdf"),
        ("محضر.pdf", "محضر.pdf"),
        ("...", "document.pdf"),
        (".pdf", "document.pdf"),
        ("a" * 300 + ".pdf", "a" * 150 + ".pdf"),
        ("line\nbreak.pdf", "linebreak.pdf"),
    ],
)
def test_names_are_made_safe(world, given, kept):
    upload = SimpleUploadedFile("x.pdf", PDF)
    upload._name = given  # as a client of ours might send it, past Django's own cleaning
    assert make_document(world.partnership(), file=upload).file_name == kept


def test_the_same_document_twice_is_refused(world):
    partnership = world.partnership()
    make_document(partnership, content=PDF)
    with pytest.raises(ValidationError, match="already here"):
        make_document(partnership, content=PDF)


def url_of(document):
    return reverse("partnerships:document_download", args=[document.partnership.reference, document.pk])


@pytest.mark.parametrize("content", [PDF, b"<script>alert(1)</script>"])
def test_download_is_never_shown_inside_the_portal(client, world, content):
    document = make_document(world.partnership(), content, is_public=True)
    response = client.get(url_of(document))
    assert content_of(response) == content
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "text/html" not in response["Content-Type"]


READERS = {
    "manager",
    "officer",
    "steward",
    "authority_viewer",
    "owner",
    "editor",
    "partner_viewer",
    "reviewer",
    "own_reviewer",
    "administrator",
}
AUTHORITY = {"manager", "officer", "steward", "authority_viewer", "own_reviewer"}


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("state", PartnershipState)
def test_who_reads_a_document(client, world, state, is_public):
    """Drafts are the authority's; private papers the parties' and reviewers'; public ones everybody's once it is published."""
    partnership = world.partnership(state=state)
    document = make_document(partnership, is_public=is_public)
    everybody = {*world.people(), "anonymous"}
    expected = {*AUTHORITY, "administrator"} if state == PartnershipState.DRAFT else READERS
    if is_public and partnership.is_published:
        expected = everybody
    found = set()
    for name, person in [*world.people().items(), ("anonymous", None)]:
        client.logout()
        if person:
            client.force_login(person)
        response = client.get(url_of(document))
        if response.status_code == 200:
            found.add(name)
            assert b"%PDF" in content_of(response)
        else:
            assert response.status_code == 404
    assert found == expected


def test_document_under_another_partnership_is_not_there(client, world):
    document = make_document(world.partnership(), is_public=True)
    other = world.partnership()
    response = client.get(reverse("partnerships:document_download", args=[other.reference, document.pk]))
    assert response.status_code == 404


def test_document_whose_file_is_gone_is_not_there(client, world):
    document = make_document(world.partnership(), is_public=True)
    Path(document.file.path).unlink()
    assert client.get(url_of(document)).status_code == 404


def test_upload_form_says_what_is_wrong_at_the_file(client, world):
    partnership = world.partnership()
    client.force_login(world.officer)
    response = client.post(
        reverse("partnerships:document_add", args=[partnership.reference]),
        {
            "kind": "minutes",
            "stage": "planning",
            "title": "Minutes",
            "dated_on": "2025-03-01",
            "file": SimpleUploadedFile("minutes.pdf", b"MZ\x90\x00" + b"\0" * 100),
        },
    )
    assert "is not accepted" in response.context["form"].errors["file"][0]
    assert not Document.objects.exists()
