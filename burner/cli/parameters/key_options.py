"""Options about keys: which keys a check trusts, whose key is made, how it is kept."""

import click

from burner.cli.parameters.options import Command, Decorator


def key_option(*, required: bool = False) -> Decorator:
    """--key: the origin key that is trusted."""
    return click.option(
        "--key",
        required=required,
        metavar="KEY|FILE",
        help="Origin key of the log, as QA wrote it down: name+id+base64, or a file that holds it.",
    )


def witness_key_option(command: Command) -> Command:
    """--witness-key: the witnesses that are trusted."""
    return click.option(
        "--witness-key",
        "witness_keys",
        metavar="KEY|FILE",
        multiple=True,
        help="Key of a witness whose cosignature counts.",
    )(command)


def owner_option(command: Command) -> Command:
    """--owner: the owner of the key."""
    return click.option("--owner", required=True, metavar="NAME", help="Whose key it is.")(command)


def key_protection_options(command: Command) -> Command:
    """--passphrase, --keyring: how a new key is kept."""
    keyring = click.option(
        "--keyring", "in_keyring", is_flag=True, help="Keep the key in the system's keyring."
    )
    passphrase = click.option(
        "--passphrase",
        "wants_passphrase",
        is_flag=True,
        help="Encrypt the key by a passphrase, which is then wanted whenever it signs: that of "
        "BURNER_KEY_PASSPHRASE, else burner asks.",
    )
    return passphrase(keyring(command))
