"""`burner cloud preflight`: through the real SDK against the local API, and as a checklist."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.gateway.http_server import BoundedHttpServer, Bounds
from burner.cloud.gateway.management.service import ManagementService
from burner.cloud.gateway.registered_devices import RegisteredDevices, RegistrationTerms
from burner.cloud.preflight import CloudCheck
from burner.core.secrets.secret import Secret
from burner.manifest.entries.cloud_kinds import CloudPreflight
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.cloud_records import record_confirmed_names
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.platforms.registration import HttpRequest
from tests.chinese import english_in
from tests.cloud.gateway.products import product
from tests.cloud.management.alibaba_api import CREDENTIALS as ALIBABA_CREDENTIALS
from tests.cloud.management.alibaba_api import PRODUCT_KEY, alibaba_api, alibaba_product
from tests.cloud.management.local_api import (
    BODY_BYTES,
    CREDENTIALS,
    KEY,
    SECRET_KEY,
    LocalApi,
    local_api,
)
from tests.images import PRODUCT_ID, SECRET, write_product
from tests.in_process import Completed, run_burner
from tests.manifest.records import a_ledger, records_of

ENV = {"BURNER_CLOUD_CREDENTIALS": CREDENTIALS, "NO_PROXY": "127.0.0.1"}
AUTOMATIC = "{names: automatic}"
SIMULATED = ("--operator", "li", "--simulated")
KEY_AT_HAND = ("--secret", "env:KEY")
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


@dataclass(frozen=True)
class WrongLine:
    """One thing that is wrong with a product, the check that finds it, and what it says."""

    check: str
    code: str
    remedy: str
    product: Mapping[str, Any] = field(default_factory=dict)
    """What is otherwise on the platform."""
    terms: RegistrationTerms | None = None
    secret: str = SECRET
    clock: float = 0
    """So many seconds the platform is ahead."""
    disabled: bool = False
    profile: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @contextmanager
    def served(self) -> Iterator[str]:
        """The platform, by the URL of its API."""
        made = product(**{"limit": 600, **self.product})
        made = replace(made, secret=Secret(self.secret.encode()))
        if self.terms:
            made = replace(made, devices=RegisteredDevices(self.terms, {}))
        ahead = self.clock
        with (
            local_api(made, now=lambda: time.time() + ahead) as api,
            disabled_product(api) if self.disabled else nullcontext(api.url) as url,
        ):
            yield url


@contextmanager
def disabled_product(api: LocalApi) -> Iterator[str]:
    """An API that says of every product that it is disabled."""

    def answer(request: HttpRequest, _client: str, _secured: bool) -> tuple[HTTPStatus, bytes]:
        answered, _ = service.answer(request)
        body = answered.body.replace(b'"ForbiddenStatus":0', b'"ForbiddenStatus":1')
        return answered.status, body

    service = ManagementService(api.products, KEY)
    server = BoundedHttpServer(
        ("127.0.0.1", 0), answer, lambda *_: None, bounds=Bounds(body_bytes=BODY_BYTES)
    )
    server.start()
    try:
        yield server.url
    finally:
        server.close()


EXPLORER = {
    "product": "{name: blinky, version: 1.2.0, cloud: tencent-explorer, id: S3EUVBRJLB, "
    "secret: file:secret.txt}"
}
FEW_DEVICES = RegistrationTerms(RegisterType.AUTOMATIC, 600, 0, most=599)
FEW_LICENSES = RegistrationTerms(RegisterType.AUTOMATIC, 600, 0, licenses=599)
WRONG_LINES = [
    WrongLine("clock", "E834", "Set the clock of this computer", clock=600),
    WrongLine("product", "E802", "Compare the product ID", {"product_id": "ZZZZZZZZZZ"}),
    WrongLine("enabled", "E858", "who disabled it", disabled=True),
    WrongLine(
        "region",
        "E855",
        "registration.region",
        profile={"registration": "{names: automatic, region: europe}"},
        options=("--region", "china"),
    ),
    WrongLine(
        "credentials", "E850", "registration.credentials", {"kind": CredentialKind.CERTIFICATE}
    ),
    WrongLine("registration", "E805", "burner cloud enable", {"register_type": RegisterType.OFF}),
    WrongLine(
        "register-type", "E851", "burner cloud enable", {"register_type": RegisterType.PRECREATED}
    ),
    WrongLine("register-limit", "E852", "Raise the limit", {"limit": 599}),
    WrongLine("device-limit", "E853", "Delete devices", terms=FEW_DEVICES),
    WrongLine("secret", "E854", "Stop this product", secret=OTHER_SECRET),
    WrongLine(
        "licenses",
        "E856",
        "Buy licenses",
        {"cloud": Cloud.TENCENT_EXPLORER},
        terms=FEW_LICENSES,
        profile=EXPLORER,
    ),
]
"""Each line once; `names` needs a manifest and follows."""


@pytest.mark.parametrize("wrong", WRONG_LINES, ids=lambda wrong: wrong.check)
def test_each_line_that_is_wrong_is_found_with_its_code_and_remedy(
    tmp_path: Path, wrong: WrongLine
) -> None:
    write_product(tmp_path, **{"registration": AUTOMATIC, **wrong.profile})
    with wrong.served() as url:
        done = run(tmp_path, url, "--quantity", "600", "--json", *wrong.options)
    bad = [one for one in checks(done).values() if one["verdict"] == "bad"]
    assert [(one["check"], one["code"]) for one in bad] == [(wrong.check, wrong.code)]
    assert wrong.remedy in bad[0]["do"]
    assert done.returncode == 1
    for secret in (OTHER_SECRET, SECRET, SECRET_KEY):
        assert secret not in done.stdout + done.stderr


def test_every_check_is_wrong_once_in_these_tests() -> None:
    assert [wrong.check for wrong in WRONG_LINES] == [c for c in CloudCheck if c != "names"]


@pytest.mark.parametrize("simulated", [True, False])
def test_names_that_are_missing_are_counted_and_the_result_is_on_record(
    tmp_path: Path, simulated: bool
) -> None:
    a_ledger(tmp_path, simulated=simulated).close()
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
        recorded = records_of(reader, CloudPreflight)
    if not simulated:  # a gateway on this computer answered for the platform
        assert "not put on the record of real units" in done.stderr
        assert (recorded, json.loads(done.stdout)["record"]) == ({}, None)
        return
    ((number, entry),) = recorded.items()
    assert number == json.loads(done.stdout)["record"]
    assert entry.failures == ("names",)
    assert entry.source == "api"
    assert entry.checks[-1].found == "0; needed 6"


def test_names_on_record_count_where_the_platform_has_them_for_new_units(tmp_path: Path) -> None:
    write_product(tmp_path, registration="{names: created-before}")
    of_batch = ("--batch", "W", "--quantity", "2", *SIMULATED)
    run_burner(tmp_path, "batch", "open", "product.yaml", *of_batch)
    with a_ledger(tmp_path, "desk") as ledger:
        record_confirmed_names(
            *(ledger, PRODUCT_ID, ["plug-1", "plug-2"]), platform="tencent-hub", how="created"
        )
    made = product(register_type=RegisterType.PRECREATED)
    found = []
    with local_api(made) as api:
        for name in ("", "plug-1", "plug-2"):
            made.devices.create([name] if name else [])
            names = checks(run(tmp_path, api.url, "--batch", "W", "--json"))["names"]
            found.append((names["verdict"], names["code"], names["found"]))
        made.devices.register("plug-1", True)
        names = checks(run(tmp_path, api.url, "--batch", "W", "--json"))["names"]
    assert found == [
        ("bad", "E857", "0 of 2 on record"),
        ("bad", "E857", "1 of 2 on record"),
        ("good", "", "2"),
    ]
    assert names["found"] == "1 of 2 on record"


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


def test_a_platform_that_does_not_answer_is_no_result(tmp_path: Path, api: LocalApi) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", "--operator", "li")
    stranger = {**ENV, "BURNER_CLOUD_CREDENTIALS": "AKIDstranger0123456:strangerKey0123456789"}
    done = run(tmp_path, api.url, "--batch", "W", env=stranger)
    assert (done.returncode, "E832" in done.stderr) == (4, True)
    assert "stranger" not in done.stdout + done.stderr
    with ManifestReader.open(str(tmp_path / "manifest.db")) as reader:
        assert records_of(reader, CloudPreflight) == {}


def test_a_checklist_without_a_terminal_says_what_is_to_be_answered(tmp_path: Path) -> None:
    done = run(tmp_path, "", "--checklist", "--answer", "clock=yes", env={})
    assert done.returncode == 2
    assert "--answer product=yes|no " in done.stderr
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
        "--quantity",
        "6",
        "--operator",
        "wang",
        "--note",
        "console, page of the product",
        env={},
    )
    assert done.returncode == status, done.stderr
    with ManifestReader.open(str(tmp_path / "manifest.db")) as reader:
        (entry,) = records_of(reader, CloudPreflight).values()
    assert (entry.source, entry.operator) == ("checklist", "wang")
    assert entry.note == "console, page of the product"
    assert entry.failures == (() if status == 0 else ("secret",))
    assert (entry.quantity, "until the batch has 6 units" in done.stdout) == (6, status == 0)


def test_what_a_person_says_of_a_secret_that_is_not_at_hand_is_not_good(tmp_path: Path) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    (tmp_path / "secret.txt").unlink()
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", *SIMULATED)
    options = ("--batch", "W", "--quantity", "6", "--operator", "wang", "--json")
    done = run(tmp_path, "", "--checklist", *ALL_YES, *options, env={})
    assert done.returncode == 1, done.stderr
    secret = checks(done)["secret"]
    assert (secret["verdict"], "--secret" in secret["do"]) == ("unknown", True)
    good = run(tmp_path, "", "--checklist", *ALL_YES, *options, *KEY_AT_HAND, env={"KEY": SECRET})
    assert good.returncode == 0, good.stdout + good.stderr
    other = ("--batch", "W", "--operator", "li", "--bench", "sim:1", "--secret", "env:KEY")
    burned = run_burner(tmp_path, "burn", "product.yaml", *other, env={"KEY": OTHER_SECRET})
    assert (burned.returncode, "E463" in burned.stderr) == (4, True), burned.stdout


def test_a_batch_that_is_raised_waits_for_a_new_preflight(tmp_path: Path) -> None:
    write_product(tmp_path, registration="{names: automatic, preflight: required}")
    of_batch = ("--batch", "W", "--quantity", "2", *SIMULATED)
    run_burner(tmp_path, "batch", "open", "product.yaml", *of_batch)
    done = run(tmp_path, "", "--checklist", *ALL_YES, "--batch", "W", "--operator", "li", env={})
    assert done.returncode == 0, done.stdout + done.stderr
    raised = run_burner(
        tmp_path,
        *("batch", "raise", "W", "--quantity", "3", "--operator", "li", "--reason", "more"),
    )
    assert "was for 2 units of this batch: the others wait" in raised.stderr
    at_bench = ("--bench", "sim:3", "--batch", "W", "--operator", "li", "--json")
    burned = run_burner(tmp_path, "burn", "product.yaml", *at_bench)
    units = json.loads(burned.stdout.splitlines()[-1])["units"]
    assert sorted((unit["outcome"], unit["code"], unit["written"]) for unit in units) == [
        ("ERROR", "E817", False),
        ("PASS", "", True),
        ("PASS", "", True),
    ]
    again = run_burner(tmp_path, "burn", "product.yaml", *at_bench)
    assert (again.returncode, "E817" in again.stdout + again.stderr) == (4, True)
    status = run_burner(tmp_path, "batch", "status", "W")
    assert "good  for 2 units" in status.stdout


def test_somebody_answers_for_a_checklist_on_record(tmp_path: Path) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", "--operator", "li")
    done = run(tmp_path, "", "--checklist", *ALL_YES, "--batch", "W", env={})
    assert (done.returncode, "--operator" in done.stderr) == (2, True)


@pytest.mark.parametrize("operator", [" ", "\u00a0", "\u2800", "\u3164", "-", "."])
def test_nobody_answers_for_no_checklist(tmp_path: Path, operator: str) -> None:
    done = run(tmp_path, "", "--checklist", *ALL_YES, "--operator", operator, env={})
    assert (done.returncode, done.stdout, "E738" in done.stderr) == (4, "", True)


@pytest.mark.parametrize("check", ["product", "secret", "registration", "register-limit"])
def test_what_is_needed_cannot_be_answered_with_not_needed(tmp_path: Path, check: str) -> None:
    write_product(tmp_path, registration=AUTOMATIC)
    run_burner(tmp_path, "batch", "open", "product.yaml", "--batch", "W", "--operator", "li")
    answers = [f"{check}=not-needed" if text == f"{check}=yes" else text for text in ALL_YES]
    options = ("--batch", "W", "--operator", "wang")
    done = run(tmp_path, "", "--checklist", *answers, *options, env={})
    assert done.returncode == 2
    assert f"Give {check}=yes, {check}=no" in done.stderr
    with ManifestReader.open(str(tmp_path / "manifest.db")) as reader:
        assert records_of(reader, CloudPreflight) == {}


@pytest.mark.parametrize("way", ["api", "checklist"])
def test_before_the_first_batch_no_name_is_needed_yet(tmp_path: Path, way: str) -> None:
    write_product(tmp_path, registration="{names: created-before}")
    with local_api(product(register_type=RegisterType.PRECREATED)) as api:
        answers = ("--checklist", *ALL_YES) if way == "checklist" else ()
        url = "" if way == "checklist" else api.url
        done = run(tmp_path, url, "--quantity", "6", *answers)
    assert done.returncode == 0, done.stdout
    assert "confirmed names that no unit has: not needed yet" in done.stdout
    assert "(--batch) counts them" in done.stdout


@pytest.mark.parametrize("answer", ["licence=yes", "secret=maybe", "secret"])
def test_an_answer_that_is_none_is_refused(tmp_path: Path, answer: str) -> None:
    assert run(tmp_path, "", "--checklist", "--answer", answer, env={}).returncode == 2


def test_no_answer_stands_for_a_quantity_that_is_not_known(tmp_path: Path, api: LocalApi) -> None:
    answers = ("--answer", "register-limit=yes", "--answer", "device-limit=yes")
    done = run(tmp_path, api.url, *answers)
    assert done.returncode == 1
    assert "--quantity" in done.stdout


def test_the_lines_are_chinese_for_who_reads_chinese(tmp_path: Path) -> None:
    with WrongLine("", "", "", {"limit": 3}, secret=OTHER_SECRET).served() as url:
        done = run(tmp_path, url, "--quantity", "6", env={**ENV, "BURNER_LANG": "zh"})
    known = (
        *("clock", "product", "enabled", "region", "credentials", "registration", "register-type"),
        *("register-limit", "device-limit", "secret", "licenses", "names"),
        *("blinky", "S3EUVBRJLB", "Tencent Cloud IoT Hub", "china", "key", "RegisterType"),
    )
    prints = [line for line in done.stdout.splitlines() if "产品密钥指纹" not in line]
    assert [english_in(line, known) for line in prints if english_in(line, known)] == []


def test_of_alibaba_a_person_says_what_no_action_of_its_api_tells(tmp_path: Path) -> None:
    fields = f"name: blinky, version: 1.2.0, cloud: alibaba, id: {PRODUCT_KEY}"
    write_product(
        tmp_path,
        product=f"{{{fields}, secret: file:secret.txt}}",
        carrier="{kind: nvs, preset: esp-aliyun}",
        registration="{names: created-after}",
    )
    answers = [
        part for check in ("registration", "device-limit") for part in ("--answer", f"{check}=yes")
    ]
    env = {**ENV, "BURNER_CLOUD_CREDENTIALS": ALIBABA_CREDENTIALS}
    with alibaba_api(alibaba_product()) as api:
        alone = run(tmp_path, api.url, "--quantity", "6", "--json", env=env)
        answered = run(tmp_path, api.url, "--quantity", "6", *answers, env=env)
    unknown = [name for name, one in checks(alone).items() if one["verdict"] == "unknown"]
    assert unknown == ["registration", "device-limit"]
    assert checks(alone)["secret"]["verdict"] == "good"
    assert (alone.returncode, answered.returncode) == (1, 0)
