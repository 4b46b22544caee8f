"""What a refusal of a platform says, as a line of ours."""

import pytest

from burner.cloud.management.errors import refusal_detail


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("NoSuch", "", ""), "Describe: NoSuch"),
        (("NoSuch", "none  of\nthis", "7d"), "Describe: NoSuch: none of this; request 7d"),
        (("NoSuch", "", "7d"), "Describe: NoSuch: request 7d"),
    ],
)
def test_it_is_one_line(said: tuple[str, str, str], line: str) -> None:
    assert refusal_detail("Describe", *said) == line


def test_whatever_a_platform_sends_it_is_one_short_line() -> None:
    line = refusal_detail("Describe", "code\n" * 900, "word\r\n" * 900, "id\v" * 900)
    assert len(line) < 450
    assert line.isprintable()
