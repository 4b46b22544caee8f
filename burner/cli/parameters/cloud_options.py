"""Options of commands that call the management API of a platform, and the way to that API."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.options import Command, Decorator
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets import core_dumps

if TYPE_CHECKING:
    from burner.cloud.management.api import ManagementApi
    from burner.cloud.management.endpoint import ApiEndpoint
    from burner.core.secrets.secret import Secret
    from burner.platforms.platform import Cloud

DEFAULT_CREDENTIALS: Final = "env:BURNER_CLOUD_CREDENTIALS"


@dataclass(frozen=True)
class ManagementOptions:
    """How the management API is called."""

    credentials: str
    """The reference to them."""
    endpoint: "ApiEndpoint | None"
    ca: Path | None
    region: str
    texts: Mapping[str, str] = field(default_factory=dict)
    """What a person typed that goes on record: option → text."""


def management_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--api-credentials, --api-endpoint, --api-ca, --region; the command gets `management`."""

    @functools.wraps(command)
    def with_management(
        *args: Any,
        api_credentials: str,
        api_endpoint: "ApiEndpoint | None",
        api_ca: Path | None,
        region: str,
        **others: Any,
    ) -> Any:
        typed = {name: others.get(name) for name in ("batch", "operator", "note")}
        texts = {name: text for name, text in typed.items() if isinstance(text, str)}
        chosen = ManagementOptions(api_credentials, api_endpoint, api_ca, region, texts)
        return command(*args, management=chosen, **others)

    for option in (region_option, _ca, _endpoint, api_credentials_option(DEFAULT_CREDENTIALS)):
        with_management = option(with_management)
    return with_management


def api_credentials_option(default: str = "") -> Decorator:
    """--api-credentials: where the credentials of the management API are kept."""
    return click.option(
        "--api-credentials",
        metavar="REFERENCE",
        default=default,
        show_default=bool(default),
        callback=_before_credentials,
        help="Where the credentials of the management API are kept: env:NAME, file:PATH, "
        "keyring:SERVICE/USER or prompt. Their text is ID:KEY or ID:KEY:TOKEN.",
    )


def _before_credentials(_context: click.Context, _option: click.Parameter, value: str) -> str:
    core_dumps.forbid()
    return value


def _endpoint(command: Command) -> Command:
    return click.option(
        "--api-endpoint",
        metavar="URL",
        callback=read_endpoint,
        help="Call the management API there, as of `burner cloud gateway`: https://HOST:PORT, or "
        "http:// with a loopback address. Left out: the platform's own.",
    )(command)


def read_endpoint(
    context: click.Context, option: click.Parameter, value: str | None
) -> "ApiEndpoint | None":
    """The callback of an option for an endpoint: https, or http on this computer."""
    from burner.cloud.management.endpoint import api_endpoint

    if value is None:
        return None
    try:
        return api_endpoint(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None


def _ca(command: Command) -> Command:
    return click.option(
        "--api-ca",
        metavar="FILE",
        type=FILE,
        help="Certificates in PEM that the management API is trusted by, in place of the public "
        "ones.",
    )(command)


def region_option(command: Command) -> Command:
    """--region: of the product; empty where it is left out."""
    return click.option(
        "--region",
        metavar="REGION",
        default="",
        callback=_check_region,
        help="Region of the product, as in `registration.region` of the profile, or as the "
        "management API names it. Left out: that of the profile, else the platform's first.",
    )(command)


def _check_region(context: click.Context, option: click.Parameter, value: str) -> str:
    if value and not re.fullmatch("[a-z0-9-]{1,32}", value):
        raise click.BadParameter("a region has small letters, digits and -", context, option)
    return value


def management_api(
    cloud: "Cloud",
    region: str,
    options: ManagementOptions,
    instance: str = "",
    *,
    product_secret: "Secret | None" = None,
) -> "ManagementApi":
    """The management API of a product's platform; the credentials may be asked for.

    Args:
        cloud: `product.cloud` of the profile.
        region: `registration.region` of the profile; empty where it has none.
        options: of the command; its region has precedence.
        instance: `registration.instance` of the profile.
        product_secret: where it is known: it is removed from what the platform answers.

    Raises:
        BurnerError: E859 no credentials are there, E150 to E155 they cannot be had, E831 they have
            not the form, E821 the file of --api-ca has no certificate, E830 the SDK is not
            installed, E844 burner knows no management API of the platform, E470 a text
            that goes on record holds one of them.
    """
    from burner.cli.questions.secret_questions import api_credentials_prompt
    from burner.cloud.management.account import ApiAccount
    from burner.cloud.management.credentials import api_credentials
    from burner.cloud.management.open import open_management, require_management_api
    from burner.core.secrets.reference import SECRET_ABSENT, resolve
    from burner.release.entered_text import refuse_secrets

    require_management_api(cloud)
    try:
        text = resolve(options.credentials, Path(), api_credentials_prompt())
    except BurnerError as error:
        if error.code in SECRET_ABSENT:
            raise BurnerError(Code.API_CREDENTIALS_ABSENT, error.detail) from None
        raise
    credentials = api_credentials(text)
    refuse_secrets(credentials.search(), options.texts)
    account = ApiAccount(
        credentials, options.region or region, options.endpoint, options.ca, instance
    )
    if product_secret is not None:
        account.search.add(product_secret)
    return open_management(cloud, account)
