"""The list of checks: what `scripts/test` runs and what the hooks of a commit are made of."""

CHECKS = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "windows-types": ("mypy", "--platform=win32", "--cache-dir=.mypy_cache/windows", "burner"),
    "tests": ("pytest", "-q", "-n", "auto", "--dist", "worksteal"),
}
"""Modules of the virtual environment with their arguments; the hooks run all but the last."""
