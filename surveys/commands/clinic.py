"""``flask --app wsgi clinic``: open a clinic on an empty installation."""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, UUID, uuid5

import click
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError

from surveys.access.chain.audit import SYSTEM, record
from surveys.access.signin.invitations import EMAIL
from surveys.db import clinic_session, real_now
from surveys.i18n import LANGUAGES
from surveys.models import Clinic
from surveys.time_zones import is_place

clinic = AppGroup("clinic", help="Clinics: open one.")
CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def clinic_id_of(code: str) -> UUID:
    """Return the id of a clinic: it follows from its code, since row-level security shows no list of clinics.

    A UUID stands for itself.
    """
    try:
        return UUID(code)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"backstory:clinic:{code}")


@clinic.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--sender-name", help="What patients see as the sender; names no condition. Default: the name.")
@click.option("--sender-address", required=True, help="The address mail to patients comes from.")
@click.option("--reply-to", required=True, help="The address their answers go to.")
@click.option("--phone", required=True, help="The number patients may call.")
@click.option("--time-zone", required=True, help="Such as Europe/Madrid.")
@click.option("--language", "languages", multiple=True, default=("en",), type=click.Choice(LANGUAGES))
def add_command(
    code: str,
    name: str,
    sender_name: str | None,
    sender_address: str,
    reply_to: str,
    phone: str,
    time_zone: str,
    languages: tuple[str, ...],
) -> None:
    """Open a clinic under a CODE (letters a to z, digits, hyphens) and a NAME."""
    _check(code, time_zone, sender_address, reply_to)
    made = Clinic(
        id=clinic_id_of(code),
        code=code,
        name=name,
        sender_name=sender_name or name,
        sender_address=sender_address,
        reply_to=reply_to,
        phone=phone,
        time_zone=time_zone,
        languages=list(languages),
    )
    _keep(made)
    click.echo(f"The clinic {code} is open; its id is {made.id}.")
    click.echo(f"Next: flask --app wsgi staff add-admin {code} LOGIN NAME EMAIL")
    click.echo(f"and:  flask --app wsgi protocol load FILE --clinic-id {made.id}")


def _check(code: str, time_zone: str, *addresses: str) -> None:
    if not CODE.fullmatch(code):
        raise click.UsageError("CODE has up to 40 letters a to z, digits and hyphens, such as riverside.")
    if not is_place(time_zone):
        raise click.UsageError(f"{time_zone!r} is no time zone. Name one as Area/City, such as Europe/Madrid.")
    for address in addresses:
        if not EMAIL.fullmatch(address):
            raise click.UsageError(f"{address!r} is no e-mail address.")


def _keep(made: Clinic) -> None:
    with clinic_session(made.id) as session:
        made.created_at = real_now(session)
        session.add(made)
        try:
            session.flush()
        except IntegrityError as error:
            raise click.UsageError(f"There is a clinic with the code {made.code} already. Choose another.") from error
        record(session, made.id, SYSTEM, "clinic_opened", ("clinic", made.id), now=made.created_at)
        session.commit()
