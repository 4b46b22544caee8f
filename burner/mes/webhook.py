"""A MES that takes each message as a signed POST with JSON."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.reference import resolve
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.core.unique_keys import RepeatedKeyError, unique_keys
from burner.core.words.visible_text import in_one_line
from burner.mes.destination import (
    InterlockAnswer,
    InterlockQuestion,
    MesAwayError,
    MesMessage,
    MesRefusedError,
)
from burner.mes.http_post import HttpDoor, MesReply, TlsFiles
from burner.mes.message_body import CONTENT_TYPE, message_body, question_body
from burner.mes.settings import WebhookSettings
from burner.mes.signature import signed_headers, signing_key

TRY_LATER = (401, 407, 408, 425, 429)
"""Statuses below 500 that say nothing of the message: it is sent again."""
LONGEST_REASON = 300
"""Characters of the reason that are kept."""


_REASONS = ("reason", "detail", "message", "error")
_REASON_IN_TEXT = re.compile(
    rf'"(?:{"|".join(_REASONS)})"\s*:\s*"'
    rf'((?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{{4}}){{1,{LONGEST_REASON}}})'
)


class Webhook:
    """Posts messages, and asks. Thread-safe."""

    def __init__(
        self, settings: WebhookSettings, folder: Path, clock: Callable[[], float] = time.time
    ) -> None:
        """Nothing is connected yet.

        Args:
            settings: of the station file.
            folder: in which its files are.
            clock: seconds since 1970.

        Raises:
            BurnerError: E782 a certificate or the secret cannot be used.
        """
        self.name, self._clock = settings.name, clock
        self._key = _key(settings, folder)
        self._search = SecretSearch(*filter(None, (self._key,)))
        files = (settings.ca, settings.certificate, settings.key)
        tls = TlsFiles(*(folder / file if file else None for file in files))
        self._events = HttpDoor(settings.url, tls, settings.deadline_s)
        asks = settings.interlock_url
        self._interlock = HttpDoor(asks, tls, settings.deadline_s) if asks else None

    def deliver(self, message: MesMessage) -> None:
        """Post a message; see `Destination`."""
        answer = self._post(self._events, message.id, message_body(message), CONTENT_TYPE)
        if 200 <= answer.status < 300:
            return
        detail = f"HTTP {answer.status}{self._reason(answer)}"
        if 400 <= answer.status < 500 and answer.status not in TRY_LATER:
            raise MesRefusedError(detail)
        raise MesAwayError(detail, retry_after_s=answer.retry_after_s)

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:
        """Post a question; see `Destination`."""
        if self._interlock is None:
            raise MesAwayError("it has no interlock_url")
        body = question_body(question)
        answer = self._post(self._interlock, str(uuid4()), body, "application/json")
        if not 200 <= answer.status < 300:
            raise MesAwayError(f"HTTP {answer.status}{self._reason(answer)}")
        try:
            fields = _json_object(answer.body, unique_keys)
        except RepeatedKeyError as error:
            detail = self._clean(str(error))
            raise BurnerError(Code.INTERLOCK_ANSWER_UNREADABLE, detail) from None
        allowed = fields.get("allowed")
        if not isinstance(allowed, bool):
            raise BurnerError(Code.INTERLOCK_ANSWER_UNREADABLE, 'no {"allowed": true} or false')
        asked = {"attempt": question.attempt, "unit_id": question.unit_id}
        if other := [key for key in asked if fields.get(key, asked[key]) != asked[key]]:
            detail = f"an answer about another {other[0]}"
            raise BurnerError(Code.INTERLOCK_ANSWER_UNREADABLE, detail)
        return InterlockAnswer(allowed, self._clean(str(fields.get("reason") or "")))

    def close(self) -> None:
        """End all connections."""
        for door in filter(None, (self._events, self._interlock)):
            door.close()

    def _post(self, door: HttpDoor, message_id: str, body: bytes, content_type: str) -> MesReply:
        headers = signed_headers(self._key, message_id, int(self._clock()), body)
        return door.post(body, {"content-type": content_type, **headers})

    def _reason(self, answer: MesReply) -> str:
        """What the answer says, as text behind the status."""
        fields = _json_object(answer.body)
        words = next((fields[name] for name in _REASONS if fields.get(name)), "")
        text = words if isinstance(words, str) and words else _text_of(answer.body)
        clean = self._clean(text)
        return f": {clean}" if clean else ""

    def _clean(self, text: str) -> str:
        return in_one_line(self._search.clean(" ".join(text.split())[:LONGEST_REASON]))


def _json_object(body: bytes, of_pairs: Callable[[Any], Any] = dict) -> dict[str, object]:
    try:
        fields = json.loads(body, object_pairs_hook=of_pairs)
    except RepeatedKeyError:
        raise
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text_of(body: bytes) -> str:
    """An answer that is no object: as it is, or the reason in one that was cut."""
    text = body.decode(errors="replace")
    found = _REASON_IN_TEXT.search(text) if text.lstrip().startswith("{") else None
    return str(json.loads(f'"{found[1]}"', strict=False)) if found else text


def _key(settings: WebhookSettings, folder: Path) -> Secret | None:
    if settings.hmac is None:
        return None
    secret = resolve(settings.hmac, folder)
    try:
        return signing_key(secret)
    except ValueError as error:
        detail = f"{settings.name}: {settings.hmac}: {error}"
        raise BurnerError(Code.DESTINATION_UNUSABLE, detail) from None
