"""The product information of a simulated Tencent AT firmware: set, asked for, cleared.

Facts: `AT+TCPRDINFOSET=1,"pid","secret","name"[,"region"]` answers OK, then `+TCPRDINFOSET:OK` or
`:FAIL,<n>`; the query prints the XOR of the secret's bytes, never the secret.
"""

import json
import re
from dataclasses import asdict, dataclass
from functools import reduce
from operator import xor
from pathlib import Path

from burner.bench.unit.modem_spec import ProductSpec

SET = "AT+TCPRDINFOSET="
MAX_COMMAND = 256
"""Bytes with CRLF; longer ones are refused with 201."""

_STRING = r'"((?:[^"\\]|\\.)*)"'
_VALUES = re.compile(rf"([01]),{_STRING},{_STRING},{_STRING}(?:,{_STRING})?")


@dataclass(frozen=True)
class AtReply:
    """The reply to a command: lines, the result, and what follows it."""

    lines: tuple[str, ...] = ()
    result: str = "OK"
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredProduct:
    """The stored product information, unescaped."""

    product_id: str = ""
    secret: bytes = b""
    name: str = ""
    region: str = "china"


class ProductMemory:
    """Keeps one product's information, as the firmware does in its flash."""

    def __init__(self, spec: ProductSpec, file: Path | None = None) -> None:
        """`file` outlives the process, as the flash of a bench does that keeps its units."""
        self.spec = spec
        self._file = file
        self._stored = _read(file) if file else None
        self._busy = spec.busy
        self._prefix = "+TCPRDINFOSET: " if spec.cellular else "+TCPRDINFOSET:"

    @property
    def stored(self) -> StoredProduct | None:
        """The product information set last; None: none was set, or it was cleared."""
        return self._stored

    @stored.setter
    def stored(self, product: StoredProduct | None) -> None:
        self._stored = product
        if self._file and product:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(
                json.dumps({**asdict(product), "secret": product.secret.hex()}), encoding="utf-8"
            )
        elif self._file:
            self._file.unlink(missing_ok=True)

    def reply(self, command: str) -> AtReply | None:
        """The answer to a command of this family; None for any other."""
        if command == "AT+TCPRDINFOSET?":
            return (
                AtReply((self._query_line(),)) if self.stored else AtReply(result="+CME ERROR:208")
            )
        if command == "AT+TCRESTORE":
            self.stored = None
            return AtReply(after=("+TCRESTORE:OK",))
        return self._set(command) if command.startswith(SET) else None

    def _set(self, command: str) -> AtReply:
        if self._busy:
            self._busy -= 1
            return AtReply(result="busy p...")
        if len(command) + 2 > MAX_COMMAND:
            return AtReply(result="+CME ERROR:201")
        values = _VALUES.fullmatch(command.removeprefix(SET))
        if not values:
            return AtReply(result="+CME ERROR:204")
        if self.spec.cme is not None:
            return AtReply(result=f"+CME ERROR:{self.spec.cme}")
        if self.spec.fail is not None:
            return AtReply(after=(f"{self._prefix}FAIL,{self.spec.fail}",))
        product_id, secret, name, region = (_plain(value or "") for value in values.groups()[1:])
        kept = secret[::-1] + "?" if self.spec.wrong_bcc else secret
        self.stored = StoredProduct(product_id, kept.encode(), name, region or "china")
        return AtReply(after=(f"{self._prefix}OK",))

    def _query_line(self) -> str:
        assert self.stored  # noqa: S101 - asked only when something is stored
        kept = self.stored
        bcc = reduce(xor, kept.secret, 0)
        return f'{self._prefix}1,"{kept.product_id}",{bcc},"{kept.name}","{kept.region}"'


def _read(file: Path) -> StoredProduct | None:
    if not file.exists():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return StoredProduct(**{**kept, "secret": bytes.fromhex(kept["secret"])})


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
