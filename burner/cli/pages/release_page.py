"""The page of a release for its approver: what it is, its limits, who signed and approved it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from burner.cli.pages.page_rows import PageRows, under
from burner.core.words.plural import counted
from burner.profile.profile import Reburn
from burner.release.age import count_recipients
from burner.release.contents import checked_plan
from burner.release.documents.documents import NOTES, SBOM
from burner.release.documents.sbom import read_sbom
from burner.release.envelope.dsse import SignedStatement
from burner.release.envelope.statement import PredicateType
from burner.release.release_file import Contents
from burner.release.statements import evidence_of

if TYPE_CHECKING:
    from burner.release.preflight import Preflight


def as_data(
    contents: Contents, seen: "Preflight", statements: Sequence[SignedStatement]
) -> dict[str, Any]:
    """The page for scripts."""
    profile, notes = checked_plan(seen)[0], seen.documents.get(NOTES)
    return {
        "digest": contents.digest,
        "quantity": profile.quantity,
        "quantity_of": profile.quantity_of.value,
        "limits": profile.limits.model_dump(mode="json"),
        "sealed": contents.index.get("sealed"),
        "times_sealed": len(contents.sealed),
        "recipients": sum(map(count_recipients, contents.sealed)),
        "sbom": _sbom(contents, seen),
        "notes": notes.decode() if notes is not None else None,
        "boot": profile.boot.model_dump(mode="json"),
        "signed": [_who(signed) for signed in statements if _is_signature(signed)],
        "approved": [
            {
                **_who(signed),
                "at": signed.statement.predicate["at"],
                "note": signed.statement.predicate["note"],
                "evidence": [asdict(row) for row in evidence_of(signed.statement)],
            }
            for signed in statements
            if not _is_signature(signed)
        ],
    }


RETURNING = {
    Reburn.REFUSE: "good units of another release are refused",
    Reburn.UPGRADE: "good units of another release are burned with this one",
}
AFTER_BOOT = {
    "kept": "the firmware reads it where it is burned, at each start",
    "moved": "the firmware moves it elsewhere at its first start",
}


def head_rows(head: Mapping[str, Any]) -> PageRows:
    """Head and text of the first lines, of the facts of a release."""
    words = {
        "flash_size": ("flash", f"{head['flash_size'] / (1 << 20):g} MB"),
        "after_boot": ("key", AFTER_BOOT[head["after_boot"]]),
        "reburn": ("returning", RETURNING[Reburn(head["reburn"])]),
    }
    for name, value in head.items():
        yield words.get(name, (name, str(value)))


def rows(about: dict[str, Any]) -> PageRows:
    """Head and text of each line, of `as_data`."""
    of = {"version": "this version", "release": "this release"}[about["quantity_of"]]
    limits = about["limits"]
    yield (
        "quantity",
        f"{counted(about['quantity'], 'unit')} of {of}"
        if about["quantity"]
        else "any number of units",
    )
    yield "valid", f"{limits['valid_from'] or 'at once'} … {limits['valid_until'] or 'no end'}"
    yield "stations", ", ".join(limits["stations"] or ()) or "any"
    yield "batches", ", ".join(limits["batches"] or ()) or "any"
    yield "secret", _secret(about)
    if sbom := about["sbom"]:
        packages = counted(sbom["packages"], "package")
        yield from under("SBOM", [f"{sbom['form']}, {packages}", f"  sha256 {sbom['sha256']}"])
    else:
        yield "SBOM", "none"
    yield from _boot_lines(about["boot"])
    yield from _endorsed("signed", about["signed"])
    yield from _endorsed("approved", about["approved"])
    if about["signed"] or about["approved"]:
        yield "", "Names are as the signers wrote them: compare the fingerprints."


def _sbom(contents: Contents, seen: "Preflight") -> dict[str, Any] | None:
    if SBOM not in seen.documents:
        return None
    about = asdict(read_sbom(seen.documents[SBOM]))
    return {**about, "sha256": contents.index["documents"][SBOM]}


def _who(signed: SignedStatement) -> dict[str, str]:
    key = signed.key
    return {"name": signed.name, "fingerprint": key.fingerprint, "key": key.base64}


def _is_signature(signed: SignedStatement) -> bool:
    return signed.statement.type is PredicateType.RELEASE


def _secret(about: dict[str, Any]) -> str:
    if about["sealed"] is None:
        return "not in the file: each station needs it"
    recipients = counted(about["recipients"], "recipient")
    return f"sealed for {recipients}; product key {about['sealed']['key']}"


def _boot_lines(boot: dict[str, Any]) -> PageRows:
    awaited = {"DeviceName": boot["device_name"], "ProductID": boot["product_id"]}
    lines = [*boot["expect"], *(f"{line} ({what})" for what, line in awaited.items() if line)]
    yield from under("boot lines", lines or ["none are awaited"])
    asked = "each unit proves its key and name to the station"
    yield "challenge", asked if boot["challenge"] else "units are not asked for a proof"


def _endorsed(head: str, people: Sequence[dict[str, Any]]) -> PageRows:
    lines: list[str] = []
    for person in people:
        lines.append(f"{person['name']}  {person['fingerprint']}")
        if "at" in person:
            lines.append(f"  {person['at']}: {person['note']}")
        lines += (
            f"  {row['name']}, {row['size']} bytes, sha256 {row['sha256']}"
            for row in person.get("evidence", ())
        )
    yield from under(head, lines or ["by nobody"])
