"""The checklist of the cloud, asked of a person."""

from collections.abc import Mapping
from dataclasses import replace

import click
import pytest
from click.testing import CliRunner

from burner.cli.cloud.checklist_questions import ask_checklist
from burner.cloud.checklist import checklist
from burner.cloud.preflight import CloudCheck, ExpectedProduct
from burner.core.check_verdict import CheckVerdict
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.profile.registration import NameCreation, RegistrationSettings
from tests.chinese import english_in

ID = "S3EUVBRJLB"
SECRET = "8XzjN8rfgFVGDTNTUGau4snA"
EXPECTED = ExpectedProduct(
    product_id=ID,
    platform=PLATFORMS[Cloud.TENCENT_HUB],
    registration=RegistrationSettings(names=NameCreation.AUTOMATIC),
    key=Secret(SECRET.encode()).fingerprint(ID),
    quantity=600,
)


def asked(
    typed: str,
    *checks: CloudCheck,
    expected: ExpectedProduct = EXPECTED,
    env: Mapping[str, str] = {},
) -> tuple[dict[CloudCheck, CheckVerdict], str]:
    """The answers, and what was on the screen."""
    answers: dict[CloudCheck, CheckVerdict] = {}

    @click.command()
    def ask() -> None:
        questions = [one for one in checklist(expected) if one.check in checks]
        answers.update(ask_checklist(questions, expected))

    done = CliRunner().invoke(ask, input=typed, env=env)
    assert done.exception is None, done.output
    return answers, done.output


def test_each_question_is_answered_by_one_key() -> None:
    checks = (
        *(CloudCheck.CLOCK, CloudCheck.PRODUCT, CloudCheck.REGION, CloudCheck.REGISTER_LIMIT),
    )
    answers, shown = asked("y\nn\ny\n?\n", *checks)
    assert list(answers.values()) == [
        *(CheckVerdict.GOOD, CheckVerdict.BAD, CheckVerdict.GOOD, CheckVerdict.UNKNOWN),
    ]
    assert f"2/4 Does the console of Tencent Cloud IoT Hub have the product {ID}?" in shown
    assert "Is the product in the region china?" in shown
    assert ": 600?" in shown


def test_a_check_that_is_needed_is_asked_until_it_is_looked_at() -> None:
    answers, shown = asked("-\ny\n", CloudCheck.PRODUCT)
    assert answers == {CloudCheck.PRODUCT: CheckVerdict.GOOD}
    assert "This check is needed. Answer one of y, n, ?." in shown
    assert "[y/n/?]" in shown


def test_licenses_may_be_not_needed() -> None:
    explorer = replace(EXPECTED, platform=PLATFORMS[Cloud.TENCENT_EXPLORER])
    answers, shown = asked("-\n", CloudCheck.LICENSES, expected=explorer)
    assert answers == {CloudCheck.LICENSES: CheckVerdict.NOT_NEEDED}
    assert "[y/n/-/?]" in shown


def test_another_answer_is_asked_again() -> None:
    answers, shown = asked("maybe\nY\n", CloudCheck.CLOCK)
    assert answers == {CloudCheck.CLOCK: CheckVerdict.GOOD}
    assert shown.count("Is the clock of this computer right?") == 2


@pytest.mark.parametrize(
    ("pasted", "verdict", "says"),
    [
        (SECRET, CheckVerdict.GOOD, "It is the one that the units get."),
        ("ANOTHERsecretANOTHERsecr", CheckVerdict.BAD, "It is another one."),
    ],
)
def test_a_pasted_secret_is_compared_and_never_shown(
    pasted: str, verdict: CheckVerdict, says: str
) -> None:
    answers, shown = asked(f"{pasted}\n", CloudCheck.SECRET)
    assert answers == {CloudCheck.SECRET: verdict}
    assert says in shown
    assert pasted not in shown


def test_who_pastes_no_secret_compares_it_by_eye() -> None:
    answers, _ = asked("\ny\n", CloudCheck.SECRET)
    assert answers == {CloudCheck.SECRET: CheckVerdict.GOOD}


def test_the_questions_are_chinese_for_who_reads_chinese() -> None:
    _, shown = asked("y\n" * 9 + "\ny\ny\ny\n", *CloudCheck, env={"BURNER_LANG": "zh"})
    known = (ID, "Tencent Cloud IoT Hub", "china", "key", "RegisterType")
    assert [english_in(line, known) for line in shown.splitlines() if english_in(line, known)] == []
