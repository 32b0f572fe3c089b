"""Writing a file to the disk, and how many may be written at once while readers wait."""

import gzip
import tempfile
from contextlib import AbstractContextManager
from typing import IO, Any, cast

from indicators.locks import Lock
from indicators.releases.downloads.contents import Contents
from indicators.releases.downloads.formats import Format
from orgs.locks import session_lock

TURNS = 2
"""Files that are written at once for readers, in the whole portal: the other threads of the web server go on with pages."""


def turn() -> AbstractContextManager[bool]:
    """Holds one of the turns; False where all are taken."""
    return session_lock(Lock.DOWNLOAD, range(TURNS))


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
