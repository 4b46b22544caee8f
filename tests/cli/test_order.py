"""What is asked at the start, and what is not."""

from collections.abc import Callable
from datetime import date

import click
import pytest
from click.testing import CliRunner

from burner.cli.order import Order, take_order


def asked(
    answers: str, *, new: bool = True, language: str = "en", **given: str
) -> tuple[Order, str]:
    """The order and what was said, when a person types these lines."""
    taken: list[Order] = []
    is_new: Callable[[str], bool] = lambda _: new  # noqa: E731

    @click.command()
    def command() -> None:
        batch, operator = given.get("batch"), given.get("operator")
        taken.append(take_order("plug", batch, operator, None, ask=True, is_new=is_new))

    result = CliRunner(env={"BURNER_LANG": language}).invoke(command, input=answers)
    assert result.exit_code == 0, result.output
    return taken[0], result.output


def test_three_answers_make_an_order() -> None:
    order, said = asked("WO-1\nanna\n500\n")
    assert order == Order("WO-1", "anna", 500)
    assert said.count(":") == 3


def test_what_is_given_is_not_asked() -> None:
    order, said = asked("0\n", batch="WO-1", operator="li")
    assert order == Order("WO-1", "li", None)
    assert "Operator" not in said


def test_a_batch_that_is_open_already_has_its_quantity() -> None:
    order, said = asked("WO-1\nanna\n", new=False)
    assert order.quantity is None
    assert "quantity" not in said


@pytest.mark.parametrize("answer", ["many", "-1", "1.5", "WO-17", "1e3", "6901234567892"])
def test_what_is_no_quantity_is_asked_again_in_plain_words(answer: str) -> None:
    order, said = asked(f"WO-1\nanna\n{answer}\n 500 \n")
    assert order.quantity == 500
    assert "Please answer with a number of units" in said
    assert "range" not in said
    assert "请输入台数" in asked(f"a\nb\n{answer}\n\n", language="zh")[1]


def test_the_questions_are_asked_in_chinese() -> None:
    _, said = asked("a\nb\n1\n", language="zh")
    assert "批次" in said


def test_without_a_person_product_and_date_name_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "anna")
    monkeypatch.setenv("LOGNAME", "anna")
    order = take_order("plug", None, None, None, ask=False, is_new=lambda _: True)
    assert order == Order(f"plug-{date.today():%Y-%m-%d}", "anna", None)
