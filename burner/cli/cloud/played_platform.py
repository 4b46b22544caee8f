"""What a gateway on this computer answers for a platform is not put on the record of real units;
what another address answers goes on record with that address.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burner.cloud.management.endpoint import ApiEndpoint
    from burner.manifest.reading.reader import ManifestReader


def may_record(reader: "ManifestReader", endpoint: "ApiEndpoint | None") -> bool:
    """Whether an answer goes on record.

    Args:
        reader: of the manifest.
        endpoint: that answered; None: the platform's own, or a person.
    """
    return endpoint is None or reader.is_simulated() or not _is_played_here(endpoint)


def recorded_endpoint(endpoint: "ApiEndpoint | None") -> str:
    """An endpoint as records name it; empty: the platform's own answered, or a person."""
    return endpoint.host if endpoint else ""


def _is_played_here(endpoint: "ApiEndpoint") -> bool:
    from burner.cloud.management.this_computer import is_this_computer

    return endpoint.is_local or is_this_computer(endpoint.hostname)
