"""For root nothing is read-only; a test of what a person sees needs it to be."""

import ctypes
import os

VERSION_3, OVERRIDE = 0x20080522, 1 << 1  # of Linux's capabilities: CAP_DAC_OVERRIDE is the first


def obey() -> None:
    """From here on this process keeps to what the permissions of a file or folder say, whoever runs it."""
    if os.geteuid() == 0:
        system, head, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()
        assert system.capget(head, sets) == 0
        sets[:3] = [one & ~OVERRIDE for one in sets[:3]]
        assert system.capset(head, sets) == 0
