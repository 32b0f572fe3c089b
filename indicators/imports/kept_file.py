"""The file of an import: its digest, keeping it, opening it again, and what a look at it shows."""

from dataclasses import replace
from functools import partial
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.file_progress import DECIDING, FileProgress, progress_of
from indicators.imports.definition import read_layout, read_mapping
from indicators.imports.mapping import layout_entries
from indicators.imports.messages import problem_text
from indicators.imports.progress import expected_figures
from indicators.imports.readers import sniffing
from indicators.imports.readers.sniffing import look
from indicators.models import ImportBatch
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused
from orgs.readers.sniffing import FileContents


class FileIsGone(ValidationError):
    """For now, it may be: storage that cannot be reached comes back."""

    def __init__(self) -> None:
        super().__init__(_("The portal no longer has the file. Send it again."))


def keep(batch: ImportBatch, file: File) -> None:
    file.seek(0)
    batch.file.save(batch.file_name, file, save=True)


def forget(batch: ImportBatch) -> None:
    """The caller saves the import; the file goes with the transaction."""
    transaction.on_commit(partial(batch.file.storage.delete, str(batch.file.name)))
    batch.file, batch.contents = "", None


def open_again(batch: ImportBatch) -> File:
    """Raises ValidationError where the file is not there any more."""
    try:
        if not batch.file:
            raise FileNotFoundError
        return batch.file.open("rb")
    except OSError:
        raise FileIsGone from None


def layout_of(batch: ImportBatch) -> FileLayout:
    return read_layout(layout_entries(batch.mapping))


def look_at(file: IO[bytes], layout: FileLayout | None = None) -> tuple[FileLayout, FileContents]:
    """How a file is written, as it seems where nobody says so, and what is in it. Raises ValidationError where it cannot be read."""
    try:
        layout = layout or sniffing.layout_of(file)
        return layout, look(file, layout)
    except FileRefused as refusal:
        raise ValidationError([problem_text(problem) for problem in refusal.problems]) from None


def contents_of(batch: ImportBatch) -> FileContents:
    """What there is in the kept file. Raises ValidationError where it cannot be read."""
    if batch.contents is not None:
        return FileContents.from_json(batch.contents)
    try:
        with open_again(batch) as file:
            return look_at(file, layout_of(batch))[1]
    except OSError:
        raise FileIsGone from None


def texts_together(batch: ImportBatch, places: list[int], join: str) -> list[str]:
    """The different texts that some columns of the kept file have together. None where it cannot be read."""
    try:
        with open_again(batch) as file:
            return sniffing.texts_together(file, layout_of(batch), places, join)
    except (FileRefused, OSError, ValidationError):
        return []


def progress_in(batch: ImportBatch) -> FileProgress:
    """How far the worker is with a large file."""
    if batch.state not in (ImportBatch.State.CHECKING, ImportBatch.State.STORING):
        return replace(progress_of(batch.pk), step=DECIDING)
    expected: int | None = None
    try:
        with open_again(batch) as file:
            expected = expected_figures(file, batch.size, read_mapping(batch.mapping))
    except (OSError, ValidationError):
        pass
    return progress_of(batch.pk, expected)
