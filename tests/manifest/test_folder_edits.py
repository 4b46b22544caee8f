"""Folders edited by whoever holds the station's key: their lists are counted again."""

import random
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest.checks.folder_check import verify_folder
from burner.manifest.signing.keys import PublicKey, Signer
from tests.manifest.folders import a_folder
from tests.manifest.forging import reseal, withheld


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    return a_folder(tmp_path_factory.mktemp("folder"), signer)


FORGERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "names.csv": (
        lambda folder: (folder / "names.csv").write_text("DeviceName\nevil\n"),
        "names.csv is not the list",
    ),
    "an error code in units.csv": (
        lambda folder: change(folder / "units.csv", "E501", "E502"),
        "units.csv, row ",
    ),
    "an operator in units.csv": (
        lambda folder: change(folder / "units.csv", ",li,", ",wu,"),
        "units.csv, row 2",
    ),
    "a row less in units.csv": (
        lambda folder: cut_row(folder / "units.csv"),
        "units.csv lacks the attempt of line1",
    ),
    "a row twice in units.csv": (
        lambda folder: double_row(folder / "units.csv"),
        "units.csv, row 3, is not",
    ),
    "other columns in units.csv": (
        lambda folder: change(folder / "units.csv", "seq,", "number,"),
        "units.csv, row 1",
    ),
    "units.csv as garbage": (
        lambda folder: (folder / "units.csv").write_bytes(b"\xff"),
        "units.csv cannot be read",
    ),
    "statement.txt": (
        lambda folder: (folder / "statement.txt").write_text("all fine"),
        "statement.txt does not say what the close says: Batch WO1",
    ),
    "a count in statement.txt": (
        lambda folder: change(folder / "statement.txt", "1  failed", "0  failed"),
        "statement.txt does not say",
    ),
}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8", errors="strict")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(path_text(text, old, new))


def path_text(text: str, old: str, new: str) -> str:
    assert old in text or old == "1  failed"
    return text.replace(old, new) if old in text else text.replace("0  failed", "1  failed")


def cut_row(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], *lines[2:]]))


def double_row(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], *lines[1:]]))


@pytest.mark.parametrize(("forge", "words"), FORGERIES.values(), ids=FORGERIES)
def test_lists_that_are_not_those_of_the_records_are_found_under_a_good_seal(
    folder: Path,
    trusted: Mapping[str, PublicKey],
    signer: Signer,
    tmp_path: Path,
    forge: Callable[[Path], object],
    words: str,
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    forge(victim)
    reseal(victim, signer)
    (flaw,) = verify_folder(victim, trusted).flaws
    assert words in flaw


# -- random edits by whoever holds the key ---------------------------------------------------------


def edited(dice: random.Random, victim: Path, signer: Signer, stranger: Signer) -> str:
    """What is done to a folder, so that its seal fits afterwards."""
    match dice.randrange(6):
        case 0:
            name = dice.choice(["units.csv", "names.csv", "records.chain.jsonl"])
            path = victim / name
            data = bytearray(path.read_bytes())
            place = dice.choice([i for i, byte in enumerate(data) if chr(byte).isalnum()])
            data[place] = data[place] ^ 1 if chr(data[place] ^ 1).isalnum() else ord("x")
            path.write_bytes(data)
        case 1:
            name = dice.choice(["units.csv", "names.csv", "statement.txt"])
            rows = (victim / name).read_bytes().splitlines(keepends=True)
            # Behind its first lines the page says what is in no record.
            del rows[dice.choice([0, 2, 3, 4, 5] if name == "statement.txt" else range(len(rows)))]
            (victim / name).write_bytes(b"".join(rows))
        case 2:
            name = "records.chain.jsonl"
            lines = [*(victim / name).read_text(encoding="utf-8").splitlines(keepends=True)]
            shown = [i for i, line in enumerate(lines) if '"kind":"outcome"' in line]
            place = dice.choice(shown)
            lines[place] = withheld(lines[place])
            (victim / name).write_text("".join(lines), encoding="utf-8")
        case 3:
            name = dice.choice(sorted(path.name for path in victim.iterdir()))
            path = victim / name
            path.rename(victim.with_name("elsewhere"))
            path.symlink_to(victim.with_name("elsewhere"))
            return f"{name} linked"
        case 4:
            name = "nothing"
            reseal(victim, stranger)
            return "sealed by a stranger"
        case _:
            name = dice.choice(["units.csv", "statement.txt", "release.txt", "public-key.pem"])
            (victim / name).unlink()
    reseal(victim, signer)
    return f"{name} edited"


def hunt(folder: Path, victim: Path, signer: Signer, stranger: Signer, seed: int, n: int) -> None:
    dice, trusted = random.Random(seed), {signer.public.id: signer.public}
    for turn in range(n):
        shutil.rmtree(victim, ignore_errors=True)
        shutil.copytree(folder, victim)
        what = edited(dice, victim, signer, stranger)
        with suppress(BurnerError):
            assert verify_folder(victim, trusted).flaws, f"seed {seed}, turn {turn}: {what}"


def test_random_edits_by_whoever_holds_the_key_are_all_found(
    folder: Path, tmp_path: Path, signer: Signer, stranger: Signer
) -> None:
    hunt(folder, tmp_path / "victim", signer, stranger, seed=1, n=60)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_thousand_edits_by_whoever_holds_the_key_are_all_found(
    folder: Path, tmp_path: Path, signer: Signer, stranger: Signer, seed: int
) -> None:
    hunt(folder, tmp_path / "victim", signer, stranger, seed, n=200)
