"""Warnings about a profile and what it burns: one module a subject. Pure."""
