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
from burner.cloud.gateway.management.api_call import ApiCallServed
from burner.cloud.gateway.management.service import PATH, ManagementService
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
        self._counts = {"registered": 0, "refused": 0, "calls": 0}

    def answering(self, gateway: Gateway, management: ManagementService | None) -> Answer:
        """The function that answers requests and prints a line for each."""

        def answer(request: HttpRequest, client: str, secured: bool) -> tuple[HTTPStatus, bytes]:
            if management and request.path.partition("?")[0] == PATH:
                reply, called = management.answer(request)
                self._print_call(client, called)
                return reply.status, reply.body
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
        managed: Sequence[BoundedHttpServer],
    ) -> None:
        """Print where it listens. `managed`: what serves the management API too."""
        shown_in = language()
        fingerprint = _fingerprint(tls.certificate) if tls and tls.certificate else ""
        event = {
            "event": "ready",
            "urls": [server.url for server in servers],
            "products": {title: product.product_id for title, product in products.items()},
            "certificate_sha256": fingerprint,
            "management_urls": [server.url for server in managed],
        }
        lines = [
            phrase("gateway product", shown_in, title, product.product_id, product.platform.title)
            for title, product in products.items()
        ]
        for server in servers:
            lines += (f"{server.url}{path}" for path in _paths(products))
            if server in managed:
                lines.append(phrase("gateway management", shown_in, server.url))
        lines += [phrase("gateway certificate", shown_in, fingerprint)] if fingerprint else []
        self._print(event, "\n".join((*lines, phrase("gateway ready", shown_in), "")))

    def stopped(self) -> None:
        """Print the last line."""
        counts = dict(self._counts)
        text = phrase("gateway ended", language(), *counts.values())
        self._print({"event": "stopped", **counts}, text)

    def _print_call(self, client: str, call: ApiCallServed) -> None:
        moment = datetime.now(UTC)
        action, product_id, code, detail = map(
            self._clean, (call.action, call.product_id, call.code, call.detail)
        )
        event = {
            "event": "call",
            "at": _utc(moment),
            "client": client,
            "action": action,
            "product_id": product_id,
            "code": code,
            "detail": detail,
        }
        outcome = detail_in(language(), _escaped(detail))
        if code:
            outcome = phrase("gateway refused", language(), code, outcome)
        typed = (_escaped(text) for text in (action, product_id))
        parts = (f"{moment:%H:%M:%S}", client, *typed, outcome)
        self._print(event, "  ".join(filter(None, parts)), "calls")

    def _print_served(self, client: str, served: Served) -> None:
        moment = datetime.now(UTC)
        product_id, name, detail, path = map(
            self._clean, (served.product_id, served.device_name, served.detail, served.path)
        )
        event = {
            "event": "request",
            "at": _utc(moment),
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
        counted = "registered" if served.registered else "refused"
        self._print(event, "  ".join(filter(None, parts)), counted)

    def _clean(self, text: str) -> str:
        return self._search.clean(text[:200])

    def _print(self, event: Mapping[str, object], text: str, counted: str = "") -> None:
        with self._lock:
            if counted:
                self._counts[counted] += 1
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
    return f"HTTP {int(served.status)}: {detail_in(language(), detail or served.status.phrase)}"


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
