"""Whatever a path leads to, every command says with a code what is wrong, and waits for nothing."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from burner.cli.main import _run
from burner.manifest.log.note import KeyType, VerifierKey
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger
from tests.cli.desk import at_desk
from tests.manifest.records import burned, open_batch
from tests.runs import PROFILE, SECRET

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="pipes and devices with names are POSIX's"
)

HUGE = 64 << 30
"""Bytes of a file without content: nobody may try to read them."""


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, HUGE)


def empty(path: Path) -> None:
    path.touch()


def what_lies_at(path: str) -> tuple[int, ...]:
    """What a write or a replacement would change; reading may move the time of access."""
    status = Path(path).lstat()
    return (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns)


KINDS: tuple[Callable[[Path], None], ...] = (pipe, device, folder, huge, empty)

WHO = "--operator wang --station line1"
ORIGIN = VerifierKey("burner/0123456789abcdef", bytes(32), KeyType.ED25519)
WITNESS = VerifierKey("witness.example/w1", bytes(32), KeyType.COSIGNATURE)
READ = {
    "burn": "burn {x.yaml} --bench sim:1 --yes",
    "burn a release": "burn {x.burn} --bench sim:1 --yes",
    "burn with a station file": f"burn {PROFILE} --station-file {{x.yaml}} --yes",
    "burn with a secret": f"burn {PROFILE} --bench sim:1 --yes --secret file:{{x}}",
    "burn on a bench": f"burn {PROFILE} --bench {{x.yaml}} --yes",
    "profile check": "profile check {x.yaml}",
    "profile show": "profile show {x.yaml}",
    "profile names": "profile names {x.yaml} --id mac=7c:df:a1:00:00:01",
    "release build": "release build {x.yaml}",
    "release check": "release check {x.burn}",
    "release show": "release show {x.burn}",
    "release diff": f"release diff {PROFILE} {{x.burn}}",
    "station show": "station show {x.yaml}",
    "identify": "identify {x.yaml} --bench sim:1",
    "verify": "verify {x.yaml} --bench sim:1",
    "manifest verify": f"manifest verify {{x}} --key {ORIGIN}",
    "manifest verify, key": "manifest verify --key {x}",
    "manifest verify, head": "manifest verify --head {x}",
    "manifest import": f"manifest import {{x}} --key {ORIGIN} {WHO}",
    "manifest cosign": "manifest cosign {x} --owner qa",
    "manifest witness": f"manifest witness {{x}} --witness-key {WITNESS} --station line1",
    "key enroll": f"key enroll {{x.pub}} --owner line2 {WHO}",
}


@pytest.fixture(autouse=True)
def _at_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, quantity=1)
        burned(ledger, 1, batch="WO1")


def codes(command: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, set[str]]:
    """The exit status of a command, and every code that it names."""
    capfd.readouterr()
    status = _run(command.split())
    output = "".join(capfd.readouterr())
    assert "Traceback" not in output
    return status, set(re.findall(r"\bE\d\d\d\b", output))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("what", READ)
def test_a_file_that_is_none_or_another_is_refused_with_a_code(
    what: str, kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    command, name = READ[what], re.search(r"\{(.*)\}", READ[what])
    assert name
    path = Path("here").absolute() / name[1]
    path.parent.mkdir()
    kind(path)
    status, named = codes(command.replace(name[0], str(path)), capfd)
    if status == 2:  # usage: click says itself that a folder is no file
        assert kind is folder
        return
    assert status in (3, 4)
    assert named
    assert "E901" not in named


@pytest.mark.parametrize("kind", [pipe, device], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "command",
    [
        "manifest list",
        "manifest verify",
        "manifest head",
        f"unit scrap U --reason R {WHO}",
        f"burn {PROFILE} --bench sim:1 --yes",
        "manifest backup copy.db",
        f"profile check {PROFILE}",
    ],
)
def test_what_is_no_file_is_no_manifest(
    command: str, kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    kind(Path("other.db"))
    assert codes(f"{command} --manifest other.db", capfd)[1] == {"E702"}


@pytest.mark.parametrize("kind", [pipe, device, huge, empty], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("command", [f"release build {PROFILE} -o x.burn"])
def test_what_stands_where_a_file_is_to_be_written_stays(
    command: str, kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    kind(Path("x.burn"))
    before = what_lies_at("x.burn")
    assert codes(command, capfd) == (3, {"E206"})
    assert what_lies_at("x.burn") == before


@pytest.mark.parametrize("kind", [pipe, device], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("form", ["csv", "jsonl", "names", "log"])
def test_an_export_takes_the_place_of_no_device(
    form: str, kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    kind(Path("out"))
    before = what_lies_at("out")
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger)
    batch = "--batch WO1" if form == "names" else ""
    assert codes(f"manifest export --format {form} {batch} -o out", capfd) == (4, {"E729"})
    assert what_lies_at("out") == before


@pytest.mark.parametrize("kind", [pipe, device], ids=lambda kind: kind.__name__)
def test_a_report_takes_the_place_of_no_device(
    kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    kind(Path("out"))
    before = what_lies_at("out")
    assert codes("report -o out", capfd) == (4, {"E729"})
    assert what_lies_at("out") == before


@pytest.mark.parametrize("kind", [pipe, device], ids=lambda kind: kind.__name__)
def test_barcodes_take_the_place_of_no_device(
    kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    kind(Path("out.svg"))
    before = what_lies_at("out.svg")
    assert codes("station labels --slots 2 -o out.svg", capfd) == (4, {"E729"})
    assert what_lies_at("out.svg") == before


def test_barcodes_into_a_missing_folder_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert codes("station labels --slots 2 -o nope/out.svg", capfd) == (4, {"E729"})


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("batch status \udcff", "'\\udcff'"),
        ("unit show A\udcff", "'A\\udcff'"),
        ("report --product \udcff", "--product"),
        ("report --product=\udcff", "--product"),
    ],
)
def test_an_argument_that_is_no_text_is_named(
    command: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(command.split()) == 4
    errors = capfd.readouterr().err
    assert "E738 " in errors
    assert f"{name}: U+DCFF as character" in errors


def test_a_url_that_is_none_is_refused_without_its_password(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert _run(["batch", "list", "--manifest", "postgresql+psycopg://u:hunter2@h:abc/d"]) == 4
    errors = capfd.readouterr().err
    assert "E720 " in errors
    assert "hunter2" not in errors


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", ["SEAL", "records.log", "statement.txt"])
def test_a_folder_of_a_batch_with_anything_in_it_is_checked_without_waiting(
    name: str, kind: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(f"batch close WO1 -o evidence {WHO}".split()) == 0
    with ManifestReader.open("manifest.db") as reader:
        origin_key = reader.log_keys()[0].key
    (Path("evidence") / name).unlink()
    if kind is huge and name == "statement.txt":
        return  # it is read to its end for its digest: bounded memory, but not at once
    kind(Path("evidence") / name)
    status, named = codes(f"manifest verify evidence --key {origin_key}", capfd)
    assert (status, named) == (4, {"E724" if name == "records.log" else "E746"})
