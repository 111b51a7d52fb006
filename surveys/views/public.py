"""A clinic's public page, for everybody: no cookie, no script, the same for all, kept by caches for five minutes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request

from surveys.db import app_now, db, enter_clinic
from surveys.headers import CSP
from surveys.i18n import LANGUAGES, language
from surveys.models import Clinic
from surveys.outcomes.plans.canonical import dumps
from surveys.outcomes.public import keys
from surveys.outcomes.public.document import document
from surveys.outcomes.public.page import find_clinic
from surveys.outcomes.public.shown import shown_claims
from surveys.views import found
from surveys.views.claim_chart import public_figures

bp = Blueprint("public", __name__)
KEPT = "public, max-age=300"
ALONE = "; ".join(part for part in CSP.split("; ") if not part.startswith("script-src"))
IN_FRAMES = ALONE.replace("frame-ancestors 'none'", "frame-ancestors *")


@bp.get("/public/<slug>")
def show(slug: str) -> Response:
    """Show the page by itself."""
    return _page("public/page.html", slug)


@bp.get("/public/<slug>/embed")
def embed(slug: str) -> Response:
    """Show the same for a frame on any site; nothing else is loosened for it."""
    reply = _page("public/embed.html", slug)
    reply.headers["Content-Security-Policy"] = IN_FRAMES
    return reply


@bp.get("/public/<slug>.json")
def twin(slug: str) -> Response:
    """Give the same as data, signed with the clinic's key."""
    content = _content(slug)
    key = keys.current(db.session()) or abort(404)
    body = json.dumps(keys.signed(content, key, found.vault()), ensure_ascii=False, indent=1, sort_keys=True)
    return _kept(Response(f"{body}\n", mimetype="application/json"))


@bp.get("/public/<slug>/key")
def key(slug: str) -> Response:
    """Give the public key; ``id``: one that signed earlier."""
    _enter(slug)
    wanted = request.args.get("id")
    known = {keys.key_id(each.public_key): each for each in reversed(keys.every(db.session()))}
    row = known.get(wanted) if wanted else keys.current(db.session())
    return _kept(Response(keys.pem(row or abort(404)), mimetype="application/x-pem-file"))


def _enter(slug: str) -> Clinic:
    """Bind the request to the clinic with the open page; 404 for any other address, whether taken or not."""
    enter_clinic(None)
    clinic_id = find_clinic(db.session(), slug) or abort(404)
    enter_clinic(clinic_id)
    return db.session().get_one(Clinic, clinic_id)


def _content(slug: str) -> dict[str, Any]:
    clinic, session = _enter(slug), db.session()
    now = app_now(session)
    return document(clinic.name, slug, shown_claims(session, now=now), today=now.date())


def _page(template: str, slug: str) -> Response:
    content = _content(slug)
    reply = make_response(
        render_template(template, page=content, slug=slug, languages=LANGUAGES, charts=public_figures(content))
    )
    reply.headers["Content-Security-Policy"] = ALONE
    reply.headers["Content-Language"] = language()
    reply.vary.add("Accept-Language")
    return _kept(reply, dumps(content))


def _kept(reply: Response, content: str = "") -> Response:
    """Let caches keep it, and answer 304 to whoever has it; the mark is weak, since a line may pack the text."""
    body = reply.get_data()
    reply.set_etag(sha256(content.encode() + body).hexdigest()[:32], weak=True)
    reply.headers["Cache-Control"] = KEPT
    reply.make_conditional(request)
    return reply
