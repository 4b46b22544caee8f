"""What the cloud commands do for Volcengine, and for Alibaba where its API does not do it."""

import json
from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from burner.platforms.platform import Cloud
from tests.cli.desk import at_desk
from tests.cloud.gateway.products import product
from tests.cloud.management.faulty_api import CountedDevices, Fault, counted_product, faulty_api
from tests.cloud.management.local_api import CREDENTIALS, local_api
from tests.images import write_product
from tests.in_process import Completed, run_burner
from tests.manifest.records import Ticking

PRODUCTS = {
    "alibaba": ("a1B2c3D4e5F", "esp-aliyun"),
    "volcengine": ("6a323b6b0000000000000000", "volcengine"),
}
ENV = {"BURNER_CLOUD_CREDENTIALS": CREDENTIALS}


def run(folder: Path, cloud: str, command: str, *arguments: str) -> Completed:
    """A command about a product of this platform; nobody listens at the API's address."""
    product_id, preset = PRODUCTS[cloud]
    fields = {"name": "blinky", "version": "1.2.0", "cloud": cloud, "id": product_id}
    named = ", ".join(f"{key}: {value}" for key, value in fields.items())
    path = write_product(
        folder,
        product=f"{{{named}, secret: file:secret.txt}}",
        carrier=f"{{kind: nvs, preset: {preset}}}",
        registration="{names: created-before}",
    )
    return run_burner(folder, "cloud", command, path, *arguments, env=ENV)


@pytest.mark.parametrize(
    "command", [("preflight",), ("reconcile",), ("precreate", "--names-file", "names.txt")]
)
def test_volcengine_has_no_management_api_and_is_asked_by_checklist_and_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    at_desk(tmp_path, monkeypatch)
    (tmp_path / "names.txt").write_text("246F28AABBFE\n", encoding="utf-8")
    with Ledger.open("manifest.db", "line1", Ticking()):
        pass
    done = run(tmp_path, "volcengine", *command, "--api-endpoint", "http://127.0.0.1:9")
    assert done.returncode == 3
    assert "E844" in done.stderr
    assert "Volcengine IoT" in done.stderr
    assert "--checklist" in done.stderr
    assert "--export" in done.stderr


@pytest.mark.parametrize("cloud", PRODUCTS)
def test_dynamic_registration_that_only_the_console_switches_is_refused_before_a_question(
    tmp_path: Path, cloud: str
) -> None:
    done = run(tmp_path, cloud, "enable", "--api-endpoint", "http://127.0.0.1:9", "--yes")
    assert done.returncode == 3
    assert "E845" in done.stderr
    assert "in the console" in done.stderr


def test_alibaba_is_asked_what_its_api_tells_and_a_person_the_rest(tmp_path: Path) -> None:
    product_id, _ = PRODUCTS["alibaba"]
    with local_api(product(cloud=Cloud.ALIBABA, product_id=product_id)) as api:
        asked = ("--api-endpoint", api.url, "--quantity", "100", "--json")
        done = run(tmp_path, "alibaba", "preflight", *asked)
    assert done.returncode == 1
    verdicts = {check["check"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert [check for check, verdict in verdicts.items() if verdict == "unknown"] == [
        *("registration", "device-limit")
    ]
    assert "bad" not in verdicts.values()


def test_names_are_created_with_alibaba_once_whatever_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk(tmp_path, monkeypatch)
    names = [f"246F28AA{number:04X}" for number in range(600)]
    (tmp_path / "names.txt").write_text("\n".join(names), encoding="utf-8")
    devices = CountedDevices(names=names[100:110])
    served = counted_product(devices, cloud=Cloud.ALIBABA, product_id=PRODUCTS["alibaba"][0])
    faults: dict[tuple[str, int], Fault | str] = {
        ("BatchCheckDeviceNames", 1): Fault.CUT_AFTER,
        ("BatchRegisterDeviceWithApplyId", 1): Fault.CUT_AFTER,
        ("BatchRegisterDeviceWithApplyId", 2): "Throttling.User",
        ("QueryPageByApplyId", 3): Fault.STATUS_502,
    }
    with faulty_api(served, faults=faults) as api:
        asked = ("--names-file", "names.txt", "--api-endpoint", api.url)
        done = run(tmp_path, "alibaba", "precreate", *asked)
    assert done.returncode == 0, done.stderr
    assert len(devices) == 600
    assert set(devices.created.values()) == {1}
    assert len(devices.created) == 590
