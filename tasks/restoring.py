"""``flask --app wsgi restore BACKUP``: into an empty database, or as a drill into one that is thrown away."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from sqlalchemy.orm import Session

from surveys import schema
from surveys.application import create_app
from surveys.backup.drill import leave, prove
from surveys.backup.manifest import Manifest
from surveys.backup.restoring import Restored
from surveys.backup.restoring import restore as restore_backup
from surveys.backup.steps import Steps
from surveys.backup.throwaway import throw_away
from surveys.backup.trouble import BackupError
from surveys.config import Config
from surveys.db import clinic_scope, db
from surveys.operations import note_operation, operations
from surveys.secret_files import with_files

CANNOT_START = 2
TO_REPEAT = (
    "erasures, from the newest list of `flask privacy erasures` that is kept elsewhere",
    "withdrawn consents and stopped reminders, from the clinics' notes, before messages are released",
    "accounts that were disabled, roles that were lowered, passwords and second factors that were replaced",
    "recovery codes: those used since work again, so let their owners make new ones",
    "registry analysts' access that was ended",
)


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--drill", is_flag=True, help="Restore beside, prove that it works, and throw it away.")
def restore(backup: Path, drill: bool) -> None:
    """Restore BACKUP (a folder that `flask backup` wrote) into the empty database of DATABASE_OWNER_URL.

    Its pending messages are held until a person releases them, and everybody has to sign in again.
    """
    steps = Steps(click.echo, time.monotonic)
    try:
        if drill:
            _drill(backup, steps)
        else:
            _restore(backup, steps)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Done in {steps.total:.1f} s.")


def _restore(backup: Path, steps: Steps) -> None:
    settings: Config = current_app.extensions["backstory"]
    owner_url = with_files(os.environ).get("DATABASE_OWNER_URL", "")
    if not owner_url:
        click.echo("DATABASE_OWNER_URL is not set: the owner role's address of the empty database.", err=True)
        raise SystemExit(CANNOT_START)
    restored = restore_backup(backup, owner_url, settings.backup_key, now=_now(), step=steps)
    _tell_held(restored)
    if _is_current(restored.manifest):
        _refuse_another(restored.manifest)
        prove(restored.manifest, now=_now(), step=steps)
    else:
        click.echo("The backup is of an older version: run `flask db upgrade` before starting web and workers.")
    click.echo(f"What was done after {restored.manifest.taken_at} is not in it. Before anybody works, do again:")
    for words in TO_REPEAT:
        click.echo(f"  - {words}")


def _refuse_another(manifest: Manifest) -> None:
    """What is proved has to be what was restored: DATABASE_URL may still name the broken database."""
    with clinic_scope(None), Session(db.engine) as session:
        done = operations(session).get("restore")
    if done is None or done.details.get("taken_at") != manifest.taken_at:
        raise BackupError(
            "The backup is restored, and DATABASE_URL names another database: nothing could be proved. Point it at the"
            " one of DATABASE_OWNER_URL before web and workers start."
        )


def _drill(backup: Path, steps: Steps) -> None:
    settings: Config = current_app.extensions["backstory"]
    with throw_away(os.environ) as place:
        steps("an empty database stands ready")
        restored = restore_backup(backup, place.owner_url, settings.backup_key, now=_now(), step=steps)
        _tell_held(restored)
        _migrate(restored.manifest, place.owner_url, steps)
        app = create_app(replace(settings, database_url=place.app_url))
        try:
            with app.app_context():
                prove(restored.manifest, now=_now(), step=steps)
        finally:
            leave(app)
    steps("the throw-away database is gone")
    _note(restored.manifest, steps.total)


def _tell_held(restored: Restored) -> None:
    held = restored.held
    click.echo(f"    {held.messages} pending messages are held for review; {held.sessions} sessions ended")


def _is_current(manifest: Manifest) -> bool:
    return manifest.facts.revision == schema.newest()


def _migrate(manifest: Manifest, owner_url: str, steps: Steps) -> None:
    """Bring an older backup to this version, as its restore in earnest would be."""
    if _is_current(manifest):
        return
    before = os.environ.get("DATABASE_OWNER_URL")
    os.environ["DATABASE_OWNER_URL"] = owner_url
    try:
        schema.bring_up_to_date()
    finally:
        os.environ.pop("DATABASE_OWNER_URL")
        if before is not None:
            os.environ["DATABASE_OWNER_URL"] = before
    steps(f"the schema went from {manifest.facts.revision} to {schema.newest()}")


def _note(manifest: Manifest, seconds: float) -> None:
    with clinic_scope(None), Session(db.engine) as session:
        note_operation(session, "drill", {"taken_at": manifest.taken_at, "seconds": round(seconds, 1)}, now=_now())
        session.commit()


def _now() -> datetime:
    return datetime.now(UTC)
