"""`burner station policy`, `station adopt`: which releases a station accepts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.parameters.signing import SignerArguments, optional_signer_options
from burner.cli.questions.secret_questions import Use
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.fold.rows import PolicyRow
    from burner.station.fixture.station_rules import StationRules

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@options.json_option
def policy(file: Path, as_json: bool) -> None:
    """Show which releases the station FILE accepts.

    Says whether its log has the same policy.
    """
    rules = _rules(file)
    row = _on_record(rules.manifest)
    if as_json:
        on_record = {"digest": row.digest, "record": row.number} if row else None
        print_json(
            {
                "digest": rules.policy.digest,
                "document": rules.policy.document,
                "manifest": _place(rules),
                "on_record": on_record,
                "station": rules.station,
            }
        )
        return
    accepted = rules.policy
    screen.say(f"policy {accepted.digest}")
    screen.say(f"station {rules.station}, manifest {_place(rules)}")
    rows = [("signer", name, key.fingerprint) for name, key in accepted.signers.items()]
    rows += [("approver", name, key.fingerprint) for name, key in accepted.approvers.items()]
    rows += [("lowest version", product, v) for product, v in accepted.minimum_versions.items()]
    rows += [("withdrawn", digest, "") for digest in accepted.withdrawn]
    screen.table("", ("", "who or what", ""), rows)
    approvals = counted(accepted.approvals, "approval")
    screen.say(f"A release is accepted with the signature of one signer and {approvals}.")
    screen.say(_state_on_record(rules, row))


@click.command()
@click.argument("file", type=FILE)
@options.operator_option()
@options.reason_option
@optional_signer_options
@options.slot_station_option
def adopt(
    file: Path, operator: str, reason: str, signing: SignerArguments | None, station: str | None
) -> None:
    """Put the policy of the station FILE on record.

    The first batch does that by itself. To change a policy, one of the signers of the present one
    signs, with --signer. Then put FILE in the place of the old station file, at every station of
    this manifest.
    """
    from burner.cli.existing_ledger import existing_ledger
    from burner.manifest.writing.policies import change_policy

    rules = _rules(file)
    rules.check_command(None, secret="", manifest="", station=station)
    with existing_ledger(rules.manifest, rules.station, Use.RECORDS) as ledger:
        number = change_policy(
            ledger,
            rules.policy,
            signing.sign if signing else None,
            operator=operator,
            reason=reason,
        )
    screen.say(f"policy {rules.policy.digest[:16]}… is in force, by record {number}")
    screen.say("Every station of this manifest needs it in its station file now.")


def _rules(file: Path) -> "StationRules":
    from burner.station.fixture.station_rules import load_rules

    rules = load_rules(file)
    if rules is None:
        raise click.UsageError(f"{file} has no `accept`: this station burns anything")
    return rules


def _on_record(manifest: str) -> "PolicyRow | None":
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.store.place import manifest_place, place_exists

    if not place_exists(manifest_place(manifest)):
        return None
    with ManifestReader.open(manifest) as reader:
        return reader.policy()


def _place(rules: "StationRules") -> str:
    from burner.manifest.store.place import manifest_place

    return str(manifest_place(rules.manifest))


def _state_on_record(rules: "StationRules", row: "PolicyRow | None") -> str:
    if row is None:
        return "It is not on record yet: the first batch puts it there."
    if row.digest == rules.policy.digest:
        return f"It is in force, by record {row.number}."
    return f"The log has another policy: {row.digest}, by record {row.number}."
