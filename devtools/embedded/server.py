"""What a command and a supervisor both know of a server: its folder, its locks, and whether it answers."""

import fcntl
import importlib.util
import json
import os
import signal
from pathlib import Path
from typing import IO, ClassVar

CHECKOUT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
STOP_SECONDS = 20


class EmbeddedServerError(Exception):
    """A server could not be had; the message is for the person at the terminal."""


class Server:
    """A server with its data in a folder of `var`. `run` is the private folder that holds its socket while it runs."""

    name: ClassVar[str]
    variable: ClassVar[str]
    stop_signals: ClassVar[tuple[signal.Signals, ...]]

    def __init__(self, var: Path, *, durable: bool) -> None:
        self.folder = var / self.name
        self.durable = durable
        self.log = self.folder / f"{self.name}.log"
        self.state = self.folder / "state.json"
        self.users_lock = self.folder / "users.lock"
        self.start_lock = self.folder / "start.lock"
        self.supervisor_lock = self.folder / "supervisor.lock"

    def prepare(self, run: Path) -> None:
        """Make what the server needs before it can start."""
        raise NotImplementedError

    def command(self, run: Path) -> list[str]:
        raise NotImplementedError

    def become_ready(self, run: Path) -> bool:
        """Whether the server answers and holds what the portal expects, which is made if need be."""
        raise NotImplementedError

    def address(self, run: Path) -> str | None:
        """The value of the variable, when the server answers."""
        raise NotImplementedError

    def stop_stray(self, run: Path | None) -> None:
        """Stop a server whose supervisor was killed."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's (PGOPTIONS, LC_ALL...) changes how a server behaves."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def note_run_folder(self, run: Path) -> None:
        self.state.write_text(json.dumps({"of": str(self.folder), "run": str(run)}))

    def run_folder(self) -> Path | None:
        """Where the socket is, or was when the supervisor was killed. The note in a copied checkout is the original's."""
        try:
            state = json.loads(self.state.read_text())
            return Path(state["run"]) if state["of"] == str(self.folder) else None
        except (OSError, ValueError, KeyError):
            return None

    def is_kept(self) -> bool:
        with self.supervisor_lock.open("a") as supervisor:
            return not try_lock(supervisor, fcntl.LOCK_SH)

    def running_address(self) -> str | None:
        run = self.run_folder()
        return self.address(run) if run else None


def package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerError(f"{package} is not installed: run `make setup`, or set DATABASE_URL and REDIS_URL.")
    return Path(found.submodule_search_locations[0])


def try_lock(file: IO[str], operation: int) -> bool:
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
