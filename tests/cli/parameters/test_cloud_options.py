"""The options of commands that call a management API, and the way to that API."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from burner.cli.parameters.cloud_options import (
    ManagementOptions,
    management_api,
    management_options,
)
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from tests.cloud.gateway.products import PRODUCT_ID, product
from tests.cloud.management.local_api import CREDENTIALS, local_api


def run(*arguments: str, region: str = "", variable: str | None = CREDENTIALS) -> Result:
    """A command that asks for the number of devices of the product."""

    @click.command
    @management_options
    def devices(management: ManagementOptions) -> None:
        api = management_api(Cloud.TENCENT_HUB, region, management)
        click.echo(f"{api.product(PRODUCT_ID).devices} devices")

    return CliRunner().invoke(devices, arguments, env={"BURNER_CLOUD_CREDENTIALS": variable})


def code(result: Result) -> Code:
    assert isinstance(result.exception, BurnerError), result.output
    return result.exception.code


def test_the_credentials_come_from_the_usual_variable_or_where_the_option_says(
    tmp_path: Path,
) -> None:
    file = tmp_path / "credentials"
    file.write_text(CREDENTIALS)
    file.chmod(0o600)
    with local_api() as api:
        assert run("--api-endpoint", api.url).output == "0 devices\n"
        from_file = ("--api-endpoint", api.url, "--api-credentials", f"file:{file}")
        assert run(*from_file, variable=None).output == "0 devices\n"


def test_the_region_is_that_of_the_option_else_of_the_profile_else_the_first() -> None:
    with local_api(product()) as api:
        at = ("--api-endpoint", api.url)
        assert run(*at, region="china").output == "0 devices\n"
        assert code(run(*at, region="europe")) == Code.CLOUD_PRODUCT_UNKNOWN
        assert run(*at, "--region", "china", region="europe").output == "0 devices\n"


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (None, Code.API_CREDENTIALS_ABSENT),
        ("", Code.API_CREDENTIALS_ABSENT),
        ("no-colon-in-it", Code.API_CREDENTIALS_MALFORMED),
    ],
)
def test_credentials_that_are_not_there_or_malformed_are_told(
    variable: str | None, expected: Code
) -> None:
    assert code(run(variable=variable)) == expected


def test_credentials_on_the_command_line_are_refused_and_not_repeated() -> None:
    result = run("--api-credentials", CREDENTIALS)
    assert code(result) == Code.SECRET_REFERENCE_INVALID
    assert CREDENTIALS not in f"{result.output}{result.exception}"


@pytest.mark.parametrize("url", ["http://192.0.2.7", "https://user:password1@host", "host:8080"])
def test_an_endpoint_without_tls_is_on_this_computer(url: str) -> None:
    result = run("--api-endpoint", url)
    assert result.exit_code == 2
    assert "https://HOST[:PORT], or http:// with a loopback address" in result.output
    assert "password1" not in result.output


def test_a_region_has_the_form_of_one() -> None:
    result = run("--region", "ap-guangzhou\n")
    assert result.exit_code == 2
    assert "small letters" in result.output
