"""The three errors of every check of a log."""

from burner.core.code import Code
from burner.core.errors import BurnerError


def not_as_signed(detail: str) -> BurnerError:
    """E713: what is stored is not what was signed."""
    return BurnerError(Code.MANIFEST_NOT_AS_SIGNED, detail)


def inconsistent(detail: str) -> BurnerError:
    """E714: records, or the tables, contradict each other."""
    return BurnerError(Code.MANIFEST_INCONSISTENT, detail)


def out_of_order(detail: str) -> BurnerError:
    """E716: a record that cannot come now."""
    return BurnerError(Code.STEP_OUT_OF_ORDER, detail)
