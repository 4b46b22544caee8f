"""Files with names for the console of a platform: how many names one may hold, and what a
spreadsheet program would do to them. Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from burner.cloud.precreation import chunks
from burner.platforms.platform import Cloud

NAMES_PER_FILE: Final[Mapping[Cloud, int]] = {
    Cloud.TENCENT_HUB: 1_000,
    Cloud.TENCENT_EXPLORER: 1_000,
    Cloud.ALIBABA: 1_000,
    Cloud.VOLCENGINE: 10_000,
}
"""Names that the console takes at once. Volcengine's limits of use say 10,000. Alibaba's API takes
10,000 names, and 1,000 of a product with certificates. No public document of Tencent has a number
for its console: 1,000 is careful.
"""

_CHANGED = re.compile(
    r"[-@=+].*"  # a formula
    r"|0[0-9]+|[0-9]{12,}"  # a number: its zeros go, or it is rounded
    r"|[0-9]+E[0-9]+"
    r"|[0-9]{1,4}-[0-9]{1,2}(-[0-9]{1,4})?"  # a date
    r"|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
    re.IGNORECASE,
)


def changed_by_spreadsheets(name: str) -> bool:
    """Whether a spreadsheet program that opens and saves the file makes another name of it."""
    return _CHANGED.fullmatch(name) is not None


def numbered_files(
    output: Path, names: Sequence[str], per_file: int
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """`OUT-001.csv`, `OUT-002.csv` …, and the names of each."""
    count = -(-len(names) // per_file)
    digits = max(3, len(str(count)))
    for number, part in enumerate(chunks(names, per_file), 1):
        yield output.with_name(f"{stem(output)}-{number:0{digits}}.csv"), part


def stem(output: Path) -> str:
    """What the names of the files begin with."""
    return output.stem if output.suffix.lower() == ".csv" else output.name


def is_numbered(output: Path, path: Path) -> bool:
    """Whether a file is called as one of those files would be."""
    return re.fullmatch(rf"{re.escape(stem(output))}-[0-9]{{3,}}\.csv", path.name) is not None
