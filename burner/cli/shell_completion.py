"""Completion of our commands in a shell: the script for the shell, and the answer to each TAB."""

import os
from collections.abc import Sequence

import click
from click.shell_completion import BashComplete, add_completion_class, get_completion_class

from burner.cli.completion_variable import COMPLETION_VARIABLE
from burner.cli.terminal.next_command import DEFAULT_MANIFEST

PROGRAM = "burner"


class BashWords(BashComplete):
    """Completion in bash, which gives `--manifest=x` as three words: `--manifest`, `=`, `x`."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one to complete, without the `=` of options, and that word."""
        words, incomplete = super().get_completion_args()
        pairs = zip(["", *words], words, strict=False)
        kept = [word for before, word in pairs if word != "=" or not before.startswith("--")]
        return kept, incomplete


add_completion_class(BashWords)


def script(root: click.Command, shell: str) -> str:
    """The script of a shell, as click makes it."""
    completes = get_completion_class(shell)
    assert completes is not None  # noqa: S101 - the command offers only what click has
    return completes(root, {}, PROGRAM, COMPLETION_VARIABLE).source()


def batches(context: click.Context, beginning: str) -> Sequence[str]:
    """Batches of the manifest that the command line names so far."""
    from burner.manifest.reading.batch_names import batches_that_begin

    manifest = context.params.get("manifest") or os.environ.get("BURNER_MANIFEST")
    return batches_that_begin(manifest or DEFAULT_MANIFEST, beginning)
