"""The signed token in each item form: proof against forgery, key of idempotency and stale check in one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid4

from itsdangerous import BadData, URLSafeSerializer

from surveys.access.exact_signer import ExactSigner

ITEM, SEND = "backstory item", "backstory send"
FIELDS = 11  # of every form
FURTHER = (0, "", "")  # moment, author and tablet, which a form may have been drawn without
LONGEST = 2000  # characters; ours have about 400


@dataclass(frozen=True, slots=True)
class ItemToken:
    """What one form may do: append one item's answer to one visit, through one link, until ``expires``."""

    clinic_id: UUID
    link_id: UUID
    visit_id: UUID
    respondent: str
    instrument: str
    item: str
    position: int  # of the screen within its instrument
    wording_hash: str
    based_on: UUID | None  # the answer the patient sees
    nonce: UUID
    expires: int  # seconds since 1970 on the domain clock: the end of the window
    shown: int  # seconds since 1970 on the real clock; 0: not known
    author_id: UUID | None = None  # of staff who enter for the patient
    tablet_id: UUID | None = None  # session of a clinic's tablet; the form is good until the tablet is handed back


def new_nonce() -> UUID:
    """Return a form's own random number."""
    return uuid4()


def sign_item(token: ItemToken, key: str) -> str:
    """Return the token as text for a hidden field."""
    ids = (token.clinic_id, token.link_id, token.visit_id, token.nonce)
    based_on = token.based_on.hex if token.based_on else ""
    place = (token.respondent, token.instrument, token.item, token.wording_hash[:16])
    author = token.author_id.hex if token.author_id else ""
    numbers = (token.position, token.expires, token.shown)
    tablet = (token.tablet_id.hex,) if token.tablet_id else ()  # elsewhere it takes no byte
    return _serializer(key, ITEM).dumps([*(each.hex for each in ids), based_on, *place, *numbers, author, *tablet])


def read_item(text: str, key: str) -> ItemToken | None:
    """Return the token, or None where it is not one of ours."""
    values = _read(text, key, ITEM)
    if not isinstance(values, list) or not FIELDS <= len(values) <= FIELDS + len(FURTHER):
        return None
    clinic, link, visit, nonce, based_on, respondent, instrument, item, wording, position, expires = values[:FIELDS]
    shown, author, tablet = values[FIELDS:] + list(FURTHER[len(values) - FIELDS :])
    return ItemToken(
        UUID(clinic),
        UUID(link),
        UUID(visit),
        respondent,
        instrument,
        item,
        position,
        wording,
        UUID(based_on) if based_on else None,
        UUID(nonce),
        expires,
        shown,
        UUID(author) if author else None,
        UUID(tablet) if tablet else None,
    )


def sign_send(session_id: UUID, key: str) -> str:
    """Return the proof in the review screen's form, bound to the patient's session."""
    return str(_serializer(key, SEND).dumps(session_id.hex))


def fits_send(text: str, session_id: UUID, key: str) -> bool:
    """Whether the proof was made for this session."""
    return bool(_read(text, key, SEND) == session_id.hex)


@lru_cache(maxsize=8)
def _serializer(key: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=purpose, signer=ExactSigner)


def _read(text: str, key: str, purpose: str) -> object:
    if len(text) > LONGEST:
        return None
    try:
        value: object = _serializer(key, purpose).loads(text)
    except BadData:
        return None
    return value
