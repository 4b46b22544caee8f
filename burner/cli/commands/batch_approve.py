"""`burner batch approve`: the first article of a batch is good; burning goes on."""

import click

from burner.cli.parameters import options
from burner.cli.parameters.signing import SignerArguments, note_option, signer_options
from burner.cli.parameters.station_file_names import station_file_names
from burner.cli.questions.secret_questions import Use
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.words.phrases import Wording


@click.command()
@options.batch_argument
@signer_options
@note_option
@station_file_names
@options.station_option
@options.manifest_option
def approve(
    *, batch: str, signing: SignerArguments, note: str, station: str, manifest: str
) -> None:
    """Approve the first article of BATCH: stations burn further units.

    It covers all units of the batch that have passed. They must be as many as the batch was opened
    with (`burner batch open --first-article N --approver FILE`), and the signer one of the
    approvers that it names. Stations that wait go on by themselves.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.manifest.writing.approve_first_article import approve_first_article

    with existing_ledger(manifest, station, Use.RECORDS) as ledger:
        name, units = approve_first_article(ledger, batch, signing.signer, note=note)
    say = Wording(language())
    screen.say(say("first article on record", batch, name, ", ".join(units)))
