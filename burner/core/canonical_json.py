"""The one form of JSON that is hashed: sorted keys, no blanks, UTF-8. This is its definition.

`burner.manifest.entries.body` writes the same bytes for records, faster.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def canonical(data: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON object; equal objects give equal bytes."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical bytes."""
    return sha256(canonical(data)).hexdigest()
