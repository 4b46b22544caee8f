"""Tencent Cloud IoT Hub (物联网通信)."""

from typing import Final

from burner.platforms import tencent
from burner.platforms.platform import NvsPreset, Platform

TENCENT_HUB: Final = Platform(
    title="Tencent Cloud IoT Hub",
    rules=tencent.RULES,
    apis=tencent.APIS,
    hosts=tencent.HOSTS,
    registration_texts=tencent.PATHS,
    nvs_preset=NvsPreset("esp-qcloud", partition="fctry", namespace="qcloud-key"),
    sdk_layout=tencent.SDK_LAYOUT,
    at_commands=True,
    device_secret=tencent.device_psk,
    certificates=True,
    creates_devices=True,
    registration_switch=True,
    instances=False,
    licenses=False,
    repeats=0,
    region_names=tencent.REGION_NAMES,
)
"""The preset is the layout of Espressif's SDK."""
