"""A profile that asks the station's challenge, and images that can or cannot answer it."""

from pathlib import Path

import pytest

from burner.release.preflight import preflight
from tests.images import app_image, write_product

ABLE = app_image("BURNER-RESPONSE 1 ")
UNABLE = app_image()


def found(folder: Path, app: bytes, asks: bool, **replaced: str) -> list[tuple[str, str, bool]]:
    boot = f"{{challenge: {str(asks).lower()}}}"
    findings = preflight(write_product(folder, app=app, boot=boot, **replaced)).findings
    return [(f.code, f.found, f.warning) for f in findings]


@pytest.mark.parametrize(("app", "asks"), [(ABLE, True), (UNABLE, False)])
def test_a_profile_that_fits_its_images_has_no_finding(
    tmp_path: Path, app: bytes, asks: bool
) -> None:
    assert found(tmp_path, app, asks) == []


def test_a_challenge_that_no_image_can_answer_is_a_warning(tmp_path: Path) -> None:
    assert found(tmp_path, UNABLE, True) == [("E107", "found true, and no image can answer", True)]


def test_an_image_that_can_answer_and_is_not_asked_is_a_warning(tmp_path: Path) -> None:
    assert found(tmp_path, ABLE, False) == [("E107", "found false, and app can answer", True)]


def test_the_warning_can_be_accepted(tmp_path: Path) -> None:
    reason = "{E107: the image is compressed}"
    path = write_product(tmp_path, boot="{challenge: true}", accept=reason)
    (finding,) = preflight(path).findings
    assert finding.accepted == "the image is compressed"


@pytest.mark.parametrize(
    ("carrier", "advice"),
    [
        ({}, "true; or a firmware that is built without BURNER_CHALLENGE"),
        ({"carrier": "{kind: at}"}, "a firmware that is built without BURNER_CHALLENGE"),
    ],
)
def test_at_firmware_that_can_answer_is_never_advised_to_be_asked(
    tmp_path: Path, carrier: dict[str, str], advice: str
) -> None:
    (finding,) = preflight(write_product(tmp_path, app=ABLE, **carrier)).findings
    assert (finding.code, finding.allowed) == ("E107", advice)


def test_at_firmware_has_no_challenge(tmp_path: Path) -> None:
    findings = found(tmp_path, ABLE, True, carrier="{kind: at}")
    assert findings == [("E101", "found true, with carrier.kind: at", False)]
