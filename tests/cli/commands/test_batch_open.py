"""`burner batch open`: a batch for a profile or release, before its first unit."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from burner.cli.main import root
from burner.core.errors import BurnerError
from tests.cli.desk import at_desk, refused, run
from tests.runs import PROFILE, SECRET

WHO = ("--operator", "wang", "--station", "line1")
TODAY = f"plug-c3-{date.today():%Y-%m-%d}"


@pytest.fixture(autouse=True)
def _at_a_desk_with_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_desk(tmp_path, monkeypatch)
    monkeypatch.delenv("BURNER_SECRET", raising=False)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)


def open_batch(*arguments: str, source: Path = PROFILE) -> Result:
    return run("batch", "open", str(source), *WHO, *arguments)


def batches() -> list[dict[str, Any]]:
    return list(json.loads(run("batch", "list", "--json").stdout))


def test_it_takes_product_release_and_key_from_the_profile() -> None:
    assert open_batch("--batch", "WO1", "--quantity", "5").stderr == ""
    (batch,) = batches()
    assert batch["batch"] == "WO1"
    assert batch["profile"] == "plug-c3 1.2.0"
    assert batch["product_id"] == "7QKX2MPD0C"
    assert batch["planned"] == 5
    assert batch["key"]


def test_a_release_file_opens_the_batch_that_its_profile_opens(tmp_path: Path) -> None:
    release = tmp_path / "plug.burn"
    run("release", "build", str(PROFILE), "-o", str(release))
    open_batch("--batch", "WO1")
    open_batch("--batch", "WO1", "--secret", "env:PLUG_C3_SECRET", source=release)
    assert len(batches()) == 1


def test_without_a_name_it_is_of_product_and_day_and_the_next_one_is_another() -> None:
    assert open_batch().stdout == f"batch {TODAY} is open: plug-c3 1.2.0, no limit\n"
    open_batch("--quantity", "0")
    assert [batch["batch"] for batch in batches()] == [TODAY, f"{TODAY}-2"]
    assert [batch["planned"] for batch in batches()] == [None, None]


def test_where_the_secret_is_not_at_hand_the_first_unit_says_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PLUG_C3_SECRET")
    assert "of the first unit counts" in open_batch("--batch", "WO1").stderr
    assert batches()[0]["key"] == ""
    with refused("E151"):
        open_batch("--batch", "WO2", "--secret", "env:NOT_HERE")


def test_a_batch_of_another_key_or_quantity_is_not_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_batch("--batch", "WO1", "--quantity", "5")
    with refused("E730") as caught:
        open_batch("--batch", "WO1", "--quantity", "6")
    assert "quantity of the batch (5" in caught.value.detail
    assert "burner batch raise" in caught.value.row.do
    assert open_batch("--batch", "WO1").stdout == "batch WO1 is open: plug-c3 1.2.0, 5 units\n"
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET[::-1])
    with refused("E463"):
        open_batch("--batch", "WO1")


def test_a_profile_with_errors_opens_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("product: {}\n")
    with pytest.raises(BurnerError):
        open_batch(source=broken)
    assert not (tmp_path / "manifest.db").exists()


def test_what_a_batch_was_opened_with_before_is_no_longer_asked_for() -> None:
    done = CliRunner().invoke(root, ["batch", "open", str(PROFILE), *WHO, "--digest", "ab" * 32])
    assert done.exit_code == 2


def test_a_secret_that_is_there_and_unusable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUG_C3_SECRET", "short")
    with refused("E156"):
        CliRunner().invoke(root, ["batch", "open", str(PROFILE), *WHO], catch_exceptions=False)
    assert not Path("manifest.db").exists()


def test_a_batch_opened_without_a_key_says_so_where_the_key_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PLUG_C3_SECRET")
    assert "The secret is not at hand" in open_batch("--batch", "WO1").stderr
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    assert "It was opened without a product key" in open_batch("--batch", "WO1").stderr


def test_no_limit_asked_for_a_batch_that_has_one_is_answered() -> None:
    open_batch("--batch", "WO1", "--quantity", "5")
    again = open_batch("--batch", "WO1", "--quantity", "0")
    assert "It was open before, with this quantity" in again.stderr
    assert batches()[0]["planned"] == 5


@pytest.mark.parametrize("quantity", ["-1", "99999999999999999999999999"])
def test_a_quantity_that_nobody_makes_is_a_usage_error(quantity: str) -> None:
    arguments = ["batch", "open", str(PROFILE), *WHO, "--quantity", quantity]
    assert CliRunner().invoke(root, arguments).exit_code == 2


@pytest.mark.parametrize("field", ["--operator", "--reason"])
def test_a_text_that_no_record_may_hold_is_refused_and_nothing_is_written(field: str) -> None:
    open_batch("--batch", "WO1")
    texts = {"--operator": "wang", "--reason": "more boards", field: "长" * 1001}
    change = [word for pair in texts.items() for word in pair]
    command = ["batch", "raise", "WO1", "--quantity", "9", "--station", "line1", *change]
    with refused("E738"):
        CliRunner().invoke(root, command, catch_exceptions=False)
    texts[field] = "长" * 1000
    run(*command[:7], *(word for pair in texts.items() for word in pair))
    run("manifest", "verify")
