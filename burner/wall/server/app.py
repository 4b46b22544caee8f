"""The routes of the wall view. All of them read; there is none that writes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from burner.wall.server.allowed_hosts import is_allowed_host
from burner.wall.server.latest_state import LatestState

MOST_CLIENTS = 64
"""Screens and phones that follow at once."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def wall_app(latest: LatestState, files: Mapping[str, tuple[str, bytes]], host: str) -> ASGIApp:
    """The application.

    Args:
        latest: what `/state` and `/events` give.
        files: path → media type and content.
        host: where the server listens.
    """

    async def state(_request: Request) -> Response:
        return Response(latest.payload(), media_type="application/json")

    async def events(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=_EventStream.media_type)
        if latest.clients >= MOST_CLIENTS:
            return PlainTextResponse("too many screens follow this page", 503)
        return _EventStream(latest)

    def file_route(path: str, media_type: str, content: bytes) -> Route:
        async def file(_request: Request) -> Response:
            return Response(content, media_type=media_type)

        return Route(path, file)

    routes = [Route("/state", state), Route("/events", events)]
    routes += [file_route(path, *file) for path, file in files.items()]
    return _Guard(Starlette(routes=routes), host)


class _EventStream(StreamingResponse):
    """Server-sent events: one a state. It is a client before anything else is awaited, so that
    clients that come at once are counted.
    """

    media_type = "text/event-stream"

    def __init__(self, latest: LatestState) -> None:
        super().__init__(())
        self._latest = latest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._latest.client() as changed:
            self.body_iterator = self._events(changed)
            await super().__call__(scope, receive, send)

    async def _events(self, changed: asyncio.Event) -> AsyncIterator[bytes]:
        async for payload in self._latest.follow(changed):
            yield b"data: " + payload + b"\n\n"


class _Guard:
    """Refuses strange Host headers, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._answer(scope)(scope, receive, send_with_headers)

    def _answer(self, scope: Scope) -> ASGIApp:
        hosts: list[Any] = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and is_allowed_host(hosts[0].decode("latin-1"), self._host):
            return self._app
        return PlainTextResponse("open this page by the address that burner printed", 421)
