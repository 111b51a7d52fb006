"""A backup into an empty database: nobody may enter before its messages are held and its sessions ended.

Row-level security comes with the last part of a dump. Between the rows and it, the owner sees every clinic.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from surveys.backup import manifest as manifests
from surveys.backup.aftermath import Held, settle_past
from surveys.backup.facts import Connection, differences, read_facts
from surveys.backup.manifest import Manifest
from surveys.backup.programs import find_program, libpq_address, libpq_environment
from surveys.backup.sealing import unseal
from surveys.backup.trouble import BackupError

CHUNK = 256 * 1024
ENTRANTS = ("backstory_app", "backstory_backup")
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
THERE = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
Step = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What came back, and what was held back."""

    manifest: Manifest
    held: Held


def open_backup(folder: Path, key: bytes | None) -> Manifest:
    """Return the manifest once the data file is as it was written; raises BackupError."""
    manifest = manifests.read(folder, key)
    digest = hashlib.sha256()
    try:
        with (folder / manifest.data).open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise BackupError(f"{folder / manifest.data} cannot be read: {error.strerror}.") from error
    if digest.hexdigest() != manifest.sha256:
        raise BackupError(f"{folder / manifest.data} is not as it was written: take another copy of this backup.")
    return manifest


def restore(folder: Path, owner_url: str, key: bytes | None, *, now: datetime, step: Step) -> Restored:
    """Restore into the owner's empty database; raises BackupError, and lets nobody in unless all is well."""
    manifest = open_backup(folder, key)
    step("the files are whole")
    with _owner(owner_url) as connection:
        _refuse_occupied(connection)
        program = find_program("pg_restore", max(manifest.server, connection.info.server_version // 10_000))
        _let_in(connection, False)
        for section in ("pre-data", "data"):
            _load(program, section, folder, manifest, key, owner_url)
        step("tables and rows are loaded")
        if wrong := differences(manifest.facts, read_facts(connection)):
            raise BackupError("The restored rows are not those of the backup: " + "; ".join(wrong) + ".")
        rows, tables = sum(manifest.facts.counts.values()), len(manifest.facts.counts)
        step(f"counts are equal, {rows} rows in {tables} tables, and each audit chain ends as it did")
        with connection.transaction():
            held = settle_past(connection, manifest, now=now)
        _load(program, "post-data", folder, manifest, key, owner_url)
        step("constraints, row-level security and triggers stand")
        _let_in(connection, True)
    return Restored(manifest, held)


def _owner(url: str) -> Connection:
    try:
        return psycopg.connect(libpq_address(url), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise BackupError("DATABASE_OWNER_URL does not connect: check its host, role and password.") from error


def _refuse_occupied(connection: Connection) -> None:
    """Only an empty database that nobody uses: what is there may be somebody's only copy."""
    if _number(connection, THERE):
        raise BackupError(
            f"The database {connection.info.dbname} is not empty, and a restore overwrites nothing. Create a new one"
            " (docs/runbook.md, Restore) and point DATABASE_OWNER_URL and DATABASE_URL at it."
        )
    if others := _number(connection, OTHERS):
        raise BackupError(
            f"{others} others are connected to {connection.info.dbname}: stop web, worker and beat first."
        )


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def _let_in(connection: Connection, welcome: bool) -> None:
    """Close the door to everyone but the owner, or open it; a role that is not there needs no door."""
    verb = SQL("GRANT CONNECT ON DATABASE {} TO {}" if welcome else "REVOKE CONNECT ON DATABASE {} FROM {}")
    for role in ENTRANTS:
        with suppress(psycopg.errors.UndefinedObject):
            connection.execute(verb.format(Identifier(connection.info.dbname), Identifier(role)))
    if not welcome:
        connection.execute(SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(Identifier(connection.info.dbname)))


def _load(program: Path, section: str, folder: Path, manifest: Manifest, key: bytes | None, url: str) -> None:
    command = [str(program), f"--section={section}", "--no-owner", "--exit-on-error", "--single-transaction"]
    environ = {**os.environ, **libpq_environment(url)}
    with (
        tempfile.TemporaryFile() as words,
        subprocess.Popen(  # noqa: S603
            [*command, f"--dbname={environ['PGDATABASE']}"], env=environ, stdin=subprocess.PIPE, stderr=words
        ) as child,
    ):
        if child.stdin:
            _feed(child.stdin.write, _plain(folder / manifest.data, key if manifest.sealed else None))
            with suppress(BrokenPipeError):
                child.stdin.close()
        if child.wait():
            words.seek(0)
            said = words.read().decode(errors="replace").strip()
            raise BackupError(
                f"pg_restore failed ({section}): {said}\nThe database is half full: drop and create it again."
            )


def _feed(write: Callable[[bytes], object], chunks: Iterator[bytes]) -> None:
    """Hand over what the program wants; it stops reading once it has the part it was asked for."""
    with suppress(BrokenPipeError):
        for chunk in chunks:
            write(chunk)


def _plain(path: Path, key: bytes | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        if key:
            yield from unseal(file, key)
        else:
            yield from iter(lambda: file.read(CHUNK), b"")
