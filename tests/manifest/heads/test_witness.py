"""A witness of the C2SP protocol, on this machine, and what it answers."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from burner.core.errors import BurnerError
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.log_file import export_log
from burner.manifest.heads.witness import ask_witness
from burner.manifest.local.keys import LocalSigner
from burner.manifest.log.checkpoint import Checkpoint, cosign
from burner.manifest.log.note import KeyType, SignedNote, VerifierKey
from burner.manifest.writing.ledger import Ledger
from tests.manifest.log.consistency import is_consistent
from tests.manifest.records import a_ledger, burned, open_batch


class Witness:
    """Keeps the latest head of each log that it knows, and signs what extends it."""

    def __init__(self, *keys: VerifierKey) -> None:
        self.signer = LocalSigner(
            "witness.example/w1", Ed25519PrivateKey.generate(), KeyType.COSIGNATURE
        )
        self.logs = {key.name: key for key in keys}
        self.heads: dict[str, Checkpoint] = {}

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        top, _, text = body.partition(b"\n\n")
        first, *lines = top.decode().split("\n")
        old = int(first.removeprefix("old "))
        note = SignedNote.parse(text)
        head = Checkpoint.parse(note.text)
        key = self.logs.get(head.origin)
        if key is None:
            return 404, b""
        if not note.check([key]):
            return 403, b""
        known = self.heads.get(head.origin)
        if (known.size if known else 0) != old:
            return 409, f"{known.size if known else 0}\n".encode()
        proof = [base64.b64decode(line) for line in lines]
        if known and not is_consistent(known.size, known.root, head.size, head.root, proof):
            return 422, b""
        self.heads[head.origin] = head
        return 200, str(cosign(head, self.signer, 1_800_000_000)).encode()


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """The URL at which a witness answers, on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = witness.add_checkpoint(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def origin_key(ledger: Ledger) -> VerifierKey:
    return VerifierKey.parse(ledger.writer.origin_key)


def test_a_witness_signs_a_log_as_it_grows_and_exports_carry_it(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        witness = Witness(origin_key(ledger))
        with serving(witness) as url:
            for unit in range(3):
                burned(ledger, unit, batch="WO1")
                assert ask_witness(ledger, url, witness.signer.key)
        file = tmp_path / "all.log"
        file.write_text("".join(export_log(ledger.reader)), encoding="utf-8")
        result = check_file(file, ledger.origin, origin_key(ledger), witnesses=[witness.signer.key])
    assert [c.time for c in result.cosignatures] == [1_800_000_000]


def test_a_batch_is_exported_with_the_newest_head_that_a_witness_signed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
        witness = Witness(origin_key(ledger))
        with serving(witness) as url:
            ask_witness(ledger, url, witness.signer.key)
        signed = ledger.writer.size
        burned(ledger, 2)
        file = tmp_path / "batch.log"
        file.write_text("".join(export_log(ledger.reader, "WO1")), encoding="utf-8")
        result = check_file(file, ledger.origin, origin_key(ledger), witnesses=[witness.signer.key])
    assert (result.code, result.size, len(result.cosignatures)) == ("", signed, 1)


def test_a_witness_that_does_not_know_the_log_refuses(tmp_path: Path) -> None:
    witness = Witness()
    with a_ledger(tmp_path) as ledger, serving(witness) as url, refused("E761"):
        ask_witness(ledger, url, witness.signer.key)


def test_a_witness_that_saw_another_history_refuses(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        witness = Witness(origin_key(ledger))
        burned(ledger, 1)
        witness.heads[ledger.origin] = Checkpoint(ledger.origin, 2, bytes(32))
        with serving(witness) as url, refused("E761"):
            ask_witness(ledger, url, witness.signer.key)


def test_a_witness_that_saw_more_than_there_is_tells_of_an_older_copy(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        witness = Witness(origin_key(ledger))
        witness.heads[ledger.origin] = Checkpoint(ledger.origin, 99, bytes(32))
        with serving(witness) as url, refused("E735"):
            ask_witness(ledger, url, witness.signer.key)


def test_another_witness_in_its_place_is_not_believed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        witness, other = Witness(origin_key(ledger)), Witness()
        with serving(witness) as url, refused("E735"):
            ask_witness(ledger, url, other.signer.key)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://127.0.0.1/", "nowhere"])
def test_a_witness_that_is_not_there_is_reported(tmp_path: Path, url: str) -> None:
    with a_ledger(tmp_path) as ledger, refused("E761"):
        ask_witness(ledger, url, Witness().signer.key)
