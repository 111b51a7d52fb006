"""A bounded load client: a few keep-alive connections to loopback, one request in flight on each."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from local.ports import LOOPBACK

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
SILENCE = 30.0  # seconds without any reply before the run fails


class LoadError(Exception):
    """A server answered otherwise than expected, or fell silent."""


@dataclass(slots=True)
class Result:
    """Replies of one run; ``latencies`` in seconds, one per reply, in order of arrival."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in milliseconds that ``share`` (0 to 1) of the replies did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.sent_at, self.received = requests, 0.0, b""

    def send(self) -> None:
        self.received, request = b"", next(self.requests)
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, expected: int) -> bool:
        """Read what came; True once the reply is whole."""
        part = self.socket.recv(262_144)
        self.received += part
        head = self.received.find(b"\r\n\r\n")
        if head < 0 and part:
            return False
        length = LENGTH.search(self.received, 0, head + 2)
        if not part or not length or int(self.received[9:12]) != expected:
            raise LoadError(f"wanted {expected}, got {self.received[:600]!r}")
        return len(self.received) >= head + 4 + int(length[1])


def load(port: int, scripts: Sequence[Iterator[bytes]], expected: int, seconds: float) -> Result:
    """Send each script's requests over a connection of its own until ``seconds`` are over."""
    connections = [_Connection(port, script) for script in scripts]
    try:
        return _run(connections, expected, seconds)
    finally:
        for connection in connections:
            connection.socket.close()


def _run(connections: list[_Connection], expected: int, seconds: float) -> Result:
    result, begun = Result(), time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for connection in connections:
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        while waiting.get_map():
            _turn(waiting, result, expected, begun + seconds)
    result.seconds = time.perf_counter() - begun
    return result


def _turn(waiting: selectors.DefaultSelector, result: Result, expected: int, end: float) -> None:
    ready = waiting.select(SILENCE)
    if not ready:
        raise LoadError(f"no reply for {SILENCE:.0f} s")
    for key, _events in ready:
        connection: _Connection = key.data
        if not connection.receive(expected):
            continue
        now = time.perf_counter()
        result.latencies.append(now - connection.sent_at)
        if now < end:
            connection.send()
        else:
            waiting.unregister(connection.socket)
