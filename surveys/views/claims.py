"""Claims: a list with how each stands, making one with a preview, and one with signatures, method and hashes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from surveys.db import app_now, db, real_now
from surveys.i18n import gettext as _
from surveys.models import AuditEvent, Claim, Staff
from surveys.outcomes.claims import stale, store
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.specification import read_specification
from surveys.outcomes.claims.standing import SIGNERS, state_of
from surveys.trail.words import action_words
from surveys.views.claim_changes import anew, changes_in_words
from surveys.views.claim_chart import numeric, result_figure
from surveys.views.claim_form import asked_here, form_of
from surveys.views.claim_readers import claim_of, may_see, nameless
from surveys.views.claim_words import kind_words, state_words
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("claims", __name__)
LONGEST = 500
Result = dict[str, Any]


@bp.get("/claims")
@staff_page
def index() -> Reply:
    """List every claim of the clinic, the newest first."""
    session = db.session()
    now, signed = app_now(session), store.signed_counts(session)
    rows = [claim for claim in store.listing(session) if may_see(claim)]
    lines = [(claim, json.loads(claim.result), _badge(claim, signed.get(claim.id, 0), now)) for claim in rows]
    return render_template("clinician/claims.html", lines=lines, kind_words=kind_words)


@bp.get("/claims/new")
@staff_page
def new() -> Reply:
    """Choose what to state; with everything chosen, what it would say."""
    form = form_of(asked_here())
    if not form.wanted:
        return render_template("clinician/claim_new.html", form=form, preview=None, wrong="")
    now = app_now(db.session())
    try:
        preview: Result = form.preview(now)
    except ClaimError as problem:
        db.session.rollback()
        return render_template(
            "clinician/claim_new.html", form=form_of(asked_here()), preview=None, wrong=str(problem)
        ), 422
    figure = result_figure(preview, form.times(), now, "preview")
    return render_template(
        "clinician/claim_new.html", form=form, preview=preview, wrong="", figure=figure, numeric=numeric
    )


@bp.post("/claims")
@staff_page
def make() -> Reply:
    """Freeze the rows and keep the claim."""
    session, who, form = db.session(), identity(), form_of(request.form)
    now = app_now(session)
    try:
        specification, planned = form.specify(now)
        cohort = form.saved.id if form.saved else None
        of = {"actor": who.actor, "now": now, "checked_at": real_now(session)}
        claim = store.make(session, who.clinic_id, specification, planned, cohort, **of)  # type: ignore[arg-type]
    except ClaimError as problem:
        session.rollback()
        return render_template(
            "clinician/claim_new.html", form=form_of(request.form), preview=None, wrong=str(problem)
        ), 422
    number = claim.number
    session.commit()
    flash(_("Statement %(n)d is kept. Two different people sign it.", n=number), "good")
    return redirect(url_for("claims.show", claim_number=number), 303)


@bp.get("/claims/<int:claim_number>")
@staff_page
def show(claim_number: int) -> Reply:
    """One claim as one would print it, with all that it stands on."""
    return _page(claim_of(claim_number))


@bp.post("/claims/<int:claim_number>/sign")
@staff_page
@fresh
def sign(claim_number: int) -> Reply:
    """Put one's name under it, once it was compared with today's answers."""
    session, claim = db.session(), claim_of(claim_number)
    now = app_now(session)
    if stale.check(session, claim, now=now, checked_at=real_now(session)):
        session.commit()
        return _page(claim, _("Answers have changed since: this statement is stale. Make a new one.")), 409
    try:
        store.sign(session, claim, actor=identity().actor, now=now)
    except ClaimError as problem:
        session.rollback()
        return _page(claim_of(claim_number), str(problem)), 409
    session.commit()
    flash(_("You have signed statement %(n)d.", n=claim_number), "good")
    return redirect(url_for("claims.show", claim_number=claim_number), 303)


@bp.post("/claims/<int:claim_number>/withdraw")
@staff_page
def withdraw(claim_number: int) -> Reply:
    """Take it back, for a reason."""
    session, claim = db.session(), claim_of(claim_number)
    reason = " ".join(request.form.get("reason", "").split())
    if not reason or len(reason) > LONGEST or not reason.isprintable():
        return _page(claim, _("Say why, in up to %(n)d letters.", n=LONGEST)), 422
    try:
        store.withdraw(session, claim, reason, actor=identity().actor, now=app_now(session))
    except ClaimError as problem:
        session.rollback()
        return _page(claim_of(claim_number), str(problem)), 409
    session.commit()
    flash(_("Statement %(n)d is withdrawn.", n=claim_number), "good")
    return redirect(url_for("claims.show", claim_number=claim_number), 303)


def _badge(claim: Claim, signed: int, now: Any) -> tuple[str, str]:
    return state_words(state_of(claim, signed, now=now))


def _page(claim: Claim, wrong: str = "") -> str:
    session, who = db.session(), identity()
    now, signed = app_now(session), store.signatures(session, claim)
    state = state_of(claim, len(signed), now=now)
    result, specification = json.loads(claim.result), read_specification(claim.specification)
    times = {point.code: point.words for point in specification.timepoints}
    return render_template(
        "clinician/claim.html",
        claim=claim,
        result=result,
        specification=specification,
        figure=result_figure(result, times, claim.data_as_of, claim.result_hash),
        numeric=numeric,
        state=state,
        badge=state_words(state),
        kind=kind_words(claim.kind),
        signed=[(each, _name(each.staff_id)) for each in signed],
        made_by=_name(claim.made_by),
        withdrawn_by=_name(claim.withdrawn_by) if claim.withdrawn_by else "",
        history=_history(claim),
        anew=anew(claim, specification),
        changes=changes_in_words(claim, times) if not nameless() else [],
        may_sign=state in ("unsigned", "half_signed") and who.staff_id not in {each.staff_id for each in signed},
        left=SIGNERS - len(signed),
        wrong=wrong,
    )


def _name(staff_id: Any) -> str:
    return db.session.get_one(Staff, staff_id).name


def _history(claim: Claim) -> Sequence[tuple[AuditEvent, str]]:
    """What was done with it, and in which words."""
    of_claim = select(AuditEvent).where(AuditEvent.subject == "claim", AuditEvent.subject_id == claim.id)
    events = db.session.scalars(of_claim.order_by(AuditEvent.at, AuditEvent.id))
    return [(event, action_words(event)) for event in events]
