"""Asking a C2SP witness for its cosignature over HTTP (tlog-witness, add-checkpoint)."""

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.heads.cosignatures import add_checkpoint_request, keep_cosignatures
from burner.manifest.heads.note_file import read_note_file
from burner.manifest.log.note import NoteError, Signature, SignedNote, VerifierKey
from burner.manifest.writing.ledger import Ledger

TIMEOUT_S = 15
MOST_BYTES = 64 * 1024
CONFLICT = 409
REFUSALS = {
    400: "the request is malformed",
    403: "it does not trust the key that signed the head",
    404: "it does not know this log",
    422: "the log is not consistent with what it saw before",
}
"""HTTP status → its meaning in the specification."""


def collect_cosignatures(
    ledger: Ledger, source: str, witnesses: tuple[VerifierKey, ...]
) -> tuple[Signature, ...]:
    """Keep cosignatures of the head: of a cosigned file, or asked for at a witness's URL.

    Returns:
        The lines that are kept now.

    Raises:
        BurnerError: E735 it is no head of this log; as `ask_witness` and `keep_cosignatures`.
    """
    if "://" not in source:
        return keep_cosignatures(ledger, read_note_file(Path(source)), witnesses)
    return tuple(line for key in witnesses for line in ask_witness(ledger, source, key))


def ask_witness(ledger: Ledger, url: str, witness: VerifierKey) -> tuple[Signature, ...]:
    """Request a cosignature of the head from a witness, and keep it.

    Args:
        ledger: of a station.
        url: the witness's submission prefix.
        witness: its verifier key (type 4).

    Returns:
        The lines that were not kept before.

    Raises:
        BurnerError: E735 the answer has no cosignature of the witness, E761 it cannot be reached,
            or refuses.
    """
    body, head = add_checkpoint_request(ledger.reader, 0)
    status, answer = _post(url, body)
    if status == CONFLICT:
        try:
            old = int(answer.decode("ascii").strip())
        except (UnicodeDecodeError, ValueError):
            raise BurnerError(
                Code.WITNESS_DID_NOT_SIGN, f"{url}: the answer is not a size"
            ) from None
        body, head = add_checkpoint_request(ledger.reader, old)
        status, answer = _post(url, body)
    if status != 200:
        raise BurnerError(
            Code.WITNESS_DID_NOT_SIGN, f"{url}: {REFUSALS.get(status, f'HTTP {status}')}"
        )
    try:
        note = SignedNote.parse(f"{head.text}\n".encode() + answer)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, f"{url}: {error}") from None
    signed = tuple(line for line in note.signatures if line.is_of(witness))
    if not signed:
        raise BurnerError(Code.HEAD_INVALID, f"{url}: no cosignature of {witness.name}")
    request_note = SignedNote.parse(body.partition(b"\n\n")[2])
    return keep_cosignatures(
        ledger, SignedNote(request_note.text, (*request_note.signatures, *signed)), (witness,)
    )


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    if urlparse(url).scheme not in ("http", "https"):
        raise BurnerError(Code.WITNESS_DID_NOT_SIGN, f"{url}: not a web address")
    request = Request(f"{url.rstrip('/')}/add-checkpoint", data=body, method="POST")  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - scheme checked above
            return int(answer.status), answer.read(MOST_BYTES)
    except HTTPError as error:
        return error.code, error.read(MOST_BYTES)
    except (URLError, OSError, HTTPException) as error:
        raise BurnerError(
            Code.WITNESS_DID_NOT_SIGN, f"{url}: {getattr(error, 'reason', error)}"
        ) from None
