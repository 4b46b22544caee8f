"""How the firmware of a unit behaves, as a bench file says it."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field, StrictBool

from burner.bench.unit.unit_spec import ConsoleAnswer, FirmwareBehaviour, TextPlace
from burner.core.yaml_schema import StrictModel


class FirmwareEntry(StrictModel):
    """How a unit's firmware behaves; what is left out is as its product's profile says."""

    device_name: str = ""
    texts: tuple[TextPlace, ...] = ()
    lines: tuple[str, ...] = ()
    answers: Mapping[str, str] = {}
    prints: StrictBool = True
    baud: int = Field(default=FirmwareBehaviour.baud, ge=1)
    rollback: StrictBool = False
    moves_key: StrictBool = False
    challenge: StrictBool = False
    registered: StrictBool = False

    def over(self, usual: FirmwareBehaviour) -> FirmwareBehaviour:
        """The usual firmware, changed by the fields that are set here."""
        changes = {key: getattr(self, key) for key in self.model_fields_set}
        changes["answers"] = self._answers(usual)
        differs = changes.get("challenge", usual.challenge) != usual.challenge
        return replace(usual, **changes, own_challenge=differs)

    def _answers(self, usual: FirmwareBehaviour) -> tuple[ConsoleAnswer, ...]:
        """Its own answers, and the usual ones to what it has none for."""
        others = (answer for answer in usual.answers if answer.hears not in self.answers)
        return (*(ConsoleAnswer(*pair) for pair in self.answers.items()), *others)
