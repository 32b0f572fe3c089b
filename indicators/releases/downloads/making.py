"""Writing a file to the disk, and how many may be written at once while readers wait."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from django.db import connection

from indicators.releases.downloads.contents import Contents
from indicators.releases.downloads.formats import Format

TURNS = 2
"""Files that are written at once for readers, in the whole portal: the other threads of the web server go on with pages."""
TURN_LOCK = 7_005  # The space of the session locks, one for each turn.


@contextmanager
def turn() -> Iterator[bool]:
    """Holds one of the turns; False where all are taken. PostgreSQL lets go of it when the process dies."""
    held = next((number for number in range(TURNS) if _locks("pg_try_advisory_lock", number)), None)
    try:
        yield held is not None
    finally:
        if held is not None:
            _locks("pg_advisory_unlock", held)


def _locks(function: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [TURN_LOCK, number])
        return bool(cursor.fetchone()[0])


def made(contents: Contents, wanted: Format, *, is_packed: bool = False) -> IO[bytes]:
    """The whole file, at its start and gone once it is closed. Nothing of it leaves before its last cell is written, so that a reader who
    is slow holds no cursor, and one who leaves leaves no work behind. Raises TooMuchError.
    """
    content = wanted.write(contents)
    if hasattr(content, "read"):
        return cast("IO[bytes]", content)
    file: IO[bytes] = tempfile.TemporaryFile(suffix=f".{wanted.ending}")  # noqa: SIM115  Whoever reads it closes it.
    target: Any = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) if is_packed else file
    for part in content:
        target.write(part)
    if is_packed:
        target.close()
    file.seek(0)
    return file
