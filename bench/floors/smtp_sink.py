"""The sink of ``smtp.c`` in Python, for a machine without a C compiler."""

from __future__ import annotations

import socket
import sys

ROOM = 1 << 20
OK = b"250 2.0.0 OK\r\n"


def answer(verb: bytes, hello: bytes) -> bytes:
    """What is said to one verb."""
    known = {b"EHLO": hello, b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
    return known.get(verb[:4].upper(), OK)


def serve(line: socket.socket, hello: bytes) -> None:
    """Take every mail of one line."""
    unread, text = b"", False
    line.sendall(b"220 here\r\n")
    while came := line.recv(ROOM):
        unread, said = unread + came, b""
        while (place := unread.find(b"\r\n.\r\n" if text else b"\r\n")) >= 0:
            said += OK if text else answer(unread, hello)
            starts = not text and unread[:4].upper() == b"DATA"
            unread, text = unread[place + (5 if text else 2) :], starts
        line.sendall(said)


def main() -> None:
    """Listen on a free loopback port, and print it."""
    hello = b"250-here\r\n250 PIPELINING\r\n" if "pipelining" in sys.argv else b"250 here\r\n"
    with socket.create_server(("127.0.0.1", 0)) as door:
        print(door.getsockname()[1], flush=True)
        while True:
            line, _from = door.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with line:
                serve(line, hello)


if __name__ == "__main__":
    main()
