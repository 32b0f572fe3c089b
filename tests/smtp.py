"""A mail server beside a test, for what another process sends."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps the address of every e-mail that it confirmed. The confirmation of one to `held` never comes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        self.held: str | None = None
        self.is_holding = threading.Event()
        self.confirmed: list[str] = []


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        to = ""
        while line := self.rfile.readline().decode().strip():
            command = line.split()[0].upper()
            if command == "DATA":
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                if to == self.server.held:
                    self.server.is_holding.set()
                    self.rfile.read()  # Until the other side is gone.
                    return
                self.server.confirmed.append(to)
            elif command == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            self.say("221 bye" if command == "QUIT" else "250 well")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
