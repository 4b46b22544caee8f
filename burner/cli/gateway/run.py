"""A run of `burner cloud gateway`: products from profiles, servers, and their end."""

import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext

import click

from burner.cli.gateway.arguments import GatewayArguments
from burner.cli.gateway.journal import GatewayJournal
from burner.cli.questions.secret_questions import product_secret_prompt
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.gateway.gateway import Gateway, ServedProduct
from burner.cloud.gateway.http_server import BoundedHttpServer
from burner.cloud.gateway.names_file import check_names, read_names
from burner.cloud.gateway.registered_devices import (
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.cloud.gateway.tls import ServerTls, tls_for_a_run, tls_from_files
from burner.core.atomic_file import write_output
from burner.core.errors import refuse
from burner.core.secrets.reference import resolve
from burner.core.secrets.search import SecretSearch
from burner.core.words.phrases import phrase
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.profile.profile import Profile
from burner.profile.reading import load_profile

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(chosen: GatewayArguments) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    products = _products(chosen)
    search = SecretSearch(*(product.secret for product in products.values()))
    journal = GatewayJournal(search, as_json=chosen.as_json)
    served = Gateway(products.values(), clock_window_s=chosen.clock_window)
    tls = _tls(chosen)
    stop = threading.Event()
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, lambda *_: stop.set())
            stack.callback(signal.signal, number, before)
        ports: dict[SSLContext | None, int] = {None: chosen.http_port}
        if tls:
            ports[tls.context] = chosen.https_port or 0
        answer, servers = journal.answering(served), list[BoundedHttpServer]()
        for context, port in ports.items():
            address = (chosen.host, port)
            servers.append(BoundedHttpServer(address, answer, journal.refused, tls=context))
            stack.callback(servers[-1].close)
        for server in servers:
            server.start()
        if tls and chosen.output:
            write_output(chosen.output, tls.certificate.encode("ascii"))
        journal.ready(servers, products, tls)
        if chosen.host not in LOOPBACK:
            screen.warn(phrase("gateway reachable", language()))
        while not stop.wait(0.5):
            pass
    journal.stopped()


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
    platform, prompt = profile.platform, product_secret_prompt(profile.path.name)
    reference, base = (
        (chosen.secret, Path()) if chosen.secret else (profile.product.secret, profile.path.parent)
    )
    secret = resolve(reference, base, prompt)
    at = chosen.secret or profile.place("product", "secret")
    refuse(platform.rules.check_secret(secret, at))
    usual = RegisterType.AUTOMATIC if listed is None else RegisterType.PRECREATED
    terms = RegistrationTerms(
        RegisterType(int(chosen.register_type)) if chosen.register_type else usual,
        chosen.limit,
        platform.repeats if chosen.repeats is None else chosen.repeats,
    )
    devices = RegisteredDevices(terms, listed or {})
    kind = CredentialKind(chosen.credentials)
    if kind is CredentialKind.CERTIFICATE and not platform.certificates:
        raise click.UsageError(f"{platform.title} gives no certificates")
    return ServedProduct(profile.product.id, secret, platform, devices, kind)


def _tls(chosen: GatewayArguments) -> ServerTls | None:
    if chosen.https_port is None:
        return None
    if chosen.tls_cert and chosen.tls_key:
        return tls_from_files(chosen.tls_cert, chosen.tls_key)
    hosts = (host for platform in PLATFORMS.values() for host in platform.hosts.values())
    return tls_for_a_run(dict.fromkeys((chosen.host, "localhost", "127.0.0.1", *hosts)))
