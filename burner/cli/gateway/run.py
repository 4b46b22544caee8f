"""A run of `burner cloud gateway`: products from profiles, servers, and their end."""

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from ssl import SSLContext

import click

from burner.cli.gateway.arguments import GatewayArguments
from burner.cli.gateway.journal import GatewayJournal
from burner.cli.questions.secret_questions import api_credentials_prompt, product_secret_prompt
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.gateway.gateway import USUAL_REGION, Gateway, ServedProduct
from burner.cloud.gateway.http_server import BoundedHttpServer, Bounds
from burner.cloud.gateway.management.service import CALLS_PER_SECOND, ManagementService
from burner.cloud.gateway.names_file import check_names, read_names
from burner.cloud.gateway.registered_devices import (
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.cloud.gateway.tls import ServerTls, tls_for_a_run, tls_from_files
from burner.cloud.management.credentials import api_credentials
from burner.cloud.management.endpoint import is_loopback
from burner.cloud.management.open import require_management_api
from burner.core.atomic_file import write_output
from burner.core.errors import refuse
from burner.core.secrets.reference import resolve
from burner.core.secrets.search import SecretSearch
from burner.core.words.phrases import phrase
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.platforms.tencent import API_REGIONS
from burner.profile.profile import Profile
from burner.profile.reading import load_profile

MANAGEMENT_BOUNDS = Bounds(body_bytes=64 * 1024)
"""A thousand names of Alibaba fit."""


def serve(chosen: GatewayArguments) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, lambda *_: stop.set())
            stack.callback(signal.signal, number, before)
        journal = stack.enter_context(serving(chosen))
        if not is_loopback(chosen.host):
            screen.warn(phrase("gateway reachable", language()))
        while not stop.wait(0.5):
            pass
    journal.stopped()


@contextmanager
def serving(chosen: GatewayArguments) -> Iterator[GatewayJournal]:
    """Serve for as long as this context is open."""
    products = _products(chosen)
    search = SecretSearch(*(product.secret for product in products.values()))
    management = _management(chosen, products.values(), search)
    journal = GatewayJournal(search, as_json=chosen.as_json)
    gateway = Gateway(products.values(), clock_window_s=chosen.clock_window)
    tls = _tls(chosen)
    ports: dict[SSLContext | None, int] = {None: chosen.http_port}
    if tls:
        ports[tls.context] = chosen.https_port or 0
    servers, managed = list[BoundedHttpServer](), list[BoundedHttpServer]()
    with ExitStack() as stack:
        for context, port in ports.items():
            # Its answers hold the product secret, so they leave this computer over TLS alone.
            is_safe = context is not None or is_loopback(chosen.host)
            manages = management if is_safe else None
            server = BoundedHttpServer(
                (chosen.host, port),
                journal.answering(gateway, manages),
                journal.refused,
                tls=context,
                bounds=MANAGEMENT_BOUNDS if manages else Bounds(),
            )
            stack.callback(server.close)
            servers.append(server)
            managed += [server] if manages else []
        for server in servers:
            server.start()
        if tls and chosen.output:
            write_output(chosen.output, tls.certificate.encode("ascii"))
        journal.ready(servers, products, tls, managed)
        yield journal


# -- what is served --------------------------------------------------------------------------------


def _products(chosen: GatewayArguments) -> Mapping[str, ServedProduct]:
    """The products by the titles of their profiles."""
    profiles = [load_profile(path) for path in chosen.profiles]
    ids = [profile.product.id for profile in profiles]
    if twice := next((one for one in ids if ids.count(one) > 1), ""):
        raise click.UsageError(f"two profiles are of the product {twice}")
    listed = _listed(chosen, profiles)
    return {profile.title: _product(chosen, profile, listed) for profile in profiles}


def _listed(
    chosen: GatewayArguments, profiles: Sequence[Profile]
) -> Mapping[str, ListedName] | None:
    if chosen.created_file is None and not chosen.created:
        return None
    platforms = [profile.platform for profile in profiles]
    listed = read_names(chosen.created_file, platforms) if chosen.created_file else {}
    return {**check_names(chosen.created, platforms), **listed}


def _product(
    chosen: GatewayArguments, profile: Profile, listed: Mapping[str, ListedName] | None
) -> ServedProduct:
    if chosen.api_credentials:
        require_management_api(profile.product.cloud)
    platform, prompt = profile.platform, product_secret_prompt(profile.path.name)
    reference, base = (
        (chosen.secret, Path()) if chosen.secret else (profile.product.secret, profile.path.parent)
    )
    secret = resolve(reference, base, prompt)
    at = chosen.secret or profile.place("product", "secret")
    refuse(platform.rules.check_secret(secret, at))
    expected = profile.registration
    usual = RegisterType.AUTOMATIC if listed is None else RegisterType.PRECREATED
    if expected.name_creation:
        usual = expected.name_creation.register_type
    terms = RegistrationTerms(
        RegisterType(int(chosen.register_type)) if chosen.register_type else usual,
        chosen.limit,
        platform.repeats if chosen.repeats is None else chosen.repeats,
        licenses=chosen.licenses,
        online_at_once=chosen.activate,
    )
    devices = RegisteredDevices(terms, listed or {})
    kind = CredentialKind(chosen.credentials or expected.credentials)
    if kind is CredentialKind.CERTIFICATE and not platform.certificates:
        raise click.UsageError(f"{platform.title} gives no certificates")
    if chosen.licenses is not None and not platform.licenses:
        raise click.UsageError(f"{platform.title} has no licenses")
    return ServedProduct(
        profile.product.id,
        secret,
        platform,
        devices,
        kind,
        profile.title,
        region=API_REGIONS.get(expected.region, USUAL_REGION),
        instance=expected.instance,
    )


def _management(
    chosen: GatewayArguments, products: Iterable[ServedProduct], search: SecretSearch
) -> ManagementService | None:
    if not chosen.api_credentials:
        return None
    text = resolve(chosen.api_credentials, Path(), api_credentials_prompt())
    credentials = api_credentials(text)
    for secret in filter(None, (credentials.key, credentials.token)):
        search.add(secret)
    return ManagementService(products, credentials, calls_per_second=CALLS_PER_SECOND)


def _tls(chosen: GatewayArguments) -> ServerTls | None:
    if chosen.https_port is None:
        return None
    if chosen.tls_cert and chosen.tls_key:
        return tls_from_files(chosen.tls_cert, chosen.tls_key)
    hosts = (host for platform in PLATFORMS.values() for host in platform.hosts.values())
    return tls_for_a_run(dict.fromkeys((chosen.host, "localhost", "127.0.0.1", *hosts)))
