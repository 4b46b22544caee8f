"""Whatever a factory does, the tables say what the log says: writer and verifier share one fold."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.canonical_json import canonical, digest
from burner.core.check_verdict import CheckVerdict
from burner.core.errors import BurnerError
from burner.core.unit_labels import LabelPrintEnd
from burner.manifest.entries.cloud_kinds import PreflightFact
from burner.manifest.entries.release_kinds import BatchLimits, FirstArticle
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.cloud_records import burned_devices
from burner.manifest.reading.unit_labels import unit_label
from burner.manifest.verify.database import verify
from burner.manifest.writing.approve_first_article import approve_first_article
from burner.manifest.writing.batch_close import record_close
from burner.manifest.writing.cloud_records import (
    record_confirmed_names,
    record_preflight,
    record_proof,
    record_reconciliation,
)
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.unit_labels import (
    LabelPrint,
    confirm_label,
    end_print,
    start_print,
)
from tests.manifest.records import KEY, a_ledger, a_result, an_attempt, open_batch, unit_mac
from tests.release.envelope.signers import signer

PRODUCT = "S3EUVBRJLB"
ALICE = {"alice": signer("alice").key.base64}
WITH_LABEL = {
    "profile": {
        "product": {"name": "plug-c3", "version": "1.2.0", "id": PRODUCT},
        "label": {"size_mm": [40, 20], "elements": [{"text": "{name}", "at_mm": [1, 1]}]},
    },
    "parts": [],
}
NAMES_BEFORE = {
    "profile": {
        "product": {"name": "plug-c3", "version": "1.2.0", "id": PRODUCT},
        "registration": {"names": "created-before"},
    },
    "parts": [],
}
ENDS = (Outcome.PASS, Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED)


class Factory:
    """Random days of a factory, each step of which a person or a station could do."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.random = ledger, Random(seed)
        self.releases: dict[str, str] = {}
        """Batch → release digest."""

    @property
    def batches(self) -> list[str]:
        return [*self.releases]

    def step(self) -> None:
        steps: tuple[Callable[[], None], ...] = (self.open, self.correct, self.close, self.change)
        of_cloud = (self.preflight, self.confirm, self.prove, self.reconcile)
        often = (*[self.burn] * 12, *[self.approve] * 2, *[self.print_label] * 3)
        chosen = self.random.choice([*often, *steps, *of_cloud])
        with suppress(BurnerError):  # a refusal is an answer; nothing may follow from it
            chosen()

    def burn(self) -> None:
        r = self.random
        unit = r.randrange(1, 15)
        ids = {"mac": str(unit_mac(unit))}
        if r.random() < 0.4:
            ids |= {"imei": f"imei-{r.randrange(12)}", "label": f"label-{r.randrange(6)}"}
        if r.random() < 0.3:
            ids["serial"] = f"serial-{r.randrange(12)}"
        batch = r.choice([*self.batches, ""])
        attempt = an_attempt(
            unit,
            batch=batch,
            release_digest=self.releases.get(batch, "ab" * 32),
            name=r.choice(["", "", None, f"name-{r.randrange(20)}"]),
            station=self.ledger.writer.station,
            rework=r.choice(["", "", "repaired"]),
            product_id=r.choice([PRODUCT, PRODUCT, "OTHER00000"]),
            ids=ids,
            key=r.choice(["0123456789abcdef"] * 9 + ["fedcba9876543210"]),
        )
        end = r.choice(ENDS)
        if r.random() < 0.1:
            self.ledger.finish(attempt, a_result(r.choice(ENDS[2:])))
            return
        self.ledger.begin(attempt)
        try:
            if not attempt.device_name:
                attempt = an_attempt(unit, **{**vars(attempt), "device_name": f"n{unit}"})
                self.ledger.bind(attempt)
            if r.random() < 0.1:
                return  # something died
            self.ledger.finish(attempt, a_result(end))
        finally:
            self.ledger._working.clear()  # as a program that died forgets it

    def open(self) -> None:
        r = self.random
        batch = f"WO{r.randrange(6)}"
        limit = r.choice([None, None, 6])
        first = r.choice([None, FirstArticle(units=r.randrange(1, 3), approvers=ALICE)])
        limits = r.choice([None, BatchLimits(valid_from="2025-01-31T08:01:00.000000Z")])
        index: dict[str, Any] = r.choice([{}, {}, NAMES_BEFORE, WITH_LABEL])
        release = digest(index) if index else "ab" * 32
        open_batch(
            *(self.ledger, batch, r.choice([None, 3, 8])),
            release_quantity=None if index else limit,
            first_article=first,
            limits=None if index else limits,
            index=canonical(index).decode() if index else "",
            release_digest=release,
            preflight_required=r.choice([False, False, True]),
        )
        self.releases.setdefault(batch, release)

    def correct(self) -> None:
        unit, word = (
            str(unit_mac(self.random.randrange(1, 15))),
            self.random.choice([*CorrectionKind]),
        )
        correct(self.ledger, word, unit, product_id=PRODUCT, operator="qa", reason="seen")

    def close(self) -> None:
        if self.batches:
            record_close(self.ledger, self.random.choice(self.batches), "qa", with_open=True)

    def approve(self) -> None:
        if self.batches:
            batch = self.random.choice(self.batches)
            approve_first_article(self.ledger, batch, lambda: signer("alice"), note="seen")

    def preflight(self) -> None:
        verdicts = (CheckVerdict.GOOD, *CheckVerdict)
        checks = [
            PreflightFact(check=check, verdict=self.random.choice(verdicts))
            for check in ("product", "limit")
        ]
        batch = self.random.choice(self.batches or ["none"])
        record_preflight(
            *(self.ledger, batch, checks),
            platform="hub",
            source="api",
            key=KEY,
            quantity=self.random.choice([3, 9, 99]),
        )

    def confirm(self) -> None:
        r = self.random
        macs = [unit_mac(r.randrange(1, 15)).octets.hex() for _ in range(4)]
        names = [*macs, f"name-{r.randrange(20)}", f"n{r.randrange(1, 15)}"]
        batch = r.choice(["", *self.batches])
        record_confirmed_names(
            self.ledger, PRODUCT, names, platform="hub", how="export", batch=batch
        )

    def prove(self) -> None:
        unit = unit_mac(self.random.randrange(1, 15))
        record_proof(
            *(self.ledger, str(unit)),
            product_id=PRODUCT,
            device_name=unit.octets.hex(),
            platform="hub",
            host="localhost",
            registered=self.random.choice([True, False]),
            operator="li",
        )

    def reconcile(self) -> None:
        count = len([*burned_devices(self.ledger.reader, PRODUCT)])
        record_reconciliation(
            *(self.ledger, PRODUCT),
            platform="hub",
            source="api",
            compared={"burned": count},
            differences={},
            table="ab" * 32,
            first=(),
            batch=self.random.choice(["", *self.batches]),
        )

    def print_label(self) -> None:
        r = self.random
        unit = str(unit_mac(r.randrange(1, 15)))
        with self.ledger.reader.connection() as connection:
            row = unit_label(connection, PRODUCT, unit)
        if row is None:
            return
        if r.random() < 0.2:
            confirm_label(self.ledger, row)
            return
        ordered = ("li", "torn") if r.random() < 0.5 else ("", "")
        label = LabelPrint(row, "zebra", *ordered)
        number = start_print(self.ledger, label)
        if r.random() < 0.8:
            ends = (LabelPrintEnd.SENT, LabelPrintEnd.NOT_SENT, LabelPrintEnd.DOUBTFUL)
            end_print(self.ledger, label, number, r.choice(ends))

    def change(self) -> None:
        if self.batches:
            batch, quantity = self.random.choice(self.batches), self.random.choice([None, 2, 20])
            self.ledger.change_batch(batch, quantity, operator="boss", reason="customer")


def agrees(ledger: Ledger) -> str:
    """Empty, or what verify found."""
    with ledger.reader.connection() as connection:
        result = verify(connection)
    return "; ".join(f"{r.check}: {r.code} {r.place}" for r in result.results.values() if r.code)


@pytest.mark.parametrize("seed", range(8))
def test_tables_and_exports_say_what_the_log_says(tmp_path: Path, seed: int) -> None:
    with a_ledger(tmp_path, keep_every=50) as ledger:
        factory = Factory(ledger, seed)
        for _ in range(120):
            factory.step()
        assert agrees(ledger) == ""
        key = VerifierKey.parse(ledger.writer.origin_key)
        for batch in ("", *factory.batches):
            file = tmp_path / f"export-{batch}"
            file.write_text("".join(export_log(ledger.reader, batch)), encoding="utf-8")
            result = check_file(file, ledger.origin, key)
            assert (result.code, result.place) == ("", "")
            if batch:
                assert (
                    result.closed is not None or batch_status(ledger.reader, batch).row.closed < 0
                )


def test_two_factories_that_know_each_other_agree(tmp_path: Path) -> None:
    with (
        a_ledger(tmp_path, "line1", "one.db") as one,
        a_ledger(tmp_path, "line2", "two.db") as two,
    ):
        factories = Factory(one, 1), Factory(two, 2)
        for _ in range(3):
            for factory in factories:
                for _ in range(40):
                    factory.step()
            file = tmp_path / "two"
            file.write_text("".join(export_log(two.reader)), encoding="utf-8")
            key = VerifierKey.parse(two.writer.origin_key)
            came = import_log(one, file, two.origin, key, operator="boss")
            assert came.size > came.first
            assert agrees(one) == ""
        assert agrees(two) == ""
        file.write_text("".join(export_log(one.reader)), encoding="utf-8")
        result = check_file(file, one.origin, VerifierKey.parse(one.writer.origin_key))
        assert (result.code, result.place) == ("", "")
