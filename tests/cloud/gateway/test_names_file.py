"""The list of names that were created beforehand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from burner.cloud.gateway.names_file import check_names, read_names
from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.error_details import detail_in
from burner.platforms.platforms import PLATFORMS
from tests.chinese import english_in

TENCENT = tuple(PLATFORMS.values())[:1]


def names(folder: Path, text: str | bytes) -> dict[str, ListedName]:
    path = folder / "names.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_names(path, TENCENT)


def test_a_line_has_a_name_and_what_is_special_about_it(tmp_path: Path) -> None:
    text = "\ufeffDeviceName\r\na\r\n\r\n# later\r\nb , activated\nc,registered\nd,E806\ne,\n"
    assert names(tmp_path, text) == {
        "a": ListedName(),
        "b": ListedName(DeviceState.ACTIVATED),
        "c": ListedName(DeviceState.REGISTERED),
        "d": ListedName(refusal=Code.CLOUD_DEVICE_TOO_OFTEN),
        "e": ListedName(),
    }


def test_a_name_may_be_disabled_and_a_state_may_have_a_moment(tmp_path: Path) -> None:
    text = "a,disabled\nb,activated,2026-11-01T08:00:00Z\nc,,2026-11-01T16:00:00+08:00\n"
    moment = datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert names(tmp_path, text) == {
        "a": ListedName(enabled=False),
        "b": ListedName(DeviceState.ACTIVATED, since=moment),
        "c": ListedName(since=moment),
    }


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("a\nb c\n", "names.csv:2: 'b c'"),
        ("a,active\n", "names.csv:1: 'active' is no state"),
        ("a,E450\n", "names.csv:1: 'E450' is no state"),
        ("a,E811\n", "is no state"),
        ("a,activated,yesterday\n", "names.csv:1: 'yesterday' is no moment such as"),
        ("a,,2026-11-01T08:00:00\n", "is no moment"),
        ("a\nb\na\n", "names.csv:3: a occurs twice"),
        (b"\xff\xfea\n", "not UTF-8"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str | bytes, detail: str) -> None:
    with pytest.raises(BurnerError) as refused:
        names(tmp_path, text)
    assert refused.value.code is Code.NAMES_FILE_INVALID
    assert detail in refused.value.detail
    chinese = detail_in("zh", refused.value.detail.replace(str(tmp_path), ""))
    assert (
        english_in(chinese, ["names.csv", "b c", "active", "yesterday", "UTF", "character"]) == []
    )


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BurnerError, match=r"none.csv: No such file"):
        read_names(tmp_path / "none.csv", TENCENT)


def test_names_of_the_command_line_are_checked_too() -> None:
    assert check_names(["a"], TENCENT) == {"a": ListedName()}
    with pytest.raises(BurnerError, match="E822"):
        check_names(["a b"], TENCENT)
