"""A host that is this computer, by whatever name."""

import socket

import pytest

from burner.cloud.management.this_computer import is_this_computer


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "0.0.0.0", "::1"])
def test_a_name_with_an_address_of_this_computer_is_this_computer(address: str) -> None:
    assert is_this_computer("vm.factory", lambda _host: ["192.0.2.7", address])


def test_an_address_of_a_network_card_is_this_computer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.7", 9))
        except OSError:
            pytest.skip("no network")
        own = probe.getsockname()[0]
    assert is_this_computer("vm.factory", lambda _host: [own])


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "no address", ""])
def test_another_computer_is_not_this_one(address: str) -> None:
    assert not is_this_computer("vm.factory", lambda _host: [address] if address else [])
