"""Tencent Cloud IoT Hub (物联网通信)."""

from typing import Final

from burner.platforms import tencent
from burner.platforms.platform import Platform

TENCENT_HUB: Final = Platform(
    title="Tencent Cloud IoT Hub",
    rules=tencent.RULES,
    apis=tencent.APIS,
    hosts=tencent.HOSTS,
    registration_texts=tencent.PATHS,
    device_secret=tencent.device_psk,
    certificates=True,
    repeats=0,
)
