"""The questionnaire: one item per screen, each answer saved as it is confirmed."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, g, jsonify, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from scoring.instrument import Item, load_instruments
from surveys.answering.item_token import ItemToken, read_item
from surveys.answering.saving import Saved, save_answer, wording_read
from surveys.answering.screen_use import as_used
from surveys.answering.sitting import Sitting, by_link, by_session
from surveys.db import autocommit, enter_clinic
from surveys.forms import AnswerError, ItemForm, read_level
from surveys.i18n import gettext as _
from surveys.i18n import speak
from surveys.views.guard import Reply
from surveys.views.sitting.device import handed_back, require_author
from surveys.views.sitting.item_page import Filler, address, filler_of, following, item_page
from surveys.views.sitting.patient_page import (
    browser_token,
    closed_page,
    no_session,
    open_sitting,
    page,
    patient_blueprint,
    require_words,
    secret,
    see,
)

bp = patient_blueprint("patient")
STATUS = {"save": "answered", "decline": "declined", "clear": "cleared"}
VERDICT = "Backstory-Answer"  # whatever stands between may answer a script with pages of its own


@bp.get("/s/<instrument>/<int:position>")
def item(instrument: str, position: int) -> Reply:
    """Show one item with its current answer."""
    sitting, browser = open_sitting(instrument)
    screen = sitting.screen(instrument, position) or abort(404)
    return item_page(sitting, filler_of(browser), screen)


@bp.post("/s/<instrument>/<int:position>")
def answer(instrument: str, position: int) -> Reply:
    """Store one answer and go to the next item."""
    form = ItemForm(request.form)
    token = read_item(form.token.data or "", secret())
    if token is None:
        return _unsigned(instrument, position)
    if (token.instrument, token.position) != (instrument, position):
        abort(400)
    enter_clinic(token.clinic_id)
    if token.tablet_id and handed_back(token.tablet_id):
        return see(url_for("kiosk.enter"))
    return _store(token, form)


@bp.after_request
def tell(reply: Response) -> Response:
    """Say in a header what became of an answer, for scripts that sent it in the background."""
    if request.endpoint == "patient.answer":
        reply.headers[VERDICT] = "saved" if g.get("answer_saved") else "refused"
    return reply


def _store(token: ItemToken, form: ItemForm) -> Reply:
    if token.author_id:
        require_author(token.author_id, request.full_path)
    wording = wording_read(token)
    if wording is None:
        trouble = _("The wording of this question has changed. Read it again and save your answer.")
        return _again(token, trouble, form.answer.data)
    if not token.author_id:
        speak(wording.language)
    trouble, level = _checked(load_instruments()[token.instrument].item(token.item), form)
    if trouble:
        return _again(token, trouble, form.answer.data)
    action = form.action.data or "save"
    used = as_used(token, form.use.data, queued=form.queued.data == "1")
    with autocommit() as connection:
        saved = save_answer(connection, token, wording, STATUS[action], level, browser_token(), used)
    g.answer_saved = saved.outcome == "saved"
    return _go_on(saved, token, action) if g.answer_saved else _not_saved(token)


def _checked(item: Item, form: ItemForm) -> tuple[str, int | None]:
    """Return what is wrong, or nothing and the level."""
    if not form.validate():
        wrong = [text for texts in form.errors.values() for text in texts]
        return str(wrong[0]), None
    if form.action.data != "save":
        return "", None
    try:
        level = read_level(item, form.answer.data or "")
    except AnswerError as error:
        return str(error), None
    return ("", level) if level is not None else (_("Choose an answer, or say that you do not want to."), None)


def _go_on(saved: Saved, token: ItemToken, action: str) -> Reply:
    """Go on where the browser's session still fits; without one the answer is saved all the same."""
    if not saved.same_browser:
        sitting = _sitting_of(token)
        return page("patient/saved.html", sitting) if sitting else no_session()
    here = (token.instrument, token.item)
    screen = next((each for each in saved.screens if (each.instrument, each.item.code) == here), None)
    if screen is None:  # the protocol has changed since the form was drawn
        return _see(url_for("sending.review"))
    return _see(address(screen) if action == "clear" else following(saved.screens, screen))


def _see(place: str) -> Reply:
    """Redirect a browser; tell a script, which would not see where to."""
    wants = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return jsonify(next=place) if wants == "application/json" else see(place)


def _not_saved(token: ItemToken) -> Reply:
    """Say why: never with a status that sounds like success."""
    sitting = _sitting_of(token)
    if sitting is None:
        return no_session()
    return (page("patient/already_sent.html", sitting), 409) if sitting.state == "sent" else closed_page(sitting)


def _sitting_of(token: ItemToken) -> Sitting | None:
    with autocommit() as connection:
        sitting = by_link(connection, token.link_id, token.instrument)
        return replace(sitting, language=_language_of(connection, token, sitting)) if sitting else None


def _language_of(connection: Connection, token: ItemToken, sitting: Sitting) -> str:
    """Return the language of the form; where its wording is no more, the one chosen on this device."""
    if wording := wording_read(token):
        return wording.language
    found = by_session(connection, browser_token(), touch=False)
    return found[0].language if found and found[0].link_id == token.link_id else sitting.language


def _again(token: ItemToken, trouble: str, typed: str | None) -> Reply:
    """Show the item with what was typed and what is wrong with it."""
    sitting = _sitting_of(token)
    if sitting is None or sitting.state != "open":
        return _not_saved(token)
    require_words(sitting, token.author_id)
    screen = sitting.screen(token.instrument, token.position) or abort(404)
    filler = Filler(token.respondent, token.author_id, token.tablet_id)
    return item_page(sitting, filler, screen, trouble=trouble, typed=typed), 422


def _unsigned(instrument: str, position: int) -> Reply:
    """Save nothing without a valid token, but show the patient what was typed, ready to send again."""
    sitting, browser = open_sitting(instrument)
    screen = sitting.screen(instrument, position) or abort(404)
    trouble, typed = _("This answer is not saved yet. Save it again."), request.form.get("answer", "")
    return item_page(sitting, filler_of(browser), screen, trouble=trouble, typed=typed), 400
