"""What a ProductSecret must look like. Pure."""

import re
from typing import Final

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.secrets.secret import Secret
from burner.core.words.plural import counted

PLACEHOLDERS: Final = frozenset(
    {
        "PRODUCT_ID",
        "DEVICE_NAME",
        "DEVICE_SECRET",
        "YOUR_PRODUCT_ID",
        "YOUR_PRODUCT_SECRET",
        "YOUR_DEVICE_NAME",
        "YOUR_DEV_NAME",
        "YOUR_DEVICE_SECRET",
        "YOUR_IOT_PSK",
        "IOT_PSK",
        "TCIOT_PSK",
        "PRODUCT_SECRETKEY",
    }
)
"""Stand-ins of Tencent's samples: never a value to burn."""
REGISTRATION_TRIGGERS: Final = frozenset({"YOUR_IOT_PSK", "IOT_PSK", "TCIOT_PSK"})
"""Those that Tencent's samples compare with to start dynamic registration: no mistake there."""
_USUAL_LENGTH: Final = 24
_USUAL: Final = re.compile(rb"[A-Za-z0-9]{%d}" % _USUAL_LENGTH)


def check_product_secret(secret: Secret, place: str) -> list[Finding]:
    """What is wrong with a ProductSecret.

    `place` is its reference. The findings never hold the value.

    16 to 32 printable characters, because registration takes the first 16 bytes as an AES key. All
    real ones that we saw are 24 letters and digits.
    """
    length = len(secret.reveal())
    printable = all(0x21 <= byte <= 0x7E for byte in secret.reveal())
    if secret.reveal() in {text.encode() for text in PLACEHOLDERS}:
        return [
            Finding(
                Code.SECRET_IS_PLACEHOLDER,
                place,
                "a sample's placeholder",
                "the product's own secret",
            )
        ]
    if not 16 <= length <= 32 or not printable:
        shape = counted(length, "character") + ("" if printable else ", some blank or not ASCII")
        return [
            Finding(
                Code.SECRET_MALFORMED, place, shape, "16 to 32 printable characters without blanks"
            )
        ]
    if not _USUAL.fullmatch(secret.reveal()):
        found = f"found {counted(length, 'character')}"
        found += ", not all letters and digits" if length == _USUAL_LENGTH else ""
        return [
            Finding(
                Code.SECRET_UNUSUAL,
                place,
                found,
                f"expected {_USUAL_LENGTH} letters and digits",
                True,
            )
        ]
    return []
