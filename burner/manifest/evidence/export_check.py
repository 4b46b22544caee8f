"""Check an export or a sealed folder with nothing but an origin key and heads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.words.phrases import ENGLISH
from burner.core.words.plural import counted
from burner.manifest.exchange.check_file import FileCheck, check_file
from burner.manifest.exchange.folder import check_folder
from burner.manifest.heads.head_argument import CarriedHead
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.endorsers import endorser_of
from burner.release.acceptance import parse_policy
from burner.release.envelope.dsse import open_envelope
from burner.release.envelope.statement import PredicateType

UNNAMED = ENGLISH("key without name")


@dataclass(frozen=True)
class OutsideCheck:
    """The result of checking an export or a folder."""

    file: FileCheck
    code: str
    """Empty: all checks passed."""
    place: str
    """The first bad place; of a folder with other bad files, all of them."""
    heads: tuple[str, ...]
    """Given heads that are heads of this log."""
    heads_not_compared: tuple[str, ...]
    """Given heads of other sizes: the file cannot prove them."""

    def completeness(self) -> str:
        """Whether the records are proved to be complete."""
        if not self.file.batch:
            return "It shows every record of the log up to this head."
        if self.file.closed is None:
            return "The batch is open: completeness not proven."
        records = counted(self.file.closed, "record")
        text = f"The batch is complete up to its close: {records}, as its close counted."
        late = self.file.behind_close
        behind = f" Behind the close {late} are shown; completeness not proven."
        return text + (behind if late else "")

    def people(self, kind: PredicateType) -> list[str]:
        """Who signed or approved the release of the batch, each with the fingerprint of the key.

        The names are those of the policy; without one, as the signers wrote them.
        """
        envelopes = self.file.opened.envelopes if self.file.opened else ()
        signed = (open_envelope(envelope.encode()) for envelope in envelopes)
        of_kind = (row for row in signed if row.statement.type is kind)
        endorsers = (endorser_of(row, self._names()) for row in of_kind)
        return [f"{row.name or UNNAMED} ({row.fingerprint})" for row in endorsers]

    def _names(self) -> Mapping[str, str] | None:
        policy = self.file.opened.policy if self.file.opened else ""
        return parse_policy(self.file.policies[policy]).people if policy else None

    def acceptance(self) -> str:
        """Who signed and approved the release of the batch, under which policy."""
        policy = self.file.opened.policy if self.file.opened else ""
        under = f"station policy {policy}" if policy else "no station policy"
        signed = ", ".join(self.people(PredicateType.RELEASE)) or "nobody"
        approved = ", ".join(self.people(PredicateType.APPROVAL)) or "nobody"
        text = f"Opened under {under}. Its release: signed by {signed}; approved by {approved}."
        unchecked = not policy and self.file.opened and self.file.opened.envelopes
        return f"{text} {ENGLISH('names as written')}" if unchecked else text

    def as_json(self) -> Mapping[str, Any]:
        """For scripts."""
        return {
            "ok": not self.code,
            "code": self.code,
            "place": self.place,
            "origin": self.file.origin,
            "size": self.file.size,
            "root": self.file.root,
            "batch": self.file.batch,
            "shown": self.file.shown,
            "complete": self.completeness(),
            "policy": self.file.opened.policy if self.file.opened else "",
            "release_signed_by": self.people(PredicateType.RELEASE),
            "release_approved_by": self.people(PredicateType.APPROVAL),
            "signed_by": self.file.signed_by,
            "cosigned": [
                {"witness": c.witness.name, "time": c.time} for c in self.file.cosignatures
            ],
            "heads": self.heads,
            "warnings": self.file.warnings,
        }


def check_outside(
    path: Path,
    key: VerifierKey,
    witnesses: Sequence[VerifierKey] = (),
    heads: Mapping[str, CarriedHead] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> OutsideCheck:
    """Check an export or a sealed folder.

    Args:
        path: the file or folder.
        key: origin key of the log, from outside the file.
        witnesses: keys of witnesses whose cosignatures count.
        heads: heads that were taken from the log before, by their text.
        progress: gets the number of further bytes that were read.

    Raises:
        BurnerError: E724 it cannot be read; E7.
    """
    heads = heads or {}
    sizes = {head.size for head in heads.values()}
    if path.is_dir():
        file, bad_files = check_folder(path, key.name, key, tuple(witnesses), sizes)
    else:
        bad_files = []
        file = check_file(
            path,
            key.name,
            key,
            witnesses=witnesses,
            sizes=sizes,
            progress=progress,
            ended=lambda _attempt: None,  # not needed: this saves memory
        )
    code = file.code or (Code.BATCH_FOLDER_INVALID if bad_files else "")
    place = file.place or "; ".join(bad_files)
    return _compared(OutsideCheck(file, code, place, (), ()), {} if file.code else heads)


def _compared(check: OutsideCheck, heads: Mapping[str, CarriedHead]) -> OutsideCheck:
    """Compare heads with those the file proves: its last one, and earlier ones of a whole log."""
    file, code, place = check.file, check.code, check.place
    same, not_compared = [], []
    for text, head in heads.items():
        if not (root := file.roots.get(head.size)):
            not_compared.append(text)
            continue
        proved = Checkpoint(file.origin, head.size, bytes.fromhex(root))
        if head in (proved, PaperHead.of(proved)):
            same.append(text)
        else:
            code, place = Code.HEAD_INVALID, f"the head {text} is another"
    return OutsideCheck(file, code, place, tuple(same), tuple(not_compared))
