"""What is asked at the start, and what is not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

import click
import pytest
from click.testing import CliRunner

from burner.cli.questions.work_order import WorkOrder, take_order
from burner.core.errors import BurnerError
from burner.manifest.fold.limits import batch_check
from burner.manifest.reading.open_batches import OpenBatch
from burner.manifest.writing import open_batch
from burner.manifest.writing.batch_close import record_close
from burner.profile.limits import LimitSettings
from tests.manifest import records

TODAY = "plug-2026-01-06"
USED = datetime(2026, 1, 5, 14, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that does not end while a test runs."""

    class Day(date):
        @classmethod
        def today(cls) -> Self:
            return cls(2026, 1, 6)

    monkeypatch.setattr(open_batch, "date", Day)


def order_and_output(
    answers: str,
    *,
    there: tuple[str, ...] = (),
    going_on: tuple[OpenBatch, ...] = (),
    language: str = "en",
    check_batch: Callable[[str], None] = lambda _: None,
    **options: str,
) -> tuple[WorkOrder, str]:
    """The order and the output, when a person types these lines."""
    taken: list[WorkOrder] = []
    known = {*there, *(batch.batch for batch in going_on)}
    is_new: Callable[[str], bool] = lambda batch: batch not in known  # noqa: E731

    @click.command()
    def command() -> None:
        arguments = ("plug", options.get("batch"), options.get("operator"), None)
        order = take_order(
            *arguments, interactive=True, is_new=is_new, going_on=going_on, check_batch=check_batch
        )
        taken.append(order)

    result = CliRunner(env={"BURNER_LANG": language}).invoke(command, input=answers)
    assert result.exit_code == 0, result.output
    return taken[0], result.output


def order_without_questions(*going_on: OpenBatch, there: tuple[str, ...] = ()) -> WorkOrder:
    """The order where nobody can be asked."""
    known = {*there, *(batch.batch for batch in going_on)}
    is_new: Callable[[str], bool] = lambda batch: batch not in known  # noqa: E731
    return take_order(
        "plug", None, "anna", None, interactive=False, is_new=is_new, going_on=going_on
    )


def test_three_answers_make_an_order() -> None:
    order, output = order_and_output("WO-1\nanna\n500\n")
    assert order == WorkOrder("WO-1", "anna", 500)
    assert output.count(":") == 3


def test_what_is_given_is_not_asked() -> None:
    order, output = order_and_output("0\n", batch="WO-1", operator="li")
    assert order == WorkOrder("WO-1", "li", None)
    assert "Operator" not in output


def test_a_batch_that_is_open_already_has_its_quantity() -> None:
    order, output = order_and_output("WO-1\nanna\n", there=("WO-1",))
    assert order.quantity is None
    assert "quantity" not in output


@pytest.mark.parametrize("answer", ["many", "-1", "1.5", "WO-17", "1e3", "6901234567892"])
def test_what_is_no_quantity_is_asked_again_in_plain_words(answer: str) -> None:
    order, output = order_and_output(f"WO-1\nanna\n{answer}\n 500 \n")
    assert order.quantity == 500
    assert "Please answer with a number of good units" in output
    assert "range" not in output
    assert "请输入合格品台数" in order_and_output(f"a\nb\n{answer}\n0\n", language="zh")[1]


def test_the_questions_are_asked_in_chinese() -> None:
    _, output = order_and_output("a\nb\n1\n", language="zh")
    assert "批次" in output


def test_enter_at_every_question_opens_no_batch_without_a_quantity() -> None:
    """The batch of the day, and a scanner that sent nothing: only what is typed is an answer."""
    order, output = order_and_output("\nanna\n\n\n\n0\n")
    assert order == WorkOrder(TODAY, "anna", None)
    assert output.count("For no limit type 0.") == 3
    assert f"{TODAY} is a new batch." in output


def test_enter_goes_on_with_the_one_batch_that_is_open_here() -> None:
    order, output = order_and_output("\nanna\n", going_on=(OpenBatch("WO-7", 500, 120, USED),))
    assert order == WorkOrder("WO-7", "anna", None)
    assert "[WO-7]" in output
    assert "Open batches" not in output


SEVERAL = (
    OpenBatch("WO-9", None, 3, USED),
    OpenBatch("WO-7", 500, 120, USED),
    OpenBatch("WO-8", 20, 0, None),
)


def test_of_several_batches_all_are_listed_and_enter_takes_the_one_used_last() -> None:
    order, output = order_and_output("\nanna\n", going_on=SEVERAL)
    assert order.batch == "WO-9"
    local = f"{USED.astimezone():%Y-%m-%d %H:%M}"
    assert [line.strip() for line in output.splitlines()[1:4]] == [
        f"WO-9  3 good, no limit, last used here {local}",
        f"WO-7  120 of 500 good, last used here {local}",
        "WO-8  0 of 20 good, not used at this station",
    ]
    _, output = order_and_output("WO-8\nanna\n", going_on=SEVERAL, language="zh")
    assert "合格 120 / 500，本工站上次使用" in output.replace(", ", "，")
    assert "本工站未用过" in output


def test_a_batch_that_only_another_station_uses_is_shown_but_is_no_default() -> None:
    order, output = order_and_output("\nanna\n5\n", going_on=SEVERAL[2:])
    assert order == WorkOrder(TODAY, "anna", 5)
    assert "WO-8" in output


def test_the_batch_of_the_day_that_is_done_is_followed_by_a_second_one() -> None:
    there = (TODAY, f"{TODAY}-2")
    order, _ = order_and_output("\nanna\n5\n", there=there)
    assert order == WorkOrder(f"{TODAY}-3", "anna", 5)


def test_without_a_person_product_and_date_name_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "anna")
    monkeypatch.setenv("LOGNAME", "anna")
    order = take_order("plug", None, None, None, interactive=False, is_new=lambda _: True)
    assert order == WorkOrder(TODAY, "anna", None)


def test_without_a_person_the_one_batch_that_is_open_here_goes_on() -> None:
    assert order_without_questions(*SEVERAL[:1], *SEVERAL[2:]).batch == "WO-9"
    assert order_without_questions(*SEVERAL[2:]).batch == TODAY


def test_without_a_person_nobody_guesses_among_several_batches() -> None:
    with pytest.raises(BurnerError, match=r"^E751: .*\(WO-9, WO-7\)"):
        order_without_questions(*SEVERAL)


def test_without_a_person_a_batch_of_the_day_that_is_done_is_not_followed_by_another() -> None:
    assert order_without_questions(there=(TODAY,)).batch == TODAY


ONLY_WO = batch_check(LimitSettings(batches=("WO-*",)))


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "This release may not be burned for this batch. (WO-*; not TRIAL)"),
        ("zh", "该版本不允许用于此批次。（允许 WO-*；不含 TRIAL）"),
    ],
)
def test_a_batch_that_the_release_does_not_allow_is_asked_for_again(
    language: str, says: str
) -> None:
    order, output = order_and_output("TRIAL\nWO-7\nli\n5\n", language=language, check_batch=ONLY_WO)
    assert order == WorkOrder("WO-7", "li", 5)
    assert says in output


def test_no_batch_is_offered_that_the_release_does_not_allow() -> None:
    _, output = order_and_output("WO-7\nli\n5\n", check_batch=ONLY_WO)
    assert TODAY not in output


def test_a_batch_that_is_closed_is_asked_for_again_before_anything_else(tmp_path: Path) -> None:
    with records.a_ledger(tmp_path) as ledger:
        for batch in ("WO-6", "WO-7"):
            records.open_batch(ledger, batch, quantity=1)
        record_close(ledger, "WO-6", "qa", False)
        check = open_batch.open_batch_check(ledger, LimitSettings())
        order, output = order_and_output(
            "WO-6\nWO-7\nli\n", there=("WO-6", "WO-7"), check_batch=check
        )
    assert order == WorkOrder("WO-7", "li", None)
    assert "(batch WO-6 is closed)" in output


def test_a_batch_of_the_day_that_the_release_does_not_allow_is_refused() -> None:
    with pytest.raises(BurnerError, match=rf"E240.*WO-\*; not {TODAY}"):
        take_order(
            *("plug", None, "anna", None),
            interactive=False,
            is_new=lambda _: True,
            check_batch=ONLY_WO,
        )
