"""The address of a management API, as an option names it."""

import pytest

from burner.cloud.management.endpoint import ApiEndpoint, api_endpoint


@pytest.mark.parametrize(
    ("text", "scheme", "host"),
    [
        ("https://api.factory.lan", "https", "api.factory.lan"),
        ("https://192.0.2.7:8443/", "https", "192.0.2.7:8443"),
        ("http://127.0.0.1:8080", "http", "127.0.0.1:8080"),
        ("http://localhost:8080", "http", "localhost:8080"),
        ("http://[::1]:8080", "http", "[::1]:8080"),
    ],
)
def test_https_or_a_loopback_address(text: str, scheme: str, host: str) -> None:
    assert api_endpoint(text) == ApiEndpoint(scheme, host)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:8080",
        "http://192.0.2.7:8080",
        "http://localhost.example.com",
        "https://user:password1@host",
        "https://host/path",
        "https://host?query",
        "https://host:99999",
        "https://[::1",
        "https://höst",
        "ftp://127.0.0.1",
    ],
)
def test_anything_else_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"^https://HOST") as raised:
        api_endpoint(text)
    assert "password1" not in str(raised.value)
