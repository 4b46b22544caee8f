"""A batch of the reference firmware, executed: each unit's request, and what the gateway says."""

import zlib
from pathlib import Path

import pytest
import yaml

from burner.bench.processor.program import RunningProgram
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import UnitSpec, mac_for
from burner.cloud.gateway.gateway import Gateway, ServedProduct
from burner.cloud.gateway.registered_devices import (
    DeviceState,
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.core.secrets.secret import Secret
from burner.core.silicon import Mac
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import RegisterType
from burner.platforms.registration import HttpRequest
from burner.platforms.tencent import TencentApi
from tests.runs import SECRET, burn

pytest.importorskip("unicorn")

NOW, NONCE = 1_790_000_000, 4711
PRODUCT_ID = "7QKX2MPD0C"
BOOTED_S = 0.5


def request_of(folder: Path, mac: Mac) -> HttpRequest:
    """The request by which the firmware of a board would register, from what its flash holds."""
    spec = UnitSpec(mac=mac, flash_size=4 << 20)
    cells = NorFlash(spec)
    cells.program(0, (folder / f"{mac.octets.hex()}.flash").read_bytes())
    silicon = SimSilicon(spec, cells)
    program = RunningProgram(silicon.flash, silicon.registers, BOOTED_S)
    command = f"BURNER-REGISTER {NOW} {NONCE}"
    line = f"{command} {zlib.crc32(command.encode()):08x}\r\n"
    reply = program.receive(line.encode(), 2 * BOOTED_S).decode().strip()
    word, host, path, *signed, body, _ = reply.split(" ")
    assert word == "BURNER-REQUEST"
    names = ("X-TC-Algorithm", "X-TC-Timestamp", "X-TC-Nonce", "X-TC-Signature")
    headers = {
        "Host": host,
        "Content-Type": "application/json",
        **dict(zip(names, signed, strict=True)),
    }
    return HttpRequest(path, headers, body.encode())


def test_each_units_own_request_is_accepted_or_refused_with_its_code(tmp_path: Path) -> None:
    stale = {"kind": "stale-key"}
    units = [{}, {"faults": [stale]}, {"faults": [{**stale, "product_id": "A1B2C3D4E5"}]}, {}, {}]
    bench = {"slots": 5, "keep": "flash", "units": units}
    (tmp_path / "bench.yaml").write_text(yaml.safe_dump(bench), encoding="utf-8")
    run = burn(tmp_path, "--bench", "bench.yaml", "--count", "5")
    assert len(run.units) == 5
    macs = [mac_for(1, number) for number in range(5)]
    names = [mac.octets.hex().upper() for mac in macs]
    requests = [request_of(tmp_path / "flash", mac) for mac in macs]
    listed = {name: ListedName() for name in names[:-1]}
    listed[names[3]] = ListedName(DeviceState.REGISTERED)
    terms = RegistrationTerms(RegisterType.PRECREATED, 0, 0)
    hub, secret = PLATFORMS[Cloud.TENCENT_HUB], Secret(SECRET.encode())
    served = Gateway(
        [ServedProduct(PRODUCT_ID, secret, hub, RegisteredDevices(terms, listed))], now=lambda: NOW
    )
    answers = [served.answer(request, secured=False) for request in requests]
    assert [seen.code for _, seen in answers] == [None, "E804", "E802", "E808", "E807"]
    assert [seen.device_name for _, seen in answers] == names
    given = TencentApi().credentials(answers[0][0].body, secret)
    assert len(given.device_secret) == 24
