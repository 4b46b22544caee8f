"""The columns of a device list that a platform's console exports, and what a cell says. Pure.

No public source has the headers of these files: the known ones are those of the consoles' pages and
of the APIs; any other is named by its user.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final


class ExportColumn(StrEnum):
    """What a column says of a device."""

    NAME = "name"
    PRODUCT = "product"
    STATUS = "status"
    """Words such as online, offline, inactive, disabled."""
    REGISTERED = "registered"
    """Yes or no: whether it has its credentials."""
    ACTIVATED = "activated"
    """When it was online first; empty: never."""
    CREATED = "created"
    ENABLED = "enabled"
    """Yes or no."""


HEADERS: Final[Mapping[ExportColumn, tuple[str, ...]]] = {
    ExportColumn.NAME: ("devicename", "name", "device", "设备名称", "设备名", "设备"),
    ExportColumn.PRODUCT: ("productid", "productkey", "产品id", "产品key", "产品productkey"),
    ExportColumn.STATUS: ("status", "devicestatus", "state", "状态", "设备状态", "当前状态"),
    ExportColumn.REGISTERED: (
        *("registered", "certstate", "isregistered", "是否注册", "注册状态", "证书状态"),
        *("密钥获取状态", "证书获取状态"),
    ),
    ExportColumn.ACTIVATED: (
        *("firstonlinetime", "activatedtime", "activetime", "activationtime", "activated"),
        *("gmtactive", "utcactive", "首次上线时间", "首次在线时间", "首次连接时间", "激活时间"),
    ),
    ExportColumn.CREATED: (
        *("createtime", "createdtime", "creationtime", "created", "createdat", "gmtcreate"),
        *("utccreate", "创建时间", "添加时间", "注册时间"),
    ),
    ExportColumn.ENABLED: ("enablestate", "enabled", "启用状态", "是否启用"),
}
"""Column → its headers, as `plain_header` writes them."""

_NONE: Final = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "—",
        "0",
        "null",
        "none",
        "n/a",
        "na",
        "nil",
        "never",
        "从未",
        "无",
        "未激活",
    }
)
_YES: Final = frozenset(
    {"1", "true", "yes", "y", "是", "已注册", "已获取", "已启用", "启用", "enabled"}
)
_NO: Final = frozenset(
    {"0", "false", "no", "n", "否", "未注册", "未获取", "已禁用", "禁用", "disabled"}
)
_STATUS: Final[Mapping[str, tuple[bool | None, bool | None]]] = {
    **dict.fromkeys(
        ("online", "在线", "offline", "离线", "active", "activated", "已激活"), (True, None)
    ),
    **dict.fromkeys(("inactive", "unactive", "unactivated", "notactivated"), (False, None)),
    **dict.fromkeys(("未激活", "未上线", "neveronline"), (False, None)),
    **dict.fromkeys(("disable", "disabled", "禁用", "已禁用", "forbidden"), (None, False)),
    **dict.fromkeys(("enable", "enabled", "启用", "已启用", "正常"), (None, True)),
}
"""A word of the status → whether it was ever online, whether it is enabled."""
_FORMS: Final = (
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
    *("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y.%m.%d %H:%M:%S", "%Y%m%d%H%M%S"),
    "%Y-%m-%dT%H:%M:%S.%fZ",
)
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)")
_SECONDS_FROM, _SECONDS_UNTIL = 1_000_000_000, 100_000_000_000
"""A number in between is seconds since 1970; a larger one is milliseconds."""


def plain_header(text: str) -> str:
    """A header without case, blanks and marks, and without what stands in brackets."""
    text = re.sub(r"[(（\[].*?[)）\]]", "", text)
    return re.sub(r"[\W_]+", "", text).lower()


def known_columns(header: Sequence[str]) -> dict[ExportColumn, int]:
    """Which column of a header says what: the first of several."""
    places: dict[ExportColumn, int] = {}
    plain = [plain_header(cell) for cell in header]
    for column, names in HEADERS.items():
        found = [name for name in names if name in plain]
        if found:
            places[column] = plain.index(found[0])
    return places


@lru_cache(maxsize=256)
def read_status(text: str) -> tuple[bool | None, bool | None]:
    """Whether the device was ever online, and whether it is enabled; None: it does not tell.

    Raises:
        ValueError: the word is unknown.
    """
    word = plain_header(text)
    if not word:
        return None, None
    if word not in _STATUS:
        raise ValueError("is no known status")
    return _STATUS[word]


@lru_cache(maxsize=256)
def read_flag(text: str) -> bool | None:
    """Yes or no; None: the cell is empty.

    Raises:
        ValueError: it is neither.
    """
    word = text.strip().lower()
    if not word:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("is neither yes nor no")


class UncheckedPoint(StrEnum):
    """What a device list without a column does not let anybody check."""

    OTHER_PRODUCT = "other-product"
    """Whether its rows are of this product."""
    REGISTERED = "registered"
    """Whether units registered, and whether others did."""
    ONLINE = "online"
    """Whether units were ever online."""
    NEVER_ONLINE = "never-online"
    """Names that were registered, and whose devices were never online."""
    BEFORE_BURNED = "before-burned"
    """Whether a device was online before its unit was burned."""
    DISABLED = "disabled"


def unchecked_points(columns: Collection[ExportColumn]) -> tuple[UncheckedPoint, ...]:
    """What cannot be checked with these columns."""
    has_status, has_time = ExportColumn.STATUS in columns, ExportColumn.ACTIVATED in columns
    has_flag = ExportColumn.REGISTERED in columns
    is_unchecked = {
        UncheckedPoint.OTHER_PRODUCT: ExportColumn.PRODUCT not in columns,
        UncheckedPoint.REGISTERED: not (has_status or has_time or has_flag),
        UncheckedPoint.ONLINE: has_flag and not (has_status or has_time),
        UncheckedPoint.NEVER_ONLINE: not has_flag and (has_status or has_time),
        UncheckedPoint.BEFORE_BURNED: not has_time,
        UncheckedPoint.DISABLED: not has_status and ExportColumn.ENABLED not in columns,
    }
    return tuple(point for point, unchecked in is_unchecked.items() if unchecked)


def reader_of_times(
    zone: tzinfo | None, note_zoneless: Callable[[], None] = lambda: None
) -> Callable[[str], datetime | None]:
    """Reads a cell with a time: UTC; None: never.

    The function raises ValueError for what is no time. A date without a time is its end.

    Args:
        zone: of times that name none; None: this computer's.
        note_zoneless: called for a time that names none, at least once.
    """

    @lru_cache(maxsize=4096)
    def read(text: str) -> datetime | None:
        text = text.strip()
        if text.lower() in _NONE:
            return None
        found = _number(text) if text.isascii() and text.isdecimal() and len(text) != 14 else None
        found = found or _written(text)
        if found.tzinfo is None:
            note_zoneless()
            found = found if zone is None else found.replace(tzinfo=zone)
        try:
            return found.astimezone(UTC)
        except (OverflowError, OSError):
            raise ValueError("is no time") from None

    return read


def _number(text: str) -> datetime:
    number = int(text)
    if number >= _SECONDS_UNTIL:
        number //= 1000
    if not _SECONDS_FROM <= number < _SECONDS_UNTIL:
        raise ValueError("is no time")
    try:
        return datetime.fromtimestamp(number, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("is no time") from None


def _year_first(text: str) -> str:
    """A date with the year at its end, turned round: spreadsheet programs write 4/13/2026.

    Raises:
        ValueError: it may be two days.
    """
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return text
    first, second, year, rest = found.groups()
    month, day = sorted((int(first), int(second)))
    if month < day <= 12:
        raise ValueError("may be two days; write the year first, or leave the column out")
    return f"{year}/{month}/{day}{rest}"


def _written(text: str) -> datetime:
    text = _year_first(text)
    if len(text) > 10:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    for form in _FORMS:
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        return found.replace(tzinfo=UTC) if form.endswith("Z") else found
    for form in _DATES:
        try:
            day = datetime.strptime(text, form)
        except ValueError:
            continue
        return datetime.combine(day, time(23, 59, 59))
    raise ValueError("is no time")
