"""TCP ports of this machine."""

import fcntl
import os
import socket
import tempfile
from functools import cache

LOOPBACK = "127.0.0.1"
_ours: set[int] = set()


def free_port(former: int = 0, host: str = LOOPBACK) -> int:
    """Return ``former``, which a server had before, if nobody listens there, else any free port.

    A port given out stays this process's until that ends, so that of two demos, or two runs of the tests, that begin
    side by side none is given one on which the other does not listen yet.
    """
    if former and not is_busy(former, host):
        return former
    while not _reserve(port := _any_port(host)):
        pass
    return port


def usual_port(usual: int, host: str = LOOPBACK) -> int:
    """Return ``usual`` if it is free and nobody else was given it, else any free port."""
    return usual if not is_busy(usual, host) and _reserve(usual) else free_port(host=host)


def is_forbidden(port: int, host: str = LOOPBACK) -> bool:
    """Whether only an administrator may listen there, as on the low numbers of many systems."""
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except PermissionError:
            return True
        except OSError:
            return False
    return False


def is_busy(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could not bind the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _reserve(port: int) -> bool:
    """Take a port's byte of a file that all processes of this account share; False where one has it, this one too."""
    if port in _ours:
        return False
    try:
        fcntl.lockf(_shared(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _ours.add(port)
    return True


@cache
def _shared() -> int:
    """Open it once: closing any copy would give all its locks back."""
    path = os.path.join(tempfile.gettempdir(), f"backstory-ports-{os.geteuid()}")  # noqa: PTH118
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _any_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
