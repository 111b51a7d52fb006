"""Messages held back after a restore: what waits, and letting it go or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.operations import operations
from surveys.outbox.holding import (
    GROUPS,
    HeldCounts,
    cancel_group,
    cancel_held,
    count_held,
    held_messages,
    release_group,
    release_held,
)
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("held", __name__)
LONGEST = 100  # lines of one group; more are counted, not drawn
ACTS = {"release": release_held, "cancel": cancel_held}
GROUP_ACTS = {"release": release_group, "cancel": cancel_group}


@dataclass(frozen=True)
class Restore:
    """The last restore, on the domain clock that due times are on."""

    at: datetime
    taken_at: datetime | None  # of the backup; None: there never was a restore, and nothing is held


def last_restore() -> Restore:
    """Return it, or the present moment."""
    last, now = operations(db.session()).get("restore"), found.now()
    if last is None:
        return Restore(now, None)
    return Restore(last.at + (now - real_now(db.session())), datetime.fromisoformat(last.details["taken_at"]))


def held_counts() -> HeldCounts:
    """Count what waits in the signed-in clinic."""
    return count_held(db.session(), restored_at=last_restore().at)


@bp.get("/held")
@staff_page
def index() -> Reply:
    """List what is held, in two groups: what may have gone already, and what was not yet due."""
    last, vault = last_restore(), found.vault()
    counts = count_held(db.session(), restored_at=last.at)
    groups = {
        group: held_messages(db.session(), group, restored_at=last.at, limit=LONGEST)
        for group in GROUPS
        if getattr(counts, group)
    }
    note_view(line.patient.id for lines in groups.values() for line in lines)
    return render_template(
        "clinician/held.html",
        groups=groups,
        counts=counts,
        restore=last,
        zone=found.clinic().time_zone,
        names=lambda patient: contact(vault, patient),
    )


@bp.post("/held/<uuid:message_id>")
@staff_page
def settle(message_id: UUID) -> Reply:
    """Release or cancel one message."""
    act = ACTS.get(request.form.get("act", "")) or abort(400)
    if not act(db.session(), message_id, actor=identity().actor, now=found.now()):
        abort(404)
    db.session.commit()
    return redirect(url_for("held.index"), 303)


@bp.post("/held/all/<group>")
@staff_page
def settle_group(group: str) -> Reply:
    """Release or cancel every message of a group."""
    act = GROUP_ACTS.get(request.form.get("act", ""))
    if group not in GROUPS or act is None:
        abort(404 if group not in GROUPS else 400)
    done = act(db.session(), group, restored_at=last_restore().at, actor=identity().actor, now=found.now())
    db.session.commit()
    flash(_("Settled: %(number)s messages.", number=done), "good")
    return redirect(url_for("held.index"), 303)
