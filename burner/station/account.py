"""Whether the account that burns can change what the station's policy depends on.

The policy is as strong as the files behind it: the station file, its keys, burner and the Python
that runs it must belong to another account.
"""

import os
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import burner
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.place import manifest_place, place_exists
from burner.station import health
from burner.station.fixture.fixed_file import FIXED
from burner.station.fixture.station_rules import StationRules
from burner.station.health import HealthCheck, HealthState


def check_policy(rules: StationRules) -> Iterator[HealthCheck]:
    """The policy of a station, whether the log has it, and whether this account could change it."""
    policy = rules.policy
    of = f"{policy.digest[:16]}…, signers {', '.join(policy.signers)}"
    if policy.approvers:
        of += f", {policy.approvals} of the approvers {', '.join(policy.approvers)}"
    yield health.fine("policy", of)
    yield _policy_on_record(rules)
    folders = map(sysconfig.get_path, ("purelib", "stdlib"))
    program = (burner.__file__, sys.executable, *folders)
    yield _account([rules.file.absolute(), *rules.key_files, *map(Path, program)])
    yield _fixed(rules.file)


def _policy_on_record(rules: StationRules) -> HealthCheck:
    what = "policy on record"
    try:
        where = manifest_place(rules.manifest)
        if not place_exists(where):
            return health.fine(what, "not yet: the first batch puts it on record")
        with ManifestReader.open(rules.manifest) as reader:
            row = reader.policy()
    except BurnerError as error:
        return health.failed(what, error)
    if row is None:
        return health.fine(what, "not yet: the first batch puts it on record")
    if row.digest != rules.policy.digest:
        detail = f"{row.digest[:16]}…, of record {row.number}"
        return health.failed(what, BurnerError(Code.POLICY_NOT_ON_RECORD, detail))
    return health.fine(what, f"the same, record {row.number}")


def _account(files: list[Path]) -> HealthCheck:
    what = "account"
    if sys.platform != "win32" and os.geteuid() == 0:
        return _unprotected(what, "root may change anything: burn as another account")
    own = [path for path in depended_on(files) if can_change(path)]
    if own:
        return _unprotected(what, f"this account can change {', '.join(map(str, _first(own)))}")
    return health.fine(what, "it cannot change the station file, its keys or burner")


def depended_on(files: Iterable[Path]) -> Iterator[Path]:
    """The files and every folder above them, and the same of what a link leads to."""
    for file in files:
        for path in dict.fromkeys((file, file.resolve())):
            yield from (path, *path.parents)


def can_change(path: Path) -> bool:
    """Whether this account can write a file or folder, or give itself the right to.

    On Windows only files can be judged without a write.
    """
    try:
        if sys.platform == "win32":
            changeable = path.is_file()
            if changeable:
                path.open("r+b").close()
        else:
            status = path.stat()
            # In a sticky folder, such as /tmp, nobody exchanges what belongs to another account.
            sticky = stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)
            writable = os.access(path, os.W_OK) and not sticky
            changeable = writable or status.st_uid == os.geteuid()
    except OSError:
        return False
    return changeable


def _first(paths: list[Path]) -> list[Path]:
    """At most three of the texts, without repeats."""
    return list(dict.fromkeys(paths))[:3]


def _fixed(file: Path) -> HealthCheck:
    what = "fixed station file"
    if file.absolute() == FIXED:
        return health.fine(what, str(FIXED))
    detail = f"{file}: another --station-file can be named; the fixed place is {FIXED}"
    return HealthCheck(what, HealthState.WARN, detail, Code.STATION_NOT_PROTECTED)


def _unprotected(what: str, detail: str) -> HealthCheck:
    return health.failed(what, BurnerError(Code.STATION_NOT_PROTECTED, detail))
