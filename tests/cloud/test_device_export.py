from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from burner.cloud.device_export import DeviceExport, ExportForm, read_device_export
from burner.cloud.export_columns import ExportColumn, unchecked_points
from burner.cloud.listed_device import ListedDevice
from burner.core.errors import BurnerError
from burner.core.words.error_details import detail_in
from burner.platforms.tencent_hub import TENCENT_HUB

PRODUCT_ID = "S3EUVBRJLB"
BEIJING = timezone(timedelta(hours=8))
ONLINE = datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
ENGLISH = """ProductId,DeviceName,Status,CertState,FirstOnlineTime,CreateTime
S3EUVBRJLB,PLUG-1,online,1,2026-11-29 08:00:00,2026-11-28 08:00:00
S3EUVBRJLB,PLUG-2,inactive,0,,2026-11-28 08:00:00
"""
CHINESE = """设备名称,状态,首次上线时间,创建时间
PLUG-1,在线,2026-11-29 08:00:00,2026-11-28 08:00:00
PLUG-2,未激活,-,2026-11-28 08:00:00
"""


def read(
    folder: Path, data: str | bytes, columns: dict[ExportColumn, str] | None = None
) -> DeviceExport:
    path = folder / "devices.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    form = ExportForm(PRODUCT_ID, TENCENT_HUB.rules.names, columns or {}, BEIJING)
    return read_device_export(path, form)


def refused(folder: Path, data: str | bytes, **columns: str) -> BurnerError:
    with pytest.raises(BurnerError) as caught:
        read(folder, data, {ExportColumn(name): text for name, text in columns.items()})
    return caught.value


def test_an_english_export_is_read(tmp_path: Path) -> None:
    first, second = read(tmp_path, ENGLISH).devices
    assert first == ListedDevice(
        "PLUG-1", True, True, ONLINE, created=ONLINE - timedelta(days=1), enabled=None
    )
    assert (second.registered, second.active, second.activated) == (False, False, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_chinese_export_is_read_in_every_encoding(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = CHINESE.replace(",", delimiter).replace("\n", "\r\n")
    first, second = read(tmp_path, text.encode(encoding)).devices
    assert (first.name, first.active, first.activated) == ("PLUG-1", True, ONLINE)
    assert (second.name, second.active, second.registered) == ("PLUG-2", False, None)


@pytest.mark.parametrize(
    "text",
    [
        *("1795910400", "1795910400000", "2026-11-29T08:00:00", "2026-11-29T00:00:00Z"),
        *("2026-11-29T01:00:00+01:00", "2026/11/29 8:00", "2026/11/29 08:00:00"),
        *("2026年11月29日 08:00:00", "20261129080000", "2026-11-29T00:00:00.000Z"),
        *("11/29/2026 8:00", "29/11/2026 08:00:00"),
        *("\t2026-11-29 08:00:00", '"=""2026-11-29 08:00:00"""'),
    ],
)
def test_every_form_of_a_time_is_read(tmp_path: Path, text: str) -> None:
    (device,) = read(tmp_path, f"DeviceName,FirstOnlineTime\nPLUG-1,{text}\n").devices
    assert device.activated == ONLINE


@pytest.mark.parametrize("text", ["03/04/2026", "3/4/2026 08:00", "12/11/2026 08:00:00"])
def test_a_date_that_may_be_two_days_is_refused(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, f"DeviceName,FirstOnlineTime\nPLUG-1,{text}\n")
    assert error.code == "E868"
    assert "may be two days" in error.findings[0].found
    assert "可能是两个不同的日期" in detail_in("zh", error.findings[0].found)
    (device,) = read(tmp_path, "DeviceName,激活时间\nPLUG-1,3/3/2026\n").devices
    assert device.activated == datetime(2026, 3, 3, 15, 59, 59, tzinfo=UTC)


def test_a_date_is_the_end_of_its_day(tmp_path: Path) -> None:
    (device,) = read(tmp_path, "DeviceName,激活时间\nPLUG-1,2026-11-29\n").devices
    assert device.activated == datetime(2026, 11, 29, 15, 59, 59, tzinfo=UTC)


def test_a_list_of_names_alone_tells_nothing_else(tmp_path: Path) -> None:
    export = read(tmp_path, "DeviceName\nPLUG-1\n\nPLUG-2")
    assert export.devices == (ListedDevice("PLUG-1"), ListedDevice("PLUG-2"))
    assert export.columns == {ExportColumn.NAME: "DeviceName"}


def test_what_was_not_read_is_named(tmp_path: Path) -> None:
    text = "设备名称,备注,First Activated,7F3A9C\nPLUG-1,a,2026-11-29 08:00:00,b\n"
    export = read(tmp_path, text)
    assert export.unread == ("备注", "First Activated", "…")
    assert not export.has_zoneless_times
    export = read(tmp_path, "PLUG-1,a,b\n", {ExportColumn.NAME: "1"})
    assert (export.columns, export.unread) == ({ExportColumn.NAME: "1"}, ("2", "3"))


@pytest.mark.parametrize(
    ("text", "has_zoneless"),
    [("2026-11-29 08:00:00", True), ("2026-11-29", True), ("2026-11-29T00:00:00Z", False)],
)
def test_whether_a_time_names_no_zone_is_known(
    tmp_path: Path, text: str, has_zoneless: bool
) -> None:
    export = read(tmp_path, f"DeviceName,FirstOnlineTime\nPLUG-1,{text}\nPLUG-2,1795910400\n")
    assert export.has_zoneless_times is has_zoneless


@pytest.mark.parametrize(
    ("columns", "points"),
    [
        ("name", "other-product registered before-burned disabled"),
        ("name product status", "never-online before-burned"),
        ("name product activated registered", "disabled"),
        ("name product registered enabled", "online before-burned"),
        ("name product status activated registered", ""),
    ],
)
def test_a_column_that_is_not_there_leaves_points_unchecked(columns: str, points: str) -> None:
    assert unchecked_points([ExportColumn(one) for one in columns.split()]) == tuple(points.split())


def test_a_device_without_a_time_that_is_offline_was_online(tmp_path: Path) -> None:
    (device,) = read(tmp_path, "name,status\nPLUG-1,OFFLINE\n").devices
    assert (device.active, device.activated, device.in_use) == (True, None, True)


def test_columns_of_another_name_are_told(tmp_path: Path) -> None:
    text = "Nom,Vu le\nPLUG-1,2026-11-29 08:00\n"
    columns = {ExportColumn.NAME: "nom", ExportColumn.ACTIVATED: "Vu le"}
    (device,) = read(tmp_path, text, columns).devices
    assert device.activated == ONLINE


def test_a_file_without_headers_has_numbers(tmp_path: Path) -> None:
    columns = {ExportColumn.NAME: "2"}
    assert read(tmp_path, "1,PLUG-1\n2,PLUG-2\n", columns).devices[0].name == "PLUG-1"


def test_a_column_can_be_left_out(tmp_path: Path) -> None:
    text = "DeviceName,Status\nPLUG-1,sleeping\n"
    assert refused(tmp_path, text).code == "E868"
    assert read(tmp_path, text, {ExportColumn.STATUS: ""}).devices[0].active is None


def test_an_unknown_header_names_those_that_are_there(tmp_path: Path) -> None:
    error = refused(tmp_path, "Nom,Etat\nPLUG-1,1\n")
    assert error.code == "E867"
    assert error.detail.endswith("devices.csv:1: no column 'name'; it has: 'Nom', 'Etat'")
    assert "没有列 'name'；现有列：'Nom', 'Etat'" in detail_in("zh", error.detail)
    assert refused(tmp_path, ENGLISH, activated="Seen").code == "E867"
    assert refused(tmp_path, ENGLISH, name="7").code == "E867"


def test_bad_rows_are_named_with_their_lines(tmp_path: Path) -> None:
    text = "DeviceName,FirstOnlineTime\nPLUG-1,soon\nPLUG 2,\nPLUG-3,,x\nPLUG-4,2026-13-01 08:00\n"
    error = refused(tmp_path, text)
    assert error.code == "E868"
    lines = [int(finding.place.rpartition(":")[2]) for finding in error.findings]
    assert lines == [2, 3, 4, 5]


def test_a_bad_row_names_the_option_that_leaves_its_column_out_in_both_languages(
    tmp_path: Path,
) -> None:
    columns = "DeviceName,FirstOnlineTime,Status,CertState"
    rows = ("A,soon,,", "B,,asleep,", "C,,,maybe", "D D,,,", "E,")
    error = refused(tmp_path, "\n".join((columns, *rows, "")))
    at = f"{tmp_path / 'devices.csv'}"
    assert [finding.line("en").removeprefix(at) for finding in error.findings] == [
        ":2: error E868: activated=: 'soon' is no time; --column activated= leaves it out",
        ":3: error E868: status=: 'asleep' is no known status; --column status= leaves it out",
        ":4: error E868: registered=: 'maybe' is neither yes nor no; "
        "--column registered= leaves it out",
        ":5: error E868: 3 characters that are no device name",
        ":6: error E868: 2 cells; 4, as in the first line",
    ]
    assert [finding.line("zh").removeprefix(at) for finding in error.findings] == [
        ":2: 错误 E868: activated=：'soon' 不是时间；可用 --column activated= 略去该列",
        ":3: 错误 E868: status=：'asleep' 不是已知的状态；可用 --column status= 略去该列",
        ":4: 错误 E868: registered=：'maybe' 既不是“是”也不是“否”；"
        "可用 --column registered= 略去该列",
        ":5: 错误 E868: 3 个字符，不是设备名",
        ":6: 错误 E868: 2 个单元格；应为 4 个，与首行相同",
    ]
    assert "status" not in error.row.do + error.row.do_zh


def test_a_secret_of_a_device_is_neither_a_name_nor_in_a_message(tmp_path: Path) -> None:
    psk = "7WmFA/MEs+Fy+32QwJWtYw=="
    text = f"DeviceName,DevicePsk\nPLUG-1,{psk}\n"
    assert refused(tmp_path, text, name="DevicePsk").code == "E867"
    error = refused(tmp_path, text.partition("\n")[2], name="2")
    assert error.code == "E868"
    assert psk[:8] not in str(error) + str(error.findings[0])
    assert psk[:8] not in str(refused(tmp_path, text.partition("\n")[2]))
    assert psk[:8] not in str(refused(tmp_path, text.partition("\n")[2], name="9"))


def test_an_export_with_endless_bad_rows_is_given_up(tmp_path: Path) -> None:
    error = refused(tmp_path, "DeviceName\n" + "a b\n" * 5000)
    assert len(error.findings) == 20


@pytest.mark.parametrize(
    "data",
    [
        ENGLISH.removesuffix(",2026-11-28 08:00:00\n").encode(),
        ENGLISH.replace("PLUG-2", '"PLUG-2').encode(),
        CHINESE.encode()[:-1] + "设".encode()[:2],
        CHINESE.encode("gbk")[:-1] + "设".encode("gbk")[:1],
        b"",
        b"\n\n",
    ],
)
def test_an_export_that_is_cut_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data).code == "E869"


def test_an_export_of_another_product_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, ENGLISH.replace("S3EUVBRJLB,PLUG-2", "OTHER00000,PLUG-2"))
    assert error.code == "E870"
    assert "devices.csv:3" in error.detail


def test_a_workbook_is_no_csv(tmp_path: Path) -> None:
    assert refused(tmp_path, b"PK\x03\x04\x14\0\x06\0\xff\xff").code == "E866"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    form = ExportForm(PRODUCT_ID, TENCENT_HUB.rules.names)
    with pytest.raises(BurnerError, match="E866"):
        read_device_export(tmp_path / "none", form)
