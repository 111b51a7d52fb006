"""A drill: a backup restored beside, proved, and thrown away; and the same proof after a restore in earnest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Flask, current_app

from surveys.access.chain.verification import Head
from surveys.access.keys.encryption import Vault
from surveys.backup.manifest import Manifest
from surveys.backup.proof import Opened, audit_stands, open_every_value, sign_in_works
from surveys.config import Config
from surveys.db import clinic_session, db

Step = Callable[[str], None]


@dataclass(frozen=True)
class Proof:
    """What was proved of every clinic."""

    clinics: int
    opened: Opened


def prove(manifest: Manifest, *, now: datetime, step: Step) -> Proof:
    """Open every personal value and sign in once in every clinic; needs the restored database's application.

    Raises BackupError where something does not work. Nothing is left behind.
    """
    vault: Vault = current_app.extensions["vault"]
    config: Config = current_app.extensions["backstory"]
    events = 0
    for name in manifest.facts.clinics:
        with clinic_session(UUID(name)) as session:
            real_time = config.environment == "production"
            events += audit_stands(session, UUID(name), _head(manifest, name), real_time=real_time)
    step(f"the audit chain of every clinic holds, {events} sealed events")
    patients = values = 0
    for name in manifest.facts.clinics:
        with clinic_session(UUID(name)) as session:
            opened = open_every_value(session, vault)
        patients, values = patients + opened.patients, values + opened.values
    step(f"{values} personal values of {patients} patients open with the keys at hand")
    for name in manifest.facts.clinics:
        with clinic_session(UUID(name)) as session:
            sign_in_works(session, UUID(name), now=now)
            session.rollback()
    step(f"signing in works in {len(manifest.facts.clinics)} clinics")
    return Proof(len(manifest.facts.clinics), Opened(patients, values))


def _head(manifest: Manifest, clinic: str) -> Head | None:
    """The end of the clinic's chain when the backup was taken, None before its first seal."""
    kept = manifest.facts.chains.get(clinic)
    return Head(kept[0], kept[1], bytes.fromhex(kept[2])) if kept else None


def leave(app: Flask) -> None:
    """Close the application's connections, so that its database can go."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
