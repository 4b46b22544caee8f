"""What a test is told of the unit that it has before it."""

from burner.core.attempt import Attempt
from burner.profile.tests import UnitTest
from burner.programs.question import TestQuestion


def question_of(attempt: Attempt, test: UnitTest, tried: int, port: str) -> TestQuestion:
    """The question of one try of a test; `port`: the chip's own, which is free."""
    return TestQuestion(
        test=test.name,
        slot=attempt.slot,
        port=port,
        unit_id=attempt.unit_id,
        mac=str(attempt.silicon.mac) if attempt.silicon else "",
        device_name=attempt.device_name,
        attempt=attempt.id,
        tried=tried,
        batch=attempt.batch,
        profile=attempt.profile,
        ids=attempt.ids,
    )
