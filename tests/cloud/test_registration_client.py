"""A device that registers for real: at the gateway in this process, and at bad servers."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.cloud.gateway.tls import tls_for_a_run
from burner.cloud.management.endpoint import api_endpoint
from burner.cloud.registration_client import RegistrationAnswer, register
from burner.core.code import Code
from burner.core.secrets.secret import Secret
from burner.platforms.alibaba import ALIBABA
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.platforms.registration import Applicant, RegistrationApi
from burner.platforms.tencent import APIS
from burner.platforms.volcengine import VOLCENGINE
from tests.cloud.gateway.products import PRODUCT_ID, SECRET, gateway, product
from tests.cloud.gateway.test_http_server import serving

OTHER_SECRET = Secret(b"AnotherSecret00000000000")
CURRENT, OLDER = APIS


def ask(
    url: str,
    *,
    api: RegistrationApi = CURRENT,
    product_id: str = PRODUCT_ID,
    name: str = "plug-7",
    secret: Secret = SECRET,
    instance: str = "",
    ca: Path | None = None,
    seconds: float = 10,
) -> RegistrationAnswer:
    applicant = Applicant(product_id, name, secret, instance)
    return register(api, applicant, api_endpoint(url), ca=ca, seconds=seconds)


def answer_of(
    served: ServedProduct, now: float | None = None, **asked: object
) -> RegistrationAnswer:
    with serving(gateway(served, now=time.time() if now is None else now)) as server:
        return ask(server.server.url, **asked)  # type: ignore[arg-type]


def code_of(answer: RegistrationAnswer) -> Code:
    assert answer.error is not None
    assert not answer.registered
    return answer.error.code


@pytest.mark.parametrize("api", APIS)
def test_a_name_is_registered_and_no_credential_comes_back(api: RegistrationApi) -> None:
    answer = answer_of(product(), api=api)
    assert (answer.credentials, answer.error) == (CredentialKind.KEY, None)
    assert bool(answer.request_id) == (api is CURRENT)


def test_a_product_may_give_a_certificate() -> None:
    answer = answer_of(product(kind=CredentialKind.CERTIFICATE))
    assert answer.credentials is CredentialKind.CERTIFICATE


def test_another_secret_is_refused() -> None:
    assert code_of(answer_of(product(), secret=OTHER_SECRET)) == "E804"


def test_another_product_is_refused() -> None:
    assert code_of(answer_of(product(), product_id="OTHER00000")) == "E802"


def test_a_name_that_was_not_created_is_refused() -> None:
    answer = answer_of(product(register_type=RegisterType.PRECREATED))
    assert code_of(answer) == "E807"
    assert answer.request_id


@pytest.mark.parametrize("state", [DeviceState.REGISTERED, DeviceState.ACTIVATED])
def test_a_name_that_registered_before_is_refused(state: DeviceState) -> None:
    assert code_of(answer_of(product(names={"plug-7": ListedName(state)}))) == "E808"


@pytest.mark.parametrize("minutes", [-12, 12])
def test_a_wrong_clock_is_named_as_that(minutes: int) -> None:
    answer = answer_of(product(), now=time.time() + 60 * minutes)
    assert code_of(answer) == "E834"


def test_a_product_of_volcengine_is_in_an_instance() -> None:
    served, (api,) = product(cloud=Cloud.VOLCENGINE), VOLCENGINE.apis
    assert answer_of(served, api=api, instance="i-1").registered
    assert code_of(answer_of(served, api=api)) == "E803"


# -- TLS -------------------------------------------------------------------------------------------


def test_over_tls_the_certificate_must_be_trusted(tmp_path: Path) -> None:
    tls, served = tls_for_a_run(["127.0.0.1"]), product()
    ca = tmp_path / "gateway.pem"
    ca.write_text(tls.certificate)
    with serving(gateway(served, now=time.time()), tls=tls.context) as server:
        untrusted = ask(server.server.url)
        assert code_of(untrusted) == "E838"
        assert not untrusted.uncertain
        assert ask(server.server.url, ca=ca).registered


def test_a_certificate_of_another_host_is_not_trusted(tmp_path: Path) -> None:
    tls = tls_for_a_run(["other.host"])
    ca = tmp_path / "gateway.pem"
    ca.write_text(tls.certificate)
    with serving(gateway(product()), tls=tls.context) as server:
        assert code_of(ask(server.server.url, ca=ca)) == "E838"


def test_alibaba_answers_over_tls(tmp_path: Path) -> None:
    tls = tls_for_a_run(["127.0.0.1"])
    ca = tmp_path / "gateway.pem"
    ca.write_text(tls.certificate)
    served = product(cloud=Cloud.ALIBABA, names={"plug-7": ListedName()})
    with serving(gateway(served, now=time.time()), tls=tls.context) as server:
        assert ask(server.server.url, api=ALIBABA.apis[0], ca=ca).registered


# -- bad servers -----------------------------------------------------------------------------------

PSK = "7WmFA/MEs+Fy+32QwJWtYw=="
VECTOR = (
    '{"Response":{"Len":53,"Payload":"eHGRUBar9LBPI+mcaHnVEZsj05mSdoZLPhd54hDJXv/2va2rXSpfddg'
    'Ry5XE/FIS835NjUr5Mhw1AJSg4yGC/w==","RequestId":"r"}}'
)
"""An answer under SECRET that gives PSK."""
Serve = Callable[[socket.socket], None]


@contextmanager
def bad_server(serve: Serve) -> Iterator[str]:
    """Reads the request of one connection, and does something with it."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run() -> None:
        with listener, listener.accept()[0] as connection:
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            serve(connection)
            over.wait(5)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join(5)


def saying(text: str, body: str = "", length: int | None = None) -> Serve:
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {text}\r\nContent-Length: {size}\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        connection.sendall((head + body).encode())
        connection.shutdown(socket.SHUT_WR)

    return serve


def cut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("serve", "code", "uncertain"),
    [
        (cut, "E840", True),
        (saying("200 OK", '{"Response":', length=99), "E840", True),
        (saying("200 OK", "<html>login</html>"), "E812", True),
        (saying("302 Found\r\nLocation: http://127.0.0.1:1/", ""), "E812", True),
        (saying("502 Bad Gateway", "<html>"), "E801", True),
        (saying("200 OK", "x" * 70_000), "E840", True),
    ],
)
def test_a_bad_answer_is_named_and_the_name_may_be_taken(
    serve: Serve, code: str, uncertain: bool
) -> None:
    with bad_server(serve) as url:
        answer = ask(url)
    assert (code_of(answer), answer.uncertain) == (code, uncertain)


def test_an_answer_that_does_not_come_is_waited_for_until_the_deadline() -> None:
    with bad_server(lambda _: None) as url:
        answer = ask(url, seconds=0.2)
    assert (code_of(answer), answer.uncertain) == ("E837", True)


def test_an_answer_that_another_secret_encrypted_means_a_wrong_secret() -> None:
    with bad_server(saying("200 OK", VECTOR)) as url:
        assert ask(url).registered
    with bad_server(saying("200 OK", VECTOR)) as url:
        assert code_of(ask(url, secret=OTHER_SECRET)) == "E811"


def test_a_refused_signature_and_another_date_mean_a_wrong_clock() -> None:
    date = "Date: Sun, 01 Nov 2020 08:00:00 GMT"
    with bad_server(saying(f"200 OK\r\n{date}", '{"code":1010,"message":"sign"}')) as url:
        answer = ask(url, api=OLDER)
    assert code_of(answer) == "E834"
    assert answer.error is not None
    assert " ahead of the platform" in answer.error.detail


def test_nobody_who_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    answer = ask(url)
    assert (code_of(answer), answer.uncertain) == ("E836", False)


def test_a_proxy_that_refuses_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with bad_server(saying("407 Proxy Authentication Required")) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("//", "//user:hush@"))
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        answer = ask("https://gateway.invalid")
    assert code_of(answer) == "E839"
    assert answer.error is not None
    assert "gateway.invalid by the proxy 127.0.0.1" in answer.error.detail
    assert "hush" not in str(answer.error)


def test_this_computer_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert answer_of(product()).registered
