"""Standard output whose reader has gone."""

import os
import sys


def silence_stdout() -> None:
    """Drop all further output: the reader of our pipe is gone (`| head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
