"""What stands behind a batch, in words: head and text of each line."""

from collections.abc import Iterator, Sequence

from burner.core.errors import table
from burner.core.words.error_details import detail_in
from burner.core.words.phrases import ENGLISH, Wording, rows
from burner.core.words.visible_text import in_one_line
from burner.manifest.entries.values import utc_minute
from burner.manifest.fold.policies import Withdrawal
from burner.manifest.reading.cloud_status import CloudStatus, PreflightStatus
from burner.manifest.reading.endorsers import Endorser
from burner.manifest.reading.release_evidence import FirstArticleStatus, ReleaseEvidence

EvidenceRows = Iterator[tuple[str, str]]

AWAITED = 10
"""Names of refused units that are named."""
MARKS = {"good": "✓", "bad": "✗", "unknown": "?", "not-needed": "-"}
"""Verdict of a check of the cloud platform → its mark."""


def evidence_rows(evidence: ReleaseEvidence, say: Wording = ENGLISH) -> EvidenceRows:
    """Who withdrew it, who signed, who approved and by what, the documents, the first article.

    A head is empty where a line goes on with the one before. What people wrote cannot make a line
    of its own.
    """
    for head, text in _rows(evidence, say):
        yield head, in_one_line(text)


def withdrawal_text(withdrawal: Withdrawal, say: Wording = ENGLISH) -> str:
    """`by bob: it loses its Wi-Fi (record 58)`, in one line."""
    record = say("record of withdrawal", withdrawal.record)
    if withdrawal.log:
        kind = "record of withdrawal in log" if withdrawal.binds else "record not valid here"
        record = say(kind, withdrawal.record, withdrawal.log)
    return in_one_line(say("withdrawn by", withdrawal.operator, withdrawal.reason, record))


def _rows(evidence: ReleaseEvidence, say: Wording) -> EvidenceRows:
    if evidence.withdrawal:
        yield say("withdrawn"), withdrawal_text(evidence.withdrawal, say)
    if evidence.needs_people:
        yield from _people("signed by", evidence.signed, say)
        yield from _people("approved by", evidence.approved, say)
    if not evidence.policy and (evidence.signed or evidence.approved):
        yield "", say("names as written")
    if limits := [*_limits(evidence, say)]:
        yield say("limits"), say("; ").join(limits)
    if evidence.policy:
        yield say("station policy"), f"sha256 {evidence.policy}"
    for kind in ("sbom", "notes"):
        if digest := evidence.documents.get(kind):
            yield say(f"document {kind}"), f"sha256 {digest}"
    yield from _of_good_units(evidence, say)
    yield from _cloud(evidence.cloud, say)
    if evidence.first_article:
        yield from _first_article(evidence.first_article, say)


def _of_good_units(evidence: ReleaseEvidence, say: Wording) -> EvidenceRows:
    if evidence.challenged:
        yield say("challenge"), say("every good unit answered")
    if evidence.tests:
        names = say(", ").join(evidence.tests)
        yield say("tests of a unit"), say("every good unit passed them", names)


def _limits(evidence: ReleaseEvidence, say: Wording) -> Iterator[str]:
    if evidence.quantity is not None:
        yield say.counted("limit quantity", evidence.quantity, evidence.quantity)
    for kind in ("valid_from", "valid_until"):
        if at := evidence.limits.get(kind):
            yield say(f"limit {kind}", utc_minute(at))
    for kind in ("stations", "batches"):
        if names := evidence.limits.get(kind):
            yield say(f"limit {kind}", say(", ").join(names))


def _people(head: str, people: Sequence[Endorser], say: Wording) -> EvidenceRows:
    if not people:
        yield say(head), say("by nobody")
    for number, person in enumerate(people):
        yield "" if number else say(head), _who(person, say)
        for file in person.evidence:
            yield "", f"  {file.name}  sha256 {file.sha256}"


def _cloud(cloud: CloudStatus | None, say: Wording) -> EvidenceRows:
    if cloud is None:
        return
    if cloud.preflight:
        yield from _preflight(cloud.preflight, say)
        yield from _begun_under(cloud.preflight, cloud.preflight_required, say)
    elif cloud.preflight_required:
        yield say("preflight"), say("preflight awaited")
    if cloud.name_creation:
        yield say("cloud names"), say(f"names {cloud.name_creation}", cloud.confirmed_names)
    for endpoint, count in cloud.confirmed_elsewhere.items():
        yield "", say("names elsewhere", count, say("asked elsewhere", endpoint))
    if names := cloud.awaited_names:
        more = " …" if len(names) > AWAITED else ""
        yield (
            "",
            say.counted("names awaited", len(names), len(names), ", ".join(names[:AWAITED]) + more),
        )


def _preflight(preflight: PreflightStatus, say: Wording) -> EvidenceRows:
    who = say(f"asked {preflight.source}", preflight.platform)
    if preflight.endpoint:
        who = say("asked elsewhere", preflight.endpoint)
    by_person = filter(None, (preflight.operator, preflight.note))
    verdict = say("preflight good" if preflight.good else "preflight not good")
    units = preflight.quantity
    if preflight.good and units is not None:
        verdict += f"  {say.counted('preflight units', units, units)}"
    at = utc_minute(preflight.at)
    yield say("preflight"), "  ".join((verdict, at, who, *by_person))
    for check in preflight.checks:
        key = f"cloud-check {check['check']}"
        name = say(key) if key in rows() else check["check"]
        row = table().get(check["code"])
        says = row.sentence(say.language) if row else ""
        found = detail_in(say.language, check["found"])
        texts = filter(None, (name, found, check["code"], says))
        yield "", f"  {MARKS[check['verdict']]} {'  '.join(texts)}"


def _begun_under(preflight: PreflightStatus, required: bool, say: Wording) -> EvidenceRows:
    """Of a preflight that is not good: what was begun before it."""
    before, since = preflight.begun_before, preflight.begun_since
    if not preflight.good and (before or since):
        key = "begun under good preflight" if required else "begun before preflight"
        yield "", f"  {say(key, before, since)}"


def _first_article(article: FirstArticleStatus, say: Wording) -> EvidenceRows:
    done = "units approved"
    if article.approval is None:
        done = "units waiting for approval" if article.is_open else "units never approved"
    yield say("first article"), say.counted(done, article.units, article.units)
    people = article.approvers if article.approval is None else (article.approval,)
    for person in people:
        yield "", f"  {_who(person, say)}"
    for unit in article.approval.units if article.approval else ():
        yield "", f"  {unit}"


def _who(person: Endorser, say: Wording) -> str:
    """`alice  SHA256:54dG…  2026-11-29 08:00 UTC: tested`."""
    when = utc_minute(person.at) if person.at else ""
    words = say("{}: {}", when, person.note) if when and person.note else when or person.note
    name = person.name or say("key without name")
    return "  ".join(filter(None, (name, person.fingerprint, words)))
