"""Everything the application reads from its environment, for one machine."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.keys import secret
from local.ports import LOOPBACK, free_port
from local.postgres import Postgres
from local.redis import RedisServer
from local.trouble import LocalError

ROOT = Path(__file__).resolve().parents[1]
EVERYWHERE = "0.0.0.0"  # noqa: S104  asked for by LAN=1
DEFAULT_PORT = 8000
MAILBOX_PORT = 8025
TEST_NETWORK = "192.0.2.1"  # RFC 5737: routed like the internet, never reached


@dataclass(frozen=True)
class Home:
    """The folder ``var``: data, secrets, mail and what is running."""

    folder: Path

    @property
    def secrets(self) -> Path:
        """One file per secret."""
        return self.folder / "secrets"

    @property
    def run(self) -> Path:
        """Locks, and the settings of the last run."""
        return self.folder / "run"

    @property
    def postgres(self) -> Postgres:
        """The embedded PostgreSQL."""
        return Postgres(self.folder / "postgres", self.secrets)

    @property
    def redis(self) -> RedisServer:
        """The embedded Redis."""
        return RedisServer(self.folder / "redis", self.secrets)


@dataclass(frozen=True)
class Ports:
    """Where the demo listens: ``web`` and ``mailbox`` for people, ``smtp`` for the application."""

    host: str
    address: str
    web: int
    mailbox: int
    smtp: int

    @property
    def web_url(self) -> str:
        """What a person opens."""
        return f"http://{self.address}:{self.web}"

    @property
    def mailbox_url(self) -> str:
        """The mail catcher's page."""
        return f"http://{self.address}:{self.mailbox}"


def home() -> Home:
    """Return ``var`` beside the code, or the folder that VAR names."""
    return Home(Path(os.environ.get("VAR") or ROOT / "var").resolve())


def choose_ports(environ: Mapping[str, str] = os.environ) -> Ports:
    """Read PORT and LAN; the mailbox takes its usual port or a free one."""
    lan = is_lan(environ)
    host = EVERYWHERE if lan else LOOPBACK
    address = lan_address() if lan else "localhost"
    return Ports(host, address, _web_port(environ), free_port(MAILBOX_PORT, host), free_port())


def is_lan(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether other devices of the local network are let in."""
    return environ.get("LAN") == "1"


def lan_address() -> str:
    """Return this machine's address on the local network; no packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((TEST_NETWORK, 9))
        except OSError as error:
            raise LocalError("LAN=1: this machine has no network address.") from error
        address: str = probe.getsockname()[0]
        return address


def _web_port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise LocalError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def settings(place: Home, ports: Ports) -> dict[str, str]:
    """Return the application's settings; the owner role's address is not among them."""
    return {
        "BACKSTORY_ENV": "demo",
        "DATABASE_URL": place.postgres.alchemy_url(),
        "REDIS_URL": place.redis.url(),
        "SMTP_URL": f"smtp://{LOOPBACK}:{ports.smtp}",
        "SECRET_KEY": secret(place.secrets, "secret-key"),
        "MASTER_KEY": secret(place.secrets, "master-key"),
        "PUBLIC_BASE_URL": ports.web_url,
        "LAN": "1" if is_lan() else "",
    }


def remember(place: Home, values: Mapping[str, str]) -> None:
    """Keep the settings for commands given in another terminal."""
    place.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place.run / "settings.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")


def recall(place: Home) -> dict[str, str]:
    """Return the settings of the demo that is running, or ran last."""
    try:
        values: dict[str, str] = json.loads((place.run / "settings.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LocalError("There is no demo yet: start it with `make run`.") from error
    return values
