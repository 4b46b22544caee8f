"""What a measured value was compared with, in one short line without words."""

from burner.core.measurements import Limits


def limits_text(limits: Limits) -> str:
    """`10 … 14 dBm`, `≥ 10 dBm`, `≤ 14 dBm`, `= RED`, `~ v[0-9]+`; empty: nobody judges it."""
    if limits.text:
        return f"= {limits.text}"
    if limits.pattern:
        return f"~ {limits.pattern}"
    if limits.low and limits.high:
        return f"{limits.low} … {limits.high} {limits.unit}".rstrip()
    if limits.low or limits.high:
        sign = "≥" if limits.low else "≤"
        return f"{sign} {limits.low or limits.high} {limits.unit}".rstrip()
    return ""
