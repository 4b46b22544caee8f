"""A worker without esptool, for the tests of the pipe: does what the command's kind says."""

import os
import sys
import threading
import time

from burner.devices import wire
from burner.devices.wire import Message


def main() -> None:
    down, up = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    wire.send(up, Message("ready", {"versions": {"fake": "1"}}))
    while (command := wire.receive(down)) is not None:
        if command.kind == "promise":
            wire.send(up, Message("alive", {"within": command["within"]}))
            time.sleep(command["sleep"])
        if command.kind == "die":
            sys.stderr.write(command.fields.get("words", "the driver went away") + "\n")
            sys.stderr.flush()
            os._exit(command["status"])
        if command.kind == "refuse":
            detail = command.fields.get("detail", "a block")
            wire.send(up, Message("failed", {"code": "E501", "detail": detail}))
            continue
        if command.kind == "log":
            for line in command["lines"]:
                wire.send(up, Message("log", {"text": line}))
        if command.kind == "count":
            for n in range(command["to"]):
                wire.send(up, Message("progress", {"done": n, "within": 1.0}))
        if command.kind == "environment":
            wire.send(up, Message("done", {"names": sorted(os.environ)}))
            continue
        wire.send(up, Message("done", {"pid": os.getpid()}, command.payload))


if __name__ == "__main__":
    limit = threading.Timer(30, os._exit, (9,))
    limit.daemon = True
    limit.start()
    main()
