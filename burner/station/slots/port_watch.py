"""The port of a slot: a port that cannot be opened is shown once, and again when it is back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from burner.core.errors import BurnerError
from burner.devices.device import Contact


@dataclass
class PortWatch:
    """Looks into a slot, and tells the changes of its port."""

    look: Callable[[bool], Contact]
    """What is in the slot; with True a reset comes first."""
    stopping: threading.Event
    unreachable: Callable[[BurnerError], None]
    reachable: Callable[[], None]
    _code: str = field(default="", init=False)
    """Of the last error of the port, so that each is told once."""

    def contact(self, reset: bool) -> Contact:
        """What is in the slot; nothing where its port cannot be opened."""
        try:
            contact = self.look(reset)
        except BurnerError as error:
            if error.code != self._code and not self.stopping.is_set():
                self._code = error.code
                self.unreachable(error)
            return Contact.ABSENT
        if self._code:
            self._code = ""
            self.reachable()
        return contact
