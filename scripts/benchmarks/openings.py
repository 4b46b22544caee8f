"""What it costs to open a release: as it was built, and sealed, signed and approved.

4 MB: the product of the other tables with 3 MB of files beside the application. Each is opened in
processes of its own, as a station does at its start: the first time with the modules that are
loaded for it, and again.
"""

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import tables
from benchmarks.product import SECRET, TABLE, Product
from burner.core.secrets.passphrase import PASSPHRASE
from burner.manifest.local.keys import station_recipient
from burner.release.contents import inputs_to_seal, release_contents
from burner.release.documents.evidence import read_evidence
from burner.release.envelope.key_pair import make_key_pair
from burner.release.envelope.signer import signer_for
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import pack
from burner.release.seal import add_seal
from burner.release.statements import add_statement, approval_statement, release_statement

ALLOWED_S = 0.15
"""More than an unsigned release."""
STATION = "bench"
ASSETS = 3 * 1024 * 1024
OPENED = """\
import sys, time
from functools import partial
from pathlib import Path
from burner.core.secrets.secret import Secret
from burner.manifest.local.keys import station_identities
from burner.release.opening import open_release

def seconds():
    start = time.perf_counter()
    if sys.argv[1] == "sealed":
        open_release(Path(sys.argv[2]), identities=partial(station_identities, "bench"))
    else:
        open_release(Path(sys.argv[2]), Secret(sys.argv[3].encode()))
    return time.perf_counter() - start

print(seconds(), min(seconds() for _ in range(5)))
"""
"""Prints the seconds of the first time and of the best later one."""


def run(folder: Path, runs: int) -> None:
    """Measure and print everything of this part."""
    os.environ["BURNER_STATE"] = str(folder / "state")
    os.environ[PASSPHRASE] = "of a benchmark"
    tables.say("\n## Releases\n\nOpening 4 MB, in seconds.")
    plain, sealed = _releases(folder / "release")
    times = [(_opened("plain", plain), _opened("sealed", sealed)) for _ in range(runs)]
    rows = []
    for number, name in enumerate(("the first in a process", "a later one")):
        before, after = ([pair[which][number] for pair in times] for which in (0, 1))
        more = median(after) - median(before)
        cells = (f"{median(before):.3f}", f"{median(after):.3f}", f"{more:+.3f}")
        rows.append((name, *cells, tables.against(more, ALLOWED_S)))
    columns = ("", "unsigned", "sealed, signed, approved", "more", "")
    tables.show("Opening a release", columns, rows)


def _releases(folder: Path) -> tuple[Path, Path]:
    """Two files of one product: as it was built, and with all that people add."""
    Product(folder).release()
    (folder / "assets.bin").write_bytes(random.Random(1).randbytes(ASSETS))
    (folder / "partitions.csv").write_text(f"{TABLE}assets, data, 0x40, 0x190000, 3M\n")
    profile = folder / "bench.yaml"
    image = "  - {name: assets, file: assets.bin, partition: assets}\n"
    text = profile.read_text().replace("size: 4MB", "size: 8MB")
    profile.write_text(text.replace("carrier:", f"{image}carrier:"))
    seen = preflight_without_secret(profile)
    plain, sealed = folder / "plain.burn", folder / "sealed.burn"
    plain.write_bytes(pack(release_contents(seen)))
    inputs = inputs_to_seal(seen, None)
    contents = add_seal(release_contents(seen, inputs), inputs, [station_recipient(STATION)])
    for name in ("alice", "bob"):
        make_key_pair(folder / f"{name}.pem", os.environ[PASSPHRASE])
    alice, bob = (signer_for(str(folder / f"{name}.pem")) for name in ("alice", "bob"))
    contents = add_statement(contents, release_statement(contents), alice)
    evidence = read_evidence([profile])
    approval = approval_statement(contents, evidence, "measured", "2026-01-05T08:00:00Z")
    sealed.write_bytes(pack(add_statement(contents, approval, bob)))
    return plain, sealed


def _opened(which: str, path: Path) -> Sequence[float]:
    command = [sys.executable, "-c", OPENED, which, str(path), SECRET]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]
