"""What is left in English in a text that is to be Chinese."""

import re
from collections.abc import Collection

NO_WORDS = re.compile(
    r"E\d{3}"  # codes
    r"|`?\bburner( [a-z]\w+| --?[a-z][\w-]*| E\d{3}| [A-Z]+)*`?|--[a-z][\w-]+"  # to be typed
    r"|(?i:\b[0-9a-f]{2}(:[0-9a-f]{2})+\b)"  # addresses
    r"|\b[0-9a-f]{64}\b"  # digests
)
NAMES = frozenset(
    (
        *(
            "MAC",
            "IMEI",
            "IMEISV",
            "TAC",
            "ID",
            "ProductID",
            "eFuse",
            "EUI",
            "EN",
            "IO",
            "TX",
            "RX",
        ),
        *("TX", "RX", "USB", "UTC", "JSON", "Flash", "CRC", "AT", "Linux", "Ctrl"),
    )
)
"""Names of things that Chinese engineers call by them too."""


def english_in(text: str, known: Collection[str] = ()) -> list[str]:
    """Words of Latin letters that are no code, command or name; `known` are ids of the case."""
    for name in sorted(known, key=len, reverse=True):
        text = text.replace(name, " ")
    return [w for w in re.findall("[A-Za-z]{2,}", NO_WORDS.sub(" ", text)) if w not in NAMES]
