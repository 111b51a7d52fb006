"""How a line to a relay is opened: TLS from the first byte or by STARTTLS, never less than was asked for; then AUTH."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from surveys.config import Config
from tasks.channels import RelayUnreachableError
from tasks.mail.line import Line, LineError, Timeouts
from tasks.mail.replies import Reply

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
NEAR = frozenset({"localhost", "127.0.0.1", "::1"})
UNKNOWN_VERB = frozenset({500, 502})


@dataclass(frozen=True)
class RelayAddress:
    """``scheme``: smtp, smtp+starttls or smtps. ``ca_file``: whose certificates are trusted instead of the system's."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)


def relay_address(settings: Config) -> RelayAddress:
    """Read SMTP_URL; user and password are percent-decoded, so that they may hold any character.

    ``?timeout=5`` lets the relay be silent for five seconds at most; without it each word has its own limit.
    """
    url = urlsplit(settings.smtp_url)
    port = url.port or PORTS[url.scheme]
    user, password = unquote(url.username or ""), unquote(url.password or "")
    host, asked = url.hostname or "localhost", parse_qs(url.query).get("timeout")
    timeouts = Timeouts().at_most(float(asked[0])) if asked else Timeouts()
    return RelayAddress(url.scheme, host, port, user, password, settings.smtp_ca_file, timeouts)


def open_line(address: RelayAddress, timeouts: Timeouts) -> Line:
    """Connect, secure and sign in as the address asks. Raises RelayUnreachableError; its words name no person."""
    try:
        sock = socket.create_connection((address.host, address.port), timeouts.connect)
    except OSError as error:
        raise RelayUnreachableError(f"no connection: {type(error).__name__}") from error
    line = Line(sock, timeouts)
    try:
        _introduce(line, address)
    except LineError as error:
        line.close()
        raise RelayUnreachableError(_words(error)) from error
    except RelayUnreachableError:
        line.close()
        raise
    return line


def _words(error: LineError) -> str:
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.__cause__.verify_message}"
    cause = f": {type(error.__cause__).__name__}" if error.__cause__ else ""
    return f"the line broke before any mail{cause}"


def _introduce(line: Line, address: RelayAddress) -> None:
    sock = line.sock
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if address.scheme == "smtps":
        line.secure(_context(address), address.host)
    _wanted("its greeting", line.reply(line.timeouts.greeting))
    _hello(line)
    if address.scheme == "smtp+starttls":
        _start_tls(line, address)
    if address.user:
        _sign_in(line, address)


def _context(address: RelayAddress) -> ssl.SSLContext:
    """Certificate and host name are verified; there is no setting to leave that out."""
    return ssl.create_default_context(cafile=address.ca_file)


def _hello(line: Line) -> None:
    """Say EHLO, and HELO to a relay that has never heard of it."""
    own = _own_name(line.sock)
    line.write(b"EHLO " + own + b"\r\n", line.timeouts.word)
    said, reply = line.lines(line.timeouts.word)
    if reply.code in UNKNOWN_VERB:
        said, reply = [], line.ask(b"HELO " + own)
    _wanted("EHLO", reply)
    named = [each.decode("ascii", "replace").upper().replace("=", " ", 1).partition(" ") for each in said[1:]]
    line.offers = {word: parameters for word, _, parameters in named}


def _own_name(sock: socket.socket) -> bytes:
    """A full host name, or the address in brackets; no look-up, which may take its time."""
    name = socket.gethostname()
    literal = sock.getsockname()[0]
    if "." in name and name.isascii():
        return name.encode()
    return (f"[IPv6:{literal}]" if ":" in literal else f"[{literal}]").encode()


def _start_tls(line: Line, address: RelayAddress) -> None:
    """What was offered before counts for nothing afterwards."""
    if "STARTTLS" not in line.offers:
        raise RelayUnreachableError("it does not offer STARTTLS, and mail is not sent unencrypted")
    _wanted("STARTTLS", line.ask(b"STARTTLS"))
    line.secure(_context(address), address.host)
    line.offers = {}
    _hello(line)


def _sign_in(line: Line, address: RelayAddress) -> None:
    if not line.encrypted and address.host not in NEAR:
        raise RelayUnreachableError("a password is not sent unencrypted: use smtps:// or smtp+starttls://")
    ways = line.offers.get("AUTH", "").split()
    if "PLAIN" in ways:
        reply = line.ask(b"AUTH PLAIN " + _coded(f"\0{address.user}\0{address.password}"))
    elif "LOGIN" in ways:
        reply = _login(line, address)
    else:
        raise RelayUnreachableError("it offers neither AUTH PLAIN nor AUTH LOGIN")
    _wanted("AUTH", reply)


def _login(line: Line, address: RelayAddress) -> Reply:
    reply = line.ask(b"AUTH LOGIN")
    for secret in (address.user, address.password):
        if reply.code == 334:
            reply = line.ask(_coded(secret))
    return reply


def _coded(text: str) -> bytes:
    return b64encode(text.encode())


def _wanted(what: str, reply: Reply) -> None:
    if not reply.good:
        raise RelayUnreachableError(f"{what}: {reply.status}")
