"""A run of `burner cloud preflight`: the platform or a person is asked, the result is shown."""

from collections.abc import Mapping
from dataclasses import replace

import click

from burner.cli.cloud.checklist_questions import ask_checklist, ask_operator
from burner.cli.cloud.expected_product import expected_of_batch, expected_of_release
from burner.cli.cloud.played_platform import may_record, recorded_endpoint
from burner.cli.cloud.preflight_arguments import CloudPreflightArguments
from burner.cli.cloud.preflight_lines import PreflightPage
from burner.cli.existing_ledger import existing_ledger
from burner.cli.parameters.cloud_options import management_api
from burner.cli.questions.secret_questions import Use, product_secret_prompt
from burner.cli.questions.work_order import is_person
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.checklist import answered, answers_to, checklist, is_answerable
from burner.cloud.management.api import ManagementApi
from burner.cloud.preflight import (
    REFUSED_CHECKS,
    CloudCheck,
    CloudCheckResult,
    ExpectedProduct,
    check_product,
    check_refusal,
    is_good,
)
from burner.cloud.present_devices import spare_on_platform
from burner.core.check_verdict import CheckVerdict
from burner.core.errors import BurnerError
from burner.core.words.phrases import phrase
from burner.manifest.entries.cloud_kinds import PreflightFact, PreflightSource
from burner.manifest.writing.cloud_records import record_preflight
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.operator_text import check_one_line
from burner.release.entered_text import refuse_secrets
from burner.release.opening import open_with_key_if_present
from burner.release.release import KeylessRelease, Release

Results = tuple[CloudCheckResult, ...]


def run_preflight(chosen: CloudPreflightArguments) -> int:
    """Check, print, record; 0 where all is good."""
    prompt = product_secret_prompt(chosen.source.name)
    release = open_with_key_if_present(chosen.source, chosen.secret, prompt)
    if not chosen.batch:
        return _run(chosen, release, expected_of_release(release, chosen.quantity))
    with existing_ledger(chosen.manifest, chosen.station, Use.RECORDS) as ledger:
        expected = expected_of_batch(ledger.reader, release, chosen.batch, chosen.quantity)
        return _run(chosen, release, expected, ledger)


def _run(
    chosen: CloudPreflightArguments,
    release: KeylessRelease,
    expected: ExpectedProduct,
    ledger: Ledger | None = None,
) -> int:
    _check_answers(chosen, expected)
    operator, management = _operator(chosen), chosen.management
    check_one_line(operator=operator)
    if isinstance(release, Release):
        refuse_secrets(release.search, {"operator": operator, "note": chosen.note})
    page = PreflightPage(release.profile, expected, chosen.batch)
    if not chosen.as_json:
        page.show_head()
    results = _results(chosen, release, expected)
    if not chosen.as_json:
        page.show_results(results)
    number = None
    if ledger and may_record(ledger.reader, None if chosen.checklist else management.endpoint):
        number = _record(chosen, ledger, page, results, operator)
    elif ledger:
        screen.warn(phrase("played unrecorded", language()))
    if chosen.as_json:
        page.print_json(results, source_of(chosen), number)
    elif number is not None:
        page.show_record(number, good=is_good(results))
    return 0 if is_good(results) else 1


def source_of(chosen: CloudPreflightArguments) -> PreflightSource:
    """Who answers."""
    return "checklist" if chosen.checklist else "api"


def _results(
    chosen: CloudPreflightArguments, release: KeylessRelease, expected: ExpectedProduct
) -> Results:
    if chosen.checklist:
        asked = answered(checklist(expected), chosen.answers)
        return answered(asked, _answers_of_person(asked, expected))
    region = chosen.management.region or expected.region
    profile = release.profile
    api = management_api(
        *(profile.product.cloud, expected.region, chosen.management),
        profile.registration.instance,
        product_secret=release.key.product_secret if isinstance(release, Release) else None,
    )
    return answered(ask_platform(api, expected, region), chosen.answers)


def ask_platform(api: ManagementApi, expected: ExpectedProduct, region: str) -> Results:
    """What the platform says of a product.

    Raises:
        BurnerError: E832 to E846 but for E834.
    """
    try:
        product = api.product(expected.product_id)
    except BurnerError as error:
        if error.code not in REFUSED_CHECKS:
            raise
        return check_refusal(error.code, error.detail)
    if expected.names:
        spare = spare_on_platform(api, product, expected.names)
        expected = replace(expected, spare_names=spare)
    return check_product(product, expected, region)


def _answers_of_person(
    asked: Results, expected: ExpectedProduct
) -> Mapping[CloudCheck, CheckVerdict]:
    """The answers to what is still open."""
    questions = list(filter(is_answerable, asked))
    if not questions:
        return {}
    if not is_person():
        missing = " ".join(
            f"--answer {one.check}={'|'.join(answers_to(one.check, expected))}" for one in questions
        )
        raise click.UsageError(f"nobody can be asked here: there is no terminal. Give {missing}")
    return ask_checklist(questions, expected)


def _check_answers(chosen: CloudPreflightArguments, expected: ExpectedProduct) -> None:
    """Refuse to leave out a check that is needed."""
    for check, answer in chosen.answers.items():
        allowed = answers_to(check, expected)
        if answer not in allowed.values():
            words = ", ".join(f"{check}={word}" for word in allowed)
            raise click.UsageError(f"--answer {check}=not-needed: it is needed here. Give {words}")


def _operator(chosen: CloudPreflightArguments) -> str:
    """Who answers for what a person has seen, where that goes on record."""
    if chosen.operator or not chosen.batch or not (chosen.checklist or chosen.answers):
        return chosen.operator
    if not is_person():
        raise click.UsageError("--operator: somebody answers for what goes on record")
    return ask_operator()


def _record(
    chosen: CloudPreflightArguments,
    ledger: Ledger,
    page: PreflightPage,
    results: Results,
    operator: str,
) -> int:
    facts = [
        PreflightFact(
            check=result.check,
            verdict=result.verdict,
            code=result.code or "",
            found=result.on_record,
        )
        for result in results
    ]
    return record_preflight(
        ledger,
        chosen.batch,
        facts,
        platform=page.profile.product.cloud,
        source=source_of(chosen),
        endpoint="" if chosen.checklist else recorded_endpoint(chosen.management.endpoint),
        key=page.expected.key,
        quantity=page.expected.units_of_batch,
        operator=operator,
        note=chosen.note,
    )
