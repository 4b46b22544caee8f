"""The webhook over TLS: both sides know each other by certificates of the factory."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.mes.destination import MesAwayError
from burner.mes.settings import WebhookSettings
from burner.mes.webhook import Webhook
from tests.mes.cfx.tls_files import TlsAuthority
from tests.mes.messages import a_message
from tests.mes.receiver import receiving


def webhook(url: str, folder: Path, **files: Any) -> Webhook:
    entry = {"name": "mes", "kind": "webhook", "url": url}
    entry |= {what: str(file) for what, file in files.items()}
    return Webhook(WebhookSettings.model_validate(entry), folder)


def test_only_a_station_with_its_certificate_delivers_and_only_to_the_right_mes(
    tmp_path: Path,
) -> None:
    factory, other = TlsAuthority(tmp_path / "factory"), TlsAuthority(tmp_path / "other")
    certificate, key = factory.issue("line1")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*factory.issue("mes"))
    served.load_verify_locations(factory.ca)
    served.verify_mode = ssl.CERT_REQUIRED
    with receiving(served) as receiver:
        webhook(receiver.url, tmp_path, ca=factory.ca, certificate=certificate, key=key).deliver(
            a_message()
        )
        assert len(receiver.posted) == 1
        with pytest.raises(MesAwayError):
            webhook(receiver.url, tmp_path, ca=factory.ca).deliver(a_message())
        with pytest.raises(MesAwayError) as untrusted:
            webhook(receiver.url, tmp_path, ca=other.ca, certificate=certificate, key=key).deliver(
                a_message()
            )
        assert len(receiver.posted) == 1
    assert "certificate" in untrusted.value.detail


def test_a_key_that_is_none_is_said_at_the_start(tmp_path: Path) -> None:
    factory = TlsAuthority(tmp_path / "factory")
    certificate, _ = factory.issue("line1")
    bad = tmp_path / "bad.key"
    bad.write_text("no key")
    with pytest.raises(BurnerError) as unusable:
        webhook("https://mes.example/", tmp_path, certificate=certificate, key=bad)
    assert unusable.value.code == "E782"
