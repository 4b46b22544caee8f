"""`burner profile new` and `check --manifest`, as people use them."""

import json
import shutil
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

import pytest

from burner.cli.commands.profile_new import PRESETS
from burner.cli.main import main
from burner.core.canonical_json import canonical
from burner.core.secrets.secret import Secret
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger
from burner.profile.scaffold.carrier_draft import PRESETS as LAYOUTS
from burner.release.opening import open_release
from tests.images import PRODUCT_ID, SECRET, app_image, write_product
from tests.manifest.records import a_result, an_attempt
from tests.profile.builds import write_idf_build
from tests.runs import burn, burner


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["profile", *map(str, args)])
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


def test_one_command_makes_a_profile_and_says_what_is_left(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    write_idf_build(work / "build")
    status, out, _ = run(capsys, "new", "plug", "--from-idf", "build")
    assert status == 0
    assert "burner profile check profiles/plug.yaml" in out.replace("\\", "/")
    assert "plug.yaml:9 product.id: error E180" in out
    status, out, _ = run(capsys, "check", "profiles/plug.yaml")
    assert status == 3
    assert "2 errors" in out


def test_a_profile_that_is_there_stays_unless_forced(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    place = work / "elsewhere" / "p.yaml"
    place.parent.mkdir()
    assert run(capsys, "new", "plug", "-o", place)[0] == 0
    place.write_text("mine")
    status, _, err = run(capsys, "new", "plug", "-o", place)
    assert status == 3
    assert "E185" in err
    assert place.read_text() == "mine"
    assert run(capsys, "new", "plug", "-o", place, "--force", "--preset", "raw")[0] == 0
    assert "kind: raw" in place.read_text()
    assert list(place.parent.iterdir()) == [place], "nothing else is left there"


def test_any_kind_of_build_is_recognised_by_from(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    write_idf_build(work / "firmware")
    assert run(capsys, "new", "plug", "--from", "firmware")[0] == 0
    (work / "empty").mkdir()
    status, _, err = run(capsys, "new", "lamp", "--from", "empty")
    assert status == 3
    assert "E181" in err
    assert not (work / "profiles" / "lamp.yaml").exists()


@pytest.mark.parametrize("name", ["Plug", "plug/../x", "", "-x", "x" * 41])
def test_a_name_that_no_product_can_have_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(capsys, "new", "--", name)[0] == 2


def test_two_sources_are_a_usage_error(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    assert run(capsys, "new", "plug", "--from", ".", "--from-idf", ".")[0] == 2


def test_a_place_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "file").write_text("")
    status, _, err = run(capsys, "new", "plug", "-o", "file/plug.yaml")
    assert status == 4
    assert "E729" in err


def test_the_help_offers_every_layout() -> None:
    assert tuple(LAYOUTS) == PRESETS


CHECK = ("--manifest", "manifest.db")


@pytest.fixture(scope="module")
def once_burned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A product of which one unit passed in WO1."""
    folder = tmp_path_factory.mktemp("product")
    path = write_product(folder)
    assert burn(folder, "--bench", "sim:1", "--batch", "WO1", profile=path).status == 0
    return folder


@pytest.fixture
def product(work: Path, once_burned: Path) -> Path:
    """Its profile, in the current folder, to be changed."""
    shutil.copytree(once_burned, work, dirs_exist_ok=True)
    (work / "other.bin").write_bytes(app_image("changed"))
    (work / "other.txt").write_text(SECRET[::-1], encoding="utf-8")
    (work / "other.txt").chmod(0o600)
    return work / "product.yaml"


def changed_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_version_made_otherwise_on_purpose_is_accepted(
    capsys: pytest.CaptureFixture[str], product: Path
) -> None:
    changed_text(product, "file: app.bin", "file: other.bin")
    changed_text(product, "blank:", "accept: {E188: only a comment differs}\nblank:")
    status, out, _ = run(capsys, "check", product, *CHECK)
    assert status == 0
    assert "accepted E188: batch WO1 " in out
    assert "; only a comment differs\n" in out


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("file: app.bin", "file: other.bin"), "part app (sha256 "),
        (("[nvs, otadata]", "[otadata]"), "blank (nvs, otadata; now otadata), part nvs ("),
        (("preset: esp-qcloud", "preset: esp-qcloud, namespace: mine"), "carrier.namespace ("),
        (("blank:", 'name: {template: "B-{mac}"}\nblank:'), "name.template (nothing; now B-{mac})"),
        (("secret.txt", "other.txt"), "product key (fingerprint "),
    ],
    ids=["bytes", "blank", "carrier", "name", "key"],
)
def test_the_same_version_made_otherwise_is_a_warning_that_says_what_differs(
    capsys: pytest.CaptureFixture[str], product: Path, change: tuple[str, str], named: str
) -> None:
    assert run(capsys, "check", product, *CHECK) == (0, f"{product}: OK\n", "")
    changed_text(product, *change)
    status, out, _ = run(capsys, "check", product, *CHECK)
    assert status == 0
    assert f"warning E188: batch WO1 of blinky 1.2.0 had another {named}" in out
    changed_text(product, "1.2.0", "1.2.1")
    assert run(capsys, "check", product, *CHECK) == (0, f"{product}: OK\n", "")


@pytest.mark.parametrize(
    ("change", "batch", "named"),
    [
        (("[nvs, otadata]", "[otadata]"), "WO2", "blank (nvs, otadata; now otadata)"),
        (("secret.txt", "other.txt"), "WO1", "product key (fingerprint "),
    ],
    ids=["a new batch", "the same batch goes on"],
)
def test_burn_says_so_before_the_first_unit(
    work: Path, change: tuple[str, str], batch: str, named: str
) -> None:
    path = write_product(work)
    assert burn(work, "--bench", "sim:1", "--batch", "WO1", profile=path).status == 0
    changed_text(path, *change)
    (work / "other.txt").write_text(SECRET[::-1], encoding="utf-8")
    (work / "other.txt").chmod(0o600)
    ran = burn(work, "--bench", "sim:1,seed=2", "--batch", batch, profile=path)
    first = list(takewhile(lambda line: line["event"] in ("start", "warning"), ran.lines))
    (difference,) = [line["found"] for line in first if line.get("code") == "E188"]
    assert f"batch WO1 of blinky 1.2.0 had another {named}" in difference


@pytest.mark.parametrize(
    ("change", "quantity", "message"),
    [
        (("secret.txt", "other.txt"), "5", "E463 This batch is for another product key"),
        (("1.2.0", "1.3.0"), "5", "another profile (blinky 1.2.0; now blinky 1.3.0), release ("),
        (("[nvs, otadata]", "[otadata]"), "5", "…), blank (nvs, otadata; now otadata), part nvs ("),
        (("blinky", "blinky"), "6", "WO1 was opened for another quantity of the batch (5; now 6)"),
    ],
    ids=["key", "version", "release", "quantity"],
)
def test_a_batch_goes_on_only_as_it_was_opened_and_says_what_differs(
    work: Path, change: tuple[str, str], quantity: str, message: str
) -> None:
    path = write_product(work)
    with Ledger.open(work / "manifest.db", "line1", simulated=True) as ledger:
        release = open_release(path)
        ledger.open_batch(
            "WO1",
            BatchTerms(
                profile=release.profile.title,
                release_digest=release.digest,
                product_id=PRODUCT_ID,
                quantity=5,
                index=canonical(release.index).decode(),
                key=release.key_fingerprint,
            ),
        )
    (work / "other.txt").write_text(SECRET[::-1], encoding="utf-8")
    (work / "other.txt").chmod(0o600)
    changed_text(path, *change)
    wanted = ("--batch", "WO1", "--quantity", quantity)
    ran = burn(work, "--bench", "sim:1", *wanted, profile=path)
    assert ran.status == 4
    assert ("E463" if change[0] == "secret.txt" else "E730") in ran.errors
    assert message in " ".join(ran.errors.split())


@pytest.mark.parametrize("command", ["check", "burn"])
def test_a_profile_that_holds_the_secret_itself_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], product: Path, command: str
) -> None:
    changed_text(product, "blank:", f"boot: {{expect: [psk={SECRET}]}}\nblank:")
    if command == "check":
        status, output = run(capsys, "check", product)[:2]
    else:
        ran = burn(product.parent, "--bench", "sim:1", profile=product)
        status, output = ran.status, ran.errors
    assert status == 3
    assert "product.yaml:9 boot.expect[0]: error E208: holds the secret itself" in output
    assert SECRET not in output


def test_the_record_that_opens_a_batch_holds_what_its_digest_is_of(once_burned: Path) -> None:
    log = burner(once_burned, "manifest", "export", "--format", "log").stdout
    (opened,) = [
        json.loads(line.partition(" ")[2])
        for line in log.splitlines()
        if '"kind":"batch-opened"' in line
    ]
    assert sha256(opened["index"].encode()).hexdigest() == opened["release_digest"]
    assert opened["key"] == Secret(SECRET.encode()).fingerprint(PRODUCT_ID)


def test_a_batch_that_was_opened_by_hand_is_compared_by_what_its_units_held(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    path = write_product(work)
    burned(work, path)
    assert run(capsys, "check", path, *CHECK) == (0, f"{path}: OK\n", "")
    (work / "app.bin").write_bytes(app_image("changed"))
    _, out, _ = run(capsys, "check", path, *CHECK)
    assert "warning E188: batch WO1 of blinky 1.2.0 had another part app (sha256 " in out


def test_a_manifest_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    path = write_product(work)
    status, _, err = run(capsys, "check", path, "--manifest", "none.db")
    assert status == 4
    assert "E701" in err


def burned(work: Path, path: Path) -> None:
    """A batch of this profile with one unit in the manifest."""
    release = open_release(path)
    attempt = an_attempt(
        batch="WO1",
        profile="blinky 1.2.0",
        product_id=PRODUCT_ID,
        release_digest=release.digest,
        regions=tuple(segment.region() for segment in release.payload("N")),
        key=release.key_fingerprint,
    )
    with Ledger.open(work / "manifest.db", "line1") as ledger:
        ledger.open_batch(
            "WO1",
            BatchTerms(
                profile=attempt.profile,
                release_digest=attempt.release_digest,
                product_id=PRODUCT_ID,
            ),
        )
        ledger.begin(attempt)
        ledger.finish(attempt, a_result(evidence={}))


def test_from_idf_reads_builds_of_esp_idf_alone(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "out").mkdir()
    (work / "out" / "a.ino.bin").write_bytes(app_image(chip="esp8266"))
    assert "E181" in run(capsys, "new", "plug", "--from-idf", "out")[2]
    assert run(capsys, "new", "plug", "--from", "out")[0] == 0


@pytest.mark.parametrize("preset", ["nvs", "esp-qcloud", "device-info"])
def test_a_layout_with_partitions_is_refused_for_a_build_without_them(
    capsys: pytest.CaptureFixture[str], work: Path, preset: str
) -> None:
    (work / "out").mkdir()
    (work / "out" / "a.ino.bin").write_bytes(app_image(chip="esp8266"))
    status, _, err = run(capsys, "new", "plug", "--from", "out", "--preset", preset)
    assert status == 3
    assert "E176" in err
    assert "--preset c-sdk, raw or at" in err
    assert not (work / "profiles").exists()
