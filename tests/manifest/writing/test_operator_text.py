"""Who does something, as people type it."""

import pytest

from burner.core.errors import BurnerError
from burner.manifest.writing.operator_text import check_one_line, require_operator_and_reason


@pytest.mark.parametrize("operator", ["wang", "王", "7", "Ó.", "li (line 2)", ""])
def test_a_name_has_a_letter_or_a_digit(operator: str) -> None:
    check_one_line(operator=operator, note="-")


@pytest.mark.parametrize("operator", [".", "-", "\u2800", "\u3164", "\uffa0 \u1160"])
def test_what_names_nobody_is_refused(operator: str) -> None:
    with pytest.raises(BurnerError, match="no letter and no digit") as caught:
        check_one_line(**{"--operator": operator})
    assert caught.value.code == "E738"
    with pytest.raises(BurnerError, match="no letter and no digit"):
        require_operator_and_reason("batch W", operator, "why")
