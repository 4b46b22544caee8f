"""A MES that fails, delays, loses answers after their effect, and is killed: its own process.

    python -m tests.station.mes.unsteady_mes FD FILE SEED

It serves on a socket that its parent keeps, so that it comes back under the same address. What it
took is a line of FILE: that is its effect, whatever it answers.
"""

import json
import random
import socket
import sys
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LATE_S = 1.3
"""Longer than a sender waits."""


class UnsteadyMes:
    """Decides how a request ends."""

    def __init__(self, file: Path, seed: int) -> None:
        self._dice = random.Random(seed)
        self._file = file.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def end(self, message: dict[str, Any], body: bytes) -> int:
        """Status of the answer; 0: none comes. Takes the message first, or does not."""
        with self._lock:
            chance, pause = self._dice.random(), self._dice.random() * 0.03
        if chance < 0.06:
            return 503 if chance < 0.03 else 0
        if chance < 0.062:
            return 422  # until a person tries it again
        if chance < 0.065:
            return 429
        with self._lock:
            facts = [message["id"], int(message["sequence"]), message["subject"]]
            line = [*facts, message["type"], sha256(body).hexdigest()]
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        if chance < 0.10:
            return 0  # the answer is lost, the effect is not
        if chance < 0.1003:
            time.sleep(LATE_S)
        elif chance < 0.15:
            time.sleep(pause)
        return 204


def serve(descriptor: int, file: Path, seed: int) -> None:
    """Serve until killed."""
    mes = UnsteadyMes(file, seed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = mes.end(json.loads(body), body)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            if status == 429:
                self.send_header("retry-after", "1")
            if status != 204:
                self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.daemon_threads = True
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
