"""The crypto of the bare program, compared with mbedTLS and with Python's on random input."""

import hashlib
import hmac
import random
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.firmware.host import Field, Host, Operation

HASHES = ("sha1", "sha256")
Case = tuple[tuple[Field, ...], bytes]
"""An operation, and what must come of it."""


def cases(count: int) -> Iterator[Case]:
    source = random.Random(count)
    for number in range(count):
        # Every length around the two block sizes, then any.
        data = source.randbytes(number if number < 200 else source.randrange(1000))
        key = source.randbytes(source.choice((0, 1, 20, 32, 63, 64, 65, 200)))
        which = number % 2
        name = HASHES[which]
        yield (Operation.DIGEST, which, data), hashlib.new(name, data).digest()
        yield (Operation.HMAC, which, key, data), hmac.digest(key, data, name)
        yield cbc(source, 16 * source.randrange(10))
        yield xts(source)


def cbc(source: random.Random, size: int) -> Case:
    key, iv, data = source.randbytes(16), source.randbytes(16), source.randbytes(size)
    decrypted = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor().update(data)
    return (Operation.CBC, key, iv, data), decrypted


def xts(source: random.Random) -> Case:
    key, tweak, entry = source.randbytes(64), source.randbytes(16), source.randbytes(32)
    decrypted = Cipher(algorithms.AES(key), modes.XTS(tweak)).decryptor().update(entry)
    return (Operation.XTS, key, tweak, entry), decrypted


def check(host: Host, count: int) -> None:
    tried = list(cases(count))
    results = host.run(case for case, _ in tried)
    assert [result for (result,) in results] == [wanted for _, wanted in tried]


def test_the_own_crypto_computes_what_python_computes(own: Host) -> None:
    check(own, 300)


def test_mbedtls_computes_what_python_computes(host: Host) -> None:
    check(host, 300)


def test_half_a_block_is_not_decrypted(own: Host, host: Host) -> None:
    case = (Operation.CBC, bytes(16), bytes(16), bytes(24))
    assert own.one(*case) == host.one(*case) == [b""]


@pytest.mark.full
def test_many_inputs_are_the_same_with_both(own: Host, host: Host) -> None:
    check(own, 10_000)
    check(host, 10_000)
