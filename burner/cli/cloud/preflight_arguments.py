"""The arguments of `burner cloud preflight`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from burner.cli.parameters.cloud_options import ManagementOptions
    from burner.cloud.preflight import CloudCheck
    from burner.core.check_verdict import CheckVerdict

CheckAnswer = tuple["CloudCheck", "CheckVerdict"]


@dataclass(frozen=True)
class CloudPreflightArguments:
    """What the command line asks for."""

    source: Path
    batch: str
    quantity: int | None
    checklist: bool
    answers: "Mapping[CloudCheck, CheckVerdict]"
    operator: str
    note: str
    secret: str
    management: "ManagementOptions"
    station: str
    manifest: str
    as_json: bool


class CheckAnswerType(click.ParamType[CheckAnswer]):
    """`licenses=yes`."""

    name = "answer"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> CheckAnswer:
        """Read an answer."""
        from burner.cloud.checklist import ANSWERS
        from burner.cloud.preflight import CloudCheck

        check, _, answer = value.partition("=")
        if check not in list(CloudCheck):
            self.fail(f"CHECK=ANSWER; a check is one of {', '.join(CloudCheck)}", param, ctx)
        if answer not in ANSWERS:
            self.fail(f"{check}= and one of {', '.join(ANSWERS)}", param, ctx)
        return CloudCheck(check), ANSWERS[answer]
