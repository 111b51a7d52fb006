"""``flask --app wsgi audit``: seal the audit, export the heads of its chains, verify all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from surveys.access.chain import verification
from surveys.access.chain.audit_head import HeadError, read_heads, write_heads
from surveys.access.chain.verification import Head
from surveys.access.clinics import every_clinic
from surveys.commands.chains import seal_once, verify_clinic
from surveys.db import clinic_scope, clinic_session, db, real_now

audit = AppGroup("audit", help="Audit: seal it, export the heads of its chains, verify it.")
BROKEN = 1
TROUBLE = 2
FILE = click.Path(dir_okay=False, path_type=Path)


@audit.command("seal")
def seal_command() -> None:
    """Take into the chain what was committed so far; beat does so each minute."""
    total = 0
    for clinic_id in every_clinic():
        while events := seal_once(clinic_id):
            total += events
            click.echo(f"Clinic {clinic_id}: {events} events sealed")
    click.echo(f"{total} events were sealed.")


@audit.command("head")
@click.option("--out", type=FILE, help="Write to this file instead of to the terminal.")
def head_command(out: Path | None) -> None:
    """Export where each chain stands; keep it where whoever writes to the database cannot."""
    heads: dict[UUID, Head] = {}
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            if head := verification.head(session):
                heads[clinic_id] = head
    with clinic_scope(None), Session(db.engine) as session:
        text = write_heads(heads, now=real_now(session))
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="ascii")
    click.echo(f"{len(heads)} heads are written to {out}.")


@audit.command("verify")
@click.option("--head", "kept", type=FILE, help="Compare with heads that were exported before.")
def verify_command(kept: Path | None) -> None:
    """Compare every row, link and seal; exit status 1 where one is not as it was sealed."""
    heads = _read(kept) if kept else {}
    clinics = every_clinic()
    broken = [clinic_id for clinic_id in clinics if not _verify_clinic(clinic_id, heads)]
    for clinic_id in sorted(set(heads) - set(clinics)):
        click.echo(f"Clinic {clinic_id}: the kept head knows it, and the database does not", err=True)
        broken.append(clinic_id)
    if broken:
        click.echo(f"The audit of {len(broken)} clinics is NOT as it was sealed.", err=True)
        raise click.exceptions.Exit(BROKEN)
    click.echo(f"The audit of {len(clinics)} clinics is as it was sealed.")


def _read(path: Path) -> dict[UUID, Head]:
    try:
        return read_heads(path.read_text(encoding="utf-8"))
    except (OSError, HeadError) as error:
        click.echo(f"{path} cannot be used as heads: {error}. Make one with `audit head --out FILE`.", err=True)
        raise click.exceptions.Exit(TROUBLE) from error


def _verify_clinic(clinic_id: UUID, heads: Mapping[UUID, Head]) -> bool:
    report = verify_clinic(clinic_id, heads.get(clinic_id), each=lambda events: _tell(clinic_id, events))
    for problem in report.problems:
        place = "" if problem.sequence is None else f", position {problem.sequence}"
        event = "" if problem.event_id is None else f", event {problem.event_id}"
        click.echo(f"Clinic {clinic_id}{place}{event}: {problem.what}", err=True)
    waiting = f"; {report.unsealed} wait for the sealer" if report.unsealed else ""
    if not report.problems:
        click.echo(f"Clinic {clinic_id}: {report.events} events are as they were sealed{waiting}")
    return not report.problems


def _tell(clinic_id: UUID, events: int) -> None:
    click.echo(f"Clinic {clinic_id}: {events} events so far", err=True)
