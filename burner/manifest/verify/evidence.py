"""The manifest, and what was carried out of it before: its origin key and its heads."""

from collections.abc import Mapping, Sequence

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.heads.carried_head import CarriedHead
from burner.manifest.heads.heads import is_head_of
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
    """Check a manifest, also by what this computer and its people know of it.

    Args:
        reader: of the manifest.
        key: its origin key, as it was written down; None: nobody says.
        heads: heads that were carried out, each by its text.
        witnesses: keys of witnesses whose cosignatures count.
        progress: told how many more records were checked.

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
        checked.fail(
            ManifestCheck.HEADS, Code.LOG_SIGNER_NOT_AUTHORIZED, f"the origin key is {origin_key}"
        )
    for text, head in heads.items():
        if not is_head_of(reader, head):
            checked.fail(
                ManifestCheck.COMPUTER, Code.HEAD_INVALID, f"the head {text} is not one of this log"
            )
    return checked
