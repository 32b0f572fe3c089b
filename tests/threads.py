"""Works that run at the same time."""

import threading
from typing import Any

from django.db import connection


def at_once(*works: Any) -> list[Any]:
    """What each gave (or raised), run in threads of their own that begin together."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Any) -> None:
        try:
            barrier.wait(30)
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results
