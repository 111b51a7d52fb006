"""The patient's own permissions: what was allowed, in which version, and how to take each back."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import abort, make_response, request, url_for
from sqlalchemy import select

from surveys.access.chain.audit import Actor
from surveys.answering.item_token import fits_send, sign_send
from surveys.answering.sitting import Browser, Sitting
from surveys.db import db
from surveys.i18n import LazyText
from surveys.models import Clinic, Consent, Patient
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.endings import end_participation
from surveys.pathway.reach import asking_where_lost
from surveys.people.participation import KIND, OPTIONAL, ConsentText, give_consent, optional_text
from surveys.people.patients import PERMISSIONS, withdraw
from surveys.schedule import local_date
from surveys.views.guard import Reply
from surveys.views.sitting.patient_page import closed_page, known_sitting, page, patient_blueprint, secret, see

bp = patient_blueprint("permissions")
KINDS = (*PERMISSIONS, KIND, *OPTIONAL)
TITLES = {
    "contact_email": LazyText("E-mail with links to questionnaires"),
    "contact_sms": LazyText("Text messages with links to questionnaires"),
    "contact_phone": LazyText("Telephone calls about questionnaires"),
    "participation": LazyText("Taking part"),
    "research": LazyText("Use for research"),
    "public_aggregates": LazyText("Being counted in public figures"),
}


@dataclass(frozen=True)
class Line:
    """One permission as it stands; ``text`` where the patient may give it here."""

    kind: str
    title: LazyText
    given: Consent | None
    text: ConsentText | None


@bp.get("/s/permissions")
def show() -> Reply:
    """List every permission with its date and version."""
    sitting, browser = _known()
    return _page(sitting, browser)


@bp.post("/s/permissions/<kind>")
def change(kind: str) -> Reply:
    """Give or take back one permission; without the form's token nothing changes."""
    sitting, browser = _known()
    line = next((each for each in _lines(sitting) if each.kind == kind), None) or abort(404)
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return _page(sitting, browser), 400
    if kind == KIND:
        return see(url_for("permissions.leave"))
    patient, actor = _patient(sitting), Actor("patient", sitting.patient_id)
    if line.given and request.form.get("wish") == "withdraw":
        with asking_where_lost(db.session(), patient, now=sitting.now):
            withdraw(db.session(), line.given, actor=actor, now=sitting.now)
    elif line.text and request.form.get("wish") == "give":
        give_consent(db.session(), patient, line.text, actor=actor, now=sitting.now)
    db.session.commit()
    return see(url_for("permissions.show"))


@bp.get("/s/leave")
def leave() -> Reply:
    """Say what taking back participation means, before it is done."""
    sitting, browser = _known()
    return page("patient/leave.html", sitting, token=sign_send(browser.id, secret()))


@bp.post("/s/leave")
def left() -> Reply:
    """End participation; on request tell staff that the person wants to be erased."""
    sitting, browser = _known()
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return page("patient/leave.html", sitting, token=sign_send(browser.id, secret())), 400
    session, patient, actor = db.session(), _patient(sitting), Actor("patient", sitting.patient_id)
    day = local_date(sitting.now, ZoneInfo(patient.time_zone))
    clinic = session.get_one(Clinic, sitting.clinic_id)
    end_participation(session, clinic, patient, day, reason=None, actor=actor, now=sitting.now)
    erase = request.form.get("erase") == "1"
    if erase:
        ask_staff(session, sitting.clinic_id, sitting.visit_id, "erasure_wish", now=sitting.now)
    session.commit()
    return page("patient/left.html", sitting, erase=erase)


def _known() -> tuple[Sitting, Browser]:
    """A stopped link leads nowhere: somebody else may read that mailbox now. Nor does a device of the clinic."""
    sitting, browser = known_sitting()
    if browser.kiosk or browser.staff_id:
        abort(404)
    if sitting.state == "over":
        abort(make_response(closed_page(sitting)))
    return sitting, browser


def _patient(sitting: Sitting) -> Patient:
    return db.session.get_one(Patient, sitting.patient_id)


def _lines(sitting: Sitting) -> list[Line]:
    standing = select(Consent).where(Consent.patient_id == sitting.patient_id, Consent.withdrawn_at.is_(None))
    given = {consent.kind: consent for consent in db.session.scalars(standing)}
    texts = {kind: optional_text(kind, sitting.language) for kind in OPTIONAL}
    return [Line(kind, TITLES[kind], given.get(kind), texts.get(kind)) for kind in KINDS]


def _page(sitting: Sitting, browser: Browser) -> str:
    zone, token = _patient(sitting).time_zone, sign_send(browser.id, secret())
    return page("patient/permissions.html", sitting, lines=_lines(sitting), zone=zone, token=token)
