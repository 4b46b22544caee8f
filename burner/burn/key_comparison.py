"""The key configuration in a unit, read back and compared with its record or with today's key.

Nothing is written.
"""

from collections.abc import Callable

from burner.burn.comparison import Comparison, ComparisonVerdict
from burner.core.attempt import Record
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.devices.device import Device
from burner.provisioning.at_carrier import AtCarrier
from burner.provisioning.carrier import FlashCarrier, KeyState
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.partition_settings import is_moved
from burner.release.release import KeylessRelease, Release

CONFIGURATION = "key configuration"


def compare_key(device: Device, record: Record, release: Release) -> Comparison:
    """Compare the key configuration with today's key and the name of the record.

    An AT firmware is started and asked. To read its flash afterwards, connect to it again.
    """
    key = release.key_for(record.attempt.device_name)

    def state() -> KeyState:
        if carrier := release.flash_carrier:
            return carrier.compare(read_key(device, carrier, release), key)
        if at_carrier := release.at_carrier:
            _verify_by_dialogue(device, at_carrier, key)
        return KeyState.SAME

    return _key_comparison(state, release, key)


def compare_recorded_key(device: Device, record: Record, release: KeylessRelease) -> Comparison:
    """Compare the key configuration with the record.

    The product secret is needed only for an AT firmware, and where the record has no fingerprint.
    """
    carrier, recorded = release.flash_carrier, record.result.evidence.get("key", "")
    if carrier is None or not recorded:
        if isinstance(release, Release):
            return compare_key(device, record, release)
        asks = "the firmware can be asked" if recorded else "no fingerprint on record: compared"
        why = f"{asks} only with the product secret (--secret)"
        return Comparison(CONFIGURATION, ComparisonVerdict.LEFT_OUT, why)
    attempt = record.attempt
    name = release.recorded_name(attempt.device_name)
    read = read_key(device, carrier, release)
    unknown = KeyConfig(attempt.product_id, Secret(b""), name)
    try:
        decoded = carrier.decode(read)
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        lost = error

        def state() -> KeyState:
            if carrier.compare(read, unknown) is KeyState.GONE:
                return KeyState.GONE
            raise lost

        return _key_comparison(state, release, unknown)
    wrong = [
        what
        for what, same in (
            ("ProductID", decoded.product_id == attempt.product_id),
            ("secret", decoded.product_secret.fingerprint(attempt.product_id) == recorded),
            ("name", decoded.device_name == name),
        )
        if not same
    ]
    if wrong:
        return Comparison(
            CONFIGURATION, ComparisonVerdict.DIFFERS, f"decoded, with another {', '.join(wrong)}"
        )
    return _key_comparison(lambda: carrier.compare(read, decoded), release, decoded)


def read_key(
    device: Device, carrier: FlashCarrier, release: KeylessRelease, *, as_burned: bool = False
) -> dict[str, bytes]:
    """What the places in flash that hold the key configuration contain, by name.

    `as_burned`: as of `FlashCarrier.read_ranges`.
    """
    places = carrier.read_ranges(release.layout, as_burned=as_burned)
    return {place.name: device.read(place.offset, place.size) for place in places}


def _key_comparison(
    compare: Callable[[], KeyState], release: KeylessRelease, key: KeyConfig
) -> Comparison:
    """The comparison of a key configuration."""
    try:
        state = compare()
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        return Comparison(CONFIGURATION, ComparisonVerdict.DIFFERS, str(error))
    if state is KeyState.SAME:
        return Comparison(
            CONFIGURATION,
            ComparisonVerdict.SAME,
            f"{key.product_id} {key.device_name}".strip(),
        )
    if state is KeyState.GONE and is_moved(release.profile.carrier):
        why = "gone: the firmware moves it when it first starts (carrier.after_boot)"
        return Comparison(CONFIGURATION, ComparisonVerdict.LEFT_OUT, why)
    why = "gone" if state is KeyState.GONE else "decoded, but with other values"
    return Comparison(CONFIGURATION, ComparisonVerdict.DIFFERS, why)


def _verify_by_dialogue(device: Device, carrier: AtCarrier, key: KeyConfig) -> None:
    device.boot(0.0, lambda _: True)
    line = device.line(carrier.settings.port, carrier.settings.baud)
    try:
        carrier.verify(line, key)
    finally:
        line.close()
