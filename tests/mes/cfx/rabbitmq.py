"""A real RabbitMQ of our own, with its plugin for AMQP 1.0: in a temporary folder, on free ports.

It has its own node name, Erlang cookie and port mapper, so that it touches no other one.
"""

import base64
import hashlib
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from burner.mes.cfx.validation import RESPONSE
from tests.processes import ends

SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
USER, PASSWORD = "line", "opensesame"
EXCHANGE = "/exchange/cfx"
START_S = 90.0
DRAWS = 3
"""So often ports are drawn, if another program takes one of them between the look and the start."""


def why_no_rabbitmq() -> str:
    """Why it cannot be started here; empty when it can."""
    if sys.platform == "win32":
        return "RabbitMQ is started by its script for Unix"
    if not SCRIPT.is_file() or not shutil.which("epmd"):
        return "no RabbitMQ is installed (scripts/test --full does on Debian)"
    if not importlib.util.find_spec("proton"):
        return "the extra burner[cfx] is not installed (scripts/test --full does on Debian)"
    return ""


def free_ports(count: int) -> list[int]:
    """Ports that are free now, of those that the system gives nobody who asks for any."""
    found: list[int] = []
    while len(found) < count:
        number = random.randrange(20_000, 30_000)
        with socket.socket() as port, suppress(OSError):
            port.bind(("127.0.0.1", number))
            found.append(number)
    return found


class RabbitMq:
    """One broker; `start` and `kill` as often as a test needs. What is durable stays."""

    def __init__(self, tls: tuple[Path, Path, Path] | None = None) -> None:
        """`tls`: its CA, certificate and key; it asks stations for a certificate then."""
        self.folder, self._tls = Path(tempfile.mkdtemp(prefix="burner-rabbitmq-")), tls
        self.port = self.tls_port = 0
        """Drawn at the first start."""
        self._environment: dict[str, str] = {}
        self._mapper: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._has_run = False

    def _draw_ports(self) -> None:
        self.port, self.tls_port, distribution, mapper = free_ports(4)
        self._write_settings()
        self._environment = {
            **os.environ,
            "HOME": str(self.folder),  # of the Erlang cookie
            "RABBITMQ_NODENAME": f"burner{self.port}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none -start_epmd false",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        command = ["epmd", "-port", str(mapper), "-address", "127.0.0.1"]
        self._mapper = subprocess.Popen(command, env=self._environment)
        deadline = time.monotonic() + START_S
        while not _listens(mapper) and time.monotonic() < deadline:
            time.sleep(0.02)  # else the broker starts one that nobody ends
        if self._mapper.poll() is not None:
            raise RuntimeError(f"no port mapper on {mapper}")

    @property
    def url(self) -> str:
        return f"amqp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start; for the first time on ports that another program may take before us."""
        for further in reversed(range(1 if self._has_run else DRAWS)):
            try:
                if not self._has_run:
                    self._draw_ports()
                self._start()
                self._has_run = True
                return
            except RuntimeError:
                if not further:
                    raise
                self.kill()
                self._end_mapper()

    def _start(self) -> None:
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [SCRIPT],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "output").read_text(errors="replace")[-3000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """As by a power cut."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            assert ends(self._process.pid)
            self._process = None

    def remove(self) -> None:
        self.kill()
        self._end_mapper()
        shutil.rmtree(self.folder)

    def _end_mapper(self) -> None:
        if self._mapper:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None

    def connection(self) -> Any:
        from proton.utils import BlockingConnection

        return BlockingConnection(
            self.url, timeout=20, user=USER, password=PASSWORD, allowed_mechs="PLAIN"
        )

    def taken_from(self, queue: str) -> list[dict[str, Any]]:
        """All messages that a queue has now, taken out: their envelopes, in their order."""
        return [json.loads(bytes(message.body)) for message in self.messages_of(queue)]

    def messages_of(self, queue: str, idle_s: float = 1.0) -> list[Any]:
        from proton import Timeout

        connection, taken = self.connection(), []
        receiver = connection.create_receiver(f"/amq/queue/{queue}", credit=100)
        with suppress(Timeout):
            while True:
                taken.append(receiver.receive(timeout=idle_s))
                receiver.accept()
        connection.close()
        return taken

    def declare(self, queue: str) -> None:
        """A new queue that lasts."""
        connection = self.connection()
        connection.create_sender(f"/queue/{queue}", name=str(uuid4()))
        connection.close()

    def _answers(self) -> bool:
        """Whatever is wrong: it is not up yet."""
        try:
            self.connection().close()
        except Exception:
            return False
        return True

    def _write_settings(self) -> None:
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"load_definitions = {self.folder}/definitions.json",
            "log.console = true",
            "log.file = false",
        ]
        if self._tls:
            ca, certificate, key = self._tls
            lines += [
                f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}",
                f"ssl_options.cacertfile = {ca}",
                f"ssl_options.certfile = {certificate}",
                f"ssl_options.keyfile = {key}",
                "ssl_options.verify = verify_peer",
                "ssl_options.fail_if_no_peer_cert = true",
            ]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_amqp1_0].\n", encoding="utf-8")
        (self.folder / "definitions.json").write_text(json.dumps(_definitions()), encoding="utf-8")


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _definitions() -> dict[str, Any]:
    salt = b"salt"
    hashed = base64.b64encode(salt + hashlib.sha256(salt + PASSWORD.encode()).digest()).decode()

    def queue(name: str, **arguments: Any) -> dict[str, Any]:
        place = {"name": name, "vhost": "/", "durable": True, "auto_delete": False}
        return {**place, "arguments": {key.replace("_", "-"): v for key, v in arguments.items()}}

    exchanges = [{**queue(name), "type": "topic", "internal": False} for name in ("cfx", "locked")]
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": USER, "password_hash": hashed, "tags": []}],
        "permissions": [
            {
                "user": USER,
                "vhost": "/",
                "configure": ".*",
                "write": "^(?!locked).*",
                "read": ".*",
            }
        ],
        "exchanges": exchanges,
        "queues": [
            *map(queue, ("mes", "checks", "answers")),
            queue("small", x_max_length=2, x_overflow="reject-publish"),
        ],
        "bindings": [
            {
                "source": "cfx",
                "vhost": "/",
                "destination": "mes",
                "destination_type": "queue",
                "routing_key": "#",
                "arguments": {},
            }
        ],
    }


def arrived(broker: RabbitMq, queue: str = "mes") -> list[dict[str, Any]]:
    """Envelopes, taken out, without those about the endpoint."""
    return [e for e in broker.taken_from(queue) if "Endpoint" not in e["MessageName"]]


def first_of_each(envelopes: list[dict[str, Any]]) -> list[str]:
    """Ids in the order in which they came first: a receiver knows a repeated one by its id."""
    return list(dict.fromkeys(envelope["UniqueID"] for envelope in envelopes))


@contextmanager
def checking(broker: RabbitMq, result: str) -> Iterator[list[dict[str, Any]]]:
    """A MES that answers every question the same; gives the questions that it got."""
    from proton import Message, Timeout

    asked: list[dict[str, Any]] = []
    over = threading.Event()
    connection = broker.connection()

    def answer() -> None:
        receiver = connection.create_receiver("/amq/queue/checks", credit=50)
        senders: dict[str, Any] = {}
        while not over.is_set():
            try:
                got = receiver.receive(timeout=0.05)
            except Timeout:
                continue
            receiver.accept()
            asked.append(json.loads(bytes(got.body)))
            body = {"Result": {"Result": "Success"}, "PrimaryResult": {"Result": result}}
            fields = {"MessageName": RESPONSE, "RequestID": got.correlation_id, "MessageBody": body}
            if got.reply_to not in senders:
                senders[got.reply_to] = connection.create_sender(got.reply_to)
            senders[got.reply_to].send(Message(body=json.dumps(fields).encode()))
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield asked
    finally:
        over.set()
        thread.join()
