"""The firmware's library against `burner cloud gateway`, over a real socket."""

import random
from http import HTTPStatus

import pytest

from burner.platforms.product_settings import CredentialKind
from tests.cloud.gateway.products import HOST, NOW, PRODUCT_ID, SECRET, gateway, product
from tests.cloud.gateway.test_http_server import serving
from tests.firmware.host import Field, Host, Operation, Status, status_of

APIS = (CURRENT, OLDER) = (0, 1)


def signed(
    api: int, name: str, *, secret: bytes = SECRET.reveal(), seconds: int = NOW, sha256: bool = True
) -> tuple[Field, ...]:
    numbers = (api, int(sha256), HOST, seconds, random.Random(name).randrange(2**32))
    return (Operation.REQUEST, *numbers, PRODUCT_ID, secret, "", name)


def opened(api: int, answer: bytes) -> tuple[Field, ...]:
    return (Operation.ANSWER, api, PRODUCT_ID, SECRET.reveal(), "", answer)


@pytest.mark.parametrize("kind", CredentialKind)
def test_a_device_with_the_library_registers_with_the_gateway(
    own: Host, kind: CredentialKind
) -> None:
    cases = [(api, f"plug-{api}-{sha256}", sha256) for api in APIS for sha256 in (False, True)]
    requests = own.run(signed(api, name, sha256=sha256) for api, name, sha256 in cases)
    with serving(gateway(product(kind=kind))) as server:
        answers = [server.send(http) for status, http in requests if not status_of(status)]
    assert [status for status, _ in answers] == [HTTPStatus.OK] * len(cases)
    results = own.run(
        opened(api, body) for (api, _, _), (_, body) in zip(cases, answers, strict=True)
    )
    for status, psk, certificate, key, refusal in results:
        assert (status_of(status), refusal) == (Status.OK, b"")
        if kind is CredentialKind.KEY:
            assert len(psk) == 24
        else:
            assert certificate.startswith(b"-----BEGIN CERTIFICATE-----")
            assert key.startswith(b"-----BEGIN RSA PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("api", "change", "refusal"),
    [
        (OLDER, {"secret": b"9" + SECRET.reveal()[1:]}, b"1010"),
        (CURRENT, {"secret": b"9" + SECRET.reveal()[1:]}, b"AuthFailure.SignatureFailure"),
        (CURRENT, {"seconds": NOW - 900}, b"AuthFailure.SignatureExpire"),
    ],
)
def test_the_library_reads_the_gateways_refusal(
    own: Host, api: int, change: dict[str, bytes | int], refusal: bytes
) -> None:
    _, http = own.one(*signed(api, "plug-7", **change))  # type: ignore[arg-type]
    with serving(gateway(product())) as server:
        _, body = server.send(http)
    result = own.one(*opened(api, body))
    assert (status_of(result[0]), result[4]) == (Status.REFUSED, refusal)
