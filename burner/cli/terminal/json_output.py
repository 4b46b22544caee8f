"""Answers for scripts."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from burner.cli.terminal import screen


def print_json(answer: object) -> None:
    """Print one document."""
    screen.say(json.dumps(answer, ensure_ascii=False, indent=2))


def print_json_array(elements: Iterable[Any]) -> None:
    """Print one array, an element a line, without holding all of them."""
    separator = "[\n"
    for element in elements:
        sys.stdout.write(separator + json.dumps(element, ensure_ascii=False))
        separator = ",\n"
    screen.say("[]" if separator == "[\n" else "\n]")
