"""Short codes that staff read off a screen: each opens one visit on a device of the clinic, once, within ten minutes.

A code is the token of a link of its own. Its digest is keyed and of another kind than a mailed token's, so that the
address of a mailed link never opens it, and whoever reads the database cannot try codes against it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, text, update
from sqlalchemy.orm import Session

from surveys.access.tokens import digest, new_token
from surveys.db import UNSYNCED, uuid7
from surveys.models import PatientLink, Visit

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 5 bits each, without the letters and digits that look like others
LENGTH = 8
CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
LIFE = timedelta(minutes=10)  # by the real clock
KIND = "device"  # of a counted try
LONGEST = 40  # characters typed
GAPS = re.compile(r"[\s\u2010-\u2015\u2212\u200e\u200f\u061c_.-]+")


def new_code() -> str:
    """Return 40 random bits that a person can read off one screen and type into another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """Return the code as it is shown, such as K7WM-3HXA."""
    return f"{code[:4]}-{code[4:]}"


def read_code(typed: str) -> str | None:
    """Return the code that was typed, in capitals or not, with gaps or not; None for what cannot be one."""
    if len(typed) > LONGEST:
        return None
    plain = GAPS.sub("", unicodedata.normalize("NFKC", typed)).upper()
    code = "".join(_digit(character) for character in plain)
    return code if CODE.fullmatch(code) else None


def _digit(character: str) -> str:
    """Return a digit of any script as one of ours."""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def issue_code(session: Session, visit: Visit, key: str, *, now: datetime, real: datetime) -> str:
    """Add a short-lived link to the visit and return its code. ``now``: the domain clock; ``real``: the real one."""
    code = new_code()
    whose = {"id": uuid7(), "clinic_id": visit.clinic_id, "visit_id": visit.id}
    kept = {"token_digest": _digest(code, key), "created_at": now, "expires_at": real + LIFE}
    session.execute(insert(PatientLink).values(**whose, **kept))
    return code


def find_code_clinic(session: Session, code: str, key: str) -> UUID | None:
    """Return the clinic of a code across clinics, by the one function allowed to look."""
    found: UUID | None = session.scalar(text("SELECT find_link(:token)"), {"token": _digest(code, key)})
    return found


def find_code(session: Session, code: str, key: str, *, real: datetime) -> UUID | None:
    """Return the link of a code that still opens something inside the bound clinic."""
    return session.scalar(select(PatientLink.id).where(*_live(code, key, real)))


def use_code(session: Session, code: str, key: str, *, real: datetime) -> PatientLink | None:
    """Use a code up and return its link; None where somebody was faster, or it is too old."""
    unknown = digest(new_token())  # from now on nothing that anybody holds opens the link
    used = update(PatientLink).where(*_live(code, key, real)).values(token_digest=unknown).returning(PatientLink.id)
    link_id = session.scalar(used, execution_options=UNSYNCED)
    return session.get_one(PatientLink, link_id, populate_existing=True) if link_id else None


def _live(code: str, key: str, real: datetime) -> tuple[ColumnElement[bool], ...]:
    of_code = PatientLink.token_digest == _digest(code, key)
    return of_code, PatientLink.revoked_at.is_(None), PatientLink.expires_at > real


def _digest(code: str, key: str) -> bytes:
    return hmac.new(key.encode(), f"device code {code}".encode(), hashlib.sha256).digest()
