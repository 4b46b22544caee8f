"""Plain esptool, several commands in one process. argv: a JSON list of command lines.

Prints a JSON list of [exit status, what esptool printed]. The one thing that is not esptool's own
is the first line of `main`: where pyserial looks for handlers of URLs.
"""

import contextlib
import io
import json
import sys

import serial


def main() -> None:
    serial.protocol_handler_packages.append("burner.bench.wire")
    import esptool

    results = []
    for command in json.loads(sys.argv[1]):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = 0
            try:
                esptool.main(command)
            except esptool.FatalError as error:
                status = 2
                printed.write(str(error))
            except SystemExit as error:
                status = int(error.code or 0)
        results.append([status, printed.getvalue()])
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main()
