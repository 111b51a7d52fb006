"""The operations page: what became of the messages, what waits, and the messages behind each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from surveys.access.policy import CARE
from surveys.db import db, real_now
from surveys.i18n import format_span
from surveys.operations import operations
from surveys.outbox import figures
from surveys.outbox.holding import count_held
from surveys.outbox.listing import Wanted, listed
from surveys.outbox.unserved import count_due
from surveys.outcomes.table import Cell, Column, Table
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.guard import Reply, fresh, has_texts, identity, staff_page
from surveys.views.held import last_restore
from surveys.views.life_cycle import steps, story
from surveys.views.messages_chart import chart_of
from surveys.views.messages_file import file_of
from surveys.views.seen import note_view

bp = Blueprint("messages", __name__)
bp.add_app_template_filter(story, "story")
bp.add_app_template_filter(steps, "steps")
bp.add_app_template_filter(format_span, "span")
PAGE = 100
LATE = timedelta(minutes=10)  # a due message older than this is a sign of trouble
SILENT = timedelta(minutes=5)  # without a tick
CHANNELS = ("email", "sms", "staff")


@dataclass(frozen=True)
class Service:
    """What drives the messages. ``redis``: ok, unavailable, or None where nobody can tell."""

    ticked_at: datetime | None
    silent: bool
    redis: str | None


@bp.get("/messages")
@staff_page
def show() -> Reply:
    """Show counts, what waits, refusals, channels and the service behind them; no patient is named."""
    session, clinic, now = db.session(), found.clinic(), found.now()
    waiting = figures.waiting(session, clinic, now=now)
    return render_template(
        "clinician/messages.html",
        spans=tuple(figures.SPANS),
        states=figures.by_state(session, clinic, now=now),
        refusals=figures.by_refusal(session, clinic, now=now),
        causes=figures.by_cause(session, clinic, now=now),
        expiries=figures.by_cause(session, clinic, now=now, state="expired"),
        waiting=waiting,
        late=waiting.oldest is not None and now - waiting.oldest > LATE,
        age=now - waiting.oldest if waiting.oldest else None,
        channels=figures.by_channel(session, clinic, now=now),
        buckets=figures.buckets(session),
        chart=chart_of(figures.by_day(session, clinic, now=now)),
        texts_wait=0 if has_texts() else count_due(session, clinic, "sms", now=now),
        held=count_held(session, restored_at=last_restore().at).total,
        service=_service(now),
        now=now,
        zone=clinic.time_zone,
    )


def _service(now: datetime) -> Service:
    """The last tick is on the real clock, which the page shows on the domain's."""
    tick, real = operations(db.session()).get("tick"), real_now(db.session())
    ask: Callable[[], str] | None = current_app.extensions.get("redis_state")
    at = tick.at + (now - real) if tick else None
    return Service(at, at is None or now - at > SILENT, ask() if ask else None)


@bp.get("/messages.csv")
@staff_page
def table() -> Response:
    """Give the counts as a file: a row for each state, reason and cause."""
    session, clinic, now = db.session(), found.clinic(), found.now()
    counted = (
        ("state", figures.by_state(session, clinic, now=now)),
        ("refusal", figures.by_refusal(session, clinic, now=now)),
        ("cause", figures.by_cause(session, clinic, now=now)),
        ("expiry", figures.by_cause(session, clinic, now=now, state="expired")),
    )
    spans = tuple(figures.SPANS)
    columns = tuple(Column(code, code) for code in ("of", "code", *spans))
    rows: list[tuple[Cell, ...]] = [
        (of, code, *(each[span] for span in spans)) for of, counts in counted for code, each in counts.items()
    ]
    return _file(Table(columns, tuple(rows)), "messages")


@bp.get("/messages/list")
@staff_page
def listing() -> Reply:
    """List the messages behind a number; names only for those who care for patients."""
    clinic, now, wanted = found.clinic(), found.now(), _wanted()
    first = min(max(request.args.get("from", 0, type=int), 0), 10**6)
    lines = listed(db.session(), clinic, wanted, now=now, offset=first, limit=PAGE + 1)
    note_view(line.patient.id for line in lines[:PAGE])
    vault, named = found.vault(), identity().role in CARE
    return render_template(
        "clinician/messages_list.html",
        lines=lines[:PAGE],
        wanted=wanted,
        query=_query(wanted),
        first=first,
        more=first + PAGE if len(lines) > PAGE else None,
        name=(lambda patient: contact(vault, patient)) if named else None,
        spans=tuple(figures.SPANS),
        states=figures.STATES,
        channels=CHANNELS,
        zone=clinic.time_zone,
    )


@bp.get("/messages/list.csv")
@staff_page
@fresh
def listing_table() -> Response:
    """Give all the messages behind a number as a file, by patient number."""
    return file_of(found.clinic(), _wanted(), now=found.now())


def _wanted() -> Wanted:
    """The filters of the address; one that is none of those on offer is 404."""
    asked = {name: request.args.get(name, "") or None for name in ("state", "reason", "channel")}
    span = request.args.get("span") or "all"
    known = span in figures.SPANS and asked["state"] in (None, *figures.STATES)
    if not known or asked["channel"] not in (None, *CHANNELS):
        abort(404)
    reason = (asked["reason"] or "").replace("\0", "")[:60] or None
    return Wanted(span, asked["state"], reason, asked["channel"], request.args.get("due") == "1")


def _query(wanted: Wanted) -> Mapping[str, str]:
    """The filters as an address carries them."""
    given = {name: value for name, value in asdict(wanted).items() if value and name != "due"}
    return given | ({"due": "1"} if wanted.due else {})


def _file(made: Table, name: str) -> Response:
    reply = make_response(made.csv())
    reply.headers["Content-Type"] = "text/csv; charset=utf-8"
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return reply
