"""What a backup says about itself, so that a restore can prove it is whole. It holds no key and nothing personal."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from surveys.backup.sealing import authenticate
from surveys.backup.trouble import BackupError

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Facts:
    """The database at the snapshot that was dumped: rows by table, the end of each clinic's audit chain, key ids.

    ``chains``: clinic id to number, last link and hash of its newest seal. ``key_ids``: the first byte of sealed
    values, by ``table.column``; those keys are needed to read the restored data, and no backup holds them.
    """

    revision: str
    clinics: list[str]
    counts: dict[str, int]
    chains: dict[str, tuple[int, int, str]]
    key_ids: dict[str, list[int]]


@dataclass(frozen=True)
class Manifest:
    """``sha256`` and ``size`` (bytes) are of the data file as it lies there, sealed or not."""

    taken_at: str
    product: str
    server: int
    data: str
    size: int
    sha256: str
    sealed: bool
    facts: Facts
    format: int = FORMAT
    code: str = ""  # authentication code under BACKUP_KEY, where sealed

    @property
    def moment(self) -> datetime:
        """When the snapshot was taken."""
        return datetime.fromisoformat(self.taken_at)


def write(manifest: Manifest, folder: Path, key: bytes | None) -> None:
    """Write the manifest, authenticated where there is a key."""
    if key:
        manifest = replace(manifest, code=authenticate(_content(manifest), key))
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read(folder: Path, key: bytes | None) -> Manifest:
    """Return the manifest of a backup's folder; raises BackupError where it cannot be trusted."""
    try:
        plain: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if plain.get("format") != FORMAT:
            raise BackupError(f"{folder} is a backup of format {plain.get('format')}; this version reads {FORMAT}.")
        manifest = Manifest(**{**plain, "facts": Facts(**plain["facts"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{folder} is no backup: its {NAME} is missing or cannot be read.") from error
    _refuse_changed(manifest, key)
    return manifest


def _refuse_changed(manifest: Manifest, key: bytes | None) -> None:
    if not manifest.sealed:
        return _refuse_unsealed(key)
    if key is None:
        raise BackupError("This backup is sealed. Set BACKUP_KEY to the key it was taken with.")
    if not hmac.compare_digest(authenticate(_content(manifest), key), manifest.code):
        raise BackupError("The manifest does not open: BACKUP_KEY is another, or the backup was changed.")
    return None


def _refuse_unsealed(key: bytes | None) -> None:
    """Where backups are sealed, one that is not may be anybody's, and what it holds would run as the owner."""
    if key:
        raise BackupError(
            "This backup is not sealed, so nothing says who made it. If you know that it is yours, from before there"
            " was a BACKUP_KEY, unset BACKUP_KEY and restore again."
        )


def _content(manifest: Manifest) -> bytes:
    return json.dumps(asdict(replace(manifest, code="")), sort_keys=True).encode()
