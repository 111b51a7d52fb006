"""An administrator opens and closes the clinic's public page, names its address, and chooses what stands on it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import BooleanField, Form, StringField
from wtforms.validators import InputRequired, Length

from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Claim
from surveys.outcomes.claims import stale
from surveys.outcomes.public import keys
from surveys.outcomes.public.page import PublishingError, choose, page_of, set_page
from surveys.outcomes.public.shown import REASONS, signed_counts, why_not
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("publishing", __name__)
LAST = 999


class PageForm(Form):
    """The address, and whether everybody may read the page."""

    slug = StringField(
        validators=[InputRequired(), Length(max=62)], filters=[lambda text: (text or "").strip().lower()]
    )
    opened = BooleanField()


@bp.get("/publishing")
@staff_page
@fresh
def show() -> Reply:
    """Show the address and every claim that may stand there or says why not."""
    return _page()


@bp.post("/publishing")
@staff_page
@fresh
def save() -> Reply:
    """Change the address, open or close."""
    form, who = PageForm(request.form), identity()
    if not form.validate():
        return _page(_("Enter an address for the page.")), 422
    opened, slug = bool(form.opened.data), form.slug.data or ""
    try:
        set_page(db.session(), who.clinic_id, slug, found.vault(), opened=opened, actor=who.actor, now=found.now())
    except PublishingError as problem:
        db.session.rollback()
        return _page(str(problem)), 422
    db.session.commit()
    flash(_("Everybody can read the page now.") if opened else _("The page is closed."), "good")
    return redirect(url_for("publishing.show"), 303)


@bp.post("/publishing/statements")
@staff_page
@fresh
def statements() -> Reply:
    """Put the chosen claims on the page in the order of their positions."""
    try:
        positions = _positions(request.form)
        _compare(positions)
        choose(db.session(), identity().clinic_id, positions, actor=identity().actor, now=found.now())
    except PublishingError as problem:
        db.session.rollback()
        return _page(str(problem)), 422
    db.session.commit()
    flash(_("The choice is saved."), "good")
    return redirect(url_for("publishing.show"), 303)


@bp.post("/publishing/key")
@staff_page
@fresh
def new_key() -> Reply:
    """Sign with a new key from now on."""
    who = identity()
    keys.replace_key(db.session(), who.clinic_id, found.vault(), actor=who.actor, now=found.now())
    db.session.commit()
    flash(_("There is a new key. What the former one signed can still be checked."), "good")
    return redirect(url_for("publishing.show"), 303)


def _positions(typed: Mapping[str, str]) -> dict[int, int]:
    """The position by the claim's number, of those that have one."""
    found_ones: dict[int, int] = {}
    for name, value in typed.items():
        prefix, _dash, number = name.partition("-")
        if prefix == "position" and number.isascii() and number.isdigit() and value.strip():
            if not (value.strip().isascii() and value.strip().isdigit() and 1 <= int(value[:9]) <= LAST):
                raise PublishingError(_("A position is a number from 1 to %(last)d, or empty.", last=LAST))
            found_ones[int(number[:9])] = int(value)
    if not typed.get("chosen"):
        raise PublishingError(_("Nothing was sent. Reload the page and choose again."))
    return found_ones


def _compare(positions: Mapping[int, int]) -> None:
    """Compare what is about to be published with today's answers; what is stale is marked, whatever comes after."""
    session = db.session()
    chosen = select(Claim).where(Claim.number.in_(positions), Claim.public_at.is_(None), Claim.withdrawn_at.is_(None))
    claims = session.scalars(chosen.order_by(Claim.number)).all()
    if any([stale.check(session, claim, now=found.now(), checked_at=real_now(session)) for claim in claims]):  # noqa: C419 - all of them
        session.commit()


def _page(wrong: str | None = None) -> str:
    session, now = db.session(), found.now()
    claims = session.scalars(select(Claim).order_by(Claim.public_position.nulls_last(), Claim.number)).all()
    signed = signed_counts(session)
    reasons = {claim.id: why_not(claim, signed.get(claim.id, 0), now=now) for claim in claims}
    told = {each: str(REASONS[code]) for each, code in reasons.items() if code}
    page, key = page_of(session), keys.current(session)
    name = keys.key_id(key.public_key) if key else None
    return render_template("admin/publishing.html", page=page, claims=claims, why_not=told, key=name, wrong=wrong)
