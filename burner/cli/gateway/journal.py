"""What `burner cloud gateway` prints: a line for each request. It never shows a secret."""

import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from ssl import PEM_cert_to_DER_cert

from burner.cli.run.run import print_event
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cli.terminal.standard_output import silence_stdout
from burner.cloud.gateway.gateway import Gateway, Served, ServedProduct
from burner.cloud.gateway.http_server import Answer, BoundedHttpServer
from burner.cloud.gateway.tls import ServerTls
from burner.core.errors import lookup
from burner.core.secrets.search import SecretSearch
from burner.core.words.error_details import detail_in
from burner.core.words.phrases import phrase
from burner.platforms.registration import HttpRequest


class GatewayJournal:
    """A line for each request; from several threads."""

    def __init__(self, search: SecretSearch, *, as_json: bool) -> None:
        self._search = search
        self._as_json = as_json
        self._lock = threading.Lock()
        self._counts = {"registered": 0, "refused": 0}

    def answering(self, gateway: Gateway) -> Answer:
        """The function that answers requests and prints a line for each."""

        def answer(request: HttpRequest, client: str, secured: bool) -> tuple[HTTPStatus, bytes]:
            reply, served = gateway.answer(request, secured=secured)
            self._print_served(client, served)
            return reply.status, reply.body

        return answer

    def refused(self, client: str, status: HTTPStatus, why: str) -> None:
        """Print a line for what was no request."""
        self._print_served(client, Served(status, detail=why))

    def ready(
        self,
        servers: Sequence[BoundedHttpServer],
        products: Mapping[str, ServedProduct],
        tls: ServerTls | None,
    ) -> None:
        """Print where it listens."""
        shown_in = language()
        fingerprint = _fingerprint(tls.certificate) if tls and tls.certificate else ""
        event = {
            "event": "ready",
            "urls": [server.url for server in servers],
            "products": {title: product.product_id for title, product in products.items()},
            "certificate_sha256": fingerprint,
        }
        lines = [
            phrase("gateway product", shown_in, title, product.product_id, product.platform.title)
            for title, product in products.items()
        ]
        for server in servers:
            lines += (f"{server.url}{path}" for path in _paths(products))
        lines += [phrase("gateway certificate", shown_in, fingerprint)] if fingerprint else []
        self._print(event, "\n".join((*lines, phrase("gateway ready", shown_in), "")))

    def stopped(self) -> None:
        """Print the last line."""
        counts = dict(self._counts)
        text = phrase("gateway ended", language(), counts["registered"], counts["refused"])
        self._print({"event": "stopped", **counts}, text)

    def _print_served(self, client: str, served: Served) -> None:
        moment = datetime.now(UTC)
        product_id, name, detail = (
            self._search.clean(text[:200])
            for text in (served.product_id, served.device_name, served.detail)
        )
        path = self._search.clean(served.path[:200])
        event = {
            "event": "request",
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "client": client,
            "path": path,
            "status": int(served.status),
            "product_id": product_id,
            "device_name": name,
            "registered": served.registered,
            "code": served.code or "",
            "detail": detail,
        }
        typed = (_escaped(text) for text in (path, product_id, name))
        parts = (f"{moment:%H:%M:%S}", client, *typed, _outcome(served, _escaped(detail)))
        self._print(event, "  ".join(filter(None, parts)), served.registered)

    def _print(
        self, event: Mapping[str, object], text: str, registered: bool | None = None
    ) -> None:
        with self._lock:
            if registered is not None:
                self._counts["registered" if registered else "refused"] += 1
            if self._as_json:
                print_event(event)
            else:
                _say(text)


def _outcome(served: Served, detail: str) -> str:
    """What became of a request, for a person."""
    if served.code is not None:
        shown = f" ({detail_in(language(), detail)})" if detail else ""
        words = lookup(served.code).sentence(language()) + shown
        return phrase("gateway refused", language(), served.code, words)
    if served.registered:
        return phrase("gateway registered", language())
    return f"HTTP {int(served.status)}: {detail or served.status.phrase}"


def _escaped(text: str) -> str:
    """On one line, whatever a stranger sends."""
    return ascii(text)[1:-1]


def _say(text: str) -> None:
    """Print at once. When the reader is gone, the gateway goes on without lines."""
    try:
        screen.say(text)
        sys.stdout.flush()
    except OSError:
        silence_stdout()


def _paths(products: Mapping[str, ServedProduct]) -> Sequence[str]:
    apis = (api for product in products.values() for api in product.platform.apis)
    return tuple(dict.fromkeys(api.path for api in apis))


def _fingerprint(certificate: str) -> str:
    return sha256(PEM_cert_to_DER_cert(certificate)).hexdigest()
