"""Statements on a release file: who signed it, who approved it, on what evidence. Pure.

A release file holds them in one order: signatures before approvals, each by the bytes of the keys.
So a statement that was moved, or added twice, is noticed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.release.documents.evidence import Evidence, is_evidence
from burner.release.documents.note import is_moment, is_note
from burner.release.envelope.dsse import EnvelopeSigner, SignedStatement, open_envelope, sign
from burner.release.envelope.statement import PredicateType, Statement
from burner.release.release_file import Contents, core_files

IN_RELEASE_FILE = (PredicateType.RELEASE, PredicateType.APPROVAL)
"""What a release file holds, in this order."""
MOST_BYTES = 36 << 10
"""Of all statements on a release: the record of a batch holds them, and is shorter than 60,000."""
OF_INDEX = ("format", "sealed", "documents")
OF_PROFILE = ("product", "quantity", "quantity_of", "limits")
"""What a station's policy may judge by: to be read from the envelope alone."""


def release_statement(contents: Contents) -> Statement:
    """What an engineer signs: all that is in the release file, and its limits."""
    index = contents.index
    about = {field: index[field] for field in OF_INDEX if field in index}
    about |= {field: index["profile"][field] for field in OF_PROFILE if field in index["profile"]}
    return _statement(contents, PredicateType.RELEASE, {**about, "files": core_files(contents)})


def approval_statement(
    contents: Contents, evidence: Sequence[Evidence], note: str, at: str
) -> Statement:
    """What an approver signs.

    Args:
        contents: what is approved.
        evidence: what it was judged by.
        note: what was tested, in a line.
        at: moment, UTC.
    """
    rows = [asdict(row) for row in evidence]
    return _statement(contents, PredicateType.APPROVAL, {"evidence": rows, "note": note, "at": at})


def _statement(contents: Contents, kind: PredicateType, predicate: Mapping[str, Any]) -> Statement:
    product = contents.index["profile"]["product"]
    subject = f"{product['name']}-{product['version']}"
    return Statement(subject, contents.digest, kind, predicate)


def add_statement(contents: Contents, statement: Statement, signer: EnvelopeSigner) -> Contents:
    """A release file with one more statement on it.

    Raises:
        BurnerError: E216 there would be too much in the envelopes, E220 this key has signed or
            approved it before, E221 the key cannot sign.
    """
    before = signed_statements(contents, "the release")
    _refuse_again(statement.type, signer.key.id, signer.name, before)
    envelopes = (*contents.envelopes, sign(statement, signer))
    _check_size(envelopes, "the release")
    return replace(contents, envelopes=tuple(sorted(envelopes, key=_place_in_order)))


def signed_statements(contents: Contents, name: str) -> tuple[SignedStatement, ...]:
    """Every statement on a release, its signature verified and its words compared with the file.

    Args:
        contents: a release file.
        name: how to call it in errors.

    Raises:
        BurnerError: E216 an envelope is damaged or in another place, E217 a signature is wrong,
            E218 about another release, E219 it does not agree with the file, E220 two by one key,
            E245 its key is of a kind that burner does not use.
    """
    _check_size(contents.envelopes, name)
    statements: list[SignedStatement] = []
    for number, data in enumerate(contents.envelopes, 1):
        place = f"{name}: signatures/{number:02}.json"
        signed = open_envelope(data, place)
        _check(signed, contents, place)
        _refuse_again(signed.statement.type, signed.key.id, f"{place}: {signed.name}", statements)
        statements.append(signed)
    if list(map(_order, statements)) != sorted(map(_order, statements)):
        raise BurnerError(Code.ENVELOPE_INVALID, f"{name}: its signatures are out of order")
    return tuple(statements)


def evidence_of(approval: Statement) -> tuple[Evidence, ...]:
    """What an approval names; its form was checked by `signed_statements`."""
    return tuple(Evidence(**row) for row in approval.predicate["evidence"])


def _check_size(envelopes: Sequence[bytes], name: str) -> None:
    size = sum(map(len, envelopes))
    if size > MOST_BYTES:
        detail = f"{name}: its statements have {size} bytes, at most {MOST_BYTES}"
        raise BurnerError(Code.ENVELOPE_INVALID, detail)


def _place_in_order(envelope: bytes) -> tuple[int, str]:
    return _order(open_envelope(envelope))


def _order(signed: SignedStatement) -> tuple[int, str]:
    return IN_RELEASE_FILE.index(signed.statement.type), signed.key.id


def _refuse_again(
    kind: PredicateType, key_id: str, who: str, before: Sequence[SignedStatement]
) -> None:
    for signed in before:
        if (signed.statement.type, signed.key.id) == (kind, key_id):
            done = "signed" if kind is PredicateType.RELEASE else "approved"
            raise BurnerError(Code.SIGNED_BEFORE, f"{who}: {done} by this key already")


def _check(signed: SignedStatement, contents: Contents, place: str) -> None:
    statement = signed.statement
    if statement.type not in IN_RELEASE_FILE:
        raise BurnerError(
            Code.ENVELOPE_INVALID, f"{place}: a statement that does not belong in a release file"
        )
    if statement.digest != contents.digest:
        detail = f"{place}: about {statement.subject}, digest {statement.digest[:16]}…"
        raise BurnerError(Code.STATEMENT_OF_OTHER_RELEASE, detail)
    if statement.type is PredicateType.RELEASE:
        expected = release_statement(contents)
        if statement != expected:
            differs = _first_difference(statement, expected)
            raise BurnerError(Code.STATEMENT_CONTRADICTS_RELEASE, f"{place}: {differs}")
        return
    named = _statement(contents, statement.type, statement.predicate)
    if statement != named or not _is_approval(statement.predicate):
        raise BurnerError(
            Code.STATEMENT_CONTRADICTS_RELEASE, f"{place}: not an approval of {named.subject}"
        )


def _first_difference(statement: Statement, expected: Statement) -> str:
    if statement.subject != expected.subject:
        return f"it is called {statement.subject[:80]!r}, not {expected.subject!r}"
    fields = sorted(statement.predicate.keys() | expected.predicate.keys())
    other = (f for f in fields if statement.predicate.get(f) != expected.predicate.get(f))
    return f"its {next(other, 'form')} is another one"


def _is_approval(predicate: Mapping[str, Any]) -> bool:
    match predicate:
        case {"evidence": [_, *_] as rows, "note": str(note), "at": str(at)} if len(predicate) == 3:
            return all(map(is_evidence, rows)) and is_note(note) and is_moment(at)
    return False
