"""`python -m burner.bench SPEC`: a bench that lives as long as its parent's pipe to it.

Prints one JSON line when its ports are open. People use `burner bench run`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from burner.bench.bench_file import read_spec
from burner.bench.run import serve
from burner.bench.wire import pty
from burner.core.errors import BurnerError


def main() -> int:
    """Serve; 0 at the end, 4 with the code as a JSON line when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m burner.bench", description=__doc__)
    parser.add_argument("spec", metavar="SPEC")
    parser.add_argument("--profile", type=Path, help="of the product that is tried, or its release")
    parser.add_argument("--pty", action="store_true", help="a PTY beside every port")
    arguments = parser.parse_args()
    try:
        serve(
            read_spec(arguments.spec, arguments.profile),
            _print,
            with_pty=arguments.pty and pty.AVAILABLE,
            parent=sys.stdin.buffer,
        )
    except BurnerError as error:
        findings = [str(finding) for finding in error.findings]
        _print({"code": error.code, "detail": error.detail, "findings": findings})
        return 4
    return 0


def _print(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
