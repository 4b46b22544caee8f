"""Documents that go into a release file beside the firmware: SBOM, release notes."""
