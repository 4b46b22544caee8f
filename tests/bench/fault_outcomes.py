"""One table of the bench's faults: what the faulty unit ends as, its code, the exit status."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Row:
    """A fault and what must become of it."""

    fault: dict[str, Any]
    outcome: str
    code: str
    status: int
    tries: int = 1
    time: str = "off"
    slow: bool = False
    """It takes half a minute: for the long campaigns."""

    def __str__(self) -> str:
        return "-".join(str(value) for value in self.fault.values())


TABLE = (
    Row({"kind": "dead"}, "ERROR", "E301", 1),
    Row({"kind": "wrong-chip"}, "FAIL", "E401", 1),
    Row({"kind": "flash-size", "size": "2MB"}, "FAIL", "E402", 1),
    Row({"kind": "unplug", "step": "write"}, "ERROR", "E505", 1),
    Row({"kind": "unplug", "at_byte": 15000}, "ERROR", "E505", 1),
    Row({"kind": "port-gone", "step": "write"}, "ERROR", "E505", 1),
    Row({"kind": "hang", "step": "write"}, "ERROR", "E501", 1, tries=3, slow=True),
    Row({"kind": "hang", "step": "write", "once": True}, "PASS", "", 0, tries=2),
    Row({"kind": "stuck-sector", "address": 0x20000}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "bit-flip", "address": 0x20010}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "wrong-md5"}, "FAIL", "E601", 1, tries=2),
    Row({"kind": "garble", "baud": 460800}, "PASS", "", 0, tries=2),
    Row({"kind": "garble", "baud": 2400}, "ERROR", "E301", 1),
    Row({"kind": "slow-erase", "factor": 20}, "PASS", "", 0, time="model"),
    Row({"kind": "blank-mac"}, "FAIL", "E410", 1),
    Row({"kind": "same-mac"}, "FAIL", "E456", 1),
    Row({"kind": "brown-out", "step": "write"}, "ERROR", "E502", 1, tries=3),
    Row({"kind": "encrypted"}, "FAIL", "E403", 1),
    Row({"kind": "secure-boot"}, "FAIL", "E403", 1),
    Row({"kind": "secure-download"}, "FAIL", "E404", 1),
    Row({"kind": "no-download"}, "FAIL", "E447", 1),
    Row({"kind": "stale-key", "product_id": "OLDPRODUCT"}, "FAIL", "E604", 1),
    Row({"kind": "no-security-info"}, "FAIL", "E448", 1, tries=2),
)
