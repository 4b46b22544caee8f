"""What holds for every platform."""

from typing import get_args

import pytest

from burner.platforms.platform import Cloud
from burner.platforms.platforms import NVS_PRESETS, PLATFORMS, is_product_id
from burner.provisioning.key_config import PossibleKeys
from burner.provisioning.nvs_carrier import NvsSettings


@pytest.mark.parametrize("cloud", Cloud)
def test_the_shortest_and_the_longest_key_are_allowed(cloud: Cloud) -> None:
    rules = PLATFORMS[cloud].rules
    product_id = "A" * rules.product_id.longest
    assert rules.check_product_id(product_id) is None
    assert is_product_id(product_id)
    possible = PossibleKeys(product_id, rules)
    for key in (possible.shortest, possible.longest):
        assert all(f.warning for f in rules.check_secret(key.product_secret, "env:X"))
        rules.names.check(key.device_name)


def test_no_sample_value_is_a_product_id() -> None:
    samples = {text for one in PLATFORMS.values() for text in one.rules.placeholders}
    assert not any(map(is_product_id, samples))


def test_a_profile_may_name_the_preset_of_each_platform() -> None:
    allowed, _ = get_args(NvsSettings.model_fields["preset"].annotation)
    assert set(get_args(allowed)) == set(NVS_PRESETS)
