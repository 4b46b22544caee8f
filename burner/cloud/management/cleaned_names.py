"""Names of devices, without the secrets that somebody may have put there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from burner.core.secrets.search import SecretSearch


class NamedDevice(Protocol):
    """A dataclass of a device."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """Its name on the platform."""


D = TypeVar("D", bound=NamedDevice)


def with_cleaned_names(pages: Iterable[Sequence[D]], search: SecretSearch) -> Iterator[Sequence[D]]:
    """The devices, no name of which holds a secret that `search` knows."""
    for page in pages:
        if search.spans("\n".join(device.name for device in page)):
            yield [replace(device, name=search.clean(device.name)) for device in page]
        else:
            yield page
