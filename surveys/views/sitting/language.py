"""Another language for the rest of a sitting, on this device alone: answers stay, and the same screen comes again."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, current_app, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from surveys.answering.languages import keep_language, offered
from surveys.answering.sitting import Sitting
from surveys.db import db
from surveys.views.guard import Reply
from surveys.views.sitting.patient_page import (
    browser_token,
    closed_page,
    load_sitting,
    no_session,
    patient_blueprint,
    resume_url,
    see,
)

bp = patient_blueprint("language")


@bp.post("/s/language")
def choose() -> Reply:
    """Keep the language with this browser's session; only one in which the whole visit is asked."""
    sitting, browser = load_sitting() or abort(make_response(no_session()))
    if sitting.state == "over":
        return closed_page(sitting)
    wanted = request.form.get("language", "")
    if browser.staff_id or wanted not in offered(sitting.protocol, sitting.timepoint):
        abort(422)
    keep_language(db.session(), browser_token(), wanted)
    db.session.commit()
    return see(_shown_before() or resume_url(sitting) if sitting.state == "open" else "/s/done")


def _shown_before() -> str | None:
    """Return the patient's screen that the form stood on, as the browser tells it; None where it does not."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path.startswith("/s/"):
        return None
    try:
        current_app.url_map.bind(request.host).match(came.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return came.path + ("?from=review" if came.query == "from=review" else "")


def language_before(sitting: Sitting) -> str:
    """Return the language that a first page was asked for, or the patient's."""
    wanted = request.values.get("language", "")
    return wanted if wanted in offered(sitting.protocol, sitting.timepoint) else sitting.language
