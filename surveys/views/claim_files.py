"""A claim's files: its frozen rows as they were hashed, and its paragraphs as plain text."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from surveys.access.chain.audit import record
from surveys.db import app_now, db
from surveys.models import Claim
from surveys.outcomes.claims import store
from surveys.outcomes.claims.paragraphs import plain_text
from surveys.outcomes.claims.standing import state_of
from surveys.views.claim_readers import claim_of
from surveys.views.guard import fresh, identity, staff_page

bp = Blueprint("claim_files", __name__)


@bp.get("/claims/<int:claim_number>/rows.csv")
@staff_page
@fresh
def rows(claim_number: int) -> Response:
    """The rows byte for byte, so that their SHA-256 is the claim's; who takes them is in the audit before they go."""
    session, claim = db.session(), claim_of(claim_number)
    what = {"number": claim.number, "rows": claim.rows_hash}
    subject = ("claim", claim.id)
    record(session, claim.clinic_id, identity().actor, "claim_rows_fetched", subject, now=app_now(session), new=what)
    session.commit()
    return _file(claim, claim.rows, "text/csv", "rows", "csv")


@bp.get("/claims/<int:claim_number>/paragraphs.txt")
@staff_page
def paragraphs(claim_number: int) -> Response:
    """The statement with its results and methods, for a manuscript or a report."""
    session, claim = db.session(), claim_of(claim_number)
    state = state_of(claim, len(store.signatures(session, claim)), now=app_now(session))
    told = plain_text(claim.number, json.loads(claim.result), state, claim.result_hash)
    return _file(claim, told, "text/plain", "paragraphs", "txt")


def _file(claim: Claim, text: str, kind: str, what: str, ending: str) -> Response:
    reply = Response(text.encode(), content_type=f"{kind}; charset=utf-8")
    name = f"statement-{claim.number}-{what}-{claim.rows_hash[:8]}.{ending}"
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply
