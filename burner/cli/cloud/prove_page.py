"""What `burner cloud prove` prints: what is sent, and what came of it."""

from burner.cli.cloud.golden_sample import GoldenSample
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.cloud.registration_client import RegistrationAnswer
from burner.core.errors import BurnerError
from burner.core.words.phrases import Wording


def show_plan(sample: GoldenSample) -> None:
    """Say which name is registered where, and what that consumes."""
    say, planned, release = Wording(language()), sample.planned, sample.release
    product_id, name = planned.applicant.product_id, planned.applicant.device_name
    screen.say(say("gateway product", release.profile.title, product_id, planned.platform.title))
    screen.say(say("proof unit", name, sample.unit_id))
    screen.say(say("proof fingerprint", release.key_fingerprint))
    screen.say(f"POST {planned.url}")
    if not sample.recorded:
        screen.say_beside("", say("proof unrecorded"))
        return
    screen.say_beside("", say("proof consumes"))
    again = "proof repeats" if planned.platform.repeats else "proof no repeats"
    screen.say_beside("", say(again))


def say_not_sent() -> None:
    """Say that the platform knows of nothing."""
    screen.say(Wording(language())("proof not sent"))


def print_proof(sample: GoldenSample, answer: RegistrationAnswer | None) -> None:
    """Print all of it for a script. None: nothing was sent."""
    planned = sample.planned
    plan = {
        "schema": 1,
        "product_id": planned.applicant.product_id,
        "unit_id": sample.unit_id,
        "device_name": planned.applicant.device_name,
        "url": planned.url,
        "registers_again": planned.platform.repeats > 0,
        "recorded": sample.recorded,
        "sent": answer is not None,
    }
    if answer is None:
        print_json(plan)
        return
    error = answer.error
    outcome = {
        "registered": answer.registered,
        "uncertain": answer.uncertain,
        "credentials": answer.credentials.value if answer.credentials else "",
        "code": error.code.value if error else "",
        "detail": error.detail if error else "",
        "request_id": answer.request_id,
    }
    print_json({**plan, **outcome})


def show_registered(answer: RegistrationAnswer) -> None:
    """Say what the platform gave."""
    if answer.credentials:
        screen.say(Wording(language())(f"proved {answer.credentials.value}"))


def warn_uncertain() -> None:
    """Say that the name may be registered all the same."""
    screen.warn(Wording(language())("proof uncertain"))


def show_refusal(error: BurnerError) -> None:
    """Say why the platform refuses, and what to do."""
    shown_in, say = language(), Wording(language())
    own = f" {error.code}: {error.row.says}"  # a gateway of burner says it in these words too
    words = error.detail.replace(own, "").strip(" :")  # the platform's
    detail = say("brackets", words) if words else ""
    screen.say(f"{error.code} {error.row.sentence(shown_in)}{detail}")
    screen.say_beside("→ ", error.row.remedy(shown_in))
