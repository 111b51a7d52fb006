"""The catcher's pages: a list, a mail or text with its links, the mail as HTML in a sandbox."""

import re

from flask import Flask, Response, abort, render_template
from markupsafe import Markup, escape

from local.mailstore import Mail, MailStore

SHOWN = 200  # newest messages on the list; the files keep all
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


def create_pages(store: MailStore) -> Flask:
    """Return the pages over one folder of messages."""
    app = Flask(__name__, template_folder="mailbox_pages", static_folder="mailbox_pages/static")
    app.jinja_env.filters["links"] = with_links
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _add_routes(app, store)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _add_routes(app: Flask, store: MailStore) -> None:
    @app.get("/")
    def mails() -> str:
        names = store.names()
        shown = [mail for mail in map(store.read, names[:SHOWN]) if mail]
        return render_template("list.html", mails=shown, total=len(names))

    @app.get("/mail/<name>")
    def mail(name: str) -> str:
        return render_template("mail.html", mail=_found(store, name))

    @app.get("/mail/<name>/html")
    def html(name: str) -> Response:
        body = _found(store, name).part("html")
        if body is None:
            abort(404)
        return Response(body, headers={"Content-Security-Policy": MAIL_POLICY})

    @app.get("/mail/<name>/source")
    def source(name: str) -> Response:
        return Response(bytes(_found(store, name).message), mimetype="text/plain")


def with_links(text: str) -> Markup:
    """Escape the text and make its addresses links."""
    marked = Markup()
    end = 0
    for match in LINK.finditer(text):
        marked += escape(text[end : match.start()])
        marked += Markup('<a href="{0}">{0}</a>').format(match.group())
        end = match.end()
    return marked + escape(text[end:])


def _found(store: MailStore, name: str) -> Mail:
    return store.read(name) or abort(404)
