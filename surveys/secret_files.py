"""Settings from files, as container platforms hand secrets over: NAME_FILE names a file that holds NAME."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

IN_FILES = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "BACKUP_DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "SECRET_KEY",
    "MASTER_KEY",
    "MASTER_KEYS",
    "BACKUP_KEY",
    "METRICS_TOKEN",
    "OIDC_CLIENT_SECRET",
    "SMS_TOKEN",
    "SMS_STOP_TOKEN",
    "BOUNCE_IMAP_URL",
)
LONGEST = 64 * 1024  # bytes
APART = Path("/run/secrets")  # a container's own folder, whose modes the platform chooses
OTHERS = stat.S_IRWXO | stat.S_IWGRP


class SecretFileError(ValueError):
    """A file that a setting names cannot be used; the text says why."""


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with each NAME_FILE read into NAME; raises SecretFileError."""
    found = {name: _read(name, environ) for name in IN_FILES if environ.get(f"{name}_FILE")}
    return {**environ, **found}


def _read(name: str, environ: Mapping[str, str]) -> str:
    path = Path(environ[f"{name}_FILE"])
    if environ.get(name):
        raise SecretFileError(f"{name} and {name}_FILE are both set. Unset one of them.")
    try:
        with path.open("rb") as file:
            _refuse_open_to_others(name, path, os.fstat(file.fileno()).st_mode)
            text = file.read(LONGEST + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SecretFileError(f"{name}_FILE names {path}, which cannot be read: {reason}.") from error
    if not text.strip() or len(text) > LONGEST:
        raise SecretFileError(f"{name}_FILE names {path}, which is empty or too long for a secret.")
    return text.strip()


def _refuse_open_to_others(name: str, path: Path, mode: int) -> None:
    """A secret that any account of the machine can read, or change, is none."""
    if mode & OTHERS and not path.is_relative_to(APART):
        raise SecretFileError(f"{name}_FILE names {path}, which other accounts can use. Close it: chmod 600 {path}")
