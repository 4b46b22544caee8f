"""Whether a manifest, an export or a folder is what was written: pure rules, and what asks them."""
