"""What data depends on: keys, backups, disk."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from surveys.access.clinics import every_clinic
from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.keys.rotation import count_keys
from surveys.db import clinic_session
from surveys.models import Patient
from surveys.people.patients import contact
from tasks.doctor.finding import Finding, bad, graded, ok, warn
from tasks.doctor.sending import settings
from tasks.figures import Figures

HOUR, DAY = 3600.0, 86_400.0
BACKUP = (26 * HOUR, 72 * HOUR)
UNSEALED = (600.0, 6 * HOUR)  # the sealer comes each minute
UNVERIFIED = (50 * HOUR, 8 * DAY)
DRILL = (100 * DAY, 400 * DAY)
SAMPLE = 20  # patients of each clinic, the newest
FREE = (0.2, 0.05)  # of a file system


def check_keys() -> Iterator[Finding]:
    """Open a sample of every clinic, and ask which keys are still needed."""
    vault: Vault = current_app.extensions["vault"]
    used, opened, stuck = _look_into_clinics(vault)
    if missing := sorted(set(used) - set(vault.ring.ids)):
        words = f"values are sealed under key {_listed(missing)}, which is not here"
        yield bad("keys", words, "Put it into MASTER_KEYS.")
    elif stuck:
        yield bad("keys", f"{stuck} of {stuck + opened} patients' details do not open", "Put the right key back.")
    else:
        yield ok("keys", f"the details of {opened} patients open, a sample")
    former = set(vault.ring.ids[1:])
    if idle := sorted(former - set(used)):
        yield warn("old keys", f"key {_listed(idle)} seals nothing any more", "Remove it from MASTER_KEYS.")
    if needed := sorted(former & set(used)):
        yield warn("old keys", f"key {_listed(needed)} still seals values", "Run: flask --app wsgi keys rotate")


def _look_into_clinics(vault: Vault) -> tuple[Counter[int], int, int]:
    """Return values by key id, and of the newest patients how many open and how many do not."""
    used, opened, stuck = Counter[int](), 0, 0
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            for (_table, _column, key), number in count_keys(session).items():
                used[key] += number
            newest = session.scalars(select(Patient).order_by(Patient.id.desc()).limit(SAMPLE)).all()
            good = sum(_opens(vault, patient) for patient in newest)
            opened, stuck = opened + good, stuck + len(newest) - good
    return used, opened, stuck


def _opens(vault: Vault, patient: Patient) -> bool:
    try:
        contact(vault, patient)
    except DecryptionError:
        return False
    return True


def check_backup(figures: Figures) -> Iterator[Finding]:
    """Look at how old the last backup and the last drill are."""
    for kind, limits, remedy in (
        ("backup", BACKUP, "Run it daily: flask --app wsgi backup FOLDER"),
        ("drill", DRILL, "Try one: flask --app wsgi restore BACKUP --drill"),
    ):
        age = figures.ages.get(kind)
        if age is None:
            strict = kind == "backup" and settings().environment == "production"
            yield (bad if strict else warn)(kind, "there never was one", remedy)
        else:
            yield graded(kind, f"the last one is {age / HOUR:.0f} hours old", age, limits, remedy)
    if settings().backup_database_url and not settings().backup_key:
        yield warn("backup key", "backups are not sealed", "Set BACKUP_KEY: who has the file reads every answer.")


def check_audit(figures: Figures) -> Iterator[Finding]:
    """Look at how far the sealer and the nightly verification have come."""
    audit = figures.audit
    if audit.broken:
        words = f"of {audit.broken} clinics is not as it was sealed"
        yield bad("audit", words, "docs/runbook.md, Incidents: The audit does not verify.")
    else:
        words = f"was verified in the last {audit.unverified / HOUR:.0f} hours"
        yield graded("audit", words, audit.unverified, UNVERIFIED, "Run: flask --app wsgi audit verify")
    words = f"the oldest event waits for {audit.unsealed:.0f} s" if audit.unsealed else "every event is sealed"
    remedy = "Look at beat and worker, then for a transaction left open: docs/runbook.md, Alarms."
    yield graded("audit seal", words, audit.unsealed, UNSEALED, remedy)


def check_disk() -> Iterator[Finding]:
    """Look at the file systems this host writes to."""
    folder = settings().wording_folder
    places = {Path(tempfile.gettempdir()), Path.cwd(), *([folder] if folder and folder.exists() else [])}
    seen: set[int] = set()
    for place in sorted(places):
        if (device := place.stat().st_dev) in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(place)
        free = usage.free / usage.total
        words = f"{free:.0%} of {usage.total / 1e9:.0f} GB is free on {place}"
        yield graded("disk", words, 1 - free, (1 - FREE[0], 1 - FREE[1]), "Make room, or give it more.")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
