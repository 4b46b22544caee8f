"""Every way to burn less than what was signed, as docs/station-policy.md lists them: none works."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Attempt
from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError, lookup
from burner.core.secrets.secret import Secret
from burner.manifest.local.keys import station_identities, station_recipient
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import check_release_limits, open_batch_for
from burner.manifest.writing.policies import change_policy, withdraw_release
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import Statement
from burner.release.opening import open_release, read_release_file
from burner.release.release import Release
from burner.release.release_file import Contents, pack
from burner.release.seal import SealedInputs, add_seal
from burner.release.statements import add_statement, release_statement, signed_statements
from burner.station.fixture.station_rules import StationRules, load_rules
from tests.cli.station_with_policy import open_batch, write_release, write_station
from tests.in_process import Completed
from tests.manifest.records import a_result, an_attempt
from tests.release.envelope.signers import signer

PAGE = Path(__file__).parents[2] / "docs" / "station-policy.md"
ROW = re.compile(r"^\| (?P<tried>[^|]+) \| (?P<code>E\d{3}) \| (?P<says>[^|]+) \|$", re.MULTILINE)
TABLE = [match.groupdict() for match in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)


@dataclass
class Station:
    """line1 with its policy, and what somebody tries there."""

    folder: Path
    rules: StationRules

    def accept(self, **accept: str) -> None:
        """Have another policy."""
        rules = load_rules(write_station(self.folder, **accept))
        assert rules
        self.rules = rules

    def release(self, **made: Any) -> Contents:
        return read_release_file(write_release(self.folder, **made))

    def opened(self, contents: Contents) -> Release:
        """As `burner burn` opens it."""
        path = self.folder / "tried.burn"
        path.write_bytes(pack(contents))
        return open_release(
            path,
            identities=lambda: station_identities("line1"),
            accepts=self.rules.check_release,
        )

    def batch(self, source: Path | None = None, *arguments: str | Path, **env: str) -> Completed:
        """`burner batch open`; under this station file where none is named."""
        named = () if "--station-file" in arguments else ("--station-file", self.rules.file)
        release = source or write_release(self.folder)
        return open_batch(self.folder, release, *named, *arguments, **env)

    def ledger(self, now: datetime = NOW) -> Ledger:
        return Ledger.open(
            self.rules.manifest, "line1", lambda: now, policy=self.rules.policy, simulated=False
        )

    def burned(self, *, limits: str = "", now: datetime = NOW, batch: str = "WO1") -> None:
        """As far as the record of the first unit."""
        release = self.opened(self.release(limits=limits))
        with self.ledger(now) as ledger:
            check_release_limits(ledger, release.profile)
            open_batch_for(ledger, release, batch, quantity=None, operator="li")
            for unit in (1, 2):
                ledger.begin(_attempt(unit, release, batch))


def _attempt(unit: int, release: Release, batch: str, **changed: str) -> Attempt:
    facts = {
        "release_digest": release.digest,
        "product_id": release.profile.product.id,
        "profile": release.profile.title,
        "key": release.key_fingerprint,
        "batch": batch,
    }
    return an_attempt(unit, **{**facts, **changed})


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    rules = load_rules(write_station(tmp_path))
    assert rules
    return Station(tmp_path, rules)


def older_format(station: Station) -> object:
    index = {**station.release().index, "format": 1}
    return station.opened(replace(station.release(), index=index, digest=digest(index)))


def part_changed(station: Station) -> object:
    contents = station.release()
    data = pack(contents).replace(contents.parts["parts/app"][:64], bytes(64))
    (station.folder / "tried.burn").write_bytes(data)
    return read_release_file(station.folder / "tried.burn")


def part_exchanged(station: Station) -> object:
    contents = station.release()
    parts = {**contents.parts, "parts/app": contents.parts["parts/bootloader"]}
    return station.opened(replace(contents, parts=parts))


def without_seal(station: Station) -> object:
    return station.opened(replace(station.release(), sealed=(), seal_code=""))


def seal_of_another_secret(station: Station) -> object:
    inputs = SealedInputs(Secret(b"Zk8vQ2mT6xW4yB9nR3sJ7pLd"), {})
    bare = replace(station.release(), sealed=(), seal_code="")
    return station.opened(add_seal(bare, inputs, [station_recipient("line1")]))


def for_another_station(station: Station) -> object:
    station_recipient("line1", new=True)
    path = write_release(station.folder)
    station_recipient("line1", new=True)
    return station.opened(read_release_file(path))


def envelopes(*kept: int) -> Callable[[Station], object]:
    def attempt(station: Station) -> object:
        contents = station.release()
        return station.opened(
            replace(contents, envelopes=tuple(contents.envelopes[at] for at in kept))
        )

    return attempt


def signature_changed(station: Station) -> object:
    contents = station.release()
    first, second = contents.envelopes
    at = first.index(b'"sig":"') + 7
    changed = first[:at] + (b"0" if first[at : at + 1] != b"0" else b"1") + first[at + 1 :]
    return station.opened(replace(contents, envelopes=(changed, second)))


def of_another_release(station: Station) -> object:
    other = station.release(version="1.1.0")
    return station.opened(replace(station.release(), envelopes=other.envelopes))


def weaker_limits_signed(station: Station) -> object:
    contents = replace(station.release(), envelopes=())
    statement = release_statement(contents)
    predicate = {**statement.predicate, "limits": {}}
    wrong = sign(replace(statement, predicate=predicate), signer("alice"))
    return station.opened(replace(contents, envelopes=(wrong,)))


def signed_by_another(station: Station) -> object:
    contents = station.release(signed="")
    return station.opened(add_statement(contents, release_statement(contents), signer("mallory")))


def uncomparable_version(station: Station) -> object:
    station.accept(minimum_versions="{blinky: 1.3.0}")
    return station.opened(station.release(version="2026w48"))


def accepting(**accept: str) -> Callable[[Station], object]:
    def attempt(station: Station) -> object:
        station.accept(**accept)
        return station.opened(station.release())

    return attempt


def product(station: Station) -> Path:
    write_release(station.folder)
    return station.folder / "product.yaml"


def withdrawn(station: Station) -> None:
    release = station.opened(station.release())
    with station.ledger() as ledger:
        open_batch_for(ledger, release, "WO1", quantity=None, operator="li")
        sign_it = _signing("alice")
        withdraw_release(ledger, release.digest, "", sign_it, operator="anna", reason="it bricks")
        ledger.begin(_attempt(1, release, "WO1"))


def withdrawn_by_nobody(station: Station) -> object:
    assert station.batch().returncode == 0
    with station.ledger() as ledger:
        return withdraw_release(ledger, "11" * 32, "", None, operator="anna", reason="mine")


def other_policy(by: str) -> Callable[[Station], object]:
    def attempt(station: Station) -> object:
        assert station.batch().returncode == 0
        policy = replace(station.rules.policy, approvals=0)
        with station.ledger() as ledger:
            why = {"operator": "mallory", "reason": "easier"}
            return change_policy(ledger, policy, _signing(by) if by else None, **why)

    return attempt


def edited_file(station: Station) -> object:
    assert station.batch().returncode == 0
    edited = write_station(station.folder, "edited.yaml", approvers="")
    return station.batch(None, "--station-file", edited)


def no_station_file(station: Station) -> object:
    assert station.batch().returncode == 0
    return open_batch(station.folder, product(station))


def other_release_in_the_batch(station: Station) -> None:
    release = station.opened(station.release())
    with station.ledger() as ledger:
        open_batch_for(ledger, release, "WO1", quantity=None, operator="li")
        ledger.begin(_attempt(1, release, "WO1", release_digest="11" * 32))


def other_secret_in_the_batch(station: Station) -> None:
    release = station.opened(station.release())
    with station.ledger() as ledger:
        open_batch_for(ledger, release, "WO1", quantity=None, operator="li")
        ledger.begin(_attempt(1, release, "WO1", key="00" * 8))


def clock_set_back(station: Station) -> None:
    limits = "{valid_until: 2026-12-31}"
    release = station.opened(station.release(limits=limits))
    with station.ledger() as ledger:
        open_batch_for(ledger, release, "WO1", quantity=None, operator="li")
    station.burned(limits=limits, now=NOW - timedelta(days=1))


def more_than_the_quantity(station: Station) -> None:
    release = station.opened(station.release(quantity="1"))
    with station.ledger() as ledger:
        open_batch_for(ledger, release, "WO1", quantity=None, operator="li")
        first = _attempt(1, release, "WO1")
        ledger.begin(first)
        ledger.finish(first, a_result())
        ledger.begin(_attempt(2, release, "WO1"))


def older_manifest(station: Station) -> object:
    manifest = Path(station.rules.manifest)
    assert station.batch().returncode == 0
    older = manifest.read_bytes()
    assert station.batch(None, "--batch", "WO2").returncode == 0
    for file in manifest.parent.glob("manifest.db*"):
        file.unlink()
    manifest.write_bytes(older)
    return station.batch()


def _signing(by: str) -> Callable[[Statement], bytes]:
    return lambda statement: sign(statement, signer(by))


TRIED: dict[str, Callable[[Station], object]] = {
    "an older format of the file": older_format,
    "a byte of an image is changed": part_changed,
    "an image is exchanged, and the file made anew": part_exchanged,
    "the sealed part is taken out": without_seal,
    "another secret is sealed in": seal_of_another_secret,
    "a release that is sealed for another station": for_another_station,
    "a signature is changed": signature_changed,
    "signatures of another release are put in": of_another_release,
    "somebody signs weaker limits than the file has": weaker_limits_signed,
    "the signatures are put in another order": envelopes(1, 0),
    "a signature counts twice": envelopes(0, 0, 1),
    "all signatures are taken out": envelopes(),
    "the signature is taken out, approvals stay": envelopes(1),
    "somebody else signs": signed_by_another,
    "the approval is taken out": envelopes(0),
    "who signed approves it too": lambda s: s.opened(s.release(approved="alice")),
    "fewer approvals than the policy wants": accepting(approvals="2"),
    "an older version": accepting(minimum_versions="{blinky: 1.3.0}"),
    "a version that is neither older nor newer": uncomparable_version,
    "a withdrawn release": withdrawn,
    "a release that is not sealed": lambda s: s.opened(s.release(sealed=False)),
    "a profile": lambda s: s.batch(product(s)),
    "another secret: `--secret`": lambda s: s.batch(None, "--secret", "prompt"),
    "another secret: `BURNER_SECRET`": lambda s: s.batch(BURNER_SECRET="prompt"),
    "another manifest: `--manifest`": lambda s: s.batch(None, "--manifest", "other.db"),
    "another manifest: `BURNER_MANIFEST`": lambda s: s.batch(BURNER_MANIFEST="other.db"),
    "another name: `--station`": lambda s: s.batch(None, "--station", "line2"),
    "an edited station file, or the old one after `station adopt` elsewhere": edited_file,
    "no station file, and a profile": no_station_file,
    "a policy that nobody signed": other_policy(""),
    "a policy that an approver signed": other_policy("bob"),
    "a withdrawal that nobody signed": withdrawn_by_nobody,
    "a unit of another release in a batch": other_release_in_the_batch,
    "a unit with another secret in a batch": other_secret_in_the_batch,
    "more units than the release allows": more_than_the_quantity,
    "another station than the release names": lambda s: s.burned(limits="{stations: [line2]}"),
    "another batch than the release names": lambda s: s.burned(limits="{batches: [WO-9*]}"),
    "before the release is valid": lambda s: s.burned(limits="{valid_from: 2026-12-01}"),
    "after the release is valid": lambda s: s.burned(limits="{valid_until: 2026-11-01}"),
    "the clock is set back": clock_set_back,
    "an older copy of the manifest": older_manifest,
}


def test_the_page_lists_what_is_tried_here() -> None:
    assert [row["tried"] for row in TABLE] == list(TRIED)


@pytest.mark.parametrize("row", TABLE, ids=[row["tried"] for row in TABLE])
def test_a_downgrade_is_refused_with_its_own_sentence(
    station: Station, row: dict[str, str]
) -> None:
    assert refused(lambda: TRIED[row["tried"]](station)) == row["code"]
    assert row["says"] == lookup(row["code"]).says


def refused(attempt: Callable[[], object]) -> str:
    """The code by which an attempt is refused."""
    try:
        result = attempt()
    except BurnerError as error:
        return error.code
    assert isinstance(result, Completed), "it was not refused"
    assert result.returncode in (3, 4)
    return result.stderr[:4]


def test_the_whole_release_is_accepted(station: Station) -> None:
    release = station.opened(station.release())
    assert canonical(release.index)
    station.burned()


def test_units_of_an_old_release_can_still_be_compared(station: Station) -> None:
    station.accept(minimum_versions="{blinky: 1.3.0}")
    release, by_bob = station.release(), station.release(signed="bob")
    station.rules.check_signatures(release, signed_statements(release, "the release"))
    with pytest.raises(BurnerError, match="E225"):
        station.rules.check_signatures(by_bob, signed_statements(by_bob, "the release"))
