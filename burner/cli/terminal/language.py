"""The language of people at this terminal."""

import os

from burner.core.words.language import Language

LANGUAGE_HELP = "Language of messages to people."
"""Of --lang."""


def language() -> Language:
    """The operator's language: --lang, else BURNER_LANG, else English."""
    return "zh" if os.environ.get("BURNER_LANG") == "zh" else "en"
