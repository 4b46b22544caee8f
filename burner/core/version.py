"""Which burner this is: `0.2.0` at the tag `v0.2.0`, else `0.2.0.dev0+g1a2b3c4d5e` by the commit.

The build of a wheel asks this file (pyproject.toml), and the wheel keeps the answer. A checkout is
read anew in each run, since it may have moved on after it was installed. Changes that are not
committed do not show.
"""

import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NEXT_RELEASE = "0.1.0"
"""What the code becomes when it is tagged next. Raised by the first commit after a release."""

ARCHIVED = "$Format:%H %D$"
"""In an archive: its commit and tags. `git archive` writes them here (.gitattributes)."""

RELEASE_TAG = re.compile(r"v(\d+(?:\.\d+)*)((?:a|b|rc)\d+)?")


@cache
def burner_version() -> str:
    """Version of the code that runs."""
    return version_in(Path(__file__).parents[2])


def version_in(folder: Path) -> str:
    """Version of the burner whose package lies in a folder: site-packages, checkout or archive."""
    for installed in folder.glob("burner-*.dist-info"):
        return installed.name.removeprefix("burner-").removesuffix(".dist-info")
    try:
        commit, tags = _of_checkout(folder / ".git")
    except (OSError, ValueError):
        commit, tags = _of_archive(ARCHIVED)
    releases = [match for tag in tags if (match := RELEASE_TAG.fullmatch(tag))]
    if releases:
        return max(releases, key=_order)[0].removeprefix("v")
    return f"{NEXT_RELEASE}.dev0+{f'g{commit[:10]}' if commit else 'unknown'}"


def _order(tag: re.Match[str]) -> tuple[list[int], bool, str]:
    """Sort key: a release comes after its candidates."""
    return [int(number) for number in tag[1].split(".")], not tag[2], tag[2] or ""


def _of_archive(text: str) -> tuple[str, list[str]]:
    """Commit and tags that `git archive` left; none where it did not."""
    commit, _, names = text.partition(" ")
    return ("", []) if "$" in text else (commit, re.findall(r"tag: ([^,]+)", names))


def _of_checkout(git: Path) -> tuple[str, list[str]]:
    """Commit and tags of a checkout.

    Args:
        git: `.git`: a folder, or the file that a worktree or submodule has in its place.

    Raises:
        OSError, ValueError: it is no checkout, or git keeps it in another way.
    """
    if git.is_file():
        git = git.parent / _text(git).removeprefix("gitdir: ")
    shared = git / _text(git / "commondir") if (git / "commondir").exists() else git
    head = _text(git / "HEAD")
    commit = head if not head.startswith("ref: ") else _commit_of(shared, head[5:])
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise ValueError(commit)
    return commit, list(_tags_of(shared, commit))


def _commit_of(git: Path, ref: str) -> str:
    """Commit of a branch; empty: unknown."""
    if (git / ref).is_file():
        return _text(git / ref)
    return next((commit for commit, name in _packed(git) if name == ref), "")


def _tags_of(git: Path, commit: str) -> Iterator[str]:
    loose = git / "refs" / "tags"
    for path in sorted(loose.glob("v*")):
        if commit in (target := _text(path), _tagged(git, target)):
            yield path.name
    for target, name in _packed(git):
        tag = name.removeprefix("refs/tags/")
        if target == commit and tag != name and not (loose / tag).exists():
            yield tag


def _packed(git: Path) -> Iterator[tuple[str, str]]:
    """Object and name of each packed ref; of an annotated tag also its commit."""
    name = ""
    for line in _text(git / "packed-refs").splitlines() if (git / "packed-refs").exists() else ():
        if line.startswith("^"):
            yield line[1:], name
        elif not line.startswith("#"):
            target, _, name = line.partition(" ")
            yield target, name


def _tagged(git: Path, target: str) -> str:
    """The commit of an annotated tag; empty if this is no annotated tag, or if it is in a pack."""
    try:
        data = zlib.decompress((git / "objects" / target[:2] / target[2:]).read_bytes())
    except (OSError, zlib.error):
        return ""
    match = re.match(rb"tag \d+\0object ([0-9a-f]+)\n", data)
    return match[1].decode() if match else ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
