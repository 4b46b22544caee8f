"""What the cloud commands do for Volcengine, and for Alibaba where its API does not do it."""

from pathlib import Path

import pytest

from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import at_desk
from tests.images import write_product
from tests.in_process import Completed, run_burner
from tests.manifest.records import Ticking

PRODUCTS = {
    "alibaba": ("a1B2c3D4e5F", "esp-aliyun"),
    "volcengine": ("6a323b6b0000000000000000", "volcengine"),
}
ENV = {"BURNER_CLOUD_CREDENTIALS": "AKLTdesk0123456789:deskKey0123456789abcdef"}


def run(folder: Path, cloud: str, command: str, *arguments: str) -> Completed:
    """A command about a product of this platform; nobody listens at the API's address."""
    product_id, preset = PRODUCTS[cloud]
    fields = {"name": "blinky", "version": "1.2.0", "cloud": cloud, "id": product_id}
    product = ", ".join(f"{key}: {value}" for key, value in fields.items())
    path = write_product(
        folder,
        product=f"{{{product}, secret: file:secret.txt}}",
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
