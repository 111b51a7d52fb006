"""Everything the application reads from its environment, for one machine."""

import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.keys import secret
from local.ports import LOOPBACK, free_port, usual_port
from local.postgres import Postgres
from local.redis import RedisServer
from local.texts import gateway_settings
from local.trouble import LocalError

ROOT = Path(__file__).resolve().parents[1]
EVERYWHERE = "0.0.0.0"  # noqa: S104  asked for by LAN=1
PORT = re.compile(r"[0-9]{1,5}")
CONTENT = ("secrets", "run", "postgres", "redis", "mail")
SCHEDULE = "celerybeat-schedule"  # beat adds endings of its own
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

    def is_ours(self) -> bool:
        """Whether the folder holds only what a demo puts there; VAR may have named any folder."""
        names = (path.name for path in self.folder.iterdir())
        return all(name in CONTENT or name.startswith(SCHEDULE) for name in names)

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
    """Where the demo listens: ``web`` and ``mailbox`` for people, ``smtp`` and ``sms`` for the application."""

    host: str
    address: str
    web: int
    mailbox: int
    smtp: int
    sms: int

    @property
    def web_url(self) -> str:
        """What a person opens."""
        return f"http://{self.address}:{self.web}"

    @property
    def mailbox_url(self) -> str:
        """The page of what was sent."""
        return f"http://{self.address}:{self.mailbox}"


def home() -> Home:
    """Return ``var`` beside the code, or the folder that VAR names."""
    return Home(Path(os.environ.get("VAR") or ROOT / "var").resolve())


def choose_ports(environ: Mapping[str, str] = os.environ) -> Ports:
    """Read PORT and LAN; the mailbox takes its usual port or a free one."""
    lan = is_lan(environ)
    host = EVERYWHERE if lan else LOOPBACK
    address = lan_address() if lan else "localhost"
    web = _web_port(environ)
    mailbox = free_port(host=host) if web == MAILBOX_PORT else usual_port(MAILBOX_PORT, host)
    return Ports(host, address, web, mailbox, free_port(), free_port())


def is_lan(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether other devices of the local network are let in."""
    text = environ.get("LAN", "")
    if text not in ("", "0", "1"):
        raise LocalError(f"LAN is {text!r}; LAN=1 lets a phone in, and without it nobody outside this machine gets in.")
    return text == "1"


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
    if not PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise LocalError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def settings(place: Home, ports: Ports) -> dict[str, str]:
    """Return the application's settings; the owner role's address is not among them."""
    return {
        "BACKSTORY_ENV": "demo",
        "DATABASE_URL": place.postgres.alchemy_url(),
        "REDIS_URL": place.redis.url(),
        "SMTP_URL": f"smtp://{LOOPBACK}:{ports.smtp}",
        **gateway_settings(ports.sms),
        "SMS_STOP_TOKEN": secret(place.secrets, "sms-stop-token"),
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
