"""Attempts and results as the data of a body, and back."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from burner.manifest.canonical import loads, milliseconds, moment, plain, utc
from burner.manifest.chain import Kind
from burner.model import (
    Attempt,
    Mac,
    Outcome,
    Record,
    Region,
    RegionClass,
    Result,
    Security,
    Silicon,
    Step,
)

Data = dict[str, Any]


def attempt_data(attempt: Attempt) -> Data:
    """What an attempt knows, but for what stands in the head (batch, ProductID, names)."""
    return {
        "id": plain(attempt.id),
        "ids": plain(attempt.ids),
        "operator": plain(attempt.operator),
        "profile": plain(attempt.profile),
        "regions": [_region_data(region) for region in attempt.regions],
        "release_digest": attempt.release_digest,
        "rework": plain(attempt.rework),
        "silicon": plain(_silicon_data(attempt.silicon)) if attempt.silicon else None,
        "slot": plain(attempt.slot),
        "started": utc(attempt.started),
        "try_number": attempt.try_number,
        "versions": plain(attempt.versions),
    }


def changed(before: Data, after: Data) -> Data:
    """What a later record of an attempt adds to the earlier ones."""
    return {key: value for key, value in after.items() if before.get(key) != value}


def result_data(result: Result) -> Data:
    """How an attempt ended, but for the outcome, which stands in the head."""
    data: Data = plain(
        {
            "code": result.code,
            "detail": result.detail,
            "ended": utc(result.ended),
            "evidence": result.evidence,
            "ms": milliseconds(result.seconds),
            "step": result.step,
            "timings_ms": {step: milliseconds(s) for step, s in result.timings.items()},
            "written": result.written,
        }
    )
    return data


class Life:
    """All records of one attempt, as bodies, first to last."""

    def __init__(self, bodies: Sequence[str]) -> None:
        parsed = [loads(body) for body in bodies]
        self.body: Data = parsed[0]
        """Of its first record."""
        self.heads: list[Data] = [body["head"] for body in parsed]
        self.first: Data = self.heads[0]
        self.last: Data = self.heads[-1]
        self.supersedes: list[Data] = parsed[0]["data"].get("supersedes", [])
        self.attempt: Data = {}
        for body in parsed:
            self.attempt.update(body["data"].get("attempt", {}))
        self.result: Data | None = parsed[-1]["data"].get("result")

    @property
    def outcome(self) -> Outcome:
        """OPEN while the last record is no outcome."""
        return Outcome(self.last["outcome"]) if self.last["kind"] == Kind.OUTCOME else Outcome.OPEN

    def record(self) -> Record:
        """As the nouns of the model; an OPEN attempt ends where it began."""
        return Record(self.first["seq"], self._attempt(), self._result())

    def _attempt(self) -> Attempt:
        data, head = self.attempt, self.last
        silicon = data["silicon"]
        return Attempt(
            id=data["id"],
            station=head["station"],
            slot=data["slot"],
            operator=data["operator"],
            batch=head["batch"],
            profile=data["profile"],
            release_digest=data["release_digest"],
            product_id=head["product_id"],
            started=moment(data["started"]),
            versions=data["versions"],
            silicon=_silicon(silicon) if silicon else None,
            device_name=head["device_name"],
            ids=data["ids"],
            regions=tuple(_region(region) for region in data["regions"]),
            rework=data["rework"],
            try_number=data["try_number"],
        )

    def _result(self) -> Result:
        data = self.result
        if data is None:
            return Result(Outcome.OPEN, Step.CLAIM, moment(self.last["at"]), 0.0)
        return Result(
            outcome=self.outcome,
            step=Step(data["step"]),
            ended=moment(data["ended"]),
            seconds=data["ms"] / 1000,
            code=data["code"],
            detail=data["detail"],
            written=data["written"],
            timings={step: ms / 1000 for step, ms in data["timings_ms"].items()},
            evidence=data["evidence"],
        )


def element(life: Life, superseded_by: Mapping[str, Any] | None = None) -> Data:
    """An attempt as `list --json` prints it; docs/manifest.md says what each key means."""
    attempt, result = life.attempt, life.result or {}
    silicon = attempt["silicon"] or {}
    return {
        "seq": life.first["seq"],
        "started": attempt["started"],
        "ended": result.get("ended"),
        "station": life.first["station"],
        "slot": attempt["slot"],
        "operator": attempt["operator"],
        "batch": life.first["batch"],
        "profile": attempt["profile"],
        "release_digest": attempt["release_digest"],
        "product_id": life.first["product_id"],
        "chip": silicon.get("chip", ""),
        "unit_id": life.last["unit_id"],
        "device_name": life.last["device_name"],
        "outcome": life.outcome.value,
        "code": result.get("code", ""),
        "step": result.get("step"),
        "seconds": result["ms"] / 1000 if result else None,
        "regions": attempt["regions"],
        "versions": attempt["versions"],
        "attempt": attempt["id"],
        "nth": life.body["data"].get("nth", 0),
        "try_number": attempt["try_number"],
        "rework": attempt["rework"],
        "ids": attempt["ids"],
        "silicon": attempt["silicon"],
        "detail": result.get("detail", ""),
        "written": result.get("written"),
        "timings_ms": result.get("timings_ms", {}),
        "evidence": result.get("evidence", {}),
        "supersedes": life.supersedes,
        "superseded_by": superseded_by,
        "records": [head["seq"] for head in life.heads],
        "manifest": life.first["manifest"],
    }


def fingerprints(lives: Iterable[Life]) -> tuple[str, ...]:
    """Every second ID seen under one UnitId; more than one means more than one board."""
    found = (life.attempt["silicon"] or {} for life in lives)
    return tuple(dict.fromkeys(f for s in found if (f := s.get("fingerprint"))))


@lru_cache(maxsize=1024)
def _region_data(region: Region) -> Data:
    """Most regions are the same in every unit of a release."""
    data: Data = plain(
        {
            "kind": region.kind,
            "md5": region.md5,
            "name": region.name,
            "offset": region.offset,
            "sha256": region.sha256,
            "size": region.size,
        }
    )
    return data


def _region(data: Data) -> Region:
    return Region(**{**data, "kind": RegionClass(data["kind"])})


def _silicon_data(silicon: Silicon) -> Data:
    security = silicon.security
    return {
        "chip": silicon.chip,
        "eui64": silicon.eui64,
        "fingerprint": silicon.fingerprint,
        "flash_id": silicon.flash_id,
        "flash_size": silicon.flash_size,
        "mac": str(silicon.mac),
        "mac_crc_ok": silicon.mac_crc_ok,
        "revision": silicon.revision,
        "security": {
            "flash_encryption": security.flash_encryption,
            "secure_boot": security.secure_boot,
            "secure_download": security.secure_download,
        },
    }


def _silicon(data: Data) -> Silicon:
    mac, security = Mac.parse(data["mac"]), Security(**data["security"])
    return Silicon(**{**data, "mac": mac, "security": security})
