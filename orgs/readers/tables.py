"""What all readers give: a heading and records, streamed. docs/formats.md says what each format is."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from orgs.readers.problems import FileRefused, Problem

# A compressed text may unpack to a hundred times its size, beyond this many bytes; what unpacks to more is made to do harm.
UNPACKED_FREE = 64 << 20
UNPACKED_TIMES = 100
# No line of a table is longer, in characters: a file without line ends is not read into memory.
MAX_LINE = 1 << 20
BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"
MAX_COLUMNS = 1000
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass
class FileTable:
    """The heading of a file and its records.

    `records` yields (line, fields) with as many fields as `header` has names, unless the row is ragged. A line is the line of a text,
    the row of a sheet, or the place of a cell in a cube; all count from 1. Raises FileRefused, also midway.
    """

    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    header_line: int = 1


class UnpackedStream(io.RawIOBase):
    """A gzipped file, unpacked as it is read and no further than is decent. Raises FileRefused."""

    def __init__(self, file: IO[bytes]) -> None:
        self._limit = max(UNPACKED_FREE, UNPACKED_TIMES * file.seek(0, io.SEEK_END))
        file.seek(0)
        self._file = gzip.GzipFile(fileobj=file)
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._file.read1(len(buffer))
        except (OSError, EOFError, zlib.error):
            raise FileRefused(Problem("broken_archive")) from None
        self._given += len(chunk)
        if self._given > self._limit:
            raise FileRefused(Problem("unpacks_too_large", value=str(self._limit >> 20)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """`file` from its start, without gzip. FileRefused where there is nothing in it."""
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    if start.startswith(GZIP):
        file = io.BufferedReader(UnpackedStream(file), 1 << 16)
        start = file.peek(4096)[:4096]
    if not start.strip():
        raise FileRefused(Problem("empty"))
    if start.lstrip(BYTE_ORDER_MARKS + b" \t\r\n\0").startswith(b"<"):
        raise FileRefused(Problem("markup", line=1))
    return file
