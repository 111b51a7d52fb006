"""The two demo clinics and their staff; the second shows that it sees nothing of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_DNS, UUID, uuid5

from sqlalchemy.orm import Session

from surveys.access.signin.staff import add_staff
from surveys.models import Clinic

PASSWORD = "only for the demo"  # noqa: S105 - printed at start, refused outside demo mode
ROLES = ("clinician", "coordinator", "admin", "analyst")
COLLEAGUES = ("Dr Ada Hart", "Dr Noor Blake")  # who treat as well, so that figures can be told by clinician


@dataclass(frozen=True)
class DemoClinic:
    """A demo clinic: code, name and time zone; its id follows from the code, so that filling twice adds nothing."""

    code: str
    name: str
    time_zone: str

    @property
    def id(self) -> UUID:
        """The clinic's id."""
        return uuid5(NAMESPACE_DNS, f"{self.code}.demo.invalid")

    def login(self, role: str) -> str:
        """The login of a role: plain for the first clinic, with its code for the other."""
        return role if self is CLINICS[0] else f"{role}-{self.code}"


CLINICS = (
    DemoClinic("riverside", "Riverside Clinic", "Europe/London"),
    DemoClinic("hillside", "Hillside Clinic", "America/Denver"),
)


def add_clinic(session: Session, demo: DemoClinic, *, now: datetime) -> Clinic:
    """Add a demo clinic with one account per role, and further clinicians."""
    clinic = Clinic(
        id=demo.id,
        code=demo.code,
        name=demo.name,
        sender_name=demo.name,
        sender_address=f"questionnaires@{demo.code}.example",
        reply_to=f"desk@{demo.code}.example",
        phone="+44 20 7946 0018",
        time_zone=demo.time_zone,
        languages=["en", "es"],
        created_at=now,
    )
    session.add(clinic)
    session.flush()
    for role in ROLES:
        add_staff(session, clinic, demo.login(role), f"Demo {role}", role, PASSWORD, now=now)
    for number, name in enumerate(COLLEAGUES, 2):
        add_staff(session, clinic, f"{demo.login('clinician')}-{number}", name, "clinician", PASSWORD, now=now)
    return clinic
