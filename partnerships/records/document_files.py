"""What a person may upload as a document: told from the bytes, never from the name or from what the browser says."""

import zipfile
from typing import Any, NamedTuple

import filetype
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
EXTENSIONS = {
    "application/pdf": "pdf",
    f"{OPEN}text": "odt",
    f"{OPEN}spreadsheet": "ods",
    f"{OFFICE}wordprocessingml.document": "docx",
    f"{OFFICE}spreadsheetml.sheet": "xlsx",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/plain": "txt",
}
# For the `accept` of the file field: a help to the person who chooses, no protection.
ACCEPT = ",".join(f".{extension}" for extension in [*EXTENSIONS.values(), "jpeg"])
HEAD = 8192


class Upload(NamedTuple):
    content_type: str
    name: str


def examine(file: "File[Any]") -> Upload:
    """The true type of an upload and a safe name for it; raises ValidationError where it cannot be taken."""
    if not file.size:
        raise ValidationError(_("This file is empty."))
    if file.size > settings.DOCUMENT_MAX_BYTES:
        raise ValidationError(
            _("This file is too large: %(size)s. The limit is %(limit)s."),
            params={"size": filesizeformat(file.size), "limit": filesizeformat(settings.DOCUMENT_MAX_BYTES)},
        )
    content_type = type_of(file)
    if content_type is None:
        raise ValidationError(
            _("This kind of file is not accepted. Use one of these: %(kinds)s."),
            params={"kinds": ", ".join(sorted(EXTENSIONS.values()))},
        )
    return Upload(content_type, safe_name(file.name or "", content_type))


def type_of(file: "File[Any]") -> str | None:
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return type_of_archive(file)
    kind = filetype.guess(head)
    if kind is not None:
        return kind.mime if kind.mime in EXTENSIONS else None
    return "text/plain" if is_text(file) else None


def type_of_archive(file: "File[Any]") -> str | None:
    """Office documents are zip archives that say inside what they are. Those with macros are not taken."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if any(name.rsplit("/", 1)[-1].lower() == "vbaproject.bin" or name.startswith("Basic/") for name in names):
                return None
            if "mimetype" in names:
                with archive.open("mimetype") as stated:
                    content_type = stated.read(100).decode("ascii", "replace").strip()
                return content_type if content_type.startswith(OPEN) and content_type in EXTENSIONS else None
            if "[Content_Types].xml" in names:
                if "word/document.xml" in names:
                    return f"{OFFICE}wordprocessingml.document"
                if "xl/workbook.xml" in names:
                    return f"{OFFICE}spreadsheetml.sheet"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        # Broken, encrypted or packed in a way that no office program writes.
        return None
    finally:
        file.seek(0)
    return None


def is_text(file: "File[Any]") -> bool:
    """UTF-8 throughout, without the control characters that no text has. It is only ever served as a download."""
    file.seek(0)
    content = file.read()
    file.seek(0)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text)


def safe_name(name: str, content_type: str) -> str:
    """The person's own name for the file, without paths and odd characters, ending in what the file is."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0].strip().lstrip(".")
    try:
        stem = get_valid_filename(stem)[:150]
    except SuspiciousFileOperation:  # Nothing of it could be kept.
        stem = ""
    return f"{stem or 'document'}.{EXTENSIONS[content_type]}"
