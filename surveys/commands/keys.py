"""``flask --app wsgi keys``: which key sealed what, bringing everything under the current one, removing the old one."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import click
from flask.cli import AppGroup

from surveys.access.chain.audit import SYSTEM, record
from surveys.access.clinics import every_clinic
from surveys.access.keys.rotation import Progress, count_keys, rotate
from surveys.commands.vault import vault
from surveys.db import app_now, clinic_session

keys = AppGroup("keys", help="Keys: what is sealed under which, rotate to the current one, may an old one go.")
NOT_YET = 1
TROUBLE = 2


@keys.command("status")
def status_command() -> None:
    """Count the sealed values by column and key."""
    counts = _count_all()
    width = max((len(f"{table}.{column}") for table, column, _key in counts), default=0)
    click.echo(f"Current key: {vault().ring.current}. Keys at hand: {_listed(vault().ring.ids)}.")
    for table, column, key in sorted(counts):
        known = "" if key in vault().ring.ids else "   this key is not in MASTER_KEYS"
        click.echo(f"{f'{table}.{column}':{width}}  key {key}: {counts[table, column, key]}{known}")


@keys.command("rotate")
def rotate_command() -> None:
    """Bring every clinic's values under the current key, while the application serves; may be interrupted."""
    clinics, stuck = every_clinic(), Counter[str]()
    for position, clinic_id in enumerate(clinics, start=1):
        stuck += _rotate_clinic(clinic_id, f"Clinic {position} of {len(clinics)}")
    if stuck:
        where = ", ".join(f"{table}: {count}" for table, count in stuck.items())
        click.echo(f"These rows do not open under the keys at hand and stay as they are: {where}.", err=True)
        click.echo("Put the key that `keys status` names back into MASTER_KEYS, then rotate again.", err=True)
        raise click.exceptions.Exit(TROUBLE)
    click.echo("Everything is under the current key. Ask `keys check` before an old key is removed.")


def _rotate_clinic(clinic_id: UUID, name: str) -> Counter[str]:
    with clinic_session(clinic_id) as session:
        progress = Progress(0)
        for progress in rotate(session, vault()):
            session.commit()  # batch by batch: an interrupted rotation goes on where it stopped
            click.echo(f"{name}: {progress.done} of {progress.total} rows")
        if progress.done:
            what = {"key": vault().ring.current, "rows": progress.done}
            record(session, clinic_id, SYSTEM, "keys_rotated", ("clinic", clinic_id), now=app_now(session), new=what)
            session.commit()
    return +progress.stuck


@keys.command("check")
def check_command() -> None:
    """Say whether the old keys may be removed; exit status 1 while something still needs them."""
    ring, used = vault().ring, Counter[int]()
    for (_table, _column, key), count in _count_all().items():
        used[key] += count
    if unknown := sorted(set(used) - set(ring.ids)):
        click.echo(f"Values under key {_listed(unknown)} cannot be opened: put it into MASTER_KEYS.", err=True)
        raise click.exceptions.Exit(TROUBLE)
    if old := {key: count for key, count in sorted(used.items()) if key != ring.current}:
        needed = ", ".join(f"key {key}: {count} values" for key, count in old.items())
        click.echo(f"Not yet: {needed} are not under the current key {ring.current}. Run `keys rotate`.", err=True)
        raise click.exceptions.Exit(NOT_YET)
    click.echo(_all_clear(ring.ids))


def _all_clear(ids: tuple[int, ...]) -> str:
    current, *old = ids
    if not old:
        return f"Every value is under key {current}, the only one at hand."
    return (
        f"Every value is under key {current}. Remove key {_listed(old)} from MASTER_KEYS in every process, and keep it"
        " apart for as long as there are backups from before."
    )


def _count_all() -> Counter[tuple[str, str, int]]:
    counts: Counter[tuple[str, str, int]] = Counter()
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            counts += count_keys(session)
    return counts


def _listed(ids: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, ids))
