"""Check a manifest against its origin key and its heads, as kept outside it."""

from collections.abc import Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.heads.head_argument import CarriedHead
from burner.manifest.heads.heads import is_head_of_log
from burner.manifest.local.known_log import known_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.verify.checks import ManifestCheck, Verification
from burner.manifest.verify.database import verify
from burner.manifest.verify.stored_log import RecordsChecked


def verify_by_evidence(
    reader: ManifestReader,
    key: VerifierKey | None,
    heads: Mapping[str, CarriedHead],
    witnesses: Sequence[VerifierKey] = (),
    progress: RecordsChecked = lambda _: None,
) -> Verification:
    """Verify a manifest, also against what this computer and people know of it.

    Args:
        reader: of the manifest.
        key: its origin key, as somebody wrote it down; None: not given.
        heads: heads that were taken from it before, by their text.
        witnesses: keys of witnesses whose cosignatures count.
        progress: gets the number of further records that were checked.

    Raises:
        BurnerError: E752 the key is of another log; E7.
    """
    if key is not None and key.name != reader.origin:
        raise BurnerError(Code.LOG_IS_ANOTHER, f"it is of {reader.origin}, the key of {key.name}")
    known = known_log(reader.origin)
    with reader.connection() as connection:
        checked = verify(connection, [known] if known else [], progress, witnesses=tuple(witnesses))
    origin_key = reader.origin_key()
    if key is not None and str(key) != origin_key:
        error = BurnerError(Code.LOG_SIGNER_NOT_AUTHORIZED, f"the origin key is {origin_key}")
        checked.fail(ManifestCheck.HEADS, error)
    for text, head in heads.items():
        if not is_head_of_log(reader, head):
            error = BurnerError(Code.HEAD_INVALID, f"the head {text} is not one of this log")
            checked.fail(ManifestCheck.COMPUTER, error)
    return checked
