"""A run of `burner cloud prove`: what is sent is shown, a person agrees, the answer is recorded."""

from dataclasses import replace
from typing import Final

import click

from burner.cli.cloud import prove_page
from burner.cli.cloud.golden_sample import GoldenSample, golden_sample
from burner.cli.cloud.played_platform import recorded_endpoint
from burner.cli.cloud.prove_arguments import ProveArguments
from burner.cli.existing_ledger import existing_ledger
from burner.cli.questions.secret_questions import Use
from burner.cli.questions.work_order import is_person
from burner.cli.terminal.language import language
from burner.cloud.management.open import check_certificates
from burner.cloud.registration_client import RegistrationAnswer, register
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import phrase
from burner.manifest.writing.cloud_records import record_proof
from burner.manifest.writing.ledger import Ledger

REFUSALS: Final = frozenset(
    {
        *(Code.CLOUD_FAILED, Code.CLOUD_PRODUCT_UNKNOWN, Code.CLOUD_REQUEST_INVALID),
        *(Code.CLOUD_SIGNATURE_REFUSED, Code.CLOUD_REGISTRATION_OFF, Code.CLOUD_DEVICE_TOO_OFTEN),
        *(Code.CLOUD_NAME_NOT_CREATED, Code.CLOUD_NAME_REGISTERED, Code.CLOUD_DEVICE_LIMIT_REACHED),
        *(Code.CLOUD_ANSWER_UNREADABLE, Code.CLOUD_REFUSES, Code.CLOUD_LICENSES_USED_UP),
        Code.CLOUD_TOO_MANY_REQUESTS,
    }
)
"""What the platform says of product and unit. After all else nothing is known of them."""


def run_proof(chosen: ProveArguments) -> int:
    """Show what is sent; with --live send it. 1: the platform refuses, or nobody agrees.

    Raises:
        BurnerError: E821 no certificates to trust; as `golden_sample`; E8 the platform gave no
            answer; E7.
    """
    if chosen.registration_ca:
        check_certificates(chosen.registration_ca)
    sample = golden_sample(chosen)
    if not chosen.as_json:
        prove_page.show_plan(sample)
    if not chosen.live or not (chosen.yes or _agreed()):
        prove_page.print_proof(sample, None) if chosen.as_json else prove_page.say_not_sent()
        return 1 if chosen.live else 0
    answer = _registered_and_recorded(chosen, sample)
    if chosen.as_json:
        prove_page.print_proof(sample, answer)
    else:
        prove_page.show_registered(answer)
    if answer.error is None:
        return 0
    if answer.uncertain:
        prove_page.warn_uncertain()
    if answer.error.code not in REFUSALS:
        raise answer.error
    if not chosen.as_json:
        prove_page.show_refusal(answer.error)
    return 1


def _agreed() -> bool:
    if not is_person():
        raise click.UsageError("nobody can be asked here: there is no terminal; --yes sends it")
    return click.confirm(phrase("ask proof", language()), default=False, err=True)


def _registered_and_recorded(chosen: ProveArguments, sample: GoldenSample) -> RegistrationAnswer:
    """Register the name; the record is opened before, so that no answer goes unrecorded."""
    if not sample.recorded:
        return _registered(chosen, sample)
    with existing_ledger(chosen.manifest, chosen.station, Use.RECORDS) as ledger:
        answer = _registered(chosen, sample)
        error = answer.error
        if error is None or answer.uncertain or error.code in REFUSALS:
            _record(ledger, chosen, sample, answer)
    return answer


def _registered(chosen: ProveArguments, sample: GoldenSample) -> RegistrationAnswer:
    """The answer, without what its sender may repeat of the secret."""
    planned, clean = sample.planned, sample.release.search.clean
    ca = chosen.registration_ca
    answer = register(planned.api, planned.applicant, planned.endpoint, ca=ca)
    error = answer.error and BurnerError(answer.error.code, clean(answer.error.detail))
    return replace(answer, error=error, request_id=clean(answer.request_id))


def _record(
    ledger: Ledger, chosen: ProveArguments, sample: GoldenSample, answer: RegistrationAnswer
) -> None:
    applicant = sample.planned.applicant
    record_proof(
        ledger,
        sample.unit_id,
        product_id=applicant.product_id,
        device_name=applicant.device_name,
        platform=sample.release.profile.product.cloud.value,
        host=sample.planned.endpoint.host,
        endpoint=recorded_endpoint(chosen.registration_endpoint),
        registered=answer.registered,
        code=answer.error.code.value if answer.error else "",
        credentials=answer.credentials.value if answer.credentials else "",
        request_id=answer.request_id,
        operator=chosen.operator or "",
    )
