"""Prevents core dumps: a product secret may be in the memory of a process that crashes.

All of this holds for one process; each child must ask for itself.
"""

import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4
SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX = 0x1, 0x2
WER_FAULT_REPORTING_FLAG_NOHEAP = 0x1


def forbid() -> None:
    """Ask the system to write no dump of this process, from now on. Never raises.

    POSIX: the size limit of core files is set to 0. Linux also: the process is marked as not
    dumpable, because the limit does not hold for a core that is piped to a program
    (systemd-coredump, apport). Then no process of the same user can trace it, or read its memory or
    its environment. Windows: error reporting, which writes the dumps there, is switched off, and a
    report has no heap.
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
