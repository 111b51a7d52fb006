"""One clinic's chain sealed or verified in transactions of its own, for the commands and for beat."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from uuid import UUID

from flask import current_app

from surveys.access.chain import sealing, verification
from surveys.access.chain.verification import Head, Report
from surveys.config import Config
from surveys.db import clinic_session, real_now
from surveys.models import AuditCheck

log = logging.getLogger(__name__)


def seal_once(clinic_id: UUID) -> int:
    """Add one seal and return its number of events. The log, which is kept apart, bears witness to the head."""
    with clinic_session(clinic_id) as session:
        events = sealing.seal(session, clinic_id)
        session.commit()
        if events and (head := verification.head(session)):
            told = (clinic_id, head.position, head.sequence, head.chain_hash.hex())
            log.info("audit of clinic %s: seal %s, event %s, head %s", *told)
    return events


def verify_clinic(clinic_id: UUID, kept: Head | None = None, *, each: Callable[[int], None]) -> Report:
    """Verify one clinic as of one moment, and note the outcome for its administrators.

    ``each`` hears now and then how many events were seen; what it raises ends the verification, and nothing is noted.
    """
    config: Config = current_app.extensions["backstory"]
    report, real_time = Report(), config.environment == "production"
    with clinic_session(clinic_id) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        with closing(verification.verify(session, clinic_id, kept, report, real_time=real_time)) as pieces:
            for _piece in pieces:
                each(report.events)
        session.rollback()
        problem = report.problems[0].what if report.problems else None
        now, of = real_now(session), {"clinic_id": clinic_id}
        session.add(AuditCheck(checked_at=now, events=report.events, problem=problem, **of))
        session.commit()
    return report
