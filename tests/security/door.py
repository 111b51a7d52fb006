"""A staff member's browser without JavaScript: signs in, posts forms with their tokens, holds its cookies."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.factories import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
STAFF = "__Host-staff"
ADDRESSES = ip_network("198.18.0.0/15").hosts()  # kept for tests by RFC 2544


class Door:
    """One browser. ``base``: the origin it speaks to; each has an address of its own, so that none is throttled."""

    def __init__(self, app: Flask, base: str = "https://localhost", address: str | None = None) -> None:
        self.client = app.test_client()
        peer = {"REMOTE_ADDR": address or str(next(ADDRESSES))}
        self._options: dict[str, Any] = {"base_url": base, "environ_base": peer}

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for a page; redirects are not followed."""
        return self.client.get(path, headers=headers, **self._options)

    def post(self, path: str, *, form: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
        """Send a form with the token of the page that holds one."""
        found = TOKEN.search(self.get(form).text)
        assert found, f"{form} holds no form"
        sent = {"csrf_token": found[1], **fields}
        said = {"Referer": f"{self._options['base_url']}{form}", **(headers or {})}
        return self.client.post(path, data=sent, headers=said, **self._options)

    def sign_in(self, login: str, password: str = PASSWORD, target: str = "/desk") -> TestResponse:
        """Send name and password."""
        return self.post("/login", form="/login", login=login, password=password, next=target)

    def cookie(self) -> str:
        """The value of the staff cookie."""
        held = self.client.get_cookie(STAFF)
        assert held
        return held.value

    def steal(self, value: str) -> None:
        """Hold another browser's staff cookie."""
        self.client.set_cookie(STAFF, value, secure=True)
