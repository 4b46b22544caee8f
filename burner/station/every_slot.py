"""One action in all slots at once."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

DeviceT = TypeVar("DeviceT")
ResultT = TypeVar("ResultT")


def in_every_slot(
    devices: Mapping[str, DeviceT], action: Callable[[str, DeviceT], ResultT]
) -> dict[str, ResultT]:
    """Run `action(slot, device)` in a thread for each slot; the results by slot, in their order.

    Raises:
        Exception: what an action raised.
    """
    with ThreadPoolExecutor(len(devices)) as pool:
        running = {slot: pool.submit(action, slot, device) for slot, device in devices.items()}
        return {slot: future.result() for slot, future in running.items()}
