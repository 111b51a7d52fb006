"""``flask --app wsgi backup FOLDER``: a copy of everything but the keys, while the service runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from sqlalchemy.orm import Session

from surveys.backup.taking import Taken, take
from surveys.backup.trouble import BackupError
from surveys.config import Config
from surveys.db import clinic_scope, db
from surveys.operations import note_operation

CANNOT_START = 2


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(folder: Path) -> None:
    """Write a backup into a new folder under FOLDER, sealed under BACKUP_KEY where that is set."""
    settings: Config = current_app.extensions["backstory"]
    if not settings.backup_database_url:
        click.echo(
            "BACKUP_DATABASE_URL is not set: the role that reads every clinic's rows. docs/runbook.md, Backup,"
            " has the two statements that make it.",
            err=True,
        )
        raise SystemExit(CANNOT_START)
    now = datetime.now(UTC)
    try:
        taken = take(settings.backup_database_url, folder, settings.backup_key, now=now, say=click.echo)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    with clinic_scope(None), Session(db.engine) as session:
        details = {"size": taken.manifest.size, "sealed": taken.manifest.sealed}
        note_operation(session, "backup", details, now=taken.manifest.moment)
        session.commit()
    _report(taken)


def _report(taken: Taken) -> None:
    facts = taken.manifest.facts
    click.echo(f"{taken.folder}: {taken.manifest.size / 1_000_000:.1f} MB, {sum(facts.counts.values())} rows,")
    click.echo(f"{len(facts.clinics)} clinics, schema {facts.revision}. SHA-256 {taken.manifest.sha256}")
    needed = sorted({number for numbers in facts.key_ids.values() for number in numbers})
    numbers = ", ".join(map(str, needed)) or "none"
    click.echo(f"Master keys needed to read it: {numbers}. They are not in it: keep them apart from it, and twice.")
    if not taken.manifest.sealed:
        click.echo("It is not sealed: who has it can read every answer. Set BACKUP_KEY to seal the next one.")
