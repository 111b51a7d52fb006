"""``flask --app wsgi protocol``: check a protocol file, load it into a clinic, move running episodes to it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from scoring.value_sets import find_value_set
from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Clinic
from surveys.pathway.protocol_migration import Migration, migrate
from surveys.people.participation import consent_text
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import Protocol, ProtocolError, load_protocol_file
from surveys.wordings import unspoken

protocol = AppGroup("protocol", help="Protocols: check a file, load it into a clinic, move episodes to it.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
clinic_option = click.option("--clinic-id", type=click.UUID, required=True, help="The clinic's id, a UUID.")


@protocol.command("check")
@click.argument("file", type=FILE)
def check_command(file: Path) -> None:
    """Say whether a protocol file can work; needs no clinic."""
    _source(file)
    click.echo("ok")


@protocol.command("load")
@click.argument("file", type=FILE)
@clinic_option
def load_command(file: Path, clinic_id: UUID) -> None:
    """Load a protocol file into a clinic; new patients follow its newest version."""
    source = _source(file)
    with clinic_session(clinic_id) as session:
        _clinic(session, clinic_id)
        try:
            row = protocol_store.load(session, clinic_id, source, file.name, now=app_now(session))
        except ProtocolError as error:
            raise click.ClickException(str(error)) from error
        session.commit()
    click.echo(f"{row.code} version {row.version} is loaded.")


@protocol.command("migrate")
@click.argument("code")
@clinic_option
@click.option("--dry-run", is_flag=True, help="Say what would move and change nothing.")
def migrate_command(code: str, clinic_id: UUID, *, dry_run: bool) -> None:
    """Move the running episodes of a protocol to its newest version, in one transaction."""
    with clinic_session(clinic_id) as session:
        clinic, target = _clinic(session, clinic_id), protocol_store.find(session, code)
        if target is None:
            raise click.ClickException(f"The clinic has no protocol {code}. Load it first: protocol load FILE.")
        done = migrate(session, clinic, target, actor=SYSTEM, now=app_now(session), dry_run=dry_run)
        session.commit()
    _report(f"{code} version {target.version}", done, dry_run=dry_run)


def _report(target: str, done: Migration, *, dry_run: bool) -> None:
    click.echo(f"{'Would move' if dry_run else 'Moved'} to {target}: {sum(done.moved.values())} episodes")
    for version, count in sorted(done.moved.items()):
        click.echo(f"  from version {version}: {count}")
    for what, count in sorted(done.kept.items()):
        click.echo(f"  kept, the newest version has no {what}: {count}")


def _source(file: Path) -> str:
    try:
        protocol = load_protocol_file(file)
        _check_consent(protocol, file.name)
        _check_languages(protocol, file.name)
    except ProtocolError as error:
        raise click.ClickException(str(error)) from error
    _note_value_set(protocol)
    return protocol.source


def _note_value_set(protocol: Protocol) -> None:
    """Say on stderr what speaks against the value set: every index of the protocol will rest on it."""
    chosen = find_value_set(protocol.value_set)
    if chosen.caution:
        click.echo(f"Note on the value set {chosen.id}: {chosen.caution}", err=True)


def _check_consent(protocol: Protocol, file: str) -> None:
    """Refuse a version without a text: patients would agree to another one than the protocol names."""
    version = protocol.consent_version
    if any(consent_text(version, language).version != version for language in protocol.languages):
        raise ProtocolError(file, "consent_version", f"there is no consent of version {version!r}")


def _check_languages(protocol: Protocol, file: str) -> None:
    """Refuse a language in which a patient would meet a questionnaire or a consent in another one."""
    for language in protocol.languages:
        missing = unspoken(protocol.instruments, language)
        if consent_text(protocol.consent_version, language).language != language:
            missing.append("the consent")
        if missing:
            raise ProtocolError(file, "languages", f"{language!r} has no wording of {', '.join(missing)}")


def _clinic(session: Session, clinic_id: UUID) -> Clinic:
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise click.ClickException(f"There is no clinic {clinic_id}.")
    return clinic
