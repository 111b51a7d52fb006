"""What a browser does before a load can start: requests one at a time, and requests as bytes for the load."""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from bench.load import LoadError
from local.ports import LOOPBACK

HIDDEN = re.compile(r"<input[^>]*type=\"hidden\"[^>]*>")
FORM = "application/x-www-form-urlencoded"


class Browser:
    """Cookies of one browser on one server, over one connection."""

    def __init__(self, port: int, cookie: str = "", patience: float = 30) -> None:
        """``patience``: seconds to wait for a reply."""
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=patience)
        self.cookie = cookie

    def get(self, path: str) -> str:
        """Return a page."""
        return self._ask("GET", path, None, 200)

    def post(self, path: str, fields: Mapping[str, str]) -> None:
        """Send a form that leads on."""
        self._ask("POST", path, urlencode(fields), 303)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _ask(self, method: str, path: str, body: str | None, expected: int) -> str:
        headers = {"Cookie": self.cookie, **({"Content-Type": FORM} if body else {})}
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        text = reply.read().decode()
        if reply.status != expected:
            raise LoadError(f"{method} {path}: wanted {expected}, got {reply.status}: {text[:2000]}")
        if named := reply.getheader("Set-Cookie"):
            self.cookie = named.partition(";")[0]
        return text


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's form."""
    return {_attribute(tag, "name"): html.unescape(_attribute(tag, "value")) for tag in HIDDEN.findall(page)}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def get_bytes(path: str, cookie: str = "") -> bytes:
    """Return a GET as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()


def post_bytes(path: str, fields: Mapping[str, str], cookie: str = "") -> bytes:
    """Return a form's POST as it goes over the wire."""
    body = urlencode(fields)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Type: {FORM}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
