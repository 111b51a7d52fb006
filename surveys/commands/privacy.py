"""``flask --app wsgi privacy``: export a person, erase what is due, write the data map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from flask.cli import AppGroup
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.commands.vault import vault
from surveys.db import app_now, clinic_scope, clinic_session, db
from surveys.models import Clinic, Erasure, Patient
from surveys.privacy.document import FILE, document
from surveys.privacy.retention import due_list, erase_ripe, ripe
from surveys.privacy.schema import schema
from surveys.privacy.subject_export import SCHEMA, archive, subject_export

privacy = AppGroup("privacy", help="One person's data: export, retention, the data map.")
WRITTEN = click.Path(dir_okay=False, writable=True, path_type=Path)
clinic_option = click.option("--clinic", "code", required=True, help="The clinic's code.")


@privacy.command("export")
@click.argument("number", type=click.IntRange(1))
@clinic_option
@click.option("--out", type=WRITTEN, required=True, help="A .zip, or a .json with the data alone.")
def export_command(number: int, code: str, out: Path) -> None:
    """Write everything that is kept of the patient with NUMBER to a file."""
    with _clinic(code) as (session, clinic):
        wanted = select(Patient).where(Patient.clinic_id == clinic.id, Patient.number == number)
        patient = session.scalars(wanted).one_or_none()
        if patient is None:
            raise click.UsageError(f"{code} has no patient {number}. `privacy export` takes the number on the list.")
        made = subject_export(session, vault(), clinic, patient, actor=SYSTEM, now=app_now(session))
        body = json.dumps(made, indent=2, ensure_ascii=False).encode() if out.suffix == ".json" else archive(made)
        try:
            out.touch(mode=0o600)
            out.chmod(0o600)  # it may have been there before, open to others
            out.write_bytes(body)
        except OSError as error:
            raise click.UsageError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
        session.commit()
    click.echo(f"Patient {number} of {code} is in {out}. It holds names and answers: hand it over safely.")


@privacy.command("retention")
@click.option("--clinic", "code", default=None, help="One clinic's code; without it, every clinic.")
@click.option("--apply", "applied", is_flag=True, help="Erase who is due and agreed to.")
def retention_command(code: str | None, applied: bool) -> None:
    """Count who falls due for erasure in each clinic, and erase them with --apply."""
    for bound in [_clinic(code)] if code else map(_bound, _known().values()):
        with bound as (session, clinic):
            click.echo(_retained(session, clinic, applied=applied))


def _retained(session: Session, clinic: Clinic, *, applied: bool) -> str:
    """Count one clinic's, and erase if that is wished."""
    now = app_now(session)
    dues = due_list(session, clinic, now=now)
    stages = {stage: sum(due.stage == stage for due in dues) for stage in ("due", "soon", "later")}
    told = f"{clinic.code}: {stages['due']} due, {stages['soon']} within 30 days, {stages['later']} within 90 days"
    if applied:
        return f"{told}; erased {_erase_all(session, clinic, now)}"
    return f"{told}; {len(ripe(clinic, dues))} may be erased with --apply"


@privacy.command("erasures")
@click.option("--out", type=WRITTEN, required=True, help="The list; it holds numbers and days, no names.")
def erasures_command(out: Path) -> None:
    """Write who was erased, to be kept apart from the backups: after a restore these are erased again."""
    lines = ["clinic,patient,erased_at,cause,withheld"]
    for code, clinic_id in _known().items():
        with _bound(clinic_id) as (session, clinic):
            wanted = select(Erasure, Patient.number).join(Patient, Patient.id == Erasure.patient_id)
            rows = session.execute(wanted.where(Erasure.clinic_id == clinic.id).order_by(Erasure.erased_at)).all()
        lines += [
            f"{code},{number},{row.erased_at.isoformat()},{row.cause},{'yes' if row.withheld else 'no'}"
            for row, number in rows
        ]
    try:
        out.write_text("\n".join(lines) + "\n", encoding="ascii")
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
    click.echo(f"{len(lines) - 1} erasures are in {out}.")


def _erase_all(session: Session, clinic: Clinic, now: datetime) -> int:
    total = 0
    while done := erase_ripe(session, vault(), clinic, actor=SYSTEM, now=now):
        session.commit()
        total += len(done)
    return total


@privacy.command("map")
@click.option("--write", is_flag=True, help="Write docs/data-map.md and the export's schema.")
def map_command(write: bool) -> None:
    """Print the data map, or write it where the repository keeps it."""
    if not write:
        click.echo(document(), nl=False)
        return
    FILE.write_text(document(), encoding="utf-8")
    SCHEMA.write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")
    click.echo(f"Wrote {FILE.name} and {SCHEMA.name}.")


@contextmanager
def _clinic(code: str) -> Iterator[tuple[Session, Clinic]]:
    """Yield a session bound to the clinic of that code."""
    known = _known()
    if code not in known:
        raise click.UsageError(f"There is no clinic {code!r}. The clinics are: {', '.join(known) or 'none'}.")
    with _bound(known[code]) as bound:
        yield bound


@contextmanager
def _bound(clinic_id: UUID) -> Iterator[tuple[Session, Clinic]]:
    with clinic_session(clinic_id) as session:
        yield session, session.get_one(Clinic, clinic_id)


def _known() -> dict[str, UUID]:
    """The clinics by code."""
    with clinic_scope(None), Session(db.engine) as session:
        ids = session.scalars(text("SELECT * FROM clinic_ids()")).all()
    codes = {}
    for clinic_id in ids:
        with _bound(clinic_id) as (_session, clinic):
            codes[clinic.code] = clinic_id
    return dict(sorted(codes.items()))
