"""By which variable a shell asks for completions. Each run looks at it; what answers is heavy."""

from typing import Final

COMPLETION_VARIABLE: Final = "_BURNER_COMPLETE"
"""click's name for this program."""
