"""Who answers for alerts: whether each clinic that has them on still has both persons it named."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from surveys.access.clinics import every_clinic
from surveys.alerts.settings import in_force
from surveys.db import clinic_session
from surveys.models import AlertSettings, Clinic, Staff
from tasks.doctor.finding import Finding, ok, warn

REMEDY = "An admin of the clinic names somebody: Settings, Settings of alerts."


def check_alerts() -> Iterator[Finding]:
    """Look at the owner and the deputy of every clinic whose alerts are on."""
    on = 0
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            settings = in_force(session, clinic_id)
            if settings:
                on += 1
                yield from _missing(session, session.get_one(Clinic, clinic_id), settings)
    yield ok("alerts", f"are on in {on} clinics")


def _missing(session: Session, clinic: Clinic, settings: AlertSettings) -> Iterator[Finding]:
    for role, staff_id in (("owner", settings.owner_id), ("deputy", settings.deputy_id)):
        person = session.get_one(Staff, staff_id)
        if person.disabled_at:
            yield warn("alerts", f"the account of the {role} in clinic {clinic.code} is closed", REMEDY)
        elif person.email_enc is None:
            remedy = "An admin enters the address: Team, the person's page."
            yield warn("alerts", f"the {role} in clinic {clinic.code} has no e-mail address", remedy)
