"""Asking for a file of patients' answers, watching it being made, and taking it away."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveys.access import policy
from surveys.access.chain.audit import record
from surveys.db import db, real_now
from surveys.exchange import jobs
from surveys.exchange.exports.order import CONTENTS, FORMATS, SHAPES, Order, order_of
from surveys.i18n import gettext as _
from surveys.models import Job
from surveys.outcomes.filter_text import FilterError, parse, print_text
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.protocols import store as protocol_store
from surveys.views import found
from surveys.views.dashboard import enrolled_protocols
from surveys.views.filter_form import FEWEST, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("exports", __name__)
LONGEST_REASON = 200
PIECE = 64 * 1024  # bytes
CODES = {"shape": SHAPES, "format": FORMATS, "contents": CONTENTS}


@bp.get("/exports")
@staff_page
def show() -> Reply:
    """The form, and the files asked for so far."""
    protocols = [protocol for protocol, _count in enrolled_protocols(db.session())]
    lines = [_line(job) for job in _listed()]
    if not protocols:
        return render_template("clinician/exports_empty.html", lines=lines)
    form = filter_form(protocols, baseline=True)
    filters = chosen_filters(form)
    chosen = next(protocol for protocol in protocols if protocol.code == filters.protocol)
    told = {"chosen_words": words(filters, chosen), "filters_text": print_text(filters), "saved": saved_cohort()}
    may_identify = identity().role not in policy.NAMELESS
    return render_template(
        "clinician/exports.html", form=form, protocols=protocols, lines=lines, may_identify=may_identify, **told
    )


@bp.post("/exports")
@staff_page
def ask() -> Reply:
    """Put an export into the queue."""
    who, session = identity(), db.session()
    order, reason = _order()
    if order.identified and who.role in policy.NAMELESS:
        abort(403)
    try:
        now = real_now(session)
        jobs.ask(session, who.clinic_id, "export", order.arguments(), actor=who.actor, now=now, reason=reason)
    except jobs.BusyError:
        abort(429, _("As many files are being made as can be at once. Wait until one is ready, or cancel one."))
    session.commit()
    flash(_("The file is being made. It is listed below."), "good")
    return redirect(url_for("exports.show", _anchor="files"), 303)


@bp.post("/exports/<uuid:job_id>/cancel")
@staff_page
def cancel(job_id: UUID) -> Reply:
    """Stop one that waits or runs."""
    job, session = _own(job_id), db.session()
    if not jobs.cancel(session, job.id, actor=identity().actor, now=real_now(session)):
        abort(409, _("There is nothing to cancel: the file is made, or has been cancelled."))
    session.commit()
    flash(_("Cancelled."), "good")
    return redirect(url_for("exports.show", _anchor="files"), 303)


@bp.get("/exports/<uuid:job_id>/file")
@staff_page
@fresh
def download(job_id: UUID) -> Reply:
    """The file, whole and checked against its hash; that it was taken is in the audit before it goes out."""
    job, session = _own(job_id), db.session()
    now = real_now(session)
    if job.state != "done" or job.expires_at is None or job.expires_at <= now:
        _refuse(job)
    file = _checked(job)
    what = {"sha256": (job.result or {})["sha256"]}
    record(session, job.clinic_id, identity().actor, "export_fetched", ("job", job.id), now=now, new=what)
    session.commit()
    reply = Response(_pieces(file), mimetype="application/zip", headers={"Content-Length": str(file.tell())})
    name = f"{parse(job.arguments['filters']).protocol}-{job.requested_at:%Y-%m-%d}-{str(job.id)[-8:]}.zip"
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    reply.call_on_close(file.close)
    return reply


def _refuse(job: Job) -> None:
    if job.state in ("done", "expired"):
        abort(410, _("This file was deleted 24 hours after it was made. Ask for it again under Exports."))
    abort(409, _("There is no file here yet, or none came of it. Look under Exports."))


def _checked(job: Job) -> IO[bytes]:
    """The parts put together on disk: no connection waits for a slow line. Refused where one byte is another."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the response
    digest, number = sha256(), 0
    while content := jobs.part(db.session(), job.id, number):
        file.write(content)
        digest.update(content)
        number += 1
    if digest.hexdigest() != (job.result or {}).get("sha256"):
        file.close()
        abort(409, _("This file is damaged and is not handed out. Ask for it again under Exports."))
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with file:
        while piece := file.read(PIECE):
            yield piece


def _listed() -> list[Job]:
    """One's own; an administrator answers for everybody's."""
    who = identity()
    asked_by = None if who.role in policy.ADMIN else who.actor.staff_id
    return list(jobs.listed(db.session(), who.clinic_id, "export", asked_by))


def _own(job_id: UUID) -> Job:
    job = found.own(Job, job_id)
    mine = job.requested_by == identity().actor.staff_id or identity().role in policy.ADMIN
    return job if mine and job.kind == "export" else abort(404)


def _line(job: Job) -> dict[str, object]:
    """A job as the page shows it."""
    order = order_of(job.arguments)
    over = job.expires_at is not None and job.expires_at <= real_now(db.session())
    state = "expired" if job.state == "done" and over else job.state
    return {"job": job, "order": order, "state": state, "words": _words(order), "problem": _problem(job)}


def _words(order: Order) -> str:
    filters = parse(order.filters)
    row = protocol_store.find(db.session(), filters.protocol)
    return words(filters, protocol_store.protocol_of(row)) if row else order.filters


def _problem(job: Job) -> str | None:
    if job.state != "failed":
        return None
    sentences = {
        "TooManyRowsError": _("A sheet of XLSX holds 1,048,575 rows and these are more. Choose CSV or Parquet."),
        "died": _("It was begun three times and never came to its end. Choose fewer patients, or scores alone."),
    }
    return sentences.get(
        (job.result or {}).get("problem", ""), _("Something went wrong on our side. Ask for it again.")
    )


def _order() -> tuple[Order, str | None]:
    """What the form asks for, and the reason where it identifies persons."""
    chosen = {name: request.form.get(name, codes[0]) for name, codes in CODES.items()}
    if any(chosen[name] not in codes for name, codes in CODES.items()):
        abort(422, _("Choose one of the shapes and formats on offer."))
    identified = request.form.get("identified") == "yes"
    reason = " ".join(request.form.get("reason", "").split()) or None
    if identified and (reason is None or len(reason) > LONGEST_REASON or not reason.isprintable()):
        abort(422, _("An export that identifies persons needs a reason of up to %(n)d letters.", n=LONGEST_REASON))
    fewest = FEWEST if identity().role in policy.NAMELESS else 0
    filters = print_text(_filters(request.form.get("filters", "")))
    return Order(filters, **chosen, identified=identified, fewest=fewest), reason if identified else None


def _filters(text: str) -> Filters:
    """The choice of patients; its protocol and arm have to be known here."""
    try:
        filters = parse(text)
    except FilterError as problem:
        abort(422, str(problem))
    row = protocol_store.find(db.session(), filters.protocol)
    if row is None:
        abort(422, _("This choice names a protocol or an arm that there is not here."))
    if filters.arm and filters.arm not in {arm.code for arm in protocol_store.protocol_of(row).arms}:
        abort(422, _("This choice names a protocol or an arm that there is not here."))
    return filters
