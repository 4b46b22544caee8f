"""Identity: which IDs may become a name, each refusal with its own code."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from burner.core import yaml_document
from burner.core.errors import BurnerError, lookup
from burner.core.silicon import Mac, Silicon
from burner.identity.imei_checks import check_imei, luhn_ok
from burner.identity.label_checks import check_label, read_label
from burner.identity.mac_checks import check_mac
from burner.identity.naming import NameSettings
from burner.identity.serial_checks import check_serial, find_serial
from burner.identity.settings import (
    IdentitySettings,
    SerialSettings,
    check_sources,
    names_before_boot,
)

GOOD = Silicon("esp32c3", "v0.4", Mac.parse("24:6f:28:aa:bb:cc"), 0x164020, 4 << 20)
IMEI = "490154203237518"


def settings(**fields: object) -> IdentitySettings:
    return IdentitySettings.model_validate(fields)


def silicon(mac: str, **fields: object) -> Silicon:
    return replace(GOOD, mac=Mac.parse(mac), **fields)  # type: ignore[arg-type]


def test_a_genuine_mac_passes() -> None:
    check_mac(GOOD, settings())
    check_mac(GOOD, settings(vendor_prefixes=["7C:DF:A1", "24-6F-28"]))
    check_mac(GOOD, settings(vendor_prefixes=["246F28AAB"]))


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (silicon("00:00:00:00:00:00"), "E410"),
        (silicon("ff:ff:ff:ff:ff:ff"), "E411"),
        (silicon("25:6f:28:aa:bb:cc"), "E412"),
        (silicon("26:6f:28:aa:bb:cc"), "E413"),
        (silicon("24:0a:c4:00:01:10"), "E414"),
        (silicon("18:fe:34:6a:85:d0"), "E414"),
        (silicon("aa:bb:cc:dd:ee:ff"), "E414"),
        (silicon("24:6f:28:aa:bb:cc", mac_crc_ok=False), "E415"),
        (silicon("a4:cf:12:aa:bb:cc"), "E416"),
        (silicon("24:6f:28:ff:fe:aa", chip="esp32c6"), "E417"),
        (silicon("24:6f:28:ff:fe:aa", chip="esp32c5", eui64="24:6f:28:ff:fe:aa:bb:cc"), "E417"),
    ],
)
def test_a_mac_that_cannot_name_a_unit_is_refused(part: Silicon, code: str) -> None:
    with pytest.raises(BurnerError) as refused:
        check_mac(part, settings(vendor_prefixes=["24:6F:28", "18:FE:34"]))
    assert refused.value.code == code
    assert lookup(code).fault == "unit"


@pytest.mark.parametrize(
    ("mac", "detail"),
    [
        (
            "24:0a:c4:00:01:10",
            "24:0a:c4:00:01:10: deny list 24:0a:c4:00:01:10 "
            "(development tool: the Wokwi simulator)",
        ),
        (
            "00:00:00:00:00:07",
            "00:00:00:00:00:07: deny list 00:00:00:00:00:01 to 00:00:00:00:00:ff "
            "(counted up from zero)",
        ),
    ],
)
def test_a_mac_on_the_deny_list_is_refused_with_the_entry(mac: str, detail: str) -> None:
    with pytest.raises(BurnerError) as refused:
        check_mac(silicon(mac), settings())
    assert (refused.value.code, refused.value.detail) == ("E414", detail)


def test_the_words_on_the_deny_list_name_development_tools_in_both_languages() -> None:
    row = lookup("E414")
    assert "development tools" in row.says
    assert "开发工具" in row.says_zh
    assert "identity.allow" in row.do
    assert "identity.allow" in row.do_zh


@pytest.mark.parametrize(
    "part",
    [
        silicon("24:6f:28:ff:fe:aa"),
        silicon("24:6f:28:ff:fe:aa", chip="esp32c6", eui64="24:6f:28:ff:fe:ff:fe:aa"),
        silicon("24:6f:28:aa:bb:cc", chip="esp32c6", eui64="24:6f:28:ff:fe:aa:bb:cc"),
        silicon("24:6f:28:aa:bb:cc", chip="esp32", mac_crc_ok=True),
    ],
)
def test_a_genuine_mac_is_not_taken_for_a_cut_eui64(part: Silicon) -> None:
    check_mac(part, settings())


def test_a_sample_board_can_be_allowed_but_an_empty_mac_never() -> None:
    allowed = settings(allow=["26:6F:28:AA:BB:CC", "000000000000", "ff-ff-ff-ff-ff-ff"])
    check_mac(silicon("26:6f:28:aa:bb:cc", mac_crc_ok=False), allowed)
    for empty in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"):
        with pytest.raises(BurnerError, match="E41"):
            check_mac(silicon(empty), allowed)


@pytest.mark.parametrize(
    ("imei", "code"),
    [
        ("", "E420"),
        ("49015420323751", "E420"),
        ("49015420323751A", "E420"),
        ("８９０154203237518", "E420"),
        ("89860318740000123456", "E420"),
        ("490154203237519", "E421"),
        ("940154203237518", "E421"),
        ("111111111111111", "E423"),
        ("0", "E424"),
        ("000000000000000", "E424"),
        ("4901542032375101", "E425"),
        ("351756051523993", "E422"),
    ],
)
def test_an_imei_that_cannot_name_a_unit_is_refused(imei: str, code: str) -> None:
    with pytest.raises(BurnerError) as refused:
        check_imei(imei, tac=["49015420"])
    assert refused.value.code == code


def test_a_genuine_imei_passes_with_and_without_a_tac_list() -> None:
    check_imei(IMEI)
    check_imei(IMEI, tac=["35175605", "49015420"])


@given(st.from_regex(r"[0-9]{14}", fullmatch=True), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_never_passes(body: str, place: int, change: int) -> None:
    digits = next(body + str(d) for d in range(10) if luhn_ok(body + str(d)))
    wrong = str((int(digits[place]) + change) % 10)
    assert not luhn_ok(digits[:place] + wrong + digits[place + 1 :])


def test_a_serial_number_must_have_its_pattern() -> None:
    rule = SerialSettings(pattern="PLG[0-9]{6}")
    check_serial("PLG000042", rule)
    for wrong in ("PLG42", "xPLG000042", "PLG000042\n", ""):
        with pytest.raises(BurnerError, match="E430"):
            check_serial(wrong, rule)


def test_the_serial_number_is_found_among_the_boot_lines() -> None:
    rule = SerialSettings(source="firmware", line=r"serial: (\S+)", pattern="[0-9]{4}")
    assert find_serial(["boot", "I (31) app: serial: 0042", "serial: 0042"], rule) == "0042"
    for wrong, code in (
        ([], "E431"),
        (["serial:"], "E431"),
        (["serial: 0042", "serial: 0043"], "E432"),
        (["serial: 42"], "E430"),
    ):
        with pytest.raises(BurnerError, match=code):
            find_serial(wrong, rule)


LABEL = settings(
    label={"pattern": r"SN:(?P<serial>\w+);MAC:(?P<mac>[0-9A-Fa-f:-]+)(;(?P<imei>\d+))?"},
    serial={"source": "label", "pattern": "PLG[0-9]{4}"},
    imei={},
)
UNIT = {"mac": "24:6f:28:aa:bb:cc", "imei": IMEI, "serial": "PLG0042"}


def test_the_label_gives_the_serial_number() -> None:
    text = " SN:PLG0042;MAC:AABBCC\r\n"
    assert read_label(text, LABEL) == {"label": text.strip(), "serial": "PLG0042"}


def test_a_label_without_groups_is_the_serial_number_itself() -> None:
    rule = settings(label={"pattern": ".*"}, serial={"pattern": "PLG[0-9]{4}"})
    assert read_label("PLG0042", rule)["serial"] == "PLG0042"


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "E442"), (" \n", "E442"), ("PLG0042", "E440"), ("SN:PLG42;MAC:AABBCC", "E440")],
)
def test_a_label_that_cannot_be_read_is_refused(text: str, code: str) -> None:
    with pytest.raises(BurnerError, match=code):
        read_label(text, LABEL)


@pytest.mark.parametrize(
    "text",
    [
        "SN:PLG0042;MAC:24:6F:28:AA:BB:CC",
        "SN:PLG0042;MAC:24-6f-28-aa-bb-cc;490154203237518",
        "SN:PLG0042;MAC:246F28AABBCC;237518",
        "SN:PLG0042;MAC:AABBCC",
    ],
)
def test_a_label_that_agrees_passes(text: str) -> None:
    check_label(text, LABEL, UNIT)


@pytest.mark.parametrize(
    "text",
    [
        "SN:PLG0042;MAC:246F28AABBCD",
        "SN:PLG0042;MAC:CC",
        "SN:PLG0043;MAC:AABBCC",
        "SN:plg0042;MAC:AABBCC",
        "SN:PLG0042;MAC:AABBCC;490154203237510",
    ],
)
def test_a_label_of_another_unit_is_refused(text: str) -> None:
    with pytest.raises(BurnerError, match="E441"):
        check_label(text, LABEL, UNIT)


def test_an_id_that_is_read_later_is_compared_later() -> None:
    text = "SN:PLG0042;MAC:AABBCC;490154203237510"
    check_label(text, LABEL, {"mac": UNIT["mac"]})
    with pytest.raises(BurnerError, match="E441"):
        check_label(text, LABEL, UNIT)


@pytest.mark.parametrize(
    ("template", "fields", "before"),
    [
        ("{mac}", {}, True),
        ("{imei}", {"imei": {}}, True),
        ("{imei}", {"imei": {"when": "after"}}, False),
        ("{imei}", {"imei": {"port": "esp", "when": "after"}}, False),
        ("{mac}", {"imei": {"when": "after"}}, True),
        ("{serial}", {"serial": {}, "label": {"pattern": ".+"}}, True),
        ("{serial}", {"serial": {"source": "firmware", "line": "(.+)"}}, False),
        ("{serial}", {"serial": {"source": "modem"}}, True),
        ("{serial}", {"serial": {"source": "modem", "modem": {"when": "after"}}}, False),
    ],
)
def test_the_name_binds_when_its_last_source_can_be_read(
    template: str, fields: dict[str, object], before: bool
) -> None:
    name = NameSettings(template=template)
    assert names_before_boot(name, settings(**fields)) is before
    assert check_sources(name, settings(**fields), lambda *_: "") == []


@pytest.mark.parametrize(
    ("template", "fields", "needed"),
    [
        ("{imei}", {}, "imei"),
        ("{serial}", {}, "serial"),
        ("{label}", {}, "label"),
        ("{mac}", {"label": {"pattern": "(?P<imei>.+)"}}, "imei"),
        ("{serial}", {"serial": {"source": "label"}}, "label"),
    ],
)
def test_an_id_that_nothing_reads_is_found_before_the_batch(
    template: str, fields: dict[str, object], needed: str
) -> None:
    name = NameSettings(template=template)
    findings = check_sources(name, settings(**fields), lambda *path: ".".join(path))
    assert [(f.code, f.found) for f in findings] == [("E165", f"needs {needed}")]
    assert findings[0].place in (
        "name.template",
        "identity.label.pattern",
        "identity.serial.source",
    )


def test_a_label_that_would_agree_with_any_unit_is_refused() -> None:
    name, rule = NameSettings(template="{mac}"), settings(label={"pattern": "PLUG-[0-9]+"})
    findings = check_sources(name, rule, lambda *path: ".".join(path))
    assert [(f.code, f.place) for f in findings] == [("E101", "identity.label.pattern")]
    used = NameSettings(template="{label}")
    assert check_sources(used, rule, lambda *_: "") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"vendor_prefixes": ["24:6F"]},
        {"vendor_prefixes": ["Espressif"]},
        {"allow": ["24:6F:28"]},
        {"imei": {"port": "esp"}},
        {"imei": {"commands": ["AT+CFUN=0"]}},
        {"imei": {"commands": []}},
        {"imei": {"bauds": []}},
        {"imei": {"tac": ["1234567"]}},
        {"serial": {"source": "firmware"}},
        {"serial": {"source": "label", "line": "(.+)"}},
        {"serial": {"pattern": "("}},
        {"label": {"pattern": "(?P<iccid>.+)"}},
        {"label": {"pattern": "(?P<label>.+)"}},
        {"meid": {}},
    ],
)
def test_settings_that_make_no_sense_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**fields)


@given(st.text(max_size=80))
def test_any_scanned_text_is_read_or_refused(text: str) -> None:
    codes = set()
    try:
        read_label(text, LABEL)
    except BurnerError as error:
        codes = {error.code}
    assert codes <= {"E440", "E442"}


@given(st.text(max_size=20))
def test_any_imei_text_is_passed_or_refused(text: str) -> None:
    codes = set()
    try:
        check_imei(text)
    except BurnerError as error:
        codes = {error.code}
    assert codes <= {"E420", "E421", "E423", "E424", "E425"}


def test_the_profiles_of_the_manual_can_be_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "names.md").read_text(encoding="utf-8")
    blocks = [
        yaml_document.parse(block.split("```")[0], "names.md", "E101").data
        for block in text.split("```yaml\n")[1:]
    ]
    name, ids = NameSettings.model_validate(blocks[0]["name"]), settings(**blocks[1]["identity"])
    assert set(blocks[0]["name"]) == set(NameSettings.model_fields)
    assert set(blocks[1]["identity"]) == set(IdentitySettings.model_fields)
    assert check_sources(name, ids, lambda *_: "names.md") == []
