"""`burner cloud prove`: a real unit's name at the gateway in this process."""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.cloud.gateway.tls import tls_for_a_run
from burner.core.attempt import Outcome
from burner.core.secrets.secret import Secret
from burner.manifest.entries.cloud_kinds import RegistrationProved
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.reading.cloud_records import confirmed_names
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.platforms.product_settings import CredentialKind, RegisterType
from tests.chinese import english_in
from tests.cli.desk import at_desk
from tests.cloud.gateway.products import gateway, product
from tests.cloud.gateway.test_http_server import Serving, serving
from tests.cloud.test_registration_client import PSK, VECTOR, bad_server, cut, saying
from tests.images import PRODUCT_ID, SECRET, write_product
from tests.in_process import Completed, run_burner
from tests.manifest.records import Ticking, burned, flaws, open_batch, unit_mac

NAME = unit_mac(1).octets.hex()
KEY = Secret(SECRET.encode()).fingerprint(PRODUCT_ID)
LIVE = ("--live", "--yes", "--operator", "wang")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with a product."""
    at_desk(tmp_path, monkeypatch)
    write_product(tmp_path)
    return tmp_path


def with_a_good_unit(simulated: bool) -> Iterator[Ledger]:
    with Ledger.open("manifest.db", "line1", Ticking(), simulated=simulated) as opened:
        open_batch(opened, key=KEY)
        burned(opened, 1, batch="WO1", key=KEY)
        yield opened


@pytest.fixture
def ledger(desk: Path) -> Iterator[Ledger]:
    """Of real units: unit 1 is good."""
    yield from with_a_good_unit(simulated=False)


@pytest.fixture
def bench(desk: Path) -> Iterator[Ledger]:
    """Of simulated units: a gateway on this computer answers for the platform."""
    yield from with_a_good_unit(simulated=True)


def prove(*arguments: str, unit: str = NAME) -> Completed:
    command = ("cloud", "prove", "product.yaml", "--unit", unit, "--station", "desk")
    return run_burner(Path.cwd(), *command, *arguments)


def at(server: Serving) -> tuple[str, str]:
    return "--registration-endpoint", server.server.url


@pytest.fixture
def registration() -> Iterator[Serving]:
    with serving(gateway(product(product_id=PRODUCT_ID), now=time.time())) as server:
        yield server


def last_entry() -> AnyEntry:
    with ManifestReader.open("manifest.db") as reader:
        assert flaws(reader) == []
        size = reader.size()
        with reader.connection() as connection:
            return entry_at(connection, size - 1)


def last_proof() -> RegistrationProved:
    entry = last_entry()
    assert isinstance(entry, RegistrationProved)
    return entry


def test_without_live_it_says_what_would_be_sent_and_sends_nothing(ledger: Ledger) -> None:
    size = ledger.reader.size()
    done = prove()
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert f"registers the name {NAME} of the unit {unit_mac(1)}" in text
    assert "POST https://ap-guangzhou.gateway.tencentdevices.com/device/register" in text
    assert "documents no second registration" in text
    assert "Nothing was sent." in text
    assert ledger.reader.size() == size
    plan = json.loads(prove("--json", "--api", "older", "--region", "us-east").stdout)
    assert plan["url"] == "https://us-east.gateway.tencentdevices.com/register/dev"
    assert (plan["sent"], plan["registers_again"]) == (False, False)


@pytest.mark.usefixtures("bench")
def test_a_name_is_registered_and_recorded_and_no_credential_is_kept(registration: Serving) -> None:
    done = prove(*LIVE, *at(registration))
    assert done.returncode == 0, done.stderr
    assert "the platform gave a key for this device" in done.stdout
    proof = last_proof()
    assert (proof.device_name, proof.registered, proof.credentials) == (NAME, True, "key")
    assert (proof.operator, proof.platform) == ("wang", "tencent-hub")
    assert proof.host in registration.server.url
    assert proof.endpoint == proof.host
    assert proof.request_id
    with ManifestReader.open("manifest.db") as reader:
        assert confirmed_names(reader, PRODUCT_ID, "tencent-hub") == {NAME}
    again = prove(*LIVE, *at(registration), "--json")
    answer = json.loads(again.stdout)
    assert (again.returncode, answer["registered"], answer["code"]) == (1, False, "E808")
    assert last_proof().code == "E808"
    assert SECRET not in done.stdout + done.stderr + again.stdout + again.stderr


@pytest.mark.usefixtures("bench")
def test_the_key_that_comes_back_is_neither_shown_nor_written(tmp_path: Path) -> None:
    with bad_server(saying("200 OK", VECTOR)) as url:
        done = prove(*LIVE, "--registration-endpoint", url, "--json")
    assert json.loads(done.stdout)["registered"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in (PSK.encode(), b64decode(PSK), b64decode(PSK).hex().encode()):
        assert form not in written + done.stdout.encode() + done.stderr.encode()


@pytest.mark.usefixtures("bench")
def test_a_refusal_has_its_code_and_what_to_do(tmp_path: Path) -> None:
    served = product(product_id=PRODUCT_ID, register_type=RegisterType.PRECREATED)
    with serving(gateway(served, now=time.time())) as server:
        done = prove(*LIVE, *at(server))
    assert done.returncode == 1
    assert "E807 The cloud platform has no device of this name" in done.stdout
    assert "→ Create the name in the console" in done.stdout
    assert (last_proof().registered, last_proof().code) == (False, "E807")


@pytest.mark.usefixtures("bench")
def test_a_certificate_over_tls_by_the_older_way(tmp_path: Path) -> None:
    tls = tls_for_a_run(["127.0.0.1"])
    (tmp_path / "gateway.pem").write_text(tls.certificate)
    served = product(product_id=PRODUCT_ID, kind=CredentialKind.CERTIFICATE)
    with serving(gateway(served, now=time.time()), tls=tls.context) as server:
        untrusted = prove(*LIVE, *at(server))
        assert (untrusted.returncode, "E838" in untrusted.stderr) == (4, True)
        done = prove(*(*LIVE, *at(server)), "--registration-ca", "gateway.pem", "--api", "older")
    assert done.returncode == 0, done.stderr
    assert last_proof().credentials == "certificate"


@pytest.mark.usefixtures("bench")
def test_where_nobody_answers_it_is_an_error_and_no_record() -> None:
    done = prove(*LIVE, "--registration-endpoint", "http://127.0.0.1:9")
    assert (done.returncode, "E836" in done.stderr) == (4, True)
    assert not isinstance(last_entry(), RegistrationProved)


@pytest.mark.usefixtures("bench")
def test_an_answer_that_was_cut_leaves_the_name_in_doubt_and_is_recorded() -> None:
    with bad_server(cut) as url:
        done = prove(*LIVE, "--registration-endpoint", url)
    assert (done.returncode, "E840" in done.stderr) == (4, True)
    assert "the name may be registered all the same" in " ".join(done.stderr.split())
    assert (last_proof().registered, last_proof().code) == (False, "E840")


def test_live_needs_an_operator_and_somebody_who_agrees(ledger: Ledger) -> None:
    size = ledger.reader.size()
    assert "--operator" in prove("--live", "--yes").stderr
    done = prove("--live", "--operator", "wang")
    assert (done.returncode, "--yes sends it" in done.stderr) == (2, True)
    assert ledger.reader.size() == size


def test_a_unit_that_is_not_good_is_no_golden_sample(ledger: Ledger) -> None:
    burned(ledger, 2, Outcome.FAIL, batch="WO1", key=KEY)
    assert "E871" in prove(unit=unit_mac(2).octets.hex()).stderr
    correct(
        *(ledger, CorrectionKind.SCRAP, str(unit_mac(1))),
        product_id=PRODUCT_ID,
        operator="qa",
        reason="dropped",
    )
    done = prove()
    assert (done.returncode, "dropped" in done.stderr) == (3, True)
    assert "E712" in prove(unit="nobody").stderr


@pytest.mark.usefixtures("ledger")
def test_another_secret_than_that_of_the_unit_is_refused_before_anything_is_sent() -> None:
    Path("secret.txt").write_text("ANOTHERsecretANOTHERsecr", encoding="utf-8")
    done = prove(*LIVE)
    assert (done.returncode, "E872" in done.stderr) == (3, True)
    assert "ANOTHERsecret" not in done.stdout + done.stderr


@pytest.mark.usefixtures("ledger")
def test_an_unknown_region_names_those_there_are() -> None:
    assert "china, us-east, europe, ap-bangkok" in prove("--region", "mars").stderr


@pytest.mark.usefixtures("bench")
def test_in_chinese_everything_is_chinese(registration: Serving) -> None:
    done = prove(*LIVE, *at(registration), "--lang", "zh")
    words = ("blinky", "ProductID", PRODUCT_ID, "Tencent Cloud IoT Hub", NAME, KEY, "POST")
    shown = done.stdout
    for word in (*words, registration.server.url, "/device/register"):
        shown = shown.replace(word, "")
    assert english_in(shown) == []


@pytest.mark.usefixtures("ledger")
def test_a_ca_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    done = prove("--registration-ca", "empty.pem")
    assert (done.returncode, "E821" in done.stderr) == (3, True)


def test_an_activated_name_is_refused(ledger: Ledger) -> None:
    names = {NAME: ListedName(DeviceState.ACTIVATED)}
    with serving(gateway(product(product_id=PRODUCT_ID, names=names), now=time.time())) as server:
        refused = " ".join(prove(*LIVE, *at(server)).stdout.split())
    assert refused.count("A device of this name is registered or activated already.") == 1
    assert "E808" in refused


@pytest.mark.usefixtures("bench")
def test_a_simulated_unit_is_for_a_gateway_alone() -> None:
    done = prove(*LIVE)
    assert (done.returncode, "a simulated unit" in done.stderr) == (2, True)
    assert "--registration-endpoint" in done.stderr
    assert "E871" not in done.stderr


@pytest.mark.usefixtures("ledger")
def test_what_a_gateway_on_this_computer_says_of_a_real_unit_is_not_on_record(
    registration: Serving,
) -> None:
    done = prove(*LIVE, *at(registration))
    assert done.returncode == 0
    assert "nothing goes on the record of a real unit" in " ".join(done.stdout.split())
    assert not isinstance(last_entry(), RegistrationProved)
