"""Questions for what nobody else may see: each says whose it is and why it is wanted.

They are asked on a terminal only; elsewhere nobody is asked, and the error says what to set.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from burner.cli import language
from burner.cli.order import is_person
from burner.errors import BurnerError, Language

if TYPE_CHECKING:
    from burner.manifest.local.keys import Ask, Question


class Use(StrEnum):
    """What a key is unlocked for."""

    RECORDS = "it signs this station's records"
    BATCH = "it seals the batch"
    CHECKPOINT = "it signs the records up to now"
    HEADS = "it countersigns the heads"
    NEXT_KEY = "it vouches for the next key"


USES_ZH = {
    Use.RECORDS: "用于给本工站的记录签名",
    Use.BATCH: "用于封存该批次",
    Use.CHECKPOINT: "用于给到目前为止的记录签名",
    Use.HEADS: "用于会签",
    Use.NEXT_KEY: "用于为新密钥作证",
}
PASSPHRASE: dict[Language, str] = {
    "en": "Passphrase of key {} of {} ({})",
    "zh": "请输入 {1} 的签名密钥 {0} 的口令（{2}）",
}
WRONG: dict[Language, str] = {
    "en": "This passphrase is wrong. Try {} of {}:",
    "zh": "口令错误。第 {} 次输入，共 {} 次：",
}
NEW: dict[Language, str] = {
    "en": "Passphrase for the new key of {} (asked for whenever it signs)",
    "zh": "为 {} 的新密钥设置口令（每次签名时都要输入）",
}
AGAIN: dict[Language, str] = {"en": "The same once more", "zh": "请再输入一次"}
DIFFER: dict[Language, str] = {
    "en": "The two are not the same. Once more:",
    "zh": "两次输入不一致，请重新输入：",
}
SECRET: dict[Language, str] = {
    "en": "ProductSecret for {} (burned into every unit, shown nowhere)",
    "zh": "请输入 {} 的产品密钥 ProductSecret（写入每台设备，不会显示）",
}


def asks_passphrase(use: Use) -> "Ask | None":
    """Who asks for a key's passphrase; None where there is no terminal."""
    return (lambda question: _passphrase(question, use)) if is_person() else None


def _passphrase(question: "Question", use: Use) -> str:
    from burner.manifest.local.keys import TRIES

    if question.attempt > 1:
        click.echo(WRONG[language()].format(question.attempt, TRIES), err=True)
    why = USES_ZH[use] if language() == "zh" else use.value
    return _hidden(PASSPHRASE[language()].format(question.key, question.owner, why))


def new_passphrase(owner: str) -> str:
    """Ask twice for the passphrase of a new key.

    Raises:
        BurnerError: E749 where there is no terminal.
    """
    if not is_person():
        raise BurnerError("E749", f"the new key of {owner}")
    while True:
        typed = _hidden(NEW[language()].format(owner))
        if typed == _hidden(AGAIN[language()]):
            return typed
        click.echo(DIFFER[language()], err=True)


def asks_product_secret(source: str) -> Callable[[], str] | None:
    """Who asks for the ProductSecret, for `prompt`; None where there is no terminal."""
    return (lambda: _hidden(SECRET[language()].format(source))) if is_person() else None


def _hidden(text: str) -> str:
    return str(click.prompt(text, hide_input=True, err=True))
