"""esptool's settings and its output, to be set before esptool is imported.

Measured with esptool 5.6.0: its settings file is looked for in the current folder unless
ESPTOOL_CFGFILE names one that has an `[esptool]` section, and is read while importing; objects
made while importing keep the logger they find.
"""

import logging
import os
import re
from pathlib import Path
from typing import Any

from esp_pylib.logger import EspLog, EspLogBase

_log = logging.getLogger("esptool")
_MARKUP = re.compile(r"\[/?[a-z][a-z #0-9]*\]")


def install() -> None:
    """Fix esptool's settings, and send its output to the slot's log."""
    os.environ["ESPTOOL_CFGFILE"] = str(Path(__file__).with_name("esptool.cfg"))
    EspLog.set_logger(_LogOutput())


class _LogOutput(EspLogBase):  # type: ignore[misc, unused-ignore]
    """Writes esptool's output to the slot's log; drops its progress bars."""

    def print(self, *args: Any, **_: Any) -> None:
        text = _MARKUP.sub("", " ".join(str(a) for a in args)).strip(" .\n")
        if text:
            _log.info("%s", text)

    def err(self, *args: Any, suggestion: str | None = None) -> None:  # noqa: ARG002
        self.print(*args)

    def warn(self, *args: Any, suggestion: str | None = None) -> None:  # noqa: ARG002
        self.print(*args)

    def note(self, *args: Any) -> None:
        self.print(*args)

    def hint(self, *args: Any) -> None:
        """Nothing: hints are for people at a terminal."""

    def debug(self, *args: Any) -> None:
        """Nothing: debug output is not wanted."""

    def set_verbosity(self, mode: int | str) -> None:
        """Nothing: there is one level only."""

    def progress_bar(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: progress is sent up the pipe."""

    warning = warn
    error = err
