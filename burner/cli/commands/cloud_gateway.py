"""`burner cloud gateway`: registers devices as the cloud platform would."""

from typing import Any

import click

from burner.cli.gateway.arguments import GatewayArguments
from burner.cli.parameters import options
from burner.cli.parameters.cloud_options import api_credentials_option
from burner.cli.parameters.file_argument import FILE
from burner.cli.parameters.registration_options import limit_option, register_type_option
from burner.cli.parameters.server_options import host_option, http_port_option

PORT = click.IntRange(0, 65535)


@click.command()
@click.argument("profiles", metavar="PROFILE...", nargs=-1, required=True, type=FILE)
@host_option
@http_port_option(default=0)
@click.option("--https-port", metavar="N", type=PORT, help="Port with TLS; 0: a free one.")
@click.option("--tls-cert", metavar="FILE", type=FILE, help="Certificate in PEM, for TLS.")
@click.option("--tls-key", metavar="FILE", type=FILE, help="Private key of --tls-cert, in PEM.")
@click.option(
    "--created-file",
    "created_file",
    metavar="FILE",
    type=FILE,
    help="Names created beforehand, one a line. After a comma: registered, activated, disabled, "
    "or the code with which the name is refused.",
)
@click.option("--created", metavar="NAME", multiple=True, help="A name created beforehand.")
@register_type_option
@limit_option(default=1000)
@click.option(
    "--repeats",
    metavar="N",
    type=click.IntRange(0, 1000),
    help="A registered device may register N times more. Left out: as on the platform.",
)
@click.option(
    "--credentials",
    type=click.Choice(["key", "certificate"]),
    help="What a device gets: a key of its own, or a certificate. Left out: as in "
    "`registration.credentials` of the profile.",
)
@click.option(
    "--activate",
    is_flag=True,
    help="A device that registers counts as activated too, as if it had connected.",
)
@click.option(
    "--licenses",
    metavar="N",
    type=click.IntRange(0, 1_000_000),
    help="Licenses of a product, one for each device; IoT Explorer and Volcengine. Left out: as "
    "many as devices come.",
)
@api_credentials_option()
@click.option(
    "--clock-window",
    metavar="SECONDS",
    type=click.IntRange(1, 1_000_000_000),
    default=300,
    show_default=True,
    help="So far may the clock of a device be off.",
)
@options.secret_option
@options.output_option()
@options.json_option
def gateway(**arguments: Any) -> None:
    """Serve the registration of each PROFILE until Ctrl-C.

    For firmware and for tests: it answers as the platform of `product.cloud` does, and prints a
    line for each request. Nothing is sent to a cloud. Without --register-type a product registers
    as `registration.names` of the profile needs; else names created beforehand if some are given;
    else it creates devices. With --api-credentials it serves the platform's management API too, on
    the same devices: other commands reach it with --api-endpoint. --https-port without --tls-cert
    makes a certificate for this run; --output writes it, to be trusted.
    """
    chosen = GatewayArguments(**arguments)
    _check_arguments(chosen)
    from burner.cli.gateway.run import serve

    serve(chosen)


def _check_arguments(chosen: GatewayArguments) -> None:
    from burner.cloud.management.endpoint import is_loopback

    if chosen.secret and len(chosen.profiles) > 1:
        raise click.UsageError("--secret belongs to one product, and there are several profiles")
    if chosen.api_credentials and chosen.https_port is None and not is_loopback(chosen.host):
        raise click.UsageError("--api-credentials and a --host of the network need --https-port")
    if bool(chosen.tls_cert) != bool(chosen.tls_key):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if (chosen.tls_cert or chosen.output) and chosen.https_port is None:
        raise click.UsageError("--tls-cert and --output need --https-port")
    if chosen.tls_cert and chosen.output:
        raise click.UsageError("--output writes the certificate that --tls-cert replaces")
