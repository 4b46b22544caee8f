"""Tencent Cloud IoT Explorer (物联网开发平台): IoT Hub's rules and registration, its own console.

Its firmware has the older API (AT firmware, early SDKs), or since 2026 the current one.
"""

from dataclasses import replace
from typing import Final

from burner.platforms.tencent_hub import TENCENT_HUB

TENCENT_EXPLORER: Final = replace(
    TENCENT_HUB, title="Tencent Cloud IoT Explorer", licenses=True, repeats=1000
)
"""Its documents (1081/138031 and 1081/138034, of September 2026) say: until a device has connected
it may register again; it gets other credentials, and the former ones end. Those of IoT Hub do not.
"""
