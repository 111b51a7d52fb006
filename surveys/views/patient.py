"""The questionnaire: one item per screen, review, send."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import abort, request, url_for

from surveys.access.audit import Actor
from surveys.answering.answers import AlreadySent, Current, current_answers
from surveys.answering.battery import Screen
from surveys.answering.item_token import ItemToken, fits_send, new_nonce, read_item, sign_item, sign_send
from surveys.answering.responses import open_response, record_answer, submit
from surveys.answering.sitting import Sitting, by_link, has_answers, next_visit, visit_of
from surveys.db import db, enter_clinic
from surveys.forms import AnswerError, ItemForm, read_level
from surveys.i18n import gettext as _
from surveys.models import PatientSession
from surveys.people.participation import consent_text
from surveys.views.guard import Reply
from surveys.views.patient_page import (
    closed_page,
    load_sitting,
    no_session,
    page,
    patient_blueprint,
    screen_url,
    secret,
    see,
)
from surveys.wordings import Wording, wording_for

bp = patient_blueprint("patient")
STATUS = {"save": "answered", "decline": "declined", "clear": "cleared"}


@bp.get("/s/<instrument>/<int:position>")
def item(instrument: str, position: int) -> Reply:
    """Show one item with its current answer."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
    screen = sitting.screen(instrument, position) or abort(404)
    return _item_page(sitting, browser.respondent, screen)


@bp.post("/s/<instrument>/<int:position>")
def answer(instrument: str, position: int) -> Reply:
    """Store one answer and go to the next item."""
    form = ItemForm(request.form)
    token = read_item(form.token.data or "", secret())
    if token is None:
        return _unsigned(instrument, position)
    sitting = _sitting_of(token)
    if sitting is None or sitting.state != "open" or token.expired(sitting.now):
        return closed_page(sitting) if sitting else no_session()
    screen = sitting.screen(instrument, position)
    if screen is None or (token.instrument, token.item) != (instrument, screen.item.code):
        abort(400)
    return _store(sitting, screen, token, form)


def _store(sitting: Sitting, screen: Screen, token: ItemToken, form: ItemForm) -> Reply:
    wording = wording_for(screen.instrument, sitting.patient.language)
    trouble, level = _checked(screen, form)
    if not wording.hash.startswith(token.wording_hash):
        trouble = _("The wording of this question has changed. Read it again and save your answer.")
    if trouble:
        return _item_page(sitting, token.respondent, screen, trouble=trouble, typed=form.answer.data), 422
    try:
        _record(sitting, screen, wording, token, STATUS[form.action.data or "save"], level)
    except AlreadySent:
        db.session.rollback()
        return page("patient/already_sent.html", sitting), 409
    db.session.commit()
    return _after_saving(sitting, screen, token, form)


def _checked(screen: Screen, form: ItemForm) -> tuple[str | None, int | None]:
    """Return (what is wrong, None) or (None, the level)."""
    if not form.validate():
        wrong = [text for texts in form.errors.values() for text in texts]
        return str(wrong[0]), None
    if form.action.data != "save":
        return None, None
    try:
        level = read_level(screen.item, form.answer.data or "")
    except AnswerError as error:
        return str(error), None
    return (None, level) if level is not None else (_("Choose an answer, or say that you do not want to."), None)


def _record(
    sitting: Sitting, screen: Screen, wording: Wording, token: ItemToken, status: str, level: int | None
) -> None:
    response = open_response(
        db.session(),
        sitting.visit,
        screen.instrument,
        mode=token.respondent,
        language=wording.language,
        wording_hash=wording.hash,
        now=sitting.now,
    )
    record_answer(
        db.session(),
        response,
        screen.item.code,
        status,
        level,
        nonce=token.nonce,
        based_on=token.based_on,
        mode=token.respondent,
        author_id=None,
        now=sitting.now,
    )


def _after_saving(sitting: Sitting, screen: Screen, token: ItemToken, form: ItemForm) -> Reply:
    """Go on where the browser's session still fits; without one the answer is saved all the same."""
    found = load_sitting()
    if found is None or found[0].link.id != token.link_id:
        return page("patient/saved.html", sitting)
    if form.action.data == "clear":
        return see(_address(screen))
    following = sitting.screens[screen.number : screen.number + 1]
    if _from_review() or not following:
        return see(url_for("patient.review"))
    return see(screen_url(following[0]))


def _sitting_of(token: ItemToken) -> Sitting | None:
    enter_clinic(token.clinic_id)
    sitting = by_link(db.session(), visit_of(token.link_id))
    return sitting if sitting and sitting.visit.id == token.visit_id else None


def _unsigned(instrument: str, position: int) -> Reply:
    """Save nothing without a valid token, but show the patient what was typed, ready to send again."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
    screen = sitting.screen(instrument, position) or abort(404)
    trouble, typed = _("This answer is not saved yet. Save it again."), request.form.get("answer", "")
    return _item_page(sitting, browser.respondent, screen, trouble=trouble, typed=typed), 400


def _from_review() -> bool:
    return request.args.get("from") == "review"


def _address(screen: Screen) -> str:
    return screen_url(screen) + ("?from=review" if _from_review() else "")


def _item_page(
    sitting: Sitting, respondent: str, screen: Screen, *, trouble: str | None = None, typed: str | None = None
) -> str:
    current = current_answers(db.session(), sitting.visit.id).get((screen.instrument, screen.item.code))
    wording = wording_for(screen.instrument, sitting.patient.language)
    chosen = _shown(current) if typed is None else typed[:200]
    return page(
        "patient/item.html",
        sitting,
        screen=screen,
        wording=wording,
        text=wording.item(screen.item.code),
        chosen=chosen,
        current=current,
        trouble=trouble,
        action=_address(screen),
        back=_back(sitting, screen),
        token=sign_item(_token(sitting, respondent, screen, wording, current), secret()),
    )


def _shown(current: Current | None) -> str:
    return "" if current is None or current.level is None else str(current.level)


def _back(sitting: Sitting, screen: Screen) -> str | None:
    if _from_review():
        return url_for("patient.review")
    return screen_url(sitting.screens[screen.number - 2]) if screen.number > 1 else None


def _token(sitting: Sitting, respondent: str, screen: Screen, wording: Wording, current: Current | None) -> ItemToken:
    return ItemToken(
        clinic_id=sitting.clinic.id,
        link_id=sitting.link.id,
        visit_id=sitting.visit.id,
        respondent=respondent,
        instrument=screen.instrument,
        item=screen.item.code,
        wording_hash=wording.hash[:16],
        based_on=current.id if current else None,
        nonce=new_nonce(),
        expires=int(sitting.visit.closes_at.timestamp()),
    )


@bp.get("/s/review")
def review() -> Reply:
    """Show every answer with a way to change it."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
    current = current_answers(db.session(), sitting.visit.id)
    return _review_page(sitting, browser.id, current)


def _review_page(
    sitting: Sitting, session_id: UUID, current: Mapping[tuple[str, str], Current], trouble: str | None = None
) -> str:
    rows = [(screen, current.get((screen.instrument, screen.item.code))) for screen in sitting.screens]
    return page(
        "patient/review.html",
        sitting,
        rows=rows,
        wordings={s.instrument: wording_for(s.instrument, sitting.patient.language) for s in sitting.screens},
        open_items=sum(1 for _screen, answer in rows if answer is None or not answer.settled),
        empty=not has_answers(current),
        trouble=trouble,
        token=sign_send(session_id, secret()),
    )


@bp.post("/s/send")
def send() -> Reply:
    """Send once; every further post sees the thank-you page."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return see(url_for("patient.done")) if sitting.state == "sent" else closed_page(sitting)
    current = current_answers(db.session(), sitting.visit.id)
    trouble = _not_sendable(browser, current)
    if trouble:
        return _review_page(sitting, browser.id, current, trouble), 422
    actor = Actor("patient", sitting.patient.id)
    submit(db.session(), sitting.visit, sitting.protocol, now=sitting.now, actor=actor)
    db.session.commit()
    return see(url_for("patient.done"))


def _not_sendable(browser: PatientSession, current: Mapping[tuple[str, str], Current]) -> str | None:
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return _("Nothing was sent yet. Press Send again.")
    return None if has_answers(current) else _("There is no answer to send yet. Answer a question first.")


@bp.get("/s/done")
def done() -> Reply:
    """Thank the patient and say what comes next."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting = found[0]
    if sitting.state != "sent":
        return see(url_for("patient.review")) if sitting.state == "open" else closed_page(sitting)
    return page("patient/thanks.html", sitting, following=next_visit(db.session(), sitting))


@bp.get("/s/consent")
def consent() -> Reply:
    """Show the patient's copy of what was agreed to."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting = found[0]
    text = consent_text(sitting.protocol.consent_version, sitting.patient.language)
    return page("patient/consent.html", sitting, consent=text)
