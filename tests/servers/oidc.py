"""An OpenID Connect provider on loopback: real HTTP, real signatures, and every fault a test asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from local.ports import LOOPBACK

CLIENT, SECRET = "backstory-test", "a secret of the test's own"


@dataclass
class Provider:
    """Whom it vouches for next (``subject``), and what it does wrong. ``claims`` override those of the ID token."""

    issuer: str
    subject: str = "person-1"
    claims: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    sign: str = "own"  # own, other key, none, shared secret
    answer: str = "token"  # token, error, text, no id
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        """What it says about itself."""
        pages = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{page}" for name, page in pages.items()}}

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign the person in without asking, and name the address to come back to."""
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Exchange a code, once, for an ID token."""
        asked = self.asked.pop(sent.get("code", ""), None)
        if self.answer == "text":
            return 200, "this is no JSON"
        if asked is None or self.answer == "error" or not _allowed(asked, sent, authorization):
            return 400, {"error": "invalid_grant"}
        reply = {"access_token": "unused", "token_type": "Bearer", "expires_in": 60}
        return 200, reply if self.answer == "no id" else {**reply, "id_token": self._signed(asked)}

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        own = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300}
        claims = {**own, "nonce": asked["nonce"], "auth_time": now, **self.claims}
        claims = {name: value for name, value in claims.items() if name not in self.dropped}
        if self.sign == "none":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if self.sign == "shared secret":
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET), ["HS256"])
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.sign == "other key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def _allowed(asked: dict[str, str], sent: dict[str, str], authorization: str) -> bool:
    """PKCE, the same address to come back to, and the client's secret."""
    hashed = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    secret = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    return (
        (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
        and asked["redirect_uri"] == sent.get("redirect_uri")
        and authorization == f"Basic {secret}"
    )


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[Provider]:
    """Yield a provider that listens."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Pages)
    provider = Provider(f"http://{LOOPBACK}:{server.server_address[1]}")
    server.provider = provider  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Pages(BaseHTTPRequestHandler):
    @property
    def provider(self) -> Provider:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        return provider

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path == "/.well-known/openid-configuration":
            self._say(200, self.provider.discovery())
        elif path.path == "/keys":
            self._say(200, {"keys": [self.provider.key.as_dict(private=False)]})
        elif path.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(_single(path.query)))
            self.end_headers()
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._say(*self.provider.token(_single(body), self.headers.get("Authorization", "")))

    def _say(self, code: int, value: Any) -> None:
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
