"""Names: the template, Tencent's rule, and the addresses Espressif documents for every chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.identity import naming
from burner.identity.interface_addresses import interface_macs
from burner.identity.naming import NameSettings, check_settings, device_name
from burner.platforms.tencent import RULES

BASE = Mac.parse("24:6f:28:aa:bb:fe")


def silicon(chip: str, mac: Mac = BASE) -> Silicon:
    return Silicon(chip, "v1.0", mac, 0x164020, 4 << 20)


def code_of(**settings: object) -> str:
    with pytest.raises((ValidationError, PydanticCustomError)) as refused:
        NameSettings.model_validate(settings).under(RULES.names)
    error: Exception = refused.value
    if isinstance(error, ValidationError):
        return error.errors()[0]["type"]
    assert isinstance(error, PydanticCustomError)
    return error.type


@pytest.mark.parametrize(
    ("chip", "number", "expected"),
    [
        ("esp8266", None, {"station": "24:6f:28:aa:bb:fe", "softap": "26:6f:28:aa:bb:fe"}),
        *(
            (
                chip,
                number,
                {
                    "station": "24:6f:28:aa:bb:fe",
                    "softap": "24:6f:28:aa:bb:ff",
                    "bluetooth": "24:6f:28:aa:bb:00",
                    "ethernet": "24:6f:28:aa:bb:01",
                },
            )
            for chip in ("esp32", "esp32s3", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61")
            for number in (None, 4)
        ),
        *(
            (
                chip,
                2,
                {
                    "station": "24:6f:28:aa:bb:fe",
                    "softap": "26:6f:28:aa:bb:fe",
                    "bluetooth": "24:6f:28:aa:bb:ff",
                    "ethernet": "26:6f:28:aa:bb:ff",
                },
            )
            for chip in ("esp32", "esp32s3", "esp32c3", "esp32c6")
        ),
        (
            "esp32s2",
            None,
            {
                "station": "24:6f:28:aa:bb:fe",
                "softap": "24:6f:28:aa:bb:ff",
                "ethernet": "26:6f:28:aa:bb:ff",
            },
        ),
        (
            "esp32s2",
            1,
            {
                "station": "24:6f:28:aa:bb:fe",
                "softap": "26:6f:28:aa:bb:fe",
                "ethernet": "26:6f:28:aa:bb:ff",
            },
        ),
        ("esp32h2", None, {"bluetooth": "24:6f:28:aa:bb:fe"}),
        ("esp32h4", None, {"bluetooth": "24:6f:28:aa:bb:fe"}),
        ("esp32p4", None, {"ethernet": "24:6f:28:aa:bb:fe"}),
        ("esp32x9", None, {}),
        ("esp32c3", 1, {}),
    ],
)
def test_addresses_are_derived_as_espressif_documents_them(
    chip: str, number: int | None, expected: dict[str, str]
) -> None:
    derived = {source: str(mac) for source, mac in interface_macs(silicon(chip), number).items()}
    assert derived == {"mac": str(BASE), **expected}


def test_a_base_address_that_is_local_already_flips_another_bit() -> None:
    local = Mac.parse("26:6f:28:aa:bb:cc")
    assert str(interface_macs(silicon("esp8266", local))["softap"]) == "22:6f:28:aa:bb:cc"


@pytest.mark.parametrize(
    ("base", "softap"),
    [
        ("7c:df:a1:00:30:00", "7c:df:a1:02:00:00"),
        ("7c:df:a1:00:5f:ff", "7c:df:a1:02:2f:ff"),
        ("7c:df:a1:00:60:00", "7c:df:a1:00:60:01"),
        ("7c:df:a1:00:2f:ff", "7c:df:a1:00:2f:00"),
    ],
)
def test_s2_parts_with_one_address_by_mistake_have_their_softap_elsewhere(
    base: str, softap: str
) -> None:
    assert str(interface_macs(silicon("esp32s2", Mac.parse(base)))["softap"]) == softap


IDS = {
    **{source: str(mac) for source, mac in interface_macs(silicon("esp32c3")).items()},
    "imei": "490154203237518",
    "serial": "SN0042",
    "label": "BOX-7",
}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "246F28AABBFE"),
        ({"case": "lower"}, "246f28aabbfe"),
        ({"template": "PLUG-{mac}"}, "PLUG-246F28AABBFE"),
        ({"separator": "-"}, "24-6F-28-AA-BB-FE"),
        ({"separator": "_", "case": "lower"}, "24_6f_28_aa_bb_fe"),
        ({"separator": ":", "allow_colon": True}, "24:6F:28:AA:BB:FE"),
        ({"template": "{bluetooth}"}, "246F28AABB00"),
        ({"template": "P{mac:-6}"}, "PAABBFE"),
        ({"template": "P{mac:-6}", "separator": "-"}, "PAA-BB-FE"),
        ({"template": "{imei}"}, "490154203237518"),
        ({"template": "{serial}_{imei:-7}"}, "SN0042_3237518"),
        ({"template": "{label:3}{mac}"}, "BOX246F28AABBFE"),
    ],
)
def test_the_template_makes_the_name(settings: dict[str, object], name: str) -> None:
    assert device_name(NameSettings.model_validate(settings), IDS) == name


def test_addresses_may_be_given_as_mac_or_as_text() -> None:
    assert device_name(NameSettings(), {"mac": BASE}) == device_name(NameSettings(), IDS)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"template": "{meid}"}, "E160"),
        ({"template": "{mac:0}"}, "E160"),
        ({"template": "{mac:-0}"}, "E160"),
        ({"template": "{mac"}, "E160"),
        ({"template": "{{mac}}"}, "E160"),
        ({"template": "plug {mac}"}, "E160"),
        ({"template": "插座{mac}"}, "E160"),
        ({"template": ""}, "E161"),
        ({"template": "PLUG"}, "E161"),
        ({"template": "A" * 37 + "{mac}"}, "E163"),
        ({"template": "P:{mac}"}, "E163"),
        ({"separator": ":"}, "E163"),
    ],
)
def test_a_template_that_cannot_name_units_is_refused(
    settings: dict[str, object], code: str
) -> None:
    assert code_of(**settings) == code


def test_the_longest_name_that_the_cloud_takes_is_taken() -> None:
    assert len(device_name(NameSettings(template="A" * 36 + "{mac}"), IDS)) == RULES.names.longest


@pytest.mark.parametrize(
    ("chip", "settings", "codes"),
    [
        ("esp32c3", {}, []),
        ("esp32c3", {"template": "{softap}"}, []),
        ("esp32s2", {"template": "{bluetooth}"}, ["E162"]),
        ("esp8266", {"template": "{bluetooth}{ethernet}"}, ["E162", "E162"]),
        ("esp32h2", {"template": "{station}"}, ["E162"]),
        ("esp32p4", {"template": "{ethernet}"}, []),
        ("esp32c3", {"template": "{ethernet}"}, ["E168"]),
        ("esp32", {"template": "{ethernet}"}, []),
        ("esp32c3", {"universal_addresses": 1}, ["E169"]),
        ("esp32", {"universal_addresses": 2}, []),
        ("esp32c3", {"template": "{mac:-6}"}, ["E166"]),
        ("esp32c3", {"template": "{mac:-6}{imei}"}, []),
    ],
)
def test_a_template_is_held_against_the_chip(
    chip: str, settings: dict[str, object], codes: list[str]
) -> None:
    findings = check_settings(NameSettings.model_validate(settings), chip, "p.yaml:9 name")
    assert [finding.code for finding in findings] == codes
    warnings = {"E166", "E168"}
    assert all(finding.warning == (finding.code in warnings) for finding in findings)


@pytest.mark.parametrize("name", ["", "a" * 49, "a b", "a.b", "ä", "a\n", "a\0", "插座"])
def test_names_that_tencent_refuses_are_refused(name: str) -> None:
    with pytest.raises(BurnerError, match="E164"):
        RULES.names.check(name)


def test_a_colon_is_refused_unless_asked_for() -> None:
    with pytest.raises(BurnerError, match="E164"):
        RULES.names.check("a:b")
    RULES.names.check("a:b", allow_colon=True)


def test_an_id_that_was_not_read_gives_no_name() -> None:
    with pytest.raises(BurnerError, match="E167"):
        device_name(NameSettings(template="{imei}"), {"mac": BASE})
    with pytest.raises(BurnerError, match="E167"):
        device_name(NameSettings(template="{imei}"), {"imei": ""})


def test_a_label_with_other_characters_gives_no_name() -> None:
    with pytest.raises(BurnerError, match="E164"):
        device_name(NameSettings(template="{label}"), {"label": "BOX 7"})


def test_the_sources_a_name_needs_are_those_of_its_template() -> None:
    settings = NameSettings(template="{serial}-{mac}-{imei:-3}")
    assert naming.required_sources(settings) == {"serial", "mac", "imei"}


@given(st.binary(min_size=6, max_size=6), st.sampled_from(["upper", "lower"]))
def test_different_macs_give_different_names(octets: bytes, case: str) -> None:
    settings = NameSettings.model_validate({"template": "X{mac}", "case": case})
    name = device_name(settings, {"mac": Mac(octets)})
    RULES.names.check(name)
    assert bytes.fromhex(name[1:]) == octets


@given(st.text(max_size=60))
def test_any_template_is_either_refused_or_read(template: str) -> None:
    codes = set()
    try:
        settings = NameSettings(template=template)
        device_name(settings, IDS)
    except ValidationError as refused:
        codes = {refused.errors()[0]["type"]}
    except BurnerError as error:
        codes = {error.code}
    assert codes <= {"E160", "E161", "E163", "E164"}
