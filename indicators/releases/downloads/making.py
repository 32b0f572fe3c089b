"""Writing a file to the disk."""

from typing import IO, cast

from indicators.releases.downloads.contents import Contents
from indicators.releases.downloads.formats import Format
from orgs.file_turns import spooled


def made(contents: Contents, wanted: Format, *, is_packed: bool = False) -> IO[bytes]:
    """The whole file, at its start and gone once it is closed. Raises TooMuchError."""
    content = wanted.write(contents)
    if hasattr(content, "read"):
        return cast("IO[bytes]", content)
    return spooled(content, wanted.ending, is_packed=is_packed)
