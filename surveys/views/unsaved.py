"""What a request gets that the database could not serve: 503, with what was sent kept, and never a redirect."""

from __future__ import annotations

import re

from flask import Flask, current_app, make_response, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.wrappers import Response

from scoring.instrument import load_instruments
from surveys.answering.battery import Screen
from surveys.answering.item_token import ItemToken, read_item
from surveys.answering.saving import wording_read
from surveys.forms import ItemForm
from surveys.i18n import gettext as _
from surveys.i18n import speak
from surveys.views.sitting.item_page import address
from surveys.views.sitting.patient_page import secret

RETRY_SECONDS = "3"
SERVERS_TROUBLE = ("XX000", "25006")  # it cannot write its files, or has become a copy that only reads
NEVER_IN_A_PAGE = re.compile(r"passw|secret|(^|_)(code|otp|totp)$")
NOT_SHOWN = ("csrf_token", "token", "next")


def install(app: Flask) -> None:
    """Answer for the database where it cannot be reached, is full, or has no connection to spare."""
    app.register_error_handler(DBAPIError, _database_trouble)
    app.register_error_handler(PoolTimeoutError, _unavailable)


def _database_trouble(error: DBAPIError) -> Response:
    """Tell trouble of the server's from faults of ours, which remain what they are."""
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, (OperationalError, InterfaceError)) or state in SERVERS_TROUBLE:
        return _unavailable(error)
    raise error


def _unavailable(error: Exception) -> Response:
    current_app.logger.error("database unavailable: %s", type(error).__name__)
    reply: Response = make_response(_item_again() or _form_again(), 503)
    reply.headers["Retry-After"] = RETRY_SECONDS
    return reply


def _item_again() -> str | None:
    """Draw a patient's item as it was sent; its token says what the database would."""
    if (request.endpoint, request.method) != ("patient.answer", "POST"):
        return None
    form = ItemForm(request.form)
    token = read_item(form.token.data or "", secret())
    return _item(token, form) if token else None


def _item(token: ItemToken, form: ItemForm) -> str | None:
    wording = wording_read(token)
    if wording is None:
        return None
    speak(wording.language)
    item = load_instruments()[token.instrument].item(token.item)
    screen = Screen(token.instrument, item, token.position, 0)  # how many there are, only the database knows
    return render_template(
        "patient/item.html",
        screen=screen,
        wording=wording,
        text=wording.item(token.item),
        chosen=(form.answer.data or "")[:200],
        clearable=token.based_on is not None,
        trouble=_("This answer is not saved yet: the service is busy for a moment. Wait a little, then save it again."),
        action=address(screen),
        token=form.token.data,
    )


def _form_again() -> str:
    """Offer to send the same fields again, or to open the page again where nothing was to be saved."""
    typed = list(request.form.items(multi=True))
    sensitive = bool(request.files) or any(NEVER_IN_A_PAGE.search(name) for name, _value in typed)
    return render_template(
        "unsaved.html",
        address=request.full_path.rstrip("?"),
        typed=[] if sensitive else typed,
        shown=[] if sensitive else [value for name, value in typed if name not in NOT_SHOWN and value.strip()],
        sending=request.method == "POST",
        sensitive=sensitive,
        opens=_opens(),
    )


def _opens() -> bool:
    """Whether the address can be opened, besides sent to."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(method="GET")
