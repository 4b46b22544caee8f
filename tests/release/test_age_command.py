"""The `age` command, another implementation of the format, opens what burner seals."""

import base64
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from burner.core.secrets.secret import Secret
from burner.manifest.local import keys
from burner.release import age
from burner.release.release_file import pack
from burner.release.seal import add_seal
from tests.release.sealed import CERTIFICATE, SECRET, inputs_of, profile_in, sealed

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not shutil.which("age"), reason="the command age is not installed"),
]


def command(*arguments: str | Path, data: bytes = b"") -> bytes:
    done = subprocess.run(arguments, input=data, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def test_key(tmp_path: Path) -> Path:
    """A key as `age-keygen` makes it."""
    path = tmp_path / "test.key"
    command("age-keygen", "-o", path)
    return path


def recipient_of(key: Path) -> str:
    match = re.search("age1[0-9a-z]+", key.read_text())
    assert match
    return match[0]


@pytest.fixture
def release(tmp_path: Path, test_key: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release file, sealed for the test key, and then for a station."""
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    profile = profile_in(tmp_path / "engineer", confidential=True)
    inputs = inputs_of(profile)
    contents = sealed(profile, "line9")
    for recipient in (recipient_of(test_key), keys.station_recipient("line1")):
        contents = add_seal(contents, inputs, [recipient])
    path = tmp_path / "plug.burn"
    path.write_bytes(pack(contents))
    return path


def opened(release: Path, part: str, key: Path) -> dict[str, object]:
    with zipfile.ZipFile(release) as archive:
        plain = command("age", "--decrypt", "--identity", key, data=archive.read(part))
    return dict(json.loads(plain))


def test_it_opens_a_release_that_is_sealed_for_a_test_key(release: Path, test_key: Path) -> None:
    assert opened(release, "sealed/02.age", test_key) == {
        "product_secret": base64.b64encode(SECRET.encode()).decode(),
        "parts": {"cert": base64.b64encode(CERTIFICATE).decode()},
    }


def test_it_opens_a_release_with_the_key_file_of_a_station(release: Path, tmp_path: Path) -> None:
    (key,) = (tmp_path / "state" / "keys" / "line1").glob("*.age")
    assert "product_secret" in opened(release, "sealed/03.age", key)


def test_burner_opens_what_it_encrypts(test_key: Path, tmp_path: Path) -> None:
    encrypted = command("age", "--recipient", recipient_of(test_key), data=b"plain")
    identity = Secret(test_key.read_text().splitlines()[-1].encode())
    opened = age.decrypt(encrypted, [identity])
    assert opened is not None
    assert opened.reveal() == b"plain"


def test_it_takes_the_file_that_a_station_wrote_for_the_engineer(
    release: Path, tmp_path: Path
) -> None:
    file = tmp_path / "line1.pub"
    file.write_text(f"# line1\n{keys.station_recipient('line1')}\n")
    encrypted = command("age", "--recipients-file", file, data=b"plain")
    (key,) = (tmp_path / "state" / "keys" / "line1").glob("*.age")
    assert command("age", "--decrypt", "--identity", key, data=encrypted) == b"plain"
