"""The customer's list: names of the units that are good, to be created in the cloud beforehand.

The console's batch upload takes a CSV whose first column is DeviceName; what it wants as header is
not settled by any public source, so the header is the caller's, and may be none.
"""

import csv
import io
from collections.abc import Generator
from itertools import groupby

from burner.manifest.attempt_rows import attempt_rows
from burner.manifest.reader import ALL, Filter, Reader
from burner.model import Outcome

HEADER = "DeviceName"


def name_lines(
    reader: Reader, wanted: Filter = ALL, header: str = HEADER
) -> Generator[str, None, None]:
    """One line a unit whose last attempt passed and that nobody scrapped or voided, as they were
    done.

    Args:
        reader: of the manifest.
        wanted: which attempts.
        header: the first line; empty = none.
    """
    if header:
        yield header + "\n"
    for _, attempts in groupby(attempt_rows(reader, wanted), lambda row: row[:2]):
        last = None
        for row in attempts:
            last = row if row.began else last
        if last and last.outcome == Outcome.PASS and not last.scrapped:
            yield _cell(last.device_name) + "\n"


def _cell(name: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([name])
    return text.getvalue()
