"""SBOM and release notes: from the profile into the release and its digest, into no unit."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.release.contents import release_contents
from burner.release.diff import differences, recipe_differences
from burner.release.opening import open_release, open_release_file
from burner.release.preflight import preflight, preflight_without_secret
from burner.release.release_file import Contents, pack
from tests.cli.desk import run
from tests.images import SECRET, write_product
from tests.release.documents.test_sbom import CYCLONEDX, TAGS

DOCUMENTS = "{sbom: bom.json, notes: NOTES.md}"
BOM = json.dumps(CYCLONEDX).encode()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "bom.json").write_bytes(BOM)
    (tmp_path / "NOTES.md").write_text("# 1.2.0\nfaster start\n")
    return write_product(tmp_path, documents=DOCUMENTS)


def built(profile: Path) -> Contents:
    return release_contents(preflight_without_secret(profile))


def test_a_release_holds_its_documents_under_its_digest(profile: Path, tmp_path: Path) -> None:
    contents = built(profile)
    assert set(contents.documents) == {"documents/sbom.json", "documents/notes.txt"}
    assert contents.index["documents"]["sbom"] == sha256(BOM).hexdigest()
    assert "NOTES.md" not in contents.profile
    target = tmp_path / "x.burn"
    target.write_bytes(pack(contents))
    assert open_release_file(target).contents == contents
    opened = open_release(profile)
    assert opened.digest == contents.digest
    assert opened.sbom == f"sha256:{sha256(BOM).hexdigest()}"
    bare = write_product(tmp_path)
    assert built(bare).digest != contents.digest
    assert open_release(bare).sbom == ""


def test_another_sbom_makes_another_release_of_the_same_units(
    profile: Path, tmp_path: Path
) -> None:
    before = open_release(profile)
    (tmp_path / "bom.json").write_text(TAGS)
    after = open_release(profile)
    (changed,) = differences(before.index, after.index)
    assert changed.what == "documents.sbom"
    assert recipe_differences(before.recipe(), after.recipe()) == []
    assert "documents/sbom.spdx" in built(profile).documents


def test_the_page_of_a_release_shows_sbom_and_notes(profile: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.burn"
    target.write_bytes(pack(built(profile)))
    page = run("release", "show", str(target)).stdout
    assert "SBOM        CycloneDX 1.6, 1 package\n" in page
    assert f"sha256 {sha256(BOM).hexdigest()}" in page
    assert "Release notes:\n  # 1.2.0\n  faster start\n" in page


@pytest.mark.parametrize(
    ("name", "content", "field", "words"),
    [
        ("bom.json", b"", "sbom", "an empty file"),
        ("bom.json", b"{}", "sbom", "JSON of no known form"),
        ("bom.json", None, "sbom", "No such file"),
        ("NOTES.md", b"\n", "notes", "an empty file"),
        ("NOTES.md", b"\xff", "notes", "not text in UTF-8"),
        ("NOTES.md", bytes(70_000), "notes", "larger than 65536 bytes"),
    ],
)
def test_a_document_of_no_known_form_is_found_with_its_line(
    profile: Path, tmp_path: Path, name: str, content: bytes | None, field: str, words: str
) -> None:
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (finding,) = preflight(profile).findings
    assert finding.code == "E222"
    assert finding.place.endswith(f" documents.{field}")
    assert "product.yaml:" in finding.place
    assert words in finding.found


@pytest.mark.parametrize("name", ["bom.json", "NOTES.md"])
def test_a_document_that_holds_the_secret_is_refused(
    profile: Path, tmp_path: Path, name: str
) -> None:
    text = (tmp_path / name).read_text().replace("blinky", SECRET).replace("faster", SECRET)
    (tmp_path / name).write_text(text)
    (finding,) = preflight(profile).findings
    assert finding.code == "E208"
    assert SECRET not in str(finding)


def with_index_digest(contents: Contents, index: dict[str, object], **changed: object) -> Contents:
    return replace(contents, index=index, digest=digest(index), **changed)  # type: ignore[arg-type]


def test_a_release_whose_documents_are_not_those_of_its_index_does_not_open(
    profile: Path, tmp_path: Path
) -> None:
    contents = built(profile)
    other = {**contents.documents, "documents/notes.txt": b"slower start\n"}
    without = {"documents/sbom.json": BOM}
    text = json.loads(contents.profile)
    text["documents"]["sbom"] = "documents/sbom.spdx"
    moved = {"documents/sbom.spdx": BOM, "documents/notes.txt": b"x\n"}
    empty = {**contents.documents, "documents/sbom.json": b"{}"}
    for changed, code in (
        (replace(contents, documents=other), "E205"),
        (replace(contents, documents=without), "E205"),
        (replace(contents, documents=moved), "E205"),
        (replace(contents, documents=moved, profile=canonical(text).decode()), "E205"),
        (replace(contents, documents={**other, "documents/more.txt": b"x"}), "E205"),
        (replace(contents, documents=empty), "E222"),
        (with_index_digest(contents, {**contents.index, "documents": {}}), "E205"),
    ):
        (tmp_path / "x.burn").write_bytes(pack(changed))
        with pytest.raises(BurnerError, match=rf"^{code}:"):
            open_release_file(tmp_path / "x.burn")
