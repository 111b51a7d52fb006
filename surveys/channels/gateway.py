"""How texts are handed over: an HTTP request filled from templates, since every gateway asks for another one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

PLACES = re.compile(r"\{(to|text|id|token)\}")
NEAR = frozenset({"localhost", "127.0.0.1", "::1"})
USUAL_HEADER = "Authorization: Bearer {token}"
HEADER = re.compile(r"[A-Za-z0-9-]+: [\x20-\x7e]+")
EXAMPLE = "https://gateway.example/messages"


class GatewayError(ValueError):
    """The settings of the text gateway cannot work; the text says which and how to mend it."""


@dataclass(frozen=True)
class Gateway:
    """``url``, ``body``, ``header``: templates with {to}, {text} and {id}; an empty body makes the request a GET.

    ``stop_token``: what the gateway shows when it tells of a reply; empty, replies are not taken. ``taken``: found in
    the body of every answer 2xx with which it takes a text; None: any such answer does.
    """

    url: str
    body: str = ""
    header: str = USUAL_HEADER
    token: str = field(default="", repr=False)
    stop_token: str = field(default="", repr=False)
    taken: re.Pattern[str] | None = None

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON; else it is a form."""
        return self.body.lstrip().startswith(("{", "["))

    def request(self, to: str, text: str, message_id: str) -> Request:
        """Fill the templates; each value is written as its place asks, so that none can add a field."""
        values = {"to": to, "text": text, "id": message_id}
        written = {name: quote(value, safe="") for name, value in values.items()}
        address = urlsplit(_fill(self.url, written))
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        body = _fill(self.body, {k: json.dumps(v)[1:-1] for k, v in values.items()} if self.is_json else written)
        return Request("POST" if self.body else "GET", target, body.encode(), self._headers(message_id))

    def _headers(self, message_id: str) -> dict[str, str]:
        headers = {"Idempotency-Key": message_id, "Accept": "application/json"}
        if self.body:
            headers["Content-Type"] = "application/json" if self.is_json else "application/x-www-form-urlencoded"
        if self.token:
            name, _, value = _fill(self.header, {"token": self.token}).partition(": ")
            headers[name] = value
        return headers


@dataclass(frozen=True)
class Request:
    """One text as the gateway wants it."""

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str] = field(repr=False)


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in their places at one go: a value that looks like a place is not filled again."""
    return PLACES.sub(lambda place: values.get(place[1], place[0]), template)


def read_gateway(environ: Mapping[str, str]) -> Gateway | None:
    """Return the gateway that the settings name, or None; raises GatewayError."""
    url, body = environ.get("SMS_URL", ""), environ.get("SMS_BODY", "")
    if not url:
        return None
    gateway = Gateway(
        url,
        body,
        environ.get("SMS_HEADER") or USUAL_HEADER,
        environ.get("SMS_TOKEN", ""),
        environ.get("SMS_STOP_TOKEN", ""),
        _pattern(environ.get("SMS_OK", "")),
    )
    _refuse_unfit(gateway, production=environ.get("BACKSTORY_ENV", "production") == "production")
    return gateway


def _pattern(written: str) -> re.Pattern[str] | None:
    try:
        return re.compile(written) if written else None
    except re.error as error:
        raise GatewayError(f"SMS_OK is no regular expression: {error}.") from error


def _refuse_unfit(gateway: Gateway, *, production: bool) -> None:
    address = urlsplit(gateway.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise GatewayError(f"SMS_URL must be the gateway's address, for example {EXAMPLE}.")
    if address.scheme != "https" and (production or address.hostname not in NEAR):
        raise GatewayError("SMS_URL must start with https://: a text carries a patient's number and link.")
    if {"to", "text"} - set(PLACES.findall(gateway.url + gateway.body)):
        raise GatewayError("SMS_URL and SMS_BODY together must hold {to} and {text}, where number and text belong.")
    if PLACES.search(address.netloc):
        raise GatewayError("SMS_URL must name one gateway: {to}, {text} and {id} stand after its host name.")
    if not HEADER.fullmatch(gateway.header):
        raise GatewayError(f"SMS_HEADER must be one header, for example {USUAL_HEADER}")
    if not gateway.token.isprintable() or not gateway.token.isascii():
        raise GatewayError("SMS_TOKEN holds characters that no header takes.")
    if gateway.is_json:
        _refuse_broken_json(gateway)


def _refuse_broken_json(gateway: Gateway) -> None:
    try:
        json.loads(_fill(gateway.body, {"to": "1", "text": "1", "id": "1"}))
    except ValueError as error:
        raise GatewayError(f"SMS_BODY is no JSON once it is filled in: {error}.") from error
