"""Starting, watching and ending child processes so that none is ever left behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

PR_SET_PDEATHSIG = 1
TICK_SECONDS = 0.1


def child(command: Sequence[str], *, death_signal: signal.Signals, **options: Any) -> subprocess.Popen[bytes]:
    """A process in a session of its own, which the kernel sends `death_signal` when this one is gone, however it went.

    Call it from the main thread, before there are others: the kernel means the thread that made the child.
    """
    parent = os.getpid()

    def prepare() -> None:
        end_with_parent(parent, death_signal)

    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=prepare, **options)


def end_with_parent(parent: int, number: signal.Signals) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux has it; elsewhere a kill -9 can leave processes.
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)


def end(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], *, patience: float) -> None:
    """Ask in the first way, and in the next one when that has not helped in time."""
    for number in signals:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK_SECONDS / 5)
    return True
