"""Settings, read once from the environment and refused with a sentence where they cannot work."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from surveys.access.keys.keyring import KeyRing, KeyRingError, read_key, read_keys
from surveys.access.signin.provider import Institution, InstitutionError, read_institution
from surveys.channels.gateway import Gateway, GatewayError, read_gateway
from surveys.channels.mailbox import MailboxError, read_mailbox
from surveys.secret_files import SecretFileError, with_files

ENVIRONMENTS = ("production", "demo", "test")
LOG_FORMATS = ("text", "json")
SMTP_SCHEMES = ("smtps", "smtp+starttls", "smtp")
MAX_BODY = 2 * 1024 * 1024  # bytes; the largest form is a CSV of patients


class ConfigError(Exception):
    """A setting is missing or cannot work; the text says which and how to mend it."""


@dataclass(frozen=True)
class Config:
    """What the operator decides. ``public_base_url`` has no trailing slash."""

    environment: str
    database_url: str
    redis_url: str
    smtp_url: str
    secret_key: str
    keys: KeyRing
    public_base_url: str
    lan: bool
    wording_folder: Path | None = None  # licensed packs, put there by `flask wording install`
    wording_languages: tuple[str, ...] = ()  # empty: every language there is wording for
    working_wording_allowed: bool = False
    institution: Institution | None = None
    trusted_proxies: int = 0  # how many proxies of the operator's own stand before the application
    debug: bool = False
    log_format: str = "text"
    metrics_token: str = ""  # empty: /metrics answers this machine only, and nobody in production
    backup_database_url: str = ""  # a role that reads every clinic's rows, for `flask backup` alone
    smtp_ca_file: Path | None = None  # whose certificates a mail relay must show, instead of the system's
    relay_per_minute: int | None = None  # messages that the mail relay takes; None: any number
    sms: Gateway | None = None  # None: no text messages
    sms_per_minute: int | None = None  # the same of the text gateway
    bounce_imap_url: str = ""  # empty: returned mail is not fetched
    figures_memory: int = 500  # megabytes of each web process for what large clinics' figures are counted from
    warm_charts: bool = True  # whether a web process loads statistics when it starts: for a second a busy core
    backup_key: bytes | None = None  # 32 bytes; None: a backup's answers are readable to who has the file

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may be ``__Host-`` ones: never on a plain-http address of the local network."""
        return not self.lan

    @property
    def cookie_prefix(self) -> str:
        """Prefix of both cookies' names."""
        return "__Host-" if self.secure_cookies else "lan-"


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Return the settings, or raise ConfigError with what to set."""
    try:
        environ = with_files(environ)
    except SecretFileError as error:
        raise ConfigError(str(error)) from error
    config = Config(
        environment=environ.get("BACKSTORY_ENV", "production"),
        database_url=_required(environ, "DATABASE_URL", "postgresql+psycopg://backstory_app:PASSWORD@HOST/backstory"),
        redis_url=_required(environ, "REDIS_URL", "redis://HOST:6379/0"),
        smtp_url=_required(environ, "SMTP_URL", "smtp://HOST:25"),
        secret_key=_required(environ, "SECRET_KEY", "at least 32 random characters"),
        keys=_ring(environ),
        public_base_url=_required(environ, "PUBLIC_BASE_URL", "https://outcomes.example.org").rstrip("/"),
        lan=environ.get("LAN") == "1",
        wording_folder=Path(environ["WORDING_FOLDER"]) if environ.get("WORDING_FOLDER") else None,
        wording_languages=tuple(environ.get("WORDING_LANGUAGES", "").replace(",", " ").split()),
        working_wording_allowed=environ.get("ALLOW_WORKING_WORDING") == "1",
        trusted_proxies=_count(environ, "TRUSTED_PROXIES"),
        debug=environ.get("FLASK_DEBUG", "0").casefold() not in ("", "0", "false", "no"),
        log_format=_one_of(environ, "LOG_FORMAT", LOG_FORMATS),
        metrics_token=environ.get("METRICS_TOKEN", ""),
        backup_database_url=environ.get("BACKUP_DATABASE_URL", ""),
        smtp_ca_file=_file(environ, "SMTP_CA_FILE"),
        **_others(environ),
        relay_per_minute=_rate(environ, "RELAY_PER_MINUTE"),
        sms_per_minute=_rate(environ, "SMS_PER_MINUTE"),
        figures_memory=_rate(environ, "FIGURES_MEMORY_MB") or 500,
        warm_charts=_one_of(environ, "WARM_CHARTS", ("1", "0")) == "1",
        backup_key=_key(environ["BACKUP_KEY"], "BACKUP_KEY") if environ.get("BACKUP_KEY") else None,
    )
    _refuse_weak(config)
    return config


def _required(environ: Mapping[str, str], name: str, example: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set. Set it, for example to: {example}. `make run` sets everything itself.")
    return value


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    """A file that is there."""
    path = Path(environ[name]) if environ.get(name) else None
    if path is not None and not path.is_file():
        raise ConfigError(f"{name} is {str(path)!r}, where no file is. Correct the path, or unset it.")
    return path


def _ring(environ: Mapping[str, str]) -> KeyRing:
    """MASTER_KEYS, or MASTER_KEY where there is one key only."""
    several = environ.get("MASTER_KEYS", "")
    single = environ.get("MASTER_KEY", "") if several else _required(environ, "MASTER_KEY", "64 hexadecimal digits")
    try:
        return read_keys(single, several)
    except KeyRingError as error:
        raise ConfigError(str(error)) from error


def _others(environ: Mapping[str, str]) -> dict[str, Any]:
    """The institution that staff sign in by, the text gateway, and the mailbox of returned mail."""
    try:
        return {
            "institution": read_institution(environ),
            "sms": read_gateway(environ),
            "bounce_imap_url": read_mailbox(environ),
        }
    except (InstitutionError, GatewayError, MailboxError) as error:
        raise ConfigError(str(error)) from error


def _count(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "0")
    if not re.fullmatch("[0-9]", text):
        raise ConfigError(f"{name} is {text!r}; it must be a number from 0 to 9.")
    return int(text)


def _rate(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "")
    if text and not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise ConfigError(f"{name} is {text!r}; it must be a whole number from 1 to 999999, or empty for the usual.")
    return int(text) if text else None


def _one_of(environ: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """The first choice is what stands without the setting."""
    text = environ.get(name) or choices[0]
    if text not in choices:
        raise ConfigError(f"{name} is {text!r}; it must be one of {', '.join(choices)}.")
    return text


def _key(text: str, name: str) -> bytes:
    try:
        return read_key(text, name)
    except KeyRingError as error:
        raise ConfigError(str(error)) from error


def _refuse_weak(config: Config) -> None:
    if config.environment not in ENVIRONMENTS:
        raise ConfigError(f"BACKSTORY_ENV is {config.environment!r}; it must be one of {', '.join(ENVIRONMENTS)}.")
    if len(config.secret_key) < 32:
        raise ConfigError("SECRET_KEY is shorter than 32 characters; use a longer random one.")
    if config.environment == "production" and urlsplit(config.public_base_url).scheme != "https":
        raise ConfigError("PUBLIC_BASE_URL must start with https:// in production: links in mail carry a secret.")
    if urlsplit(config.smtp_url).scheme not in SMTP_SCHEMES:
        raise ConfigError(f"SMTP_URL must start with {', '.join(f'{each}://' for each in SMTP_SCHEMES)}.")
    waits = parse_qs(urlsplit(config.smtp_url).query, keep_blank_values=True).get("timeout", [])
    if any(not re.fullmatch(r"\d{1,3}(\.\d+)?", each) for each in waits):
        raise ConfigError("The timeout in SMTP_URL must be seconds, for example smtp://HOST:25/?timeout=5")
    if config.environment == "production" and config.lan:
        raise ConfigError("LAN=1 is for trying out on a local network; unset it in production.")


def refuse_working_wording(config: Config, unlicensed: Sequence[str]) -> None:
    """Refuse to serve patients texts that are no licensed questionnaire; ``unlicensed``: their ids."""
    if config.environment != "production" or config.working_wording_allowed or not unlicensed:
        return
    raise ConfigError(
        f"Production needs licensed wording in place of: {', '.join(unlicensed)}. Put it into WORDING_FOLDER with "
        "`flask wording install PACK --licence-ref REF --attested-by 'NAME, ROLE'`; leave out a language with, for "
        "example, WORDING_LANGUAGES=en; "
        "or set ALLOW_WORKING_WORDING=1 to ask in our own words, whose scores must not be compared with published ones."
    )
