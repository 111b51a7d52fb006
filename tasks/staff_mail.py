"""Handing over mail to staff: the link's token is made here and stands in the mail alone."""

from __future__ import annotations

import logging
import time
import tomllib
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from uuid import UUID

from flask import current_app
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.signin import invitations, staff_mail
from surveys.access.signin.staff_mail import Errand
from surveys.access.tokens import cookie_value
from surveys.db import clinic_session, real_now
from surveys.i18n import STAFF_LANGUAGES
from surveys.letters import FOLDER, Content
from surveys.outbox import Claim, Outcome
from tasks import mail
from tasks.channels import RelayUnreachableError

log = logging.getLogger(__name__)
BATCH = 50
HANDING_OVER = 240.0  # seconds; below the lease
PAGES = {"invitation": "welcome", "password_reset": "password", "alert": "alerts"}


def dispatch(clinic_id: UUID, smtp_url: str) -> int:
    """Hand over what is due to one clinic's staff, on one line; returns how many were dealt with.

    Raises RelayUnreachableError where no line can be had: the rest waits as before, uncounted.
    """
    address = mail.relay_address(replace(current_app.extensions["backstory"], smtp_url=smtp_url))
    with clinic_session(clinic_id) as session, mail.relay(address) as relay:
        staff_mail.settle_lost(session, now=real_now(session))
        batch = staff_mail.claim(session, BATCH)
        session.commit()
        _hand_over_all(session, relay, batch)
        return len(batch)


def _hand_over_all(session: Session, relay: mail.Relay, batch: Sequence[Claim]) -> None:
    """The line is opened before the first is begun, so that no link is made in vain."""
    left = deque(batch)
    try:
        if left:
            relay.greet()
        while left:
            _hand_over(session, relay, left[0])
            left.popleft()
    except RelayUnreachableError:
        staff_mail.give_back(session, left)
        session.commit()
        raise


def _hand_over(session: Session, relay: mail.Relay, mine: Claim) -> None:
    deadline = time.monotonic() + HANDING_OVER
    errand = staff_mail.begin(session, mine, now=real_now(session))
    if errand is None:
        session.commit()
        return
    token = _token(session, errand)
    session.commit()  # "sending" and the link's digest are on disk before SMTP sees anything
    outcome = _send(relay, errand, token, deadline, session)
    staff_mail.settle(session, mine, outcome, now=real_now(session))
    session.commit()


def _token(session: Session, errand: Errand) -> str | None:
    """A new link's token; a mail about alerts leads to the list, where one signs in as ever."""
    if errand.purpose == "alert":
        return None
    return invitations.issue_link(session, errand.person, errand.purpose, now=real_now(session))


def _send(relay: mail.Relay, errand: Errand, token: str | None, deadline: float, session: Session) -> Outcome:
    try:
        written = mail.write(_envelope(errand, session), compose(errand, token))
        return relay.send(written, deadline=deadline).outcome
    except RelayUnreachableError:
        raise
    except Exception as error:
        log.error("mail %s to staff could not be written: %s", errand.claim.id, type(error).__name__)
    return Outcome.NOT_TAKEN


def _envelope(errand: Errand, session: Session) -> mail.Envelope:
    vault: Vault = current_app.extensions["vault"]
    clinic = errand.clinic
    return mail.Envelope(
        sender=mail.Sender(clinic.sender_name, clinic.sender_address, clinic.reply_to),
        recipient=invitations.email_of(vault, errand.person) or "",
        message_id=errand.message_id,
        date=real_now(session),
        opt_out_url=None,
    )


def compose(errand: Errand, token: str | None) -> Content:
    """Write one mail in the clinic's first language. Names are values, never part of a template."""
    base, language = current_app.extensions["backstory"].public_base_url, _language(errand.clinic.languages)
    words = _words(language)
    page = f"{base}/{PAGES[errand.purpose]}"
    link = f"{page}/{cookie_value(errand.clinic.id, token)}" if token else page
    values = {"clinic": errand.clinic.name, "name": errand.person.name, "login": errand.person.login}
    texts = {key: text.format_map(values) for key, text in (words["shared"] | words[errand.purpose]).items()}
    texts |= {"url": link, "language": language}
    drawing = _drawing()
    plain, html = (drawing.get_template(f"staff/mail.{kind}").render(texts) for kind in ("txt", "html"))
    return Content(texts["subject"], plain, html)


def _language(spoken: list[str]) -> str:
    return next((each for each in spoken if each in STAFF_LANGUAGES), "en")


@cache
def _words(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "staff" / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def _drawing() -> Environment:
    loader = FileSystemLoader(FOLDER)
    return Environment(loader=loader, autoescape=select_autoescape(["html"]), undefined=StrictUndefined)
