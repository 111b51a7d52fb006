"""``flask --app wsgi demo``: fill the demo clinics, name their logins and one patient's link."""

from __future__ import annotations

import time

import click
from flask import Flask, current_app
from sqlalchemy import exists, select, text

from surveys.access.keys.encryption import Vault
from surveys.access.links import issue_link, link_url
from surveys.config import Config
from surveys.db import app_now, clinic_session, real_now
from surveys.demo.alerts import look_back
from surveys.demo.clinics import CLINICS, PASSWORD, DemoClinic
from surveys.demo.fill import begin, fill
from surveys.demo.group import demo
from surveys.demo.screens import use_screens
from surveys.demo.statements import state
from surveys.models import Ending, Episode, Patient, ProtocolVersion, Visit


def refuse_outside_demo() -> None:
    """Stop with a sentence where real patients could be."""
    config: Config = current_app.extensions["backstory"]
    if config.environment == "production":
        raise click.ClickException("This is a production installation (BACKSTORY_ENV); demo commands are refused here.")


@demo.command("fill")
@click.option(
    "--percent", type=click.IntRange(1, 100), default=100, envvar="DEMO_PERCENT", help="So many of each group."
)
def fill_command(percent: int) -> None:
    """Fill the demo clinics with their newest patients; whoever is there already stays as they are."""
    refuse_outside_demo()
    for clinic in reversed(CLINICS):  # the small one first: a planner that has seen one clinic alone is slow for two
        _fill_clinic(clinic, percent)


def _fill_clinic(clinic: DemoClinic, percent: int) -> None:
    vault: Vault = current_app.extensions["vault"]
    with clinic_session(clinic.id) as session:
        now, started = app_now(session), time.monotonic()
        stages = begin(session, vault, clinic, now=now)
        for done, total in fill(stages, clinic, now=now, percent=percent):
            session.commit()  # patient by patient: an interrupted fill goes on where it stopped
            if done % 20 == 0 or done == total:
                session.execute(text("DISCARD PLANS"))  # those of small tables read the grown ones from end to end
                click.echo(f"{clinic.name}: {done} of {total} patients, {time.monotonic() - started:.0f} s")
        use_screens(session)
        if clinic is CLINICS[0]:
            look_back(session, clinic.id, now=now)
            state(session, clinic.id, now=now, checked_at=real_now(session))
        session.commit()


@demo.command("logins")
def logins() -> None:
    """Print three logins of the first clinic."""
    refuse_outside_demo()
    _tell_logins()


def _tell_logins() -> None:
    for role in ("clinician", "coordinator", "admin"):
        click.echo(f"{CLINICS[0].login(role)}\t{PASSWORD}")


@demo.command("ways-in")
def ways_in() -> None:
    """Print what ``logins`` and ``link`` print, an empty line between them."""
    refuse_outside_demo()
    _tell_logins()
    click.echo()
    _tell_link()


@demo.command("link")
def link() -> None:
    """Print a fresh link to a visit of an English-speaking patient that is open now and not yet answered."""
    refuse_outside_demo()
    _tell_link()


def _tell_link() -> None:
    config: Config = current_app.extensions["backstory"]
    with clinic_session(CLINICS[0].id) as session:
        now = app_now(session)
        visit = session.scalars(
            select(Visit)
            .join(Episode, Episode.id == Visit.episode_id)
            .join(Patient, Patient.id == Episode.patient_id)
            .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
            .where(
                Visit.opens_at <= now,
                Visit.closes_at > now,
                Visit.submitted_at.is_(None),
                Visit.cancelled_at.is_(None),
                ProtocolVersion.code == "spine",
                Patient.language == "en",
                ~exists().where(Ending.episode_id == Episode.id, Ending.revoked_at.is_(None)),
            )
            .order_by(Visit.closes_at.desc())
            .limit(1)
        ).one_or_none()
        if visit is None:
            raise click.ClickException("No visit is open. Fill the demo first: flask --app wsgi demo fill")
        token = issue_link(session, visit, now=now)
        session.commit()
    click.echo(link_url(config.public_base_url, token))


def register(app: Flask) -> None:
    """Put the group on the application's command line."""
    app.cli.add_command(demo)
