"""A partition table of Espressif's SDK for Tencent, as published: burned, then verified."""

import json
from pathlib import Path

from tests.runs import PROFILE, ROOT, burn, burner

TABLE = "partitions_esp-qcloud_4MB.csv"


def test_the_published_table_at_0xc000_is_burned_and_verified(
    tmp_path: Path, shared_images: Path
) -> None:
    text = PROFILE.read_text(encoding="utf-8")
    text = text.replace("../firmware/plug-c3/partitions.csv", str(shared_images / TABLE))
    profile = tmp_path / "plug.yaml"
    profile.write_text(text.replace("../firmware", str(ROOT / "firmware")), encoding="utf-8")
    where = ("--bench", "sim:1,keep=flash")
    ran = burn(tmp_path, *where, "--batch", "B", profile=profile)
    assert ran.status == 0, ran.errors
    assert [unit["outcome"] for unit in ran.units] == ["PASS"]
    (flash,) = (tmp_path / "flash").iterdir()
    assert flash.read_bytes()[0xC000:0xC002] == b"\xaa\x50"
    verified = burner(tmp_path, "verify", str(profile), *where, "--json")
    assert verified.returncode == 0, verified.stderr
    (unit,) = json.loads(verified.stdout)
    assert unit["good"]
    (key,) = (check for check in unit["checks"] if check["what"] == "key configuration")
    assert (key["verdict"], key["why"]) == ("same", "7QKX2MPD0C")
