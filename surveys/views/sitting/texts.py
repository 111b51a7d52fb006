"""Replies to texts, as the gateway tells of them: STOP is honoured, nothing else is read, nothing is kept."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Response, abort, request

from surveys.access.clinics import every_clinic
from surveys.channels.stop_words import stops
from surveys.channels.stopping import stop_texts
from surveys.channels.telephone import from_network
from surveys.csrf import csrf
from surveys.db import app_now, clinic_session
from surveys.views import found
from surveys.views.guard import config

bp: Blueprint = Blueprint("texts", __name__)
LARGEST = 16 * 1024  # bytes; a reply of ten segments has fewer than 2,000
EXPECTED = "Send the sender's number as from and its words as text, as a form or as JSON."  # to the gateway's operator
SENDER = ("from", "sender", "msisdn", "originator", "number", "phone")  # as gateways name them
WORDS = ("text", "body", "message", "content", "keyword")


@csrf.exempt  # type: ignore[untyped-decorator]
@bp.post("/sms/stop/<token>")
def stop(token: str) -> Response:
    """Stop texts to the sender's number in every clinic that has it; 200 and nothing said, whether one has or not."""
    gateway = config().sms
    expected = gateway.stop_token if gateway else ""
    if not expected or not hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()):
        abort(404)
    request.max_content_length = LARGEST
    sender, words = _told()
    number = from_network(sender)
    if number and stops(words):
        _stop_everywhere(number)
    return Response(status=200)


def _stop_everywhere(number: str) -> None:
    vault = found.vault()
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            stop_texts(session, vault, clinic_id, number, now=app_now(session))
            session.commit()


def _told() -> tuple[str, str]:
    """Return sender and words of a form or a JSON object."""
    told = _fields()
    sender = next((told[name] for name in SENDER if name in told), None)
    words = next((told[name] for name in WORDS if name in told), None)
    if sender is None or words is None:
        abort(400, EXPECTED)
    return sender, words


def _fields() -> dict[str, str]:
    given: Any = _json() if request.is_json else request.form
    if not isinstance(given, dict):
        abort(400, EXPECTED)
    return {str(name).casefold(): str(value) for name, value in given.items() if isinstance(value, str | int)}


def _json() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:  # nested thousands deep
        return None
