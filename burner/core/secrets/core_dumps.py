"""Keeps the memory of a process off the disk when it crashes: a product secret may be in it.

All of this holds for one process; each child asks for itself.
"""

import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4
SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX = 0x1, 0x2
WER_FAULT_REPORTING_FLAG_NOHEAP = 0x1


def forbid() -> None:
    """From now on this process leaves no dump, as far as a process can say so. Never raises.

    POSIX: no core file, by its limit. Linux besides: the process is not dumpable, because the limit
    does not hold for a core that is piped to a program (systemd-coredump, apport). No process of
    the same user can trace it then, nor read its memory or its environment. Windows: no error
    reporting, which writes the dumps there, and no heap in a report that comes all the same.
    """
    if sys.platform == "win32":
        import ctypes

        with suppress(OSError, AttributeError):
            kernel32 = ctypes.WinDLL("kernel32")
            mode = kernel32.GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX
            kernel32.SetErrorMode(mode)
            ctypes.WinDLL("wer").WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP)
    else:
        import resource

        with suppress(OSError, ValueError):
            _, most = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
