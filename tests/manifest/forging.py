"""Exports written anew, consistently, by somebody without the key; and with it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from burner.errors import BurnerError
from burner.manifest.canonical import dumps
from burner.manifest.checks.offline import Findings, check_file
from burner.manifest.files.chainfile import export_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.manifest.signing.keys import PublicKey, Signer
from burner.model import Outcome
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch

Body = dict[str, Any]
Edit = Callable[[list[Body]], Iterable[Body]]


def refused(code: str, words: str = "") -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:.*{words}")


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def bodies(lines: list[str]) -> list[Body]:
    """The records of an export of one chain."""
    found = [json.loads(line) for line in lines[1:-1]]
    return [{"data": each["data"], "head": each["head"]} for each in found]


def written(begin: dict[str, Any], records: Iterable[Body | str]) -> list[str]:
    """A chain as lines, every hash right; a record given as text is taken as it is."""
    hash_, seq, lines = begin["hash"], begin["seq"], [dumps(begin) + "\n"]
    for record in records:
        text = record if isinstance(record, str) else dumps(record)
        hash_ = hashed(hash_ + hashed(text))
        seq = json.loads(text)["head"]["seq"]
        lines.append(f'{text[:-1]},"hash":"{hash_}"}}\n')
    end = {key: begin[key] for key in ("manifest", "station")} | {"hash": hash_, "seq": seq}
    return [*lines, dumps({"burner": "end 1", "chains": [end]}) + "\n"]


def forged(lines: list[str], edit: Edit) -> list[str]:
    """The chain of an export with edited bodies, its numbers as they were."""
    return written(json.loads(lines[0]), edit(bodies(lines)))


def withheld(line: str) -> str:
    """A record as one of another batch is shown."""
    value = json.loads(line)
    body = line.rstrip("\n")[:-75] + "}"
    digest = {"digest": hashed(body), "hash": value["hash"], "seq": value["head"]["seq"]}
    return dumps(digest) + "\n"


def joined(*chains: list[str]) -> list[str]:
    """Exports of one chain each as one file."""
    ends = [end for chain in chains for end in json.loads(chain[-1])["chains"]]
    lines = [line for chain in chains for line in chain[:-1]]
    return [*lines, dumps({"burner": "end 1", "chains": ends}) + "\n"]


def split(lines: list[str]) -> Iterator[list[str]]:
    """The other way round."""
    ends = {end["station"]: end for end in json.loads(lines[-1])["chains"]}
    starts = [i for i, line in enumerate(lines) if line.startswith('{"batch"') or "chain 1" in line]
    for start, stop in zip(starts, [*starts[1:], len(lines) - 1], strict=True):
        end = ends[json.loads(lines[start])["station"]]
        yield [*lines[start:stop], dumps({"burner": "end 1", "chains": [end]}) + "\n"]


def reseal(folder: Path, signer: Signer, **changes: Any) -> None:
    """What whoever holds the key can do after changing files."""
    seal = json.loads((folder / "SEAL.json").read_text())
    del seal["signature"]
    seal["files"] = {
        name: sha256((folder / name).read_bytes()).hexdigest()
        for name in seal["files"]
        if (folder / name).is_file()
    }
    seal |= {"key": signer.public.id, "public": signer.public.raw.hex(), **changes}
    sealed = {**seal, "signature": signer.sign(dumps(seal).encode())}
    (folder / "SEAL.json").write_text(dumps(sealed) + "\n")


def told(lines: Iterable[str], *keys: PublicKey) -> str:
    """What is wrong with a file; "None" when nothing is."""
    try:
        found: Findings = check_file(lines, {key.id: key for key in keys} or None)
    except BurnerError as error:
        return str(error)
    return str(found.flaw)


def export(path: Path, batch: str = "") -> list[str]:
    """The export of a manifest."""
    with Reader.open(path) as reader:
        return list(export_chain(reader, batch))


def a_chain(path: Path, signer: Signer) -> list[str]:
    """A chain of units good and bad, a late name, and signatures on the way; as lines."""
    with Ledger.open(path, "line1", Ticking(), signer=signer, every=6) as ledger:
        open_batch(ledger, planned=9)
        for unit in range(1, 6):
            burned(ledger, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
        late = an_attempt(7, name=None)
        ledger.begin(late)
        late = replace(late, device_name="plug-7", ids={**late.ids, "imei": "861234567890123"})
        ledger.bind(late)
        ledger.finish(late, a_result())
    return export(path)


def unsigned(records: list[Body]) -> list[Body]:
    """Everything but the signatures, numbered anew, the FAIL made a PASS."""
    left = [r for r in records if r["head"]["kind"] not in ("key", "checkpoint")]
    number = {record["head"]["seq"]: i for i, record in enumerate(left, 1)}
    for record in left:
        head = record["head"]
        head["seq"], head["intent"] = number[head["seq"]], number[head["intent"]]
        if head["outcome"] == "FAIL":
            head["outcome"] = "PASS"
    return left


def behind_record(lines: list[str], seq: int) -> list[str]:
    """An export whose front is cut off, as if it had begun there."""
    value = json.loads(lines[seq])
    begin = {**json.loads(lines[0]), "hash": value["hash"], "seq": seq}
    return [dumps(begin) + "\n", *lines[seq + 1 :]]
