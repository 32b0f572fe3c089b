"""Work that other tests cover line by line, and of which there is so much that tracing it is most of what it costs."""

from collections.abc import Iterator
from contextlib import contextmanager

import coverage


@contextmanager
def untraced() -> Iterator[None]:
    """A decorator, too."""
    tracing = coverage.Coverage.current()
    if tracing is not None:
        tracing.stop()
    try:
        yield
    finally:
        if tracing is not None:
            tracing.start()
