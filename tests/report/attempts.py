"""Attempts for tests of figures."""

from burner.manifest.reading.counted_attempts import CountedAttempt

MONDAY_8_UTC = 1_738_569_600.0
"""2025-02-03T08:00Z."""


def attempt(unit: int = 1, outcome: str = "PASS", **changes: object) -> CountedAttempt:
    """An attempt of 12 s on unit number `unit`, at 08:00 UTC; 0 = no unit was identified."""
    row = CountedAttempt(
        unit_id=f"7c:df:a1:00:00:{unit:02x}" if unit else "",
        product_id="S3EUVBRJLB",
        device_name=f"7CDFA10000{unit:02X}" if unit else "",
        station="line1",
        slot="1",
        outcome=outcome,
        code="" if outcome in ("PASS", "OPEN") else "E501",
        started=MONDAY_8_UTC,
        ms=0 if outcome == "OPEN" else 12_000,
        timings_ms={"identify": 1_000, "write": 11_000} if outcome == "PASS" else {},
        try_number=1,
        rework="",
        baud=921600,
        began=bool(unit),
        tried_before=False,
        status="",
    )
    return row._replace(**changes)  # type: ignore[arg-type]
