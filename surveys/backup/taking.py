"""Taking a backup while the service runs: one snapshot is counted and dumped."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from surveys.backup import manifest as manifests
from surveys.backup.facts import Connection, read_facts
from surveys.backup.manifest import Manifest
from surveys.backup.programs import find_program, libpq_address, libpq_environment
from surveys.backup.sealing import seal
from surveys.backup.trouble import BackupError
from surveys.version import VERSION

CHUNK = 256 * 1024
STEP = 64 * 1024 * 1024  # bytes between two words about the progress
READS_ALL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """A finished backup."""

    folder: Path
    manifest: Manifest


def take(url: str, place: Path, key: bytes | None, *, now: datetime, say: Say) -> Taken:
    """Write a backup into a new folder under ``place``, whole or not at all; raises BackupError."""
    final = place / f"backstory-{now:%Y-%m-%dT%H-%M-%SZ}"
    draft = place / f".unfinished-{final.name}"
    if final.exists() or draft.exists():
        raise BackupError(f"{final} exists already and is not overwritten. Name another folder, or wait a second.")
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(
            f"{place} cannot hold a backup: {error.strerror}. Name a folder this account may write to."
        ) from error
    try:
        written = _write(url, draft, key, say)
        draft.rename(final)
        _to_disk(place)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise BackupError(f"The backup could not be written to {place}: {error.strerror}.") from error
        raise
    return Taken(final, written)


def _write(url: str, folder: Path, key: bytes | None, say: Say) -> Manifest:
    with _snapshot(url) as connection:
        taken_at, snapshot = connection.execute("SELECT now(), pg_export_snapshot()").fetchone() or ("", "")
        say("Counting rows ...")
        facts = read_facts(connection)
        major = connection.info.server_version // 10_000
        data = folder / ("database.dump.sealed" if key else "database.dump")
        say("Dumping ...")
        size, digest = _store(_dump(url, major, snapshot), data, key, say)
    made = Manifest(taken_at.isoformat(), VERSION, major, data.name, size, digest, key is not None, facts)
    manifests.write(made, folder, key)
    _to_disk(folder / manifests.NAME)
    _to_disk(folder)
    return made


def _snapshot(url: str) -> Connection:
    try:
        connection = psycopg.connect(libpq_address(url), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise BackupError("BACKUP_DATABASE_URL does not connect: check its host, role and password.") from error
    row = connection.execute(READS_ALL).fetchone()
    if not (row and row[0]):
        connection.close()
        raise BackupError(
            "The role of BACKUP_DATABASE_URL does not see every clinic's rows, so the backup would have holes."
            " Give it BYPASSRLS and pg_read_all_data; docs/runbook.md has the two statements."
        )
    connection.rollback()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def _dump(url: str, major: int, snapshot: str) -> Iterator[bytes]:
    """Yield pg_dump's output; a dump cut short raises instead of ending."""
    command = [str(find_program("pg_dump", major)), "--format=custom", "--no-owner", f"--snapshot={snapshot}"]
    environ = {**os.environ, **libpq_environment(url)}
    with (
        tempfile.TemporaryFile() as words,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=words) as child,  # noqa: S603
    ):
        while child.stdout and (chunk := child.stdout.read(CHUNK)):
            yield chunk
        if child.wait():
            words.seek(0)
            raise BackupError(f"pg_dump failed: {words.read().decode(errors='replace').strip()}")


def _store(chunks: Iterable[bytes], path: Path, key: bytes | None, say: Say) -> tuple[int, str]:
    """Write to disk; returns size in bytes and SHA-256."""
    digest, size, said = hashlib.sha256(), 0, STEP
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for chunk in seal(chunks, key) if key else chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            if size >= said:
                say(f"{size // (1024 * 1024)} MB ...")
                said += STEP
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
