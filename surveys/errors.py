"""Error pages: one sentence that tells a person what to do, never a trace."""

from __future__ import annotations

from types import TracebackType

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import BadHost, HTTPException, SecurityError

from surveys.i18n import LazyText
from surveys.views import unsaved

ADVICE = {
    400: LazyText("This form could not be read. Go back, reload the page and send it again."),
    403: LazyText("Your role does not allow this. Ask an administrator of your clinic."),
    404: LazyText("There is nothing at this address. Check the link, or start again from the beginning."),
    405: LazyText("This page cannot be used in that way. Go back and use the buttons on the page."),
    409: LazyText("This has changed in the meantime. Go back, reload the page and look again."),
    410: LazyText("This is no longer kept here. Go back and ask for it again."),
    413: LazyText("What was sent is too large. Send less text or a smaller file."),
    422: LazyText("Something in the form needs another look. Go back and check your entries."),
    429: LazyText("Too many tries. Wait a few minutes and try again."),
    500: LazyText("Something went wrong on our side. Nothing you had saved is lost. Please try again."),
    503: LazyText("The service is busy for a moment. Nothing you had saved is lost. Wait a little and send again."),
}


KEPT = ("Allow", "Retry-After")  # what the error itself says in headers; the page replaces the rest
MOST_PASSED_OVER = 32 * 1024 * 1024  # bytes; whoever sends more finds the line cut
PIECE = 64 * 1024


class Application(Flask):
    """Flask, except that its log names the page and never the address: a patient's address is a key."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> None:
        """Write the trace of what nobody expected."""
        self.logger.error("Exception in %s [%s]", request.endpoint, request.method, exc_info=exc_info)


def error_page(code: int, advice: str | None = None) -> tuple[str, int]:
    """Return the page for a status code, with its usual advice unless told otherwise."""
    return render_template("error.html", code=code, advice=advice or str(ADVICE.get(code, ADVICE[400]))), code


def _http(error: HTTPException) -> Response:
    if isinstance(error, (BadHost, SecurityError)):
        return _wrong_host()
    code = error.code or 500
    if code == 413:
        _read_to_the_end()
    own = error.description if error.description != type(error).description else None
    reply = current_app.make_response(error_page(code, own if code in (404, 409, 410, 422, 429) else None))
    reply.headers.update({name: value for name, value in error.get_headers() if name in KEPT})
    return reply


def _read_to_the_end() -> None:
    """Pass over the rest of a body that is too large: a browser shows the page only once it has sent everything."""
    unread = MOST_PASSED_OVER
    while unread > 0 and (piece := request.environ["wsgi.input"].read(min(unread, PIECE))):
        unread -= len(piece)


def _wrong_host() -> Response:
    """Plain text: a page links to its style, and without a known host there are no addresses."""
    base = current_app.extensions["backstory"].public_base_url
    return Response(f"This site is not served under that name. Open {base} instead.\n", 400, mimetype="text/plain")


def install(app: Flask) -> None:
    """Answer every error with a page; while the database is away that page keeps what was sent."""
    app.register_error_handler(HTTPException, _http)
    unsaved.install(app)
