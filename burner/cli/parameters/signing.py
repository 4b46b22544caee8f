"""Options of a command that signs a statement: which private key, whose, and what was tested."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from burner.cli.parameters.options import Command, one_line

if TYPE_CHECKING:
    from burner.release.envelope.dsse import EnvelopeSigner
    from burner.release.envelope.statement import Statement


@dataclass(frozen=True)
class SignerArguments:
    """Who signs, as the options say it; nothing is opened yet."""

    uri: str
    name: str
    public_key: Path | None

    def sign(self, statement: "Statement") -> bytes:
        """Sign a statement: its envelope.

        Raises:
            BurnerError: as `signer`.
        """
        from burner.release.envelope.dsse import sign

        return sign(statement, self.signer())

    def signer(self) -> "EnvelopeSigner":
        """Open the key: a passphrase or a PIN may be asked for.

        Raises:
            BurnerError: E221, E245, E748, E749 it cannot be used.
        """
        from burner.cli.questions.secret_questions import Use, passphrase_prompt, pin_prompt
        from burner.release.envelope.public_key import PublicKey
        from burner.release.envelope.signer import signer_for

        public = PublicKey.from_file(self.public_key) if self.public_key else None
        return signer_for(
            self.uri,
            self.name,
            public,
            prompt_passphrase=passphrase_prompt(Use.STATEMENT),
            prompt_pin=pin_prompt(),
        )


NOTE_HELP: Final = "What was tested or looked at, in a line; it stays on record."


def note_option(command: Command) -> Command:
    """--note: no approval without one."""
    return click.option(
        "--note",
        required=True,
        metavar="TEXT",
        callback=_note,
        help=NOTE_HELP,
    )(command)


def _note(context: click.Context, option: click.Parameter, value: str) -> str:
    """Check a note: one line that says something (E222, E738)."""
    from burner.release.documents.note import check_note

    one_line(context, option, value)
    return check_note(value)


def signer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--signer, --name, --public-key; the command gets them as one argument `signing`."""
    return _signer_options(command, required=True)


def optional_signer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same of a command that signs under a policy only: `signing` is None without --signer."""
    return _signer_options(command, required=False)


def _signer_options(command: Callable[..., Any], *, required: bool) -> Callable[..., Any]:
    @wraps(command)
    def with_arguments(
        *, signer: str | None, signer_name: str, public_key: Path | None, **others: Any
    ) -> Any:
        signing = None if signer is None else SignerArguments(signer, signer_name, public_key)
        return command(signing=signing, **others)

    for option in (
        click.option(
            "--public-key",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Public key of the signer (PEM); needed for a key in a cloud service.",
        ),
        click.option(
            "--name",
            "signer_name",
            metavar="NAME",
            default="",
            help="Name of who signs. Left out: the name of the key file.",
        ),
        click.option(
            "--signer",
            metavar="URI",
            required=required,
            help="Private key that signs: a file of `burner key pair`; hsm:ID?label=TOKEN for a "
            "PKCS #11 token; awskms:, azurekms:, gcpkms: or hv: for a cloud service.",
        ),
    ):
        with_arguments = option(with_arguments)
    return with_arguments
