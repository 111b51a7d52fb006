"""Counting tries in a view: each is on disk before it is judged."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request

from surveys.access.chain.audit import SYSTEM, record
from surveys.access.signin import throttle
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff


def counted(kind: str, account: str) -> UUID:
    """Count a try of the account from this address and return its id, or answer 429."""
    attempt = throttle.begin(db.session(), kind, account, request.remote_addr or "", now=real_now(db.session()))
    db.session.commit()
    if attempt is None:
        abort(429, _("Too many tries. Wait 15 minutes and try again."))
    return attempt


def note_last(kind: str, account: str, person: Staff | None) -> None:
    """Record that the account has no try left for now: once for each lock-out, not for each try in it."""
    session = db.session()
    if person and throttle.is_last(session, kind, account):
        subject, now = ("staff", person.id), real_now(session)
        record(session, person.clinic_id, SYSTEM, "sign_in_throttled", subject, now=now, new={"kind": kind})
    session.commit()
