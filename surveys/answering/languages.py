"""In which languages a visit can be asked: the whole of it, interface and questions, or not at all."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from surveys.access.tokens import digest
from surveys.answering.battery import battery_of
from surveys.i18n import LANGUAGES, main_language
from surveys.models import PatientSession
from surveys.protocols.model import Protocol
from surveys.wordings import speaks


def asked_in(protocol: Protocol, timepoint: str, language: str) -> bool:
    """Whether every screen of the visit speaks the language; ``es-MX`` is asked in ``es``."""
    instruments = [entry.instrument for entry in battery_of(protocol, timepoint)]
    return main_language(language) in LANGUAGES and speaks(instruments, language)


def offered(protocol: Protocol, timepoint: str) -> tuple[str, ...]:
    """The languages a patient may choose from: those of the protocol in which the visit is asked."""
    return tuple(code for code in LANGUAGES if code in protocol.languages and asked_in(protocol, timepoint, code))


def keep_language(session: Session, token: str, language: str) -> None:
    """Ask in this language on the device whose cookie holds the token, and nowhere else; what was answered stays."""
    mine = PatientSession.token_digest == digest(token)
    session.execute(update(PatientSession).where(mine).values(language=language))
