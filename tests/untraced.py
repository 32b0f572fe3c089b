"""Work that other tests cover line by line, and of which there is so much that tracing it is most of what it costs."""

from collections.abc import Iterator
from contextlib import contextmanager

import coverage


@contextmanager
def untraced() -> Iterator[None]:
    """A decorator, too. A worker of pytest-xdist traces twice, and pytest-cov (7.1) ends only one of them for its own mark `no_cover`."""
    stopped = []
    while (tracing := coverage.Coverage.current()) is not None:
        tracing.stop()
        stopped.append(tracing)
    try:
        yield
    finally:
        for tracing in reversed(stopped):
            tracing.start()
