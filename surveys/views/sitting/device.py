"""Whose device a patient's page is shown on: the patient's own, the clinic's tablet, or one of staff who enter answers.

A tablet forgets by itself, with scripts or without: each of its pages asks after eight minutes whether somebody is
still there (WCAG 2.2.1: the time can be extended), and goes back to the blank page two minutes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import abort, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select, update
from werkzeug.wrappers import Response

from surveys.access import policy
from surveys.access.links import end_session
from surveys.access.tokens import digest, read_cookie
from surveys.answering.sitting import Browser, Sitting
from surveys.db import db, enter_clinic
from surveys.i18n import gettext as _
from surveys.models import Patient, PatientSession
from surveys.views.guard import config, load_identity
from surveys.views.signin.entrance import drop_cookie

ASKED_AFTER = 480  # seconds without a touch
SENT_FOR = 60  # seconds that the thank-you page stands on a tablet
GRACE = 120  # seconds to say that somebody is there
CLEARED = '"cache", "cookies", "storage"'


@dataclass(frozen=True, slots=True)
class Device:
    """``kiosk``: the clinic's tablet. ``staff_id``: who enters an interview or a paper form."""

    kiosk: bool
    staff_id: UUID | None


PATIENTS_OWN = Device(kiosk=False, staff_id=None)


def patient_cookie() -> str:
    """Return the name of the patient's cookie."""
    return f"{config().cookie_prefix}patient"


def remember(browser: Browser) -> None:
    """Keep for this request what its session says of the device."""
    g.device = Device(browser.kiosk, browser.staff_id)


def device() -> Device:
    """Return the device of this request; its cookie tells even where the session is over."""
    if "device" not in g:
        g.device = _of_cookie() if request.path.startswith("/s/") else PATIENTS_OWN
    known: Device = g.device
    return known


def _of_cookie() -> Device:
    named = read_cookie(request.cookies.get(patient_cookie()))
    kept = select(PatientSession.kiosk, PatientSession.staff_id)
    row = db.session.execute(kept.where(PatientSession.token_digest == digest(named[1]))).first() if named else None
    return Device(row.kiosk, row.staff_id) if row else PATIENTS_OWN


def count_down(reply: Response) -> Response:
    """Let a tablet's page leave by itself; a header does so without scripts."""
    if not g.get("device", PATIENTS_OWN).kiosk or reply.status_code // 100 == 3:
        return reply
    after, target = ASKED_AFTER, url_for("kiosk.pause", idle=1)
    if request.endpoint == "sending.done":
        after = SENT_FOR
    elif request.endpoint == "kiosk.pause":
        after, target = GRACE, url_for("kiosk.enter")
    reply.headers["Refresh"] = f"{after}; url={target}"
    return reply


def forget() -> bool:
    """End the tablet's session that this browser holds, and say whether it held one; no clinic is bound afterwards."""
    named = read_cookie(request.cookies.get(patient_cookie()))
    if named is None:
        return False
    enter_clinic(named[0])
    mine = (PatientSession.token_digest == digest(named[1]), PatientSession.kiosk)
    ended = func.coalesce(PatientSession.revoked_at, func.clock_timestamp())
    held = db.session.scalar(update(PatientSession).where(*mine).values(revoked_at=ended).returning(PatientSession.id))
    db.session.commit()
    enter_clinic(None)
    return held is not None


def handed_back(session_id: UUID) -> bool:
    """Whether a tablet's session is over, so that a form of it in another tab neither saves nor shows anything."""
    live = select(PatientSession.id).where(PatientSession.id == session_id, PatientSession.revoked_at.is_(None))
    return db.session.scalar(live) is None


def wipe(reply: Response) -> Response:
    """Have the browser drop the cookie and whatever else it keeps of this site, pages to go back to included."""
    drop_cookie(reply, patient_cookie())
    reply.headers["Clear-Site-Data"] = CLEARED
    return reply


def require_author(staff_id: UUID, target: str) -> None:
    """Go on only while the member of staff who began is signed in here and may still enter answers."""
    who = load_identity()
    if who is None or who.staff_id != staff_id or not policy.allows(who.role, "item_entry.begin"):
        g.device = PATIENTS_OWN
        page = render_template("clinician/entry_locked.html", target=target, other=who is not None)
        abort(make_response(page, 403))
    g.identity = who


def entered_page(sitting: Sitting, browser: Browser) -> Response:
    """Lead back to the patient's page once staff have sent what they entered."""
    end_session(db.session(), browser.id, now=sitting.real)
    db.session.commit()
    flash(_("The answers are sent and scored."), "good")
    reply = redirect(url_for("patients.show", patient_id=sitting.patient_id), 303)
    drop_cookie(reply, patient_cookie())
    return reply


def patient_number(sitting: Sitting) -> int:
    """Return the number that staff see on the pages of an entry; never shown to a patient."""
    return db.session.get_one(Patient, sitting.patient_id).number
