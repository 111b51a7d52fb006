"""``flask --app wsgi staff``: the first administrator of a clinic, and a way in for one who is locked out."""

from __future__ import annotations

from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import invitations
from surveys.access.signin.invitations import InvitationError
from surveys.access.signin.staff import find_login
from surveys.access.tokens import cookie_value
from surveys.commands.clinic import clinic_id_of
from surveys.commands.vault import vault
from surveys.db import clinic_scope, clinic_session, db, real_now
from surveys.models import Clinic, Staff

staff = AppGroup("staff", help="Staff: open a clinic's first administrator, invite someone again.")
PRINT = click.option("--print-link", is_flag=True, help="Print the one-time link instead of sending a mail.")


@staff.command("add-admin")
@click.argument("clinic_code")
@click.argument("login")
@click.argument("name")
@click.argument("email")
@PRINT
def add_admin_command(clinic_code: str, login: str, name: str, email: str, *, print_link: bool) -> None:
    """Open an administrator's account in a clinic (its code or id); the invitation goes by mail."""
    clinic_id = clinic_id_of(clinic_code)
    with clinic_session(clinic_id) as session:
        if session.get(Clinic, clinic_id) is None:
            raise click.UsageError(f"There is no clinic {clinic_code}. Open it with `clinic add`, or give its id.")
        person = _invited(session, clinic_id, login, name, email, by_mail=not print_link)
        _hand_out(session, person, print_link=print_link)


@staff.command("invite-again")
@click.argument("login")
@PRINT
def invite_again_command(login: str, *, print_link: bool) -> None:
    """Forget a person's password and second factor and give them a new link: for an administrator locked out."""
    with clinic_scope(None), Session(db.engine) as session:
        found = find_login(session, login.casefold())
    if found is None:
        raise click.UsageError(f"Nobody signs in as {login}.")
    with clinic_session(found[0]) as session:
        person = session.get_one(Staff, found[1])
        if person.email_enc is None and not print_link:
            raise click.UsageError(f"There is no address for {login}. Use --print-link and hand the link over.")
        invitations.invite_again(session, person, actor=SYSTEM, now=real_now(session))
        _hand_out(session, person, print_link=print_link)


def _invited(session: Session, clinic_id: UUID, login: str, name: str, email: str, *, by_mail: bool) -> Staff:
    now = real_now(session)
    whom = {"name": name, "email": email, "login": login, "role": "admin"}
    try:
        return invitations.invite(session, vault(), clinic_id, **whom, actor=SYSTEM, now=now, by_mail=by_mail)
    except InvitationError as error:
        raise click.UsageError(str(error)) from error


def _hand_out(session: Session, person: Staff, *, print_link: bool) -> None:
    if not print_link:
        session.commit()
        click.echo(f"The invitation for {person.login} goes out with the worker's next round; it works for seven days.")
        return
    token = invitations.issue_link(session, person, "invitation", now=real_now(session))
    session.commit()
    base = current_app.extensions["backstory"].public_base_url
    click.echo("Give this link to the person, and to nobody else. It works once, within seven days:")
    click.echo(f"{base}/welcome/{cookie_value(person.clinic_id, token)}")
