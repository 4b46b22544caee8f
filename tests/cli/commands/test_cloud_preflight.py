"""`burner cloud preflight`: through the real SDK against the local API, and as a checklist."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.gateway.gateway import ServedProduct
from burner.core.secrets.secret import Secret
from burner.manifest.reading.cloud_records import preflight_of
from burner.manifest.reading.reader import ManifestReader
from burner.platforms.product_settings import CredentialKind, RegisterType
from tests.chinese import english_in
from tests.cloud.gateway.products import product
from tests.cloud.management.local_api import CREDENTIALS, SECRET_KEY, LocalApi, local_api
from tests.images import SECRET, write_product
from tests.in_process import Completed, run_burner

ENV = {"BURNER_CLOUD_CREDENTIALS": CREDENTIALS, "NO_PROXY": "127.0.0.1"}
AUTOMATIC = "{names: automatic}"
OTHER_SECRET = "ANOTHERsecretANOTHERsecr"
ALL_YES = [
    part
    for check in (
        *("clock", "product", "enabled", "region", "credentials", "registration"),
        *("register-type", "register-limit", "device-limit", "secret"),
    )
    for part in ("--answer", f"{check}=yes")
]


@pytest.fixture
def api() -> Iterator[LocalApi]:
    with local_api(product()) as served:
        yield served


def run(folder: Path, url: str, *arguments: str, env: dict[str, str] = ENV) -> Completed:
    path = folder / "product.yaml"
    if not path.exists():
        write_product(folder, registration=AUTOMATIC)
    return run_burner(
        folder,
        "cloud",
        "preflight",
        path,
        *(("--api-endpoint", url) if url else ()),
        *arguments,
        env=env,
    )


def checks(done: Completed) -> dict[str, dict[str, Any]]:
    assert done.stdout, done.stderr
    return {check["check"]: check for check in json.loads(done.stdout)["checks"]}


def test_a_product_that_fits_is_good(tmp_path: Path, api: LocalApi) -> None:
    done = run(tmp_path, api.url, "--quantity", "600")
    assert (done.returncode, done.stderr) == (0, "")
    marks = [line[0] for line in done.stdout.splitlines()[2:-1]]
    assert marks == ["✓"] * 10 + ["-", "-"]
    assert done.stdout.splitlines()[-1].startswith("Good:")


def served(**changed: Any) -> ServedProduct:
    one = product(**{k: v for k, v in changed.items() if k not in ("secret", "most")})
    if "secret" in changed:
        one = ServedProduct(one.product_id, changed["secret"], one.platform, one.devices, one.kind)
    return one


@pytest.mark.parametrize(
    ("changed", "check", "code", "remedy"),
    [
        ({"product_id": "ZZZZZZZZZZ"}, "product", "E802", "Compare the product ID"),
        (
            {"kind": CredentialKind.CERTIFICATE},
            "credentials",
            "E850",
            "registration.credentials in it is wrong",
        ),
        ({"register_type": RegisterType.OFF}, "registration", "E805", "Switch it on"),
        (
            {"register_type": RegisterType.PRECREATED},
            "register-type",
            "E851",
            "`burner cloud enable`",
        ),
        ({"limit": 599}, "register-limit", "E852", "Raise the limit"),
        ({"secret": Secret(OTHER_SECRET.encode())}, "secret", "E854", "Stop this product"),
    ],
)
def test_each_line_that_is_wrong_is_found_with_its_code_and_remedy(
    tmp_path: Path, changed: dict[str, Any], check: str, code: str, remedy: str
) -> None:
    with local_api(served(**changed)) as api:
        done = run(tmp_path, api.url, "--quantity", "600", "--json")
    bad = [one for one in checks(done).values() if one["verdict"] == "bad"]
    assert [(one["check"], one["code"]) for one in bad] == [(check, code)]
    assert remedy in bad[0]["do"]
    assert done.returncode == 1
    for secret in (OTHER_SECRET, SECRET, SECRET_KEY):
        assert secret not in done.stdout + done.stderr


def test_the_region_of_the_product_is_compared_with_the_profile(
    tmp_path: Path, api: LocalApi
) -> None:
    write_product(tmp_path, registration="{names: automatic, region: europe}")
    unknown = run(tmp_path, api.url, "--quantity", "600", "--json")
    assert checks(unknown)["product"]["code"] == "E802"
    assert "eu-frankfurt" in checks(unknown)["product"]["found"]
    elsewhere = run(tmp_path, api.url, "--quantity", "600", "--json", "--region", "china")
    region = checks(elsewhere)["region"]
    assert (region["code"], region["found"], region["expected"]) == ("E855", "china", "europe")


def test_names_that_are_missing_are_counted_and_the_result_is_on_record(tmp_path: Path) -> None:
    write_product(tmp_path, registration="{names: created-before}")
    opened = run_burner(
        tmp_path,
        "batch",
        "open",
        "product.yaml",
        "--batch",
        "WO-1",
        "--quantity",
        "6",
        "--operator",
        "li",
    )
    assert opened.returncode == 0, opened.stderr
    with local_api(product(register_type=RegisterType.PRECREATED)) as api:
        done = run(tmp_path, api.url, "--batch", "WO-1", "--json")
    names = checks(done)["names"]
    assert (names["code"], names["found"], names["expected"]) == ("E857", "0", "6")
    assert done.returncode == 1
    with ManifestReader.open(str(tmp_path / "manifest.db")) as reader:
        recorded = preflight_of(reader, "WO-1")
    assert recorded is not None
    assert recorded.number == json.loads(done.stdout)["record"]
    assert recorded.entry.failures == ("names",)
    assert recorded.entry.source == "api"


def test_a_batch_of_another_release_is_refused(tmp_path: Path, api: LocalApi) -> None:
    write_product(tmp_path)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "WO-1", "--operator", "li")
    write_product(tmp_path, registration=AUTOMATIC)
    done = run(tmp_path, api.url, "--batch", "WO-1")
    assert (done.returncode, "E730" in done.stderr) == (4, True)
    assert api.calls == []


def test_without_credentials_both_ways_are_named(tmp_path: Path) -> None:
    done = run(tmp_path, "", env={})
    assert done.returncode == 3
    assert "E859" in done.stderr
    assert "--api-credentials" in done.stderr
    assert "--checklist" in done.stderr


def test_a_network_that_is_not_there_is_no_result(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9", "--quantity", "1")
    assert done.returncode == 4
    assert "E836" in done.stderr


def test_a_checklist_without_a_terminal_says_what_is_to_be_answered(tmp_path: Path) -> None:
    done = run(tmp_path, "", "--checklist", "--answer", "clock=yes", env={})
    assert done.returncode == 2
    assert "--answer product=yes|no|not-needed" in done.stderr
    assert "--answer clock" not in done.stderr


@pytest.mark.parametrize(("answer", "status"), [("secret=yes", 0), ("secret=no", 1)])
def test_the_answers_of_a_person_are_the_result_and_go_on_record(
    tmp_path: Path, answer: str, status: int
) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", "--operator", "li")
    answers = [answer if text == "secret=yes" else text for text in ALL_YES]
    done = run(
        tmp_path,
        "",
        "--checklist",
        *answers,
        "--batch",
        "W",
        "--operator",
        "wang",
        "--note",
        "console, page of the product",
        env={},
    )
    assert done.returncode == status, done.stderr
    with ManifestReader.open(str(tmp_path / "manifest.db")) as reader:
        recorded = preflight_of(reader, "W")
    assert recorded is not None
    entry = recorded.entry
    assert (entry.source, entry.operator) == ("checklist", "wang")
    assert entry.note == "console, page of the product"
    assert entry.failures == (() if status == 0 else ("secret",))


def test_somebody_answers_for_a_checklist_on_record(tmp_path: Path) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", "--operator", "li")
    done = run(tmp_path, "", "--checklist", *ALL_YES, "--batch", "W", env={})
    assert (done.returncode, "--operator" in done.stderr) == (2, True)


@pytest.mark.parametrize("answer", ["licence=yes", "secret=maybe", "secret"])
def test_an_answer_that_is_none_is_refused(tmp_path: Path, answer: str) -> None:
    assert run(tmp_path, "", "--checklist", "--answer", answer, env={}).returncode == 2


def test_what_the_platform_does_not_tell_a_person_may_answer(tmp_path: Path, api: LocalApi) -> None:
    done = run(tmp_path, api.url)
    assert done.returncode == 1
    assert "--quantity" in done.stdout
    answers = ("--answer", "register-limit=yes", "--answer", "device-limit=yes")
    assert run(tmp_path, api.url, *answers).returncode == 0


def test_the_lines_are_chinese_for_who_reads_chinese(tmp_path: Path) -> None:
    with local_api(served(secret=Secret(OTHER_SECRET.encode()), limit=3)) as api:
        done = run(tmp_path, api.url, "--quantity", "6", env={**ENV, "BURNER_LANG": "zh"})
    known = (
        *("clock", "product", "enabled", "region", "credentials", "registration", "register-type"),
        *("register-limit", "device-limit", "secret", "licenses", "names"),
        *("blinky", "S3EUVBRJLB", "Tencent Cloud IoT Hub", "china", "key", "RegisterType"),
    )
    prints = [line for line in done.stdout.splitlines() if "产品密钥指纹" not in line]
    assert [english_in(line, known) for line in prints if english_in(line, known)] == []
