"""The model speaks as the test firmware of a route while the flash holds that, and not after it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from burner.bench.bench_file import read_spec
from burner.core.segments import Segment
from burner.release.opening import open_release
from burner.release.release import Release
from tests.bench.host import Host
from tests.images import app_image, write_product

ROUTE = r"""
  images: [{name: rf, file: rf.bin, partition: ota_0}]
  boot: {expect: ['RF test (ready|v1)', 'rf=\d+']}
  tests:
  - {name: tx, serial: {lines: [{send: "tx\r\n", expect: 'power=(?P<power>\d+)'}]},
     measurements: [{name: power, low: 15, high: 17}]}"""
TESTS = r"""[{name: led, serial: {lines: [{send: "led\r\n", expect: 'led on'}]}}]"""


@pytest.fixture
def product(tmp_path: Path) -> Path:
    (tmp_path / "rf.bin").write_bytes(app_image("rf", "x" * 9000))
    return write_product(
        tmp_path, route=ROUTE, tests=TESTS, blank="[nvs, otadata, ota_0]", boot="{challenge: true}"
    )


@pytest.fixture
def release(product: Path) -> Release:
    return open_release(product)


@pytest.fixture
def host(product: Path) -> Host:
    host = Host(read_spec("sim:1", product).boards[0].unit)
    host.reset_into_download()
    return host


def write(host: Host, segments: Sequence[Segment]) -> str:
    for segment in segments:
        flash = host.chip.silicon.flash
        flash.erase(segment.offset, -(-len(segment.data) // 4096) * 4096)
        flash.program(segment.offset, segment.data)
    return host.reset_into_app().decode()


def say(host: Host, text: bytes) -> bytes:
    host.chip.receive(text, host.now)
    return host.wait(0.1)


def test_the_test_firmware_prints_its_lines_and_knows_no_key(host: Host, release: Release) -> None:
    log = write(host, release.route)
    assert "RF test " in log
    assert "rf=1" in log
    assert "product_id" not in log
    assert "no product configuration" not in log


def test_the_products_firmware_speaks_for_itself_afterwards(host: Host, release: Release) -> None:
    write(host, release.route)
    log = write(host, release.payload("N"))
    assert "RF test" not in log
    assert "product_id=S3EUVBRJLB" in log


def test_each_firmware_answers_the_dialogues_of_its_own_tests(host: Host, release: Release) -> None:
    write(host, release.route)
    assert say(host, b"tx\r\nled\r\n") == b"power=16\r\n"
    write(host, release.payload("N"))
    assert say(host, b"tx\r\nled\r\n") == b"led on\r\n"
