"""`burner cloud enable`: the dynamic registration of a product on the platform."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.cloud_options import management_options
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.registration_options import limit_option, register_type_option
from burner.cli.parameters.yes_option import yes_option

if TYPE_CHECKING:
    from burner.cli.parameters.cloud_options import ManagementOptions


@click.command()
@click.argument("source", metavar="SOURCE", type=FILE)
@register_type_option
@limit_option()
@yes_option
@management_options
def enable(
    *,
    source: Path,
    register_type: str | None,
    limit: int | None,
    yes: bool,
    management: "ManagementOptions",
) -> int:
    """Set how the platform registers the product of SOURCE.

    SOURCE is a profile or a release file. What is set is the switch of dynamic registration, and
    its limit. Shows what is set now and what will be, and asks first; a script says --yes. Without
    --register-type it is set as `registration.names` of the profile needs it, without --limit the
    limit stays. Ends with 1 if it is not so in the end.
    """
    from burner.cli.cloud.registration_switch import RegistrationWish, switch_registration

    return switch_registration(source, RegistrationWish(register_type, limit), management, yes=yes)
