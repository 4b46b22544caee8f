"""One POST, bounded in time and size. Redirects are not followed; proxies are not asked."""

import math
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout, parse_url

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.mes.destination import MesAwayError
from burner.mes.http_exchange import EndsWithExchange, HttpDeadlineError, HttpExchange

LONGEST_ANSWER = 65536
"""Bytes of an answer that are read."""
CONNECTIONS = 8
"""To one server, at a time."""


@dataclass(frozen=True)
class TlsFiles:
    """The certificates of a destination, as PEM files."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class MesReply:
    """What a server answered."""

    status: int
    body: bytes
    retry_after_s: float


class HttpDoor:
    """A URL to which requests are posted. Thread-safe."""

    def __init__(self, url: str, tls: TlsFiles, deadline_s: float) -> None:
        """Nothing is connected yet.

        Args:
            url: `http` or `https`.
            tls: certificates, for `https`.
            deadline_s: so long a request and its answer may take in all.

        Raises:
            BurnerError: E782 a certificate or its key cannot be used.
        """
        parts = parse_url(url)
        self._path, self._deadline_s = parts.request_uri, deadline_s
        shared: dict[str, Any] = {"port": parts.port, "maxsize": CONNECTIONS, "block": True}
        self._pool: HTTPConnectionPool
        if parts.scheme == "https":
            self._pool = _HttpsPool(str(parts.host), ssl_context=tls_context(tls), **shared)
        else:
            self._pool = _HttpPool(str(parts.host), **shared)
        self._where = f"{parts.scheme}://{parts.netloc}"

    def post(self, body: bytes, headers: dict[str, str]) -> MesReply:
        """Post a body.

        Raises:
            MesAwayError: there was no answer in time.
        """
        exchange = HttpExchange[MesReply](lambda me: self._exchange(me, body, headers))
        try:
            return exchange.run(self._deadline_s)
        except HttpDeadlineError as late:
            what = "answer" if late.connected else "connection"
            detail = f"{self._where}: no {what} in {self._deadline_s:g} s"
            raise MesAwayError(detail) from late
        except (HTTPError, OSError, ValueError) as error:
            raise MesAwayError(f"{self._where}: {_reason(error)}") from error

    def close(self) -> None:
        """End all connections."""
        self._pool.close()

    def _exchange(
        self, exchange: HttpExchange[MesReply], body: bytes, headers: dict[str, str]
    ) -> MesReply:
        patience_s = math.ceil(self._deadline_s) + 1  # the caller has left before
        response = self._pool.urlopen(
            "POST",
            self._path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=Timeout(total=patience_s),
            pool_timeout=patience_s,
            preload_content=False,
            decode_content=False,
        )
        return MesReply(response.status, _read(exchange, response), _retry_after(response))


def _read(exchange: HttpExchange[MesReply], response: BaseHTTPResponse) -> bytes:
    """The answer, up to a length. A connection with a rest is not used again."""
    body = b""
    while len(body) < LONGEST_ANSWER:
        piece = response.read1(LONGEST_ANSWER - len(body))
        if not piece:
            exchange.release()
            response.release_conn()
            return body
        body += piece
    response.close()
    response.release_conn()  # to the pool, which opens it anew
    return body


def tls_context(tls: TlsFiles) -> ssl.SSLContext:
    """Trusts the system's certificates or those of the file; knows the station's own.

    Raises:
        BurnerError: E782 a file cannot be used.
    """
    file: Path | None = tls.ca
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        file = tls.certificate
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "not usable"
        raise BurnerError(Code.DESTINATION_UNUSABLE, f"{file}: {reason}") from error
    return context


def _no_passphrase() -> bytes:
    """A key with a passphrase: nobody is there to type it."""
    raise ValueError("a key with a passphrase")


class _HttpConnection(EndsWithExchange, HTTPConnection):
    pass


class _HttpsConnection(EndsWithExchange, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _retry_after(response: BaseHTTPResponse) -> float:
    """Seconds of the header Retry-After; 0: there is none, or it is a date."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0


def _reason(error: BaseException) -> str:
    """Why there was no answer: in the words of the system, or by the kind of the error."""
    causes = [*_causes(error)]
    for cause in causes:
        if text := getattr(cause, "verify_message", None):
            return f"its certificate: {text}"
        if text := getattr(cause, "strerror", None):
            return str(text)
    known = (_WORDS.get(type(cause).__name__) for cause in causes)
    return next(filter(None, known), "no answer")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it."""
    for _ in range(10):
        if not isinstance(error, BaseException):
            return
        yield error
        inner = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((one for one in inner if isinstance(one, BaseException)), None)


_WORDS = {
    "RemoteDisconnected": "the connection was closed without an answer",
    "ProtocolError": "the connection was closed without an answer",
    "NameResolutionError": "the name of the host is not known",
}
