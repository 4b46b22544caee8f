"""The question before a unit is touched."""

import pytest

from burner.core.errors import BurnerError
from burner.mes.destination import InterlockAnswer, MesAwayError
from burner.station.mes.interlock import Interlock
from tests.manifest.records import an_attempt
from tests.station.mes.outbox import MesInMemory


def asked(answer: InterlockAnswer | Exception) -> tuple[MesInMemory, Interlock]:
    mes = MesInMemory()
    mes.answer = answer
    return mes, Interlock({"mes": mes})


def test_a_unit_that_is_allowed_goes_on() -> None:
    mes, interlock = asked(InterlockAnswer(True))
    attempt = an_attempt(5, batch="WO1")
    interlock(attempt)
    (question,) = mes.asked
    assert (question.unit_id, question.batch) == (attempt.unit_id, "WO1")
    assert question.ids == attempt.ids


@pytest.mark.parametrize(
    ("answer", "code", "detail"),
    [
        (InterlockAnswer(False, "AOI failed"), "E471", "mes: AOI failed"),
        (InterlockAnswer(False), "E471", "mes: no reason was given"),
        (MesAwayError("no answer in time"), "E472", "mes: no answer in time"),
        (BurnerError("E473", "no JSON"), "E473", "mes: no JSON"),
    ],
)
def test_anything_but_a_clear_yes_leaves_the_unit_untouched(
    answer: InterlockAnswer | Exception, code: str, detail: str
) -> None:
    _, interlock = asked(answer)
    with pytest.raises(BurnerError) as refused:
        interlock(an_attempt(5))
    assert (refused.value.code, refused.value.detail) == (code, detail)
