"""The checklist of the cloud, asked of a person who sees the console of the platform."""

from collections.abc import Mapping, Sequence
from typing import Final

import click

from burner.cli.terminal.language import language
from burner.cloud.checklist import answers_to
from burner.cloud.preflight import CloudCheck, CloudCheckResult, ExpectedProduct
from burner.core.check_verdict import CheckVerdict
from burner.core.secrets.secret import Secret
from burner.core.words.phrases import phrase

_KEYS: Final[Mapping[str, CheckVerdict]] = {
    "y": CheckVerdict.GOOD,
    "n": CheckVerdict.BAD,
    "-": CheckVerdict.NOT_NEEDED,
    "?": CheckVerdict.UNKNOWN,
}
_ALWAYS: Final = (CheckVerdict.UNKNOWN,)
"""A person may always not know."""


def ask_operator() -> str:
    """Ask who answers."""
    return str(click.prompt(phrase("ask operator", language()), err=True)).strip()


def ask_checklist(
    questions: Sequence[CloudCheckResult], expected: ExpectedProduct
) -> Mapping[CloudCheck, CheckVerdict]:
    """Ask each question until it is answered."""
    click.echo(phrase("checklist keys", language()), err=True)
    answers = {}
    for number, question in enumerate(questions, 1):
        head = f"{number}/{len(questions)} "
        typed = _typed_secret(question, expected, head)
        answers[question.check] = typed or _answer(question, expected, head)
    return answers


def _answer(question: CloudCheckResult, expected: ExpectedProduct, head: str) -> CheckVerdict:
    text = phrase(
        f"cloud-ask {question.check}",
        language(),
        question.expected or phrase("cloud preflight unknown", language()),
        expected.product_id,
        expected.platform.title,
    )
    allowed = (*answers_to(question.check, expected).values(), *_ALWAYS)
    keys = {key: verdict for key, verdict in _KEYS.items() if verdict in allowed}
    while True:
        answer = str(click.prompt(f"{head}{text} [{'/'.join(keys)}]", err=True)).strip().lower()
        if answer in keys:
            return keys[answer]
        again = "checklist needed" if answer in _KEYS else "checklist keys"
        click.echo(phrase(again, language(), ", ".join(keys)), err=True)


def _typed_secret(
    question: CloudCheckResult, expected: ExpectedProduct, head: str
) -> CheckVerdict | None:
    """Compare the secret of the console, where a person pastes it; None: nothing was pasted."""
    if question.check is not CloudCheck.SECRET or not expected.key:
        return None
    text = phrase("paste product secret", language())
    typed = str(
        click.prompt(f"{head}{text}", default="", show_default=False, hide_input=True, err=True)
    )
    if not typed.strip():
        return None
    fingerprint = Secret(typed.strip().encode()).fingerprint(expected.product_id)
    same = fingerprint == expected.key
    click.echo(phrase("pasted same" if same else "pasted other", language()), err=True)
    return CheckVerdict.GOOD if same else CheckVerdict.BAD
