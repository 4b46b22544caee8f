"""The version of the code that runs, where it was installed, cloned, unpacked or copied."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from packaging.version import Version

from burner.core import version
from burner.core.version import NEXT_RELEASE, version_in

ROOT = Path(version.__file__).parents[2]
PLACEHOLDER = "$Format:%H %D$"
UNKNOWN = f"{NEXT_RELEASE}.dev0+unknown"

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    who = {
        f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments],
        cwd=folder,
        env={**inherited, **who, **none},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """The version that a new commit has."""
    git(folder, "commit", "--allow-empty", "-q", "-m", "a commit")
    return development(folder)


def development(folder: Path) -> str:
    return f"{NEXT_RELEASE}.dev0+g{git(folder, 'rev-parse', 'HEAD')[:10]}"


@pytest.fixture(autouse=True)
def _of_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run in an archive."""
    monkeypatch.setattr(version, "ARCHIVED", PLACEHOLDER)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "--allow-empty", "-q", "-m", "the first commit")
    return folder


@needs_git
def test_two_commits_are_two_versions(checkout: Path) -> None:
    first = version_in(checkout)
    assert first == development(checkout)
    assert version_in(checkout) != commit(checkout) != first
    assert str(Version(first)) == first


@needs_git
def test_a_tag_makes_a_release_of_its_commit_alone(checkout: Path) -> None:
    git(checkout, "tag", "v3.1.4")
    assert version_in(checkout) == "3.1.4"
    assert commit(checkout) == version_in(checkout)


@needs_git
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("annotated", [(), ("--annotate", "--message", "out")])
def test_a_tag_counts_however_git_keeps_it(
    checkout: Path, annotated: tuple[str, ...], packed: bool
) -> None:
    git(checkout, "tag", *annotated, "v2.0.0")
    commit(checkout)
    git(checkout, "tag", *annotated, "v2.0.1")
    if packed:
        git(checkout, "pack-refs", "--all", "--prune")
    assert version_in(checkout) == "2.0.1"
    git(checkout, "checkout", "-q", "v2.0.0")
    assert version_in(checkout) == "2.0.0"


@needs_git
def test_a_release_is_above_its_candidates_and_other_tags_are_none(checkout: Path) -> None:
    for tag in ("v2.9.0", "v2.10.0rc1", "v2.10.0rc2", "vendor", "line-1", "v2.x"):
        git(checkout, "tag", tag)
    assert version_in(checkout) == "2.10.0rc2"
    git(checkout, "tag", "v2.10.0")
    assert version_in(checkout) == "2.10.0"


@needs_git
def test_a_moved_tag_leaves_its_packed_place(checkout: Path) -> None:
    git(checkout, "tag", "v2.0.0")
    git(checkout, "pack-refs", "--all")
    expected = commit(checkout)
    git(checkout, "tag", "--force", "v2.0.0")
    assert version_in(checkout) == "2.0.0"
    git(checkout, "checkout", "-q", "HEAD~1")
    assert version_in(checkout) == development(checkout) != expected


@needs_git
@pytest.mark.parametrize("packed", [False, True])
def test_a_worktree_is_at_a_commit_of_its_own(checkout: Path, tmp_path: Path, packed: bool) -> None:
    worktree = tmp_path / "worktree"
    git(checkout, "worktree", "add", "-q", "-b", "other", str(worktree))
    expected = commit(worktree)
    if packed:
        git(checkout, "pack-refs", "--all", "--prune")
    assert version_in(worktree) == expected != version_in(checkout)
    git(worktree, "tag", "v2.0.0")
    assert version_in(worktree) == "2.0.0"


@needs_git
def test_a_repository_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "submodule").mkdir()
    git(tmp_path, "init", "-q", "--separate-git-dir", "kept", "submodule")
    (tmp_path / "submodule" / ".git").write_text("gitdir: ../kept\n", encoding="utf-8")
    assert commit(tmp_path / "submodule") == version_in(tmp_path / "submodule")


@needs_git
def test_an_archive_of_a_commit_has_its_version(checkout: Path, tmp_path: Path) -> None:
    file = checkout / "burner" / "core" / "version.py"
    file.parent.mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", checkout)
    text = Path(version.__file__).read_text(encoding="utf-8")
    text = re.sub(r'(?m)^ARCHIVED = ".*"$', f'ARCHIVED = "{PLACEHOLDER}"', text)
    file.write_text(text, encoding="utf-8")
    git(checkout, "add", "--all")
    expected = commit(checkout)
    assert unpacked(checkout, tmp_path / "first") == expected
    git(checkout, "tag", "v2.0.0")
    assert unpacked(checkout, tmp_path / "second") == "2.0.0"


def unpacked(checkout: Path, folder: Path) -> str:
    """The version that the archive of a checkout has."""
    archive = folder.with_suffix(".tar")
    git(checkout, "archive", "--output", str(archive), "HEAD")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    file = runpy.run_path(str(folder / "burner" / "core" / "version.py"))
    return str(file["burner_version"]())


def test_an_installed_wheel_says_what_it_was_built_as(tmp_path: Path) -> None:
    (tmp_path / "burner-2.0.0.dev0+g1a2b3c4d5e.dist-info").mkdir()
    assert version_in(tmp_path) == "2.0.0.dev0+g1a2b3c4d5e"


def test_a_copy_without_git_is_of_no_known_commit(tmp_path: Path) -> None:
    assert version_in(tmp_path) == UNKNOWN
    assert str(Version(UNKNOWN)) == UNKNOWN


@pytest.mark.parametrize(
    "head",
    ["", "ref: refs/heads/main", "ref: refs/heads/.invalid", "not a commit", "\0" * 41],
)
def test_what_git_keeps_otherwise_is_no_commit(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head, encoding="utf-8")
    assert version_in(tmp_path) == UNKNOWN


def test_a_worktree_whose_repository_is_not_here_is_of_no_known_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/.git/worktrees/x\n", encoding="utf-8")
    assert version_in(tmp_path) == UNKNOWN


@needs_git
@pytest.mark.skipif("+g" not in version_in(ROOT), reason="a release, or no checkout")
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout")
def test_the_next_release_is_not_out_yet() -> None:
    assert not git(ROOT, "tag", "--list", f"v{NEXT_RELEASE}"), "raise NEXT_RELEASE"


def test_the_command_line_says_the_version_of_the_code_that_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "burner", tmp_path / "burner")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("0123456789abcdef" * 2 + "01234567", encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-m", "burner", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert process.stdout == f"burner, version {NEXT_RELEASE}.dev0+g0123456789\n"
