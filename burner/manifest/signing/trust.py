"""Whose signatures count: public keys that a person brought along, some bound to a station."""

from collections.abc import Iterable, Iterator, Mapping

from burner.manifest.signing.keys import PublicKey


class Trust(Mapping[str, PublicKey]):
    """Keys by id. One that is bound to a station counts in that station's chain alone, and there
    no other does; the rest count in every other chain.
    """

    def __init__(
        self, keys: Iterable[PublicKey] = (), bound: Iterable[tuple[str, PublicKey]] = ()
    ) -> None:
        self._free = {key.id: key for key in keys}
        self._bound: dict[str, dict[str, PublicKey]] = {}
        for station, key in bound:
            self._bound.setdefault(station, {})[key.id] = key

    def of(self, station: str) -> Mapping[str, PublicKey]:
        """The keys that count in a station's chain."""
        return self._bound.get(station, self._free)

    def __getitem__(self, key_id: str) -> PublicKey:
        for keys in (self._free, *self._bound.values()):
            if key_id in keys:
                return keys[key_id]
        raise KeyError(key_id)

    def __iter__(self) -> Iterator[str]:
        return iter({key for keys in (self._free, *self._bound.values()) for key in keys})

    def __len__(self) -> int:
        return len(set(iter(self)))


def keys_of(
    trusted: Mapping[str, PublicKey] | None, station: str
) -> Mapping[str, PublicKey] | None:
    """The keys that count in a station's chain; None = those that it names itself."""
    if not trusted:
        return None
    return trusted.of(station) if isinstance(trusted, Trust) else trusted
