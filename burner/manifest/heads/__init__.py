"""Heads that leave the manifest: on paper, and to witnesses for their cosignatures."""
