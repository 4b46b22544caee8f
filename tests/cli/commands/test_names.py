"""`burner profile names`: the table, and vectors that the firmware team can compile in."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from burner.cli.commands.profile_names import HEADER_FILE, JSON_FILE, PRODUCT_HEADER_FILE
from burner.cli.main import root
from burner.core.errors import BurnerError
from burner.profile.name_vectors import NameVector, vectors_header
from burner.profile.reading import load_profile

PLUG = Path(__file__).parents[3] / "profiles" / "plug-c3.yaml"


def write(folder: Path, name: str, identity: str = "{}", chip: str = "esp32c3") -> Path:
    text = PLUG.read_text(encoding="utf-8").split("\nname:")[0]
    text = text.replace("type: esp32c3", f"type: {chip}")
    path = folder / "p.yaml"
    path.write_text(f"{text}\nname: {name}\nidentity: {identity}\n", encoding="utf-8")
    return path


def run(*args: object) -> Result:
    return CliRunner().invoke(root, ["profile", "names", *map(str, args)])


def table(*args: object) -> list[dict[str, str]]:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    vectors: list[dict[str, str]] = json.loads(result.output)["vectors"]
    return vectors


def test_sample_macs_get_their_names() -> None:
    names = {row["mac"]: row["name"] for row in table(PLUG)}
    assert names["24:6f:28:0a:1b:2c"] == "246F280A1B2C"
    assert len(set(names.values())) == len(names) == 5


def test_the_table_shows_the_ids_that_the_name_needs(tmp_path: Path) -> None:
    profile = write(tmp_path, "{template: 'P{imei}'}", "{imei: {tac: ['35175605']}}")
    shown = run(profile)
    assert shown.exit_code == 0
    assert "imei" in shown.output
    assert "serial" not in shown.output
    assert all(row["name"] == f"P{row['imei']}" for row in table(profile))
    assert all(row["imei"].startswith("35175605") for row in table(profile))


def test_derived_addresses_make_the_name_of_the_base_mac(tmp_path: Path) -> None:
    profile = write(tmp_path, "{template: '{bluetooth}', universal_addresses: 2}")
    names = {row["mac"]: row["name"] for row in table(profile)}
    assert names["24:6f:28:12:34:ff"] == "246F28123400"


def test_a_person_may_give_the_ids(tmp_path: Path) -> None:
    profile = write(
        tmp_path,
        "{template: '{serial}-{mac:-4}'}",
        "{serial: {pattern: 'PLG[0-9]{4}'}, label: {pattern: '.+'}}",
    )
    rows = table(profile, "--id", "serial=PLG0042", "--id", "mac=7C-DF-A1-00-01-02")
    assert rows == [
        {
            "mac": "7c:df:a1:00:01:02",
            "imei": "",
            "serial": "PLG0042",
            "label": "",
            "name": "PLG0042-0102",
        }
    ]
    assert run(profile).exit_code == 2
    assert "--id serial=" in run(profile).output


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("mac=00:00:00:00:00:00", "E410"),
        ("imei=490154203237519", "E421"),
        ("serial=PLG42", "E430"),
    ],
)
def test_an_id_that_the_line_would_refuse_gets_no_name(
    tmp_path: Path, given: str, code: str
) -> None:
    profile = write(
        tmp_path,
        "{template: '{mac:-4}{imei}{serial}'}",
        "{imei: {}, serial: {pattern: '[A-Z0-9]{8}'}, label: {pattern: '.+'}}",
    )
    failed = run(profile, "--id", given)
    assert isinstance(failed.exception, BurnerError)
    assert failed.exception.code == code


@pytest.mark.parametrize("given", ["iccid=1", "mac=24:6f", "mac"])
def test_an_id_that_is_none_is_a_matter_of_usage(given: str) -> None:
    assert run(PLUG, "--id", given).exit_code == 2


def test_a_template_that_does_not_fit_the_chip_is_refused(tmp_path: Path) -> None:
    failed = run(write(tmp_path, "{template: '{bluetooth}'}", chip="esp32s2"))
    assert isinstance(failed.exception, BurnerError)
    assert failed.exception.code == "E162"


def test_the_vectors_are_written_as_json_and_as_a_header(tmp_path: Path) -> None:
    result = run(PLUG, "-o", tmp_path / "out" / "names")
    assert result.exit_code == 0
    written = json.loads((tmp_path / "out" / "names" / JSON_FILE).read_text(encoding="utf-8"))
    assert written["vectors"] == table(PLUG)
    assert written["template"] == "{mac}"
    header = (tmp_path / "out" / "names" / HEADER_FILE).read_text(encoding="ascii")
    assert '"246F280A1B2C"' in header
    files = (HEADER_FILE, PRODUCT_HEADER_FILE)
    first = [(tmp_path / "out" / "names" / file).read_bytes() for file in files]
    run(PLUG, "-o", tmp_path / "out" / "names")
    assert [(tmp_path / "out" / "names" / file).read_bytes() for file in files] == first
    assert str(tmp_path / "out" / "names" / PRODUCT_HEADER_FILE) in result.output.replace("\n", "")


def test_the_rule_and_the_place_of_the_key_are_written_for_the_firmware(tmp_path: Path) -> None:
    run(write(tmp_path, "{template: 'P-{softap:-6}', case: lower}"), "-o", tmp_path / "out")
    header = (tmp_path / "out" / PRODUCT_HEADER_FILE).read_text(encoding="ascii")
    assert '.source = BURNER_NAME_TEXT, .text = "P-"' in header
    assert ".text = NULL, .characters = -6, .added = 1, .local = false" in header
    assert ".upper = false" in header
    assert '.partition = "fctry"' in header


PROGRAM = """
#include <stdio.h>
#include "name_vectors.h"
int main(void) {
    for (int i = 0; i < NAME_VECTOR_COUNT; i++) {
        const struct name_vector *v = &name_vectors[i];
        for (int b = 0; b < 6; b++) printf("%02x", v->mac[b]);
        printf("|%s|%s|%s|%s\\n", v->imei, v->serial, v->label, v->name);
    }
    return sizeof name_vectors / sizeof name_vectors[0] != NAME_VECTOR_COUNT;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler on this machine")
def test_the_header_compiles_and_says_what_the_table_says(tmp_path: Path) -> None:
    vectors = [
        NameVector("24:6f:28:0a:1b:2c", "246F280A1B2C"),
        NameVector("24:6f:28:0a:1b:2d", "P1", "490154203237518", "SN1", 'a "label"\\n ??/ */ é7'),
    ]
    header = vectors_header(load_profile(PLUG), vectors)
    (tmp_path / HEADER_FILE).write_text(header, encoding="ascii")
    (tmp_path / "main.c").write_text(PROGRAM, encoding="ascii")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run(["gcc", *flags, "main.c", "-o", "main"], cwd=tmp_path, check=True)
    output = subprocess.run([tmp_path / "main"], check=True, capture_output=True).stdout
    assert output.decode().splitlines() == [
        f"{v.mac.replace(':', '')}|{v.imei}|{v.serial}|{v.label}|{v.name}" for v in vectors
    ]
