"""A ProductSecret under 16 characters is refused, whatever way it comes in: it holds an AES key."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner, Result

from burner.cli.main import main, root
from burner.core.errors import BurnerError
from burner.release.opening import open_release
from tests.core.secrets.test_secret import Ring
from tests.images import write_product

SHORT = "Zk8vQ2mT6xW4yB9"
"""15 characters."""


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The short secret, in every place that a reference may name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHORT_SECRET", SHORT)
    (tmp_path / "short").write_text(f"{SHORT}\n")
    (tmp_path / "short").chmod(0o600)
    before, ring = keyring.get_keyring(), Ring()
    ring.stored["burner", "short"] = SHORT
    keyring.set_keyring(ring)
    yield
    keyring.set_keyring(before)


REFERENCES = ("env:SHORT_SECRET", "file:short", "keyring:burner/short", "prompt")


PRODUCT = "{{name: blinky, version: 1.2.0, id: S3EUVBRJLB, secret: '{}'}}"


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env).invoke(root, arguments, standalone_mode=False)


def is_refusal(error: BaseException | None) -> bool:
    assert isinstance(error, BurnerError)
    assert SHORT not in f"{error} {error.findings}"
    return error.code == "E156" and "15 characters" in str(error.findings)


@pytest.mark.parametrize("reference", REFERENCES)
def test_by_every_reference_of_a_profile_or_a_station(reference: str, tmp_path: Path) -> None:
    profile = write_product(tmp_path, product=PRODUCT.format(reference))
    with pytest.raises(BurnerError) as caught:
        open_release(profile, prompt_secret=lambda: SHORT)
    assert is_refusal(caught.value)
    with pytest.raises(BurnerError) as caught:
        open_release(write_product(tmp_path), prompt_secret=lambda: SHORT, reference=reference)
    assert is_refusal(caught.value)


def test_by_the_option_and_by_the_variable_before_a_unit_is_touched(tmp_path: Path) -> None:
    burn = ("burn", str(write_product(tmp_path)), "--port", "COM1", "--yes")
    result = run(*burn, "--secret", "file:short")
    assert is_refusal(result.exception)
    assert is_refusal(run(*burn, env={"BURNER_SECRET": "env:SHORT_SECRET"}).exception)
    assert not Path("manifest.db").exists()


def test_by_the_check_of_a_profile_and_by_the_doctor(tmp_path: Path) -> None:
    profile = str(write_product(tmp_path, product=PRODUCT.format("env:SHORT_SECRET")))
    for command in (("profile", "check", profile), ("doctor", profile)):
        result = run(*command)
        assert "E156" in result.output
        assert SHORT not in result.output


def test_with_the_exit_status_of_a_refused_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = str(write_product(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["burn", profile, "--port", "COM1", "--yes", "--secret", "keyring:burner/short"])
    assert ended.value.code == 3
    stderr = capsys.readouterr().err
    assert "E156" in stderr
    assert "16 to 32" in stderr
    assert SHORT not in stderr
