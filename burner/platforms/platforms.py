"""The list of platforms."""

from collections.abc import Mapping
from typing import Final

from burner.platforms.alibaba import ALIBABA
from burner.platforms.platform import Cloud, NvsPreset, Platform
from burner.platforms.tencent_explorer import TENCENT_EXPLORER
from burner.platforms.tencent_hub import TENCENT_HUB
from burner.platforms.volcengine import VOLCENGINE

PLATFORMS: Final[Mapping[Cloud, Platform]] = {
    Cloud.TENCENT_HUB: TENCENT_HUB,
    Cloud.TENCENT_EXPLORER: TENCENT_EXPLORER,
    Cloud.ALIBABA: ALIBABA,
    Cloud.VOLCENGINE: VOLCENGINE,
}
NVS_PRESETS: Final[Mapping[str, NvsPreset]] = {
    platform.nvs_preset.name: platform.nvs_preset for platform in PLATFORMS.values()
}


def is_product_id(text: str) -> bool:
    """Whether a product of some platform may have this ID; the samples of none have it."""
    rules = [platform.rules for platform in PLATFORMS.values()]
    possible = any(one.check_product_id(text) is None for one in rules)
    return possible and not any(text in one.placeholders for one in rules)
