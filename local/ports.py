"""TCP ports of this machine."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int = 0, host: str = LOOPBACK) -> int:
    """Return ``preferred`` if nobody listens there, else any free port."""
    return preferred if preferred and not is_busy(preferred, host) else _any_port(host)


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


def _any_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
