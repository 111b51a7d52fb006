"""Error pages: one sentence that tells a person what to do, never a trace."""

from __future__ import annotations

from flask import Flask, current_app, render_template
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from surveys.i18n import LazyText

ADVICE = {
    400: LazyText("This form could not be read. Go back, reload the page and send it again."),
    403: LazyText("Your role does not allow this. Ask an administrator of your clinic."),
    404: LazyText("There is nothing at this address. Check the link, or start again from the beginning."),
    405: LazyText("This page cannot be used in that way. Go back and use the buttons on the page."),
    409: LazyText("This has changed in the meantime. Go back, reload the page and look again."),
    413: LazyText("What was sent is too large. Send less text or a smaller file."),
    422: LazyText("Something in the form needs another look. Go back and check your entries."),
    429: LazyText("Too many tries. Wait a few minutes and try again."),
    500: LazyText("Something went wrong on our side. Nothing you had saved is lost. Please try again."),
    503: LazyText("The service is busy for a moment. Nothing you had saved is lost. Wait a little and send again."),
}


def error_page(code: int, advice: str | None = None) -> tuple[str, int]:
    """Return the page for a status code, with its usual advice unless told otherwise."""
    return render_template("error.html", code=code, advice=advice or str(ADVICE.get(code, ADVICE[400]))), code


def _http(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    own = error.description if error.description != type(error).description else None
    return error_page(code, own if code in (409, 422, 429) else None)


def _unavailable(error: Exception) -> tuple[str, int]:
    current_app.logger.error("database unavailable: %s", type(error).__name__)
    return error_page(503)


def install(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(PoolTimeoutError, _unavailable)
