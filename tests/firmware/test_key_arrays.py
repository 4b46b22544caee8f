"""The key in arrays of the application, as burner patches them."""

import random
from dataclasses import replace
from pathlib import Path

from burner.core.segments import Segment
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.key_config import KeyConfig
from tests.firmware import products
from tests.firmware.burning import random_key, read, status, wanted_of
from tests.firmware.host import Field, Host, Operation, Status
from tests.firmware.products import PRODUCTS
from tests.images import app_image
from tests.provisioning.layouts import KEY, NAMED, POSSIBLE, burned, layout, partition


def array_places(key: KeyConfig) -> tuple[Field, ...]:
    """The arrays of an application image after burner patched it."""
    texts = ("PRODUCT_ID", "YOUR_PRODUCT_SECRET", "YOUR_DEV_NAME")
    arrays = (text.ljust(size, "\0") for text, size in zip(texts, (11, 33, 49), strict=True))
    image = Segment("app", 0x10000, app_image("x\0" + "".join(arrays)))
    table = (partition("ota_0", "app, ota_0", 0x100000, offset=0x10000),)
    carrier = as_flash_carrier(carrier_for(PRODUCTS[products.ARRAYS].carrier, POSSIBLE))
    assert carrier is not None
    found = burned(carrier, layout(*table, segments=[image]), key)
    return tuple(found[f"app.{name}"] for name in ("product_id", "product_secret", "device_name"))


def test_patched_arrays_are_the_key(host: Host) -> None:
    source = random.Random(3)
    keys = [random_key(source) for _ in range(50)]
    results = host.run((Operation.ARRAYS, *array_places(key)) for key in keys)
    for key, result in zip(keys, results, strict=True):
        assert status(result) is Status.OK
        assert result[1:] == wanted_of(products.ARRAYS, key)


def test_arrays_that_are_no_key_are_refused(host: Host) -> None:
    product_id, secret, name = array_places(NAMED)
    assert isinstance(name, bytes)
    cases: dict[tuple[Field, ...], Status] = {
        (bytes(11), secret, name): Status.MISSING,
        (product_id, secret, b""): Status.OK,  # the firmware finds its name by itself
        (b"ABCDEFGHIJK", secret, name): Status.DAMAGED,
        (product_id, secret, name[:-1] + b"x"): Status.DAMAGED,
        (product_id, b"S" * 40 + b"\0", name): Status.TOO_LONG,
        (product_id, b"S" * 15 + b"\0", name): Status.NOT_ALLOWED,
        (product_id, secret, b"a b\0"): Status.NOT_ALLOWED,
    }
    results = host.run((Operation.ARRAYS, *case) for case in cases)
    assert [status(result) for result in results] == list(cases.values())


def test_a_program_that_is_patched_reads_its_own_arrays(host: Host, tmp_path: Path) -> None:
    """As burner patches an image: the compiler must not have known what the arrays hold."""
    (before,) = read(host, products.ARRAYS, (b"", b""))
    assert status(before) is Status.NOT_ALLOWED
    program = host.program.read_bytes()
    for text, size, value in (
        ("PRODUCT_ID", 11, KEY.product_id.encode()),
        ("YOUR_PRODUCT_SECRET", 33, KEY.product_secret.reveal()),
        ("YOUR_DEV_NAME", 49, b"patched-1"),
    ):
        array = text.encode().ljust(size, b"\0")
        assert program.count(array) == 1
        assert program.count(b"\0" + text.encode() + b"\0") == 1  # once, for the placeholder
        program = program.replace(array, value.ljust(size, b"\0"))
    patched = tmp_path / "patched"
    patched.write_bytes(program)
    patched.chmod(0o755)
    (after,) = read(replace(host, program=patched), products.ARRAYS, (b"", b""))
    assert after[1:] == [KEY.product_id.encode(), KEY.product_secret.reveal(), b"patched-1"]
