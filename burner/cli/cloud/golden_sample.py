"""A golden sample: a unit of the manifest, and the registration of its name."""

from dataclasses import dataclass

import click

from burner.cli.cloud.played_platform import may_record
from burner.cli.cloud.prove_arguments import ProveArguments
from burner.cli.questions.secret_questions import Use, passphrase_prompt, product_secret_prompt
from burner.cli.questions.work_order import is_person
from burner.cloud.proof import ApiChoice, PlannedProof, api_of, registration_endpoint
from burner.core.attempt import Record
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.local.keys import station_identities
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_search import find_one_unit
from burner.platforms.registration import Applicant
from burner.release.opening import open_release
from burner.release.release import Release


@dataclass(frozen=True)
class GoldenSample:
    """A good unit, and what is sent for it."""

    release: Release
    record: Record
    """Its PASS."""
    planned: PlannedProof
    recorded: bool
    """Whether the answer goes on record, by `may_record`."""

    @property
    def unit_id(self) -> str:
        """Of the unit."""
        return self.record.attempt.unit_id


def golden_sample(chosen: ProveArguments) -> GoldenSample:
    """The unit that the command line names.

    Raises:
        BurnerError: E712 no such unit, E762 only an imported log has it, E871 it is not good, E872
            it has another secret; as `open_release`.
    """
    prompt = passphrase_prompt(Use.RELEASES) if is_person() else None
    release = open_release(
        chosen.source,
        prompt_secret=product_secret_prompt(chosen.source.name),
        reference=chosen.secret,
        identities=lambda: station_identities(chosen.station, prompt),
    )
    with ManifestReader.open(chosen.manifest) as reader:
        record = _good_unit(reader, chosen.unit, release.profile.product.id)
        if chosen.registration_endpoint is None and reader.is_simulated():
            what = "a simulated unit; name a gateway for it with --registration-endpoint"
            raise click.UsageError(f"unit {record.attempt.unit_id} is {what}")
        burned, name = record.attempt.key, record.attempt.device_name
        if burned != release.key_fingerprint:
            detail = f"{name}: fingerprint {burned}, not {release.key_fingerprint}"
            raise BurnerError(Code.PROOF_SECRET_IS_OTHER, detail)
        planned = _planned(chosen, release, name)
        return GoldenSample(
            release, record, planned, may_record(reader, chosen.registration_endpoint)
        )


def _good_unit(reader: ManifestReader, text: str, product_id: str) -> Record:
    unit_id = _unit_id(reader, text, product_id)
    history = reader.unit(unit_id, product_id)
    if history.last is None:
        reader.refuse_imported_unit(unit_id, product_id)
    if history.good and not history.scrapped and not history.voided:
        return history.good
    why = history.scrapped or history.voided
    if not why and history.last:
        why = f"{history.last.result.outcome.value} {history.last.result.code}".strip()
    raise BurnerError(Code.PROOF_UNIT_NOT_GOOD, f"{unit_id}: {why}" if why else unit_id)


def _unit_id(reader: ManifestReader, text: str, product_id: str) -> str:
    """The unit that is meant.

    Raises:
        BurnerError: E712 no such unit, E871 one that was refused before it was begun.
    """
    try:
        with reader.connection() as connection:
            return find_one_unit(connection, text, product_id).unit_id
    except BurnerError:
        tries = [
            (unit["unit_id"], tried)
            for unit in reader.unit_overviews(text)
            for tried in unit["attempts"]
            if tried["product_id"] == product_id
        ]
        if len({unit_id for unit_id, _ in tries}) != 1:
            raise
        unit_id, last = tries[-1]
    why = f"{last['outcome'] or ''} {last['code']}".strip()
    raise BurnerError(Code.PROOF_UNIT_NOT_GOOD, f"{unit_id}: {why}")


def _planned(chosen: ProveArguments, release: Release, name: str) -> PlannedProof:
    profile, key = release.profile, release.key
    platform, settings = profile.platform, profile.registration
    region = chosen.region or settings.region
    try:
        api = api_of(platform, ApiChoice(chosen.api))
    except ValueError as error:
        raise click.UsageError(f"--api {chosen.api}: {error}") from None
    try:
        endpoint = chosen.registration_endpoint or registration_endpoint(platform, region)
    except ValueError as error:
        raise click.UsageError(f"--region {region}: {error}") from None
    if api.needs_tls and endpoint.scheme != "https":
        raise click.UsageError(f"--registration-endpoint: {platform.title} answers over TLS only")
    applicant = Applicant(key.product_id, name, key.product_secret, settings.instance)
    return PlannedProof(platform, api, applicant, endpoint)
