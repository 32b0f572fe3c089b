"""A clock that a test moves."""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from unittest import mock

from django.utils import timezone


@contextlib.contextmanager
def on_the(moment: datetime.datetime) -> Iterator[None]:
    """At that moment for the portal and for what it has signed; the database's own clock goes on."""
    signing = SimpleNamespace(time=moment.timestamp)
    with mock.patch("django.utils.timezone.now", return_value=moment), mock.patch("django.core.signing.time", signing):
        yield


class Clock:
    """Replaces what the portal takes for now; the database's own clock goes on."""

    def __init__(self, set_now: Callable[[Callable[[], datetime.datetime]], None]) -> None:
        self.ahead = datetime.timedelta()
        real = timezone.now
        set_now(lambda: real() + self.ahead)

    def move(self, **how_far: int) -> None:
        self.ahead += datetime.timedelta(**how_far)

    def move_to(self, day: datetime.date) -> None:
        self.move(days=(day - timezone.localdate()).days)
