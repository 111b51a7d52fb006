"""``flask --app wsgi claims``: list claims, and work them out again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import click
from flask.cli import AppGroup

from surveys.access.clinics import every_clinic
from surveys.commands.claim_checks import Checked, check_clinic
from surveys.commands.clinic import clinic_id_of
from surveys.db import app_now, clinic_session
from surveys.outcomes.claims import store
from surveys.outcomes.claims.standing import state_of

claims = AppGroup("claims", help="Statements of outcomes: list them, work them out again.")
BROKEN = 1
TROUBLE = 2
SHOWN = 5  # changes that are told of each claim
CLINIC = click.option("--clinic", "code", help="Of this clinic alone: its code or its id.")


@claims.command("list")
@CLINIC
def list_command(code: str | None) -> None:
    """Show every claim with how it stands."""
    total = 0
    for clinic_id in _clinics(code):
        with clinic_session(clinic_id) as session:
            signed, now = store.signed_counts(session), app_now(session)
            for claim in store.listing(session):
                total += 1
                state = state_of(claim, signed.get(claim.id, 0), now=now).replace("_", " ")
                click.echo(f"Clinic {clinic_id}, no. {claim.number}, {state}: {claim.title} ({claim.result_hash[:8]})")
    click.echo(f"{total} statements.")


@claims.command("verify")
@CLINIC
def verify_command(code: str | None) -> None:
    """Work every claim out again, byte for byte, and compare its rows with today's; exit status 1 where one fails."""
    checked = [(clinic_id, each) for clinic_id in _clinics(code) for each in check_clinic(clinic_id)]
    broken = [pair for pair in checked if not _tell(*pair)]
    stale = sum(each.state == "stale" for _clinic, each in checked)
    if broken:
        click.echo(f"{len(broken)} of {len(checked)} statements FAILED.", err=True)
        raise click.exceptions.Exit(BROKEN)
    told = f" {stale} of them stale: their answers changed since." if stale else ""
    click.echo(f"{len(checked)} statements are byte for byte what was kept.{told}")


def _tell(clinic_id: UUID, checked: Checked) -> bool:
    """Say of one claim what was found; whether it is what it says."""
    name = f"Clinic {clinic_id}, no. {checked.number}"
    for problem in checked.problems:
        click.echo(f"{name}: {problem}", err=True)
    for change in checked.changes[:SHOWN]:
        place = f" at {change['timepoint']}" if change["timepoint"] else ""
        values = f"{change['before'] or 'nothing'}, now {change['after'] or 'nothing'}"
        told = f"patient {change['patient']}, {change['what']}{place}: was {values}"
        click.echo(f"{name} is stale: {told}")
    if len(checked.changes) > SHOWN:
        click.echo(f"{name}: and {len(checked.changes) - SHOWN} changes more")
    if not checked.problems:
        click.echo(f"{name}: worked out again, the same bytes")
    return not checked.problems


def _clinics(code: str | None) -> Sequence[UUID]:
    known = every_clinic()
    if code is None:
        return known
    wanted = clinic_id_of(code)
    if wanted not in known:
        click.echo(f"There is no clinic {code}. Give its code or its id.", err=True)
        raise click.exceptions.Exit(TROUBLE)
    return [wanted]
