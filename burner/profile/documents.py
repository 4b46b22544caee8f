"""Documents that a profile names for its release."""

from typing import Annotated

from pydantic import Field

from burner.core.yaml_schema import StrictModel


class DocumentSettings(StrictModel):
    """Documents that go into the release file. They are burned into no unit."""

    sbom: Annotated[str, Field(min_length=1)] | None = None
    """Software bill of materials of the firmware: SPDX or CycloneDX as JSON, or SPDX as tag-value,
    as `esp-idf-sbom` and others write it. Every record of a unit names its digest. The path starts
    from the profile's folder."""
    notes: Annotated[str, Field(min_length=1)] | None = None
    """Release notes, a text file: `burner release show` prints them. The path starts from the
    profile's folder."""

    def paths(self) -> dict[str, str]:
        """Path of each document that is named, by its key."""
        named = {"sbom": self.sbom, "notes": self.notes}
        return {kind: path for kind, path in named.items() if path is not None}
