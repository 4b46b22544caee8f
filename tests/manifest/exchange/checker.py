"""Checks an export of a burner log with nothing of burner: python checker.py FILE ORIGIN-KEY

The origin key is `name+id+base64`, from whoever is trusted: never from the file.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree(a: int, b: int, shown: dict[int, bytes], hidden: list[bytes]) -> bytes:
    if not any(a <= number < b for number in shown):  # RFC 6962, section 2.1
        return hidden.pop(0)
    if b - a == 1:
        return sha(b"\x00" + shown[a])
    middle = a + (1 << (b - a - 1).bit_length() - 1)
    return sha(b"\x01" + tree(a, middle, shown, hidden) + tree(middle, b, shown, hidden))


def verify(key: str, signature: bytes, message: str) -> None:
    public = base64.b64decode(key.split("+", 2)[2])[1:]
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message.encode())


def check(text: str, origin_key: str) -> str:
    rest = text.split("\n")
    parts = [rest[: rest.index("")]]  # records, then hashes, then the signed head
    rest = rest[len(parts[0]) + 1 :]
    parts += [rest[: rest.index("")], rest[rest.index("") + 1 :]]
    (first, batch, *lines), hashes = parts[:2]
    shown = {int(number): body.encode() for number, _, body in (x.partition(" ") for x in lines)}
    assert (first, list(shown)) == ("burner log export v1", sorted(shown)), "form"
    records = {number: json.loads(body) for number, body in shown.items()}
    for number, record in records.items():
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical.encode() == shown[number], f"record {number} is not canonical"
    origin, size, root, *signatures = [line for line in parts[2] if line]
    hidden = [base64.b64decode(line) for line in hashes]
    assert tree(0, int(size), shown, hidden) == base64.b64decode(root), "root"
    name, key_id, _ = origin_key.split("+", 2)
    assert (hidden, origin, records[0]["key"]) == ([], name, origin_key), "origin key"
    keys = {key_id: origin_key}  # the keys that may sign, by their ids
    for record in records.values():
        if record["kind"] == "key-enrolled":
            fields = [origin, record["key"], record["role"], record["until"], ""]
            message = "\n".join(["burner key enrolment v1", *fields])
            verify(keys[record["enrolled_by"]], bytes.fromhex(record["signature"]), message)
            keys[record["key"].split("+")[1]] = record["key"]
        elif record["kind"] == "key-withdrawn":
            keys.pop(record["key_id"])
    values = [base64.b64decode(x.split(" ")[2]) for x in signatures if x.split(" ")[1] == name]
    ours = [value for value in values if value[:4].hex() in keys]
    assert ours, "no signature of a key of the log"
    for value in ours:
        verify(keys[value[:4].hex()], value[4:], f"{origin}\n{size}\n{root}\n")
    mine = [n for n, record in records.items() if f"batch {record['batch']}" == batch]
    others = {records[n]["kind"][:3] for n in records if n not in mine}
    assert batch == "batch" or others <= {"log", "key", "pol", "rel"}, "another batch"
    for at, number in enumerate(mine):
        if records[number]["kind"] == "batch-closed":
            root = tree(0, at, {n: shown[mine[n]] for n in range(at)}, []).hex()
            assert root == records[number]["root"], "batch"
            return f"{len(shown)} of {size} records; {batch} is complete up to its close"
    return f"{len(shown)} of {size} records" + ("; completeness not proven" * (batch != "batch"))


if __name__ == "__main__":
    print(check(Path(sys.argv[1]).read_bytes().decode(), sys.argv[2]))  # noqa: T201
