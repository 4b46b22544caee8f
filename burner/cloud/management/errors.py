"""Errors of a management API that a caller may treat on its own."""

import re

from burner.core.code import Code
from burner.core.errors import BurnerError


class CallRefusedError(BurnerError):
    """The platform refuses a call, with a code of its own. Nothing was changed."""

    def __init__(
        self, code: Code, platform_code: str, detail: str, *, about_names: bool = False
    ) -> None:
        super().__init__(code, detail)
        self.platform_code = platform_code
        self.about_names = about_names
        """Whether the platform may take the call with other names."""


def refusal_detail(action: str, platform_code: str, message: str, request_id: str) -> str:
    """What a refusal says, in one line of bounded length, whatever the platform sends."""
    code, words, request = (
        re.sub(r"\s+", " ", text).strip()[:most]
        for text, most in ((platform_code, 100), (message, 200), (request_id, 100))
    )
    about = "; ".join(filter(None, (words, f"request {request}" if request else "")))
    return f"{action}: {code}" + (f": {about}" if about else "")


def check_answer_is_about(asked: str, answered: str, what: str) -> None:
    """An answer about another thing, or about nothing, says nothing of what was asked. E840."""
    if answered != asked:
        detail = (
            f"asked for {what} {asked}, the answer is about {'another' if answered else 'none'}"
        )
        raise BurnerError(Code.API_ANSWER_UNREADABLE, detail)


class UncertainCallError(BurnerError):
    """A call that changes something has no good answer: it may have been done, or not.

    It is not sent again by itself. The caller looks at what is there now.
    """

    def __init__(self, cause: BurnerError) -> None:
        super().__init__(cause.code, f"{cause.detail}; it may have been done all the same")
        self.cause = cause
