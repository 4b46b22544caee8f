"""Numbers of things in English sentences."""


def counted(number: int, noun: str) -> str:
    """`1 record`, `2 records`: of a noun whose plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
