"""Requests that only a program sends, byte by byte, at a real server: refused or harmless, and it goes on serving."""

from __future__ import annotations

import gzip
import socket
from contextlib import suppress
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from local.ports import LOOPBACK
from surveys.models import Answer
from tests.patients import Invited, invite, seen_by
from tests.security.generated_input import TEXTS

PATH = b"/s/odi/1"
FORM = b"Content-Type: application/x-www-form-urlencoded"
FIELDS = b"token=x&answer=1&action=save"
MANY = b"&".join(b"f%d=1" % number for number in range(50_000))
ENDLESS = b"Transfer-Encoding: chunked"


def post(*headers: bytes, body: bytes = FIELDS, path: bytes = PATH, method: bytes = b"POST") -> bytes:
    """Return a request; without headers of its own it gets the length of its body."""
    sized = any(each.lower().startswith((b"content-length", b"transfer-encoding")) for each in headers)
    length = () if sized else (b"Content-Length: %d" % len(body),)
    lines = (b"%s %s HTTP/1.1" % (method, path), b"Host: localhost", b"Connection: close", *length, *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


REQUESTS = {
    "two lengths": post(FORM, b"Content-Length: 5", b"Content-Length: 28"),
    "length and chunks": post(FORM, b"Content-Length: 28", ENDLESS, body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    "a length below nothing": post(FORM, b"Content-Length: -1"),
    "a length beyond all": post(FORM, b"Content-Length: 99999999999999999999"),
    "chunks that are none": post(FORM, ENDLESS, body=b"zz\r\nabc\r\n"),
    "gzip": post(FORM, b"Content-Encoding: gzip", body=gzip.compress(FIELDS)),
    "invalid UTF-8": post(FORM, body=b"token=%ff%fe&answer=\xff\xc0\xaf&action=save"),
    "another charset": post(FORM + b"; charset=utf-16", body=FIELDS.decode().encode("utf-16")),
    "a charset nobody has": post(FORM + b"; charset=klingon"),
    "50,000 fields": post(FORM, body=MANY),
    "50,000 parts": post(b"Content-Type: multipart/form-data; boundary=b", body=b"--b\r\n\r\n\r\n" * 50_000 + b"--b--"),
    "parts without a boundary": post(b"Content-Type: multipart/form-data"),
    "a form that says it is JSON": post(b"Content-Type: application/json"),
    "method override": post(FORM, b"X-HTTP-Method-Override: DELETE", body=FIELDS + b"&_method=DELETE"),
    "an unknown method": post(FORM, method=b"FROBNICATE"),
    "a foreign host": post(FORM).replace(b"Host: localhost", b"Host: evil.example"),
    "two hosts": post(FORM, b"Host: evil.example"),
    "forwarded for another host": post(FORM, b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: javascript"),
    "forwarded from nowhere": post(FORM, b"X-Forwarded-For: " + b"1.2.3.4, " * 500),
    "an endless header": post(FORM, b"X-Long: " + b"x" * 300_000),
    "a header in the header": post(FORM, b"X-Odd: a\x00b"),
    "a bare line feed": b"POST /s/odi/1 HTTP/1.1\nHost: localhost\n\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "a path of dots": post(FORM, path=b"/static/../../../../etc/passwd"),
    "a path of per cents": post(FORM, path=b"/q/%00%ff%2e%2e%2f%c0%af"),
    "a megabyte as a link": post(FORM, path=b"/q/" + b"a" * 100_000),
    "cookies that are none": post(FORM, b"Cookie: __Host-patient=" + b"\xff\xfe;;=;" * 50 + b"=" * 3000),
}


def ask(url: str, request: bytes, seconds: float = 60) -> bytes:
    """Send the bytes and return what comes within the time: nothing, where the server waits for the rest."""
    parts = []
    waiting = suppress(ConnectionResetError, BrokenPipeError, TimeoutError)
    with waiting, socket.create_connection((LOOPBACK, urlsplit(url).port or 0), timeout=seconds) as connection:
        connection.sendall(request)
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def statuses(reply: bytes) -> list[int]:
    """Return the status of each answer in the bytes."""
    starts = [line for line in reply.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return [int(line.split()[1]) for line in starts]


@pytest.fixture(scope="module")
def known(app: Flask) -> Invited:
    return invite(app)


def answers(app: Flask, invited: Invited) -> int:
    with seen_by(app, invited.clinic_id) as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


@pytest.mark.parametrize("name", REQUESTS)
def test_s21_a_malformed_request_is_refused_and_the_server_goes_on(
    app: Flask, web_server: str, known: Invited, name: str
) -> None:
    found = statuses(ask(web_server, REQUESTS[name], seconds=5))
    assert all(200 <= status < 500 or status == 501 for status in found), found
    assert answers(app, known) == 0
    assert statuses(ask(web_server, post(method=b"GET", path=b"/healthz", body=b""))) == [200]


def test_s21_a_body_that_never_ends_is_cut_off(web_server: str) -> None:
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    taken = 0
    with socket.create_connection((LOOPBACK, urlsplit(web_server).port or 0), timeout=20) as connection:
        connection.sendall(post(FORM, ENDLESS, body=b""))
        try:
            while taken < 64 * 1024 * 1024:
                connection.sendall(chunk)
                taken += len(chunk)
        except (ConnectionResetError, BrokenPipeError):
            taken -= len(chunk)
    assert statuses(ask(web_server, post(method=b"GET", path=b"/healthz", body=b""))) == [200]
    assert taken < 64 * 1024 * 1024, "the server took 64 MB"


@pytest.mark.parametrize("field", ["answer", "action", "token", "respondent"])
def test_s21_hostile_texts_reach_a_real_server_as_bytes(web_server: str, field: str) -> None:
    for value in TEXTS:
        body = f"{field}={quote(value, errors='surrogatepass')}".encode()
        (status,) = statuses(ask(web_server, post(FORM, body=body)))
        assert 400 <= status < 500, (status, value[:50])
