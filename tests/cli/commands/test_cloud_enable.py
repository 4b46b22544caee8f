"""`burner cloud enable`: before and after are shown, nothing is set without a yes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from burner.platforms.product_settings import RegisterType
from tests.cloud.gateway.products import product
from tests.cloud.management.local_api import CREDENTIALS, LocalApi, local_api
from tests.images import write_product
from tests.in_process import Completed, run_burner

ENV = {"BURNER_CLOUD_CREDENTIALS": CREDENTIALS, "NO_PROXY": "127.0.0.1"}
CHANGE = "UpdateProductDynamicRegister"


@pytest.fixture
def api() -> Iterator[LocalApi]:
    with local_api(product(register_type=RegisterType.OFF, limit=0)) as served:
        yield served


def enable(folder: Path, url: str, *arguments: str, **profile: Any) -> Completed:
    path = write_product(folder, **profile)
    return run_burner(folder, "cloud", "enable", path, "--api-endpoint", url, *arguments, env=ENV)


def test_it_is_set_as_the_profile_needs_it_and_read_again(tmp_path: Path, api: LocalApi) -> None:
    done = enable(tmp_path, api.url, "--limit", "600", "--yes", registration="{names: automatic}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        "now: RegisterType 0, registration is off; devices: 0",
        "then: RegisterType 2, creates devices by itself, at most 600",
        "now: RegisterType 2, creates devices by itself, at most 600; devices: 0",
    ]
    assert "whoever has the product secret" in done.stderr
    terms = api.devices.terms
    assert (terms.register_type, terms.limit) == (RegisterType.AUTOMATIC, 600)


def test_nothing_is_set_without_a_yes_where_nobody_can_be_asked(
    tmp_path: Path, api: LocalApi
) -> None:
    done = enable(tmp_path, api.url, registration="{names: created-before}")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "then: RegisterType 1" in done.stdout
    assert CHANGE not in api.actions


def test_nothing_to_change_says_so_and_changes_nothing(tmp_path: Path, api: LocalApi) -> None:
    done = enable(tmp_path, api.url, "--register-type", "0", "--yes")
    assert (done.returncode, CHANGE in api.actions) == (0, False)
    assert "nothing to change" in done.stdout


def test_who_switches_it_off_reads_what_follows(tmp_path: Path) -> None:
    with local_api(product()) as api:
        done = enable(tmp_path, api.url, "--register-type", "0", "--yes")
        assert api.devices.terms.register_type is RegisterType.OFF
    assert (done.returncode, "no unit registers any more" in done.stderr) == (0, True)


def test_a_limit_below_the_devices_that_are_there_is_warned_of(
    tmp_path: Path, api: LocalApi
) -> None:
    api.devices.create([f"plug-{number}" for number in range(5)])
    done = enable(tmp_path, api.url, "--register-type", "2", "--limit", "3", "--yes")
    assert done.returncode == 0
    assert "has 5 devices already" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "profile", "says"),
    [
        ((), {}, "--register-type"),
        (("--register-type", "2"), {}, "--limit"),
        (("--register-type", "3"), {}, "--register-type"),
    ],
)
def test_what_is_not_said_is_asked_for(
    tmp_path: Path, api: LocalApi, arguments: tuple[str, ...], profile: dict[str, Any], says: str
) -> None:
    done = enable(tmp_path, api.url, *arguments, **profile)
    assert (done.returncode, says in done.stderr) == (2, True)
    assert CHANGE not in api.actions


def test_a_product_that_the_platform_does_not_know_is_an_error(tmp_path: Path) -> None:
    with local_api(product(product_id="ZZZZZZZZZZ")) as api:
        done = enable(tmp_path, api.url, "--register-type", "1", "--yes")
    assert (done.returncode, "E802" in done.stderr) == (4, True)


def test_a_release_file_says_it_as_its_profile_does(tmp_path: Path, api: LocalApi) -> None:
    write_product(tmp_path, registration="{names: created-before}")
    built = run_burner(tmp_path, "release", "build", "product.yaml", "-o", "p.burn")
    assert built.returncode == 0, built.stderr
    at = ("--api-endpoint", api.url, "--yes")
    done = run_burner(tmp_path, "cloud", "enable", "p.burn", *at, env=ENV)
    assert done.returncode == 0, done.stderr
    assert api.devices.terms.register_type is RegisterType.PRECREATED
