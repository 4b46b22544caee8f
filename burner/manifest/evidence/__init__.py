"""Checks by people: a manifest or an export, with keys and heads that were kept outside it."""
