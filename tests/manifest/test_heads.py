"""Heads that left the station, held against a manifest, an export and a folder later."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from burner.errors import BurnerError
from burner.manifest.checks.offline import check_file
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.manifest.signing import keys
from burner.manifest.signing.heads import (
    countersign,
    current_heads,
    missing_heads,
    parse_code,
    read_heads,
    write_heads,
)
from burner.manifest.signing.keys import Signer
from burner.manifest.signing.seals import HeadOfChain
from tests.manifest.records import Ticking, burned


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


@pytest.fixture(scope="module")
def qa() -> Signer:
    return keys.make("qa", "open sesame")


@pytest.fixture(scope="module")
def stranger() -> Signer:
    return keys.make("stranger", "open sesame")


def heads_of(path: Path) -> list[HeadOfChain]:
    with Reader.open(path) as reader:
        return current_heads(reader)


def test_a_station_id_may_hold_blanks(tmp_path: Path) -> None:
    path = tmp_path / "manifest.db"
    with Ledger.open(path, "line 1  west", Ticking()) as ledger:
        burned(ledger, 1, station="line 1  west")
    (head,) = heads_of(path)
    wanted = parse_code(head.code().lower().replace("line 1  west", "line 1  west"))
    assert (wanted.station, wanted.seq) == ("line 1  west", 2)
    with Reader.open(path) as reader:
        assert missing_heads(reader, [wanted]) == []
        assert check_file(export_chain(reader), wanted=[wanted]).heads == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        *("", "line1", "line1 5", "line1 x AAAA-AAAA-AAAA-AAAA", "5 AAAA-AAAA-AAAA-AAAA"),
        *("line1 5 AAAA-AAAA-AAAA", "line1 5 AAAA-AAAA-AAAA-AAA1", f"s {'9' * 5000} A"),
        *("line1 ² AAAA-AAAA-AAAA-AAAA", "line1 5 AAAA-AAAA-AAAA-AAAA-AAAA"),
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with refused("E735"):
        parse_code(text)


def test_two_stations_of_one_id_have_each_their_own_head(tmp_path: Path, qa: Signer) -> None:
    factory, office, file = (tmp_path / name for name in ("f.db", "o.db", "f.jsonl"))
    with Ledger.open(factory, "line1", Ticking()) as ledger:
        burned(ledger, 1)
        burned(ledger, 2)
        file.write_text("".join(export_chain(ledger.reader)), encoding="utf-8")
    with Ledger.open(office, "line1", Ticking()) as ledger:
        burned(ledger, 3)
        burned(ledger, 4)
        theirs, ours = heads_of(factory), current_heads(ledger.reader)
        import_chain(ledger.writer, file, "wang")
    wanted = [parse_code(head.code()) for head in (*theirs, *ours)]
    heads = tmp_path / "heads.json"
    write_heads(heads, [*theirs, *ours])
    countersign(heads, qa, "qa")
    wanted += read_heads(heads, {qa.public.id: qa.public}).heads
    with Reader.open(office) as reader:
        assert missing_heads(reader, wanted) == []
        found = check_file(export_chain(reader), wanted=wanted)
    assert found.flaw is None
    assert set(found.heads) == set(wanted)


def test_a_file_of_heads_is_compared_whole(tmp_path: Path) -> None:
    path, heads = tmp_path / "manifest.db", tmp_path / "heads.json"
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1)
    (head,) = heads_of(path)
    near = HeadOfChain(head.manifest, "line1", 2, head.hash[:40] + "0" * 24)
    elsewhere = HeadOfChain("another manifest", "line1", 2, head.hash)
    with Reader.open(path) as reader:
        for wrong in (near, elsewhere):
            write_heads(heads, [wrong])
            (wanted,) = read_heads(heads).heads
            assert missing_heads(reader, [wanted]) == [wanted]
            assert check_file(export_chain(reader), wanted=[wanted]).heads == []


HEAD = {"manifest": "m", "station": "line1", "seq": 1, "hash": "0" * 64}
SIGNATURE = {"by": "qa", "key": "k", "public": "p", "seq": 1, "signature": "s", "station": "line1"}
GARBAGE: dict[str, Any] = {
    "a list": [],
    "no heads": {"burner": "heads 1", "heads": [], "signatures": []},
    "another file": {"burner": "heads 2", "heads": [HEAD], "signatures": []},
    "an empty hash": {"burner": "heads 1", "heads": [{**HEAD, "hash": ""}], "signatures": []},
    "a short hash": {"burner": "heads 1", "heads": [{**HEAD, "hash": "abc"}], "signatures": []},
    "a hash of numbers": {"burner": "heads 1", "heads": [{**HEAD, "hash": 5}], "signatures": []},
    "a hash in capitals": {
        "burner": "heads 1",
        "heads": [{**HEAD, "hash": "A" * 64}],
        "signatures": [],
    },
    "a number of text": {"burner": "heads 1", "heads": [{**HEAD, "seq": "1"}], "signatures": []},
    "heads of text": {"burner": "heads 1", "heads": "x", "signatures": []},
    "no signatures": {"burner": "heads 1", "heads": [HEAD]},
    "signatures of numbers": {"burner": "heads 1", "heads": [HEAD], "signatures": [5]},
    "half a signature": {"burner": "heads 1", "heads": [HEAD], "signatures": [{"seq": 1}]},
    "a false signature": {"burner": "heads 1", "heads": [HEAD], "signatures": [SIGNATURE]},
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_a_file_of_garbage_is_neither_read_nor_signed(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "heads.json"
    path.write_text(json.dumps(data))
    with refused("E735"):
        read_heads(path)
    path.write_bytes(b"\xff")
    with refused("E735"):
        read_heads(path)


def test_nothing_but_whole_hashes_is_countersigned(tmp_path: Path, qa: Signer) -> None:
    path = tmp_path / "heads.json"
    for hash_ in ("", "abc", "0" * 63, "g" * 64):
        head = {**HEAD, "hash": hash_}
        path.write_text(json.dumps({"burner": "heads 1", "heads": [head], "signatures": []}))
        with refused("E735"):
            countersign(path, qa, "qa")
    write_heads(path, [HeadOfChain(**HEAD)])  # type: ignore[arg-type]
    assert countersign(path, qa, "qa") == countersign(path, qa, "qa") == [HeadOfChain(**HEAD)]  # type: ignore[arg-type]
    assert len(json.loads(path.read_text())["signatures"]) == 1


def test_a_countersigned_file_needs_a_given_key_once_keys_are_given(
    tmp_path: Path, qa: Signer, stranger: Signer
) -> None:
    path = tmp_path / "heads.json"
    write_heads(path, [HeadOfChain("m", "line1", 1, "0" * 64)])
    assert not read_heads(path, {qa.public.id: qa.public}).countersigned
    countersign(path, stranger, "stranger")
    assert read_heads(path).countersigned
    with refused("E735"):
        read_heads(path, {qa.public.id: qa.public})
    countersign(path, qa, "qa")
    assert read_heads(path, {qa.public.id: qa.public}).countersigned


def test_a_full_disk_costs_no_signature_and_is_told(
    tmp_path: Path, qa: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "heads.json"
    head = HeadOfChain("m", "line1", 1, "0" * 64)
    write_heads(path, [head])
    before = path.read_bytes()

    def full(_path: Path, _text: str, **_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with refused("E705"):
        countersign(path, qa, "qa")
    with refused("E705"):
        write_heads(tmp_path / "other.json", [head])
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["heads.json"]
