"""What a shell needs to complete our commands: a script once, then an answer to each TAB."""

import os
from collections.abc import Sequence

import click
from click.shell_completion import get_completion_class

from burner.cli.next_command import DEFAULT_MANIFEST

PROGRAM = "burner"
VARIABLE = "_BURNER_COMPLETE"
"""By it the script asks: click's name for this program."""


def script(root: click.Command, shell: str) -> str:
    """The script of a shell, as click makes it."""
    completes = get_completion_class(shell)
    assert completes is not None  # noqa: S101 - the command offers only what click has
    return completes(root, {}, PROGRAM, VARIABLE).source()


def batches(context: click.Context, beginning: str) -> Sequence[str]:
    """Batches of the manifest that the command line names so far."""
    from burner.manifest.reading.batch_names import batches_that_begin

    manifest = context.params.get("manifest") or os.environ.get("BURNER_MANIFEST")
    return batches_that_begin(manifest or DEFAULT_MANIFEST, beginning)
