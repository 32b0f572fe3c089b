"""A clock that a test moves."""

import datetime
from collections.abc import Callable

from django.utils import timezone


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
