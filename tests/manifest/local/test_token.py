"""A key in a PKCS #11 token (SoftHSM) lets a run key in for a day; it signs no commit itself."""

import os
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.local import keys
from burner.manifest.local.token import TokenSigner
from burner.manifest.verify.database import verify
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import run
from tests.manifest.records import Ticking, burned

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
ED25519 = bytes.fromhex("130c656477617264733235353139")
"""The curve's name as a DER PrintableString, as PKCS #11 v3 has it."""


@pytest.fixture
def uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token with one key."""
    library = next((path for path in LIBRARIES if Path(path).exists()), "")
    if not library or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (scripts/test does on Debian)")
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    (tmp_path / "tokens").mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    os.environ["SOFTHSM2_CONF"] = str(config)  # the library reads the process's own
    label = tmp_path.name[-30:]
    make = ["softhsm2-util", "--init-token", "--free", "--label", label]
    subprocess.run([*make, "--pin", "1234", "--so-pin", "5678"], check=True, capture_output=True)
    loaded = pkcs11.lib(library)
    loaded.reinitialize()
    with loaded.get_token(token_label=label).open(rw=True, user_pin="1234") as session:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: ED25519}, local=True
        )
        made = pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        curve.generate_keypair(mechanism=made, store=True, label="burner")
    monkeypatch.setenv("BURNER_TOKEN_PIN", "1234")
    return f"pkcs11:token={label};object=burner?module-path={library}"


def test_the_token_is_asked_once_a_run_and_a_run_key_signs(
    uri: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.use_token("line1", uri)
    asked: list[bytes] = []
    sign = TokenSigner.sign

    def counted(signer: TokenSigner, message: bytes) -> bytes:
        asked.append(message)
        return sign(signer, message)

    monkeypatch.setattr(TokenSigner, "sign", counted)
    with Ledger.open(path, "line1") as ledger:
        for unit in range(3):
            burned(ledger, unit)
        roles = [row.role for row in ledger.reader.log_keys()]
        with ledger.reader.connection() as connection:
            assert verify(connection).agrees
    assert (roles, len(asked)) == (["station", "run"], 1)
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 3)
        assert [row.role for row in ledger.reader.log_keys()] == ["station", "run", "run"]


def test_a_run_key_is_renewed_before_its_day_is_over(uri: str, path: Path) -> None:
    keys.use_token("line1", uri)
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 1)
        before = len(ledger.reader.log_keys())
        clock.now = keys_end(ledger) - timedelta(minutes=30)
        burned(ledger, 2)
        assert len(ledger.reader.log_keys()) == before + 1
        with ledger.reader.connection() as connection:
            assert verify(connection).agrees


def test_a_station_with_a_token_lets_another_station_in(
    uri: str, path: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.use_token("line1", uri)
    with Ledger.open(path, "line1") as ledger:
        burned(ledger, 1)
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(own_state / "there"))
        with Ledger.open(path, "line2") as ledger:
            second = str(ledger.writer.key.signer.key)
    who = ("--operator", "li", "--manifest", str(path))
    run("key", "enroll", second, "--owner", "line2", "--station", "line1", *who)
    shown = run("key", "show", "--station", "line1", "--manifest", str(path))
    assert "is not in the log" not in shown.stderr
    with monkeypatch.context() as there:
        there.setenv("BURNER_STATE", str(own_state / "there"))
        with Ledger.open(path, "line2") as ledger:
            burned(ledger, 2)


def keys_end(ledger: Ledger) -> datetime:
    return datetime.fromisoformat(ledger.reader.log_keys()[-1].until)


@pytest.mark.parametrize("change", [("1234", "9999"), ("object=burner", "object=nothing")])
def test_a_token_that_cannot_be_used_is_reported(
    uri: str, path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]
) -> None:
    monkeypatch.setenv("BURNER_TOKEN_PIN", "1234".replace(*change))
    with pytest.raises(BurnerError, match=r"^E722: .*token"):
        keys.use_token("line1", uri.replace(*change))


def test_a_uri_that_names_no_token_is_reported(path: Path) -> None:
    with pytest.raises(BurnerError, match=r"^E722: .*expected is pkcs11:"):
        keys.use_token("line1", "pkcs11:token=a")
