"""Details of errors that an operator reads: in Chinese where he reads Chinese."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from burner.core.code import Code
from burner.core.words.error_details import detail_in, forms
from burner.manifest.verify.checks import ManifestCheck
from tests.chinese import english_in

PACKAGE = Path(__file__).parents[3] / "burner"
CODES = ("E317", "E320", "E321", "E713", "E714")
RAISING = ("not_as_signed", "inconsistent", "_bad_head")
"""Functions that take the detail of E713 or E714."""
FILLED = "#7"


def written() -> Iterator[str]:
    """Every detail in the package that such an error is raised or found with, its places filled."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            texts = [_text(argument) for argument in node.args]
            yield from (then for code, then in pairwise(texts) if code in CODES)
            if ast.unparse(node.func).rpartition(".")[2] in RAISING:
                yield from texts


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Code":
        return Code[node.attr]
    return str(node.value) if isinstance(node, ast.Constant) else FILLED


def test_every_detail_of_these_codes_has_its_chinese() -> None:
    details = set(written())
    assert len(details) > 30
    left = {detail: english_in(detail_in("zh", detail)) for detail in details}
    assert {detail: words for detail, words in left.items() if words} == {}


def test_the_names_of_the_checks_have_theirs() -> None:
    assert [english_in(detail_in("zh", check.value)) for check in ManifestCheck] == [[]] * len(
        ManifestCheck
    )


@pytest.mark.parametrize(
    ("detail", "chinese"),
    [
        ("exit -9", "退出码 -9"),
        (
            "rf: tx_power is 9.9 dBm, good is 10 … 14 dBm; color is BLUE, good is = RED",
            "rf：tx_power 为 9.9 dBm，合格值为 10 … 14 dBm；color 为 BLUE，合格值为 = RED",
        ),
        (
            "led: line 1: no line matched 'led=RED'; the last line has no end: 'led'",
            "led：第 1 行：没有任何行匹配 'led=RED'；最后一行没有结束：'led'",
        ),
        ("differs: the secret or the ProductID", "不一致：产品密钥 或 ProductID"),
        ("records: record 5 is gone", "记录：记录 5 缺失"),
        (
            "m.db: record 5: the body is not in its canonical form, or lacks a field",
            "m.db：记录 5：记录内容不是规范形式，或缺少字段",
        ),
        ("not as signed: the first 1 record", "与签名不符：前 1 条记录"),
        ("attempts: 3 rows, 2 from the records", "烧录：3 行，按记录应为 2 行"),
        ("database: its trigger records_keep is gone", "数据库：触发器 records_keep 缺失"),
        ("hashes 0 to 255 of level 1 are incomplete", "第 1 层的哈希 0 至 255 不完整"),
        ("rfc2217://10.0.0.7:4002", "rfc2217://10.0.0.7:4002"),
        ("env:PLUG_C3_SECRET is not set", "env:PLUG_C3_SECRET 未设置"),
        ("SN:PLG0001: slot 2", "SN:PLG0001：工位 2"),
        ("SN:PLG0001: slots 2, 3", "SN:PLG0001：工位 2、3"),
        ("no line of the list names this board", "列表中没有任何一行是这块板的"),
        (
            "this computer is 10 minutes behind the platform; DescribeProduct: AuthFailure",
            "本机时钟比平台慢 10 分钟；DescribeProduct：AuthFailure",
        ),
        (
            "asked for device n001, the answer is about another",
            "询问的是 设备 n001，应答却是另一个",
        ),
        (
            "api.lan by the proxy 10.0.0.1:3128: status 502; it may have been done all the same",
            "api.lan，经代理 10.0.0.1:3128：状态 502；但可能已经执行",
        ),
        ("nix.csv: No such file or directory", "nix.csv：没有该文件或文件夹"),
        ("ids.csv: a word or another word", "ids.csv: a word or another word"),
        ("the file is empty", "the file is empty"),
        ("batch 7 is not closed", "batch 7 is not closed"),
        ("/home/li/my files/ids.csv is empty", "/home/li/my files/ids.csv 为空"),
        (
            "ids.csv:1: the columns mac,x; each of mac, imei at most once, and no other",
            "ids.csv:1：列 mac,x；mac, imei 各最多一次，且不能有其他列",
        ),
        (
            "'a' is no MAC: 12 hex digits, also with ':' or '-', or as 246f.28aa.bb01",
            "'a' 不是 MAC 地址：应为 12 位十六进制数，可带 : 或 -，或写作 246f.28aa.bb01",
        ),
        ("1 column in place of 2", "有 1 列，应为 2 列"),
        ("'a:b' holds a colon", "'a:b' 含有冒号"),
        ("", ""),
    ],
)
def test_what_is_filled_in_stays_and_is_chinese_where_it_is_a_detail(
    detail: str, chinese: str
) -> None:
    assert detail_in("zh", detail) == chinese
    assert detail_in("en", detail) == detail


def test_no_form_is_only_places() -> None:
    assert all(any(map(str.isalpha, pattern.pattern)) for pattern, _ in forms())


def test_the_words_of_a_program_stay_as_they_were_written() -> None:
    detail = "rf: exit status 3: step 2: waiting"
    assert detail_in("zh", detail) == "rf：退出状态 3：step 2: waiting"
