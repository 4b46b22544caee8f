"""The envelope of a CFX message, and its AMQP message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

Body = dict[str, Any]
"""Fields of a message or of a structure in it, under the names of the standard."""

VERSION = "2.1"
"""Of the standard."""
CONTENT_TYPE = 'application/json; charset="utf-8"'


@dataclass(frozen=True)
class CfxEnvelope:
    """One CFX message with what all have (the SDK's class CFXEnvelope)."""

    name: str
    """Full name of the message: `CFX.Production.WorkStarted`."""
    at: str
    """When it happened, ISO 8601 with time zone."""
    id: str
    """A UUID. A message that is sent again has the same one."""
    source: str
    """CFX handle of the sender."""
    body: Body
    target: str = ""
    """Of a request: CFX handle of who answers."""
    request: str = ""
    """Of a request and its response: one id for both."""

    @property
    def topic(self) -> str:
        """Namespace of the message: `CFX.Production`."""
        return self.name.rpartition(".")[0]

    def to_json(self) -> bytes:
        """What is sent. `$type` comes first, because the SDK reads it only there."""
        fields = {
            "MessageName": self.name,
            "Version": VERSION,
            "TimeStamp": self.at,
            "UniqueID": self.id,
            "Source": self.source,
            "Target": self.target or None,
            "RequestID": self.request or None,
            "MessageBody": {"$type": f"{self.name}, CFX", **self.body},
        }
        return json.dumps(fields, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")

    def properties(self) -> Mapping[str, str]:
        """Application properties, by which a broker or a MES may choose messages."""
        return {
            "cfx-topic": self.topic,
            "cfx-message": self.name,
            "cfx-handle": self.source,
            "cfx-target": self.target,
        }


def derived_id(seed: str, *parts: str) -> str:
    """A UUID that is the same whenever it is made of the same: messages may be sent twice."""
    return str(uuid5(_as_uuid(seed), "/".join(parts)))


def guid(identifier: str) -> str:
    """An id of burner as a UUID: itself where it is one, such as an attempt's 32 hex digits."""
    return str(_as_uuid(identifier))


_NAMESPACE = UUID("6f1c6d5e-0d6b-5d2b-9d52-6b4f0f0c5a9e")


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid5(_NAMESPACE, text)
