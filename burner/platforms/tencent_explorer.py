"""Tencent Cloud IoT Explorer (物联网开发平台): IoT Hub's rules and registration, its own console.

Its firmware has the older API (AT firmware, early SDKs), or since 2026 the current one.
"""

from typing import Final

from burner.platforms import tencent
from burner.platforms.platform import Platform

TENCENT_EXPLORER: Final = Platform(
    title="Tencent Cloud IoT Explorer",
    rules=tencent.RULES,
    apis=tencent.APIS,
    hosts=tencent.HOSTS,
    registration_texts=tencent.PATHS,
    device_secret=tencent.device_psk,
    certificates=True,
    repeats=0,
)
