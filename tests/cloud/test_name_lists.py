"""Lists of names to create: from IDs, and from a file with names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from burner.cloud.name_lists import MOST_SHOWN, names_of_file, names_of_ids, unique_names
from burner.core.errors import BurnerError
from burner.identity.imei_checks import check_digit
from burner.profile.profile import Profile
from burner.profile.reading import load_profile
from tests.runs import PROFILE


def product(folder: Path, template: str = "{mac}", identity: Mapping[str, Any] = {}) -> Profile:
    """The example product with another name, and other IDs."""
    document = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    document["name"] = {"template": template}
    document["identity"] = dict(identity)
    path = folder / "product.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_profile(path)


def names(
    folder: Path, text: str | bytes, template: str = "{mac}", identity: Mapping[str, Any] = {}
) -> tuple[str, ...]:
    path = folder / "ids.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return names_of_ids(path, product(folder, template, identity))


def listed(folder: Path, text: str) -> tuple[str, ...]:
    path = folder / "names.csv"
    path.write_text(text, encoding="utf-8")
    return names_of_file(path, product(folder))


def imei(number: int) -> str:
    digits = f"49015420{number:06}"
    return digits + check_digit(digits)


def test_macs_in_every_usual_spelling_become_names_in_their_order(tmp_path: Path) -> None:
    text = "\ufeff24:6F:28:aa:bb:02\r\n\r\n# a comment\r\n246f28aabb01\r\n24-6f-28-AA-BB-03\r\n"
    found = names(tmp_path, text + "246f.28aa.bb04\n 246F28AABB05 \n")
    assert found == tuple(f"246F28AABB0{n}" for n in (2, 1, 3, 4, 5))


def test_a_header_says_which_column_is_which_id(tmp_path: Path) -> None:
    identity = {"imei": {}, "serial": {"source": "firmware", "line": r"SN=(\w+)"}}
    text = f"Serial,IMEI,mac\nSN1,{imei(1)},246f28aabb01\n"
    assert names(tmp_path, text, "{imei}", identity) == (imei(1),)
    assert names(tmp_path, text, "P-{serial}-{softap:-2}", identity) == ("P-SN1-02",)


def test_one_column_without_header_is_the_id_of_the_name(tmp_path: Path) -> None:
    assert names(tmp_path, f"{imei(1)}\n{imei(2)}\n", "{imei}", {"imei": {}}) == (imei(1), imei(2))


def test_a_label_gives_its_serial_number(tmp_path: Path) -> None:
    identity = {
        "serial": {"source": "label", "pattern": "P[0-9]{3}"},
        "label": {"pattern": "SN:(?P<serial>[A-Z0-9]+) MAC:(?P<mac>[0-9A-F]{6})"},
    }
    text = "mac,label\n246f28aabb01,SN:P001 MAC:AABB01\n"
    assert names(tmp_path, text, "{serial}", identity) == ("P001",)
    with pytest.raises(BurnerError) as refused:
        names(tmp_path, text.replace("AABB01", "AABB02"), "{serial}", identity)
    assert [finding.code for finding in refused.value.findings] == ["E441"]


def test_each_bad_line_is_named_with_its_number_and_its_code(tmp_path: Path) -> None:
    text = (
        "mac,imei\n"
        f"246f28aabb01,{imei(1)}\n"
        "246f28aabb0,\n"  # no MAC
        "256f28aabb02,\n"  # a group address
        "246f28aabb01,\n"  # again
        "246f28aabb04,490154203237519\n"  # a wrong check digit
        "246f28aabb05\n"
        f",{imei(2)}\n"
        '"246f28aabb06,\n'
    )
    with pytest.raises(BurnerError, match=r"E860.*7 errors; first: .*:3:") as refused:
        names(tmp_path, text, identity={"imei": {}})
    found = [(f.place.rpartition(":")[2], f.code) for f in refused.value.findings]
    assert found == [
        ("3", "E860"),
        ("4", "E412"),
        ("5", "E861"),
        ("6", "E421"),
        ("7", "E860"),
        ("8", "E167"),
        ("9", "E860"),
    ]
    twice = refused.value.findings[2].found
    assert twice == f"246F28AABB01: {tmp_path / 'ids.csv'}:2 has it too"


def test_an_id_that_no_two_units_may_share_is_refused_too(tmp_path: Path) -> None:
    identity = {"imei": {}, "serial": {"source": "firmware", "line": r"SN=(\w+)"}}
    rows = (f"246f28aabb01,{imei(1)},S1", f"246f28aabb02,{imei(1)},S2", "246f28aabb03,,S1")
    with pytest.raises(BurnerError) as refused:
        names(tmp_path, "\n".join(("mac,imei,serial", *rows)), identity=identity)
    assert [finding.found.partition(":")[0] for finding in refused.value.findings] == [
        f"imei {imei(1)}",
        "serial S1",
    ]
    assert all("ids.csv:2 has it too" in finding.found for finding in refused.value.findings)


def test_a_line_in_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        names(tmp_path, b"246f28aabb01\n\xc9\xcf\xba\xa3\n")
    (finding,) = refused.value.findings
    assert (finding.place.rpartition(":")[2], finding.found) == ("2", "not UTF-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no names"),
        ("mac\n", "no names"),
        ("mac,color\n", "the columns mac,color"),
        ("mac,mac\n", "at most once"),
        ("246f28aabb01,SN1\n", "the first line must be mac"),
        ("a" * 2000, "more than 1024 bytes"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BurnerError, match=f"E860.*{words}"):
        names(tmp_path, text)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match=r"E860.*none.csv: No such file"):
        names_of_ids(tmp_path / "none.csv", product(tmp_path))


def test_of_many_bad_lines_the_first_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match=r"E860.*150 errors") as refused:
        names(tmp_path, "mac\n" + "x\n" * 150)
    assert len(refused.value.findings) == MOST_SHOWN + 1
    assert refused.value.findings[-1].found == "and 50 more errors"


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    assert listed(tmp_path, "devicename,other\nplug-1,x\n Plug_2\n") == ("plug-1", "Plug_2")


def test_a_name_that_the_platform_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnerError) as refused:
        listed(tmp_path, "plug-1\nplug 2\nplug:3\nplug-1\n")
    found = [(f.place.rpartition(":")[2], f.code) for f in refused.value.findings]
    assert found == [("2", "E164"), ("3", "E164"), ("4", "E861")]


def test_two_units_of_the_manifest_with_one_name_are_named() -> None:
    entries = (("unit a", "plug-1"), ("unit b", "plug-2"), ("unit c", "plug-1"))
    with pytest.raises(BurnerError, match="unit c: plug-1: unit a has it too"):
        unique_names("manifest", entries)
